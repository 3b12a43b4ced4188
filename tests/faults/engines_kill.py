"""The kill of kill.py, of processes on PostgreSQL and NATS."""

from faults.engines import OnEngines
from faults.fault import Form
from faults.kill import Kill


class EnginesKill(OnEngines, Kill):
    name = 'engines-kill'
    short = Form(rounds=3, seconds=0.3)
    long = Form(rounds=40, seconds=1)
