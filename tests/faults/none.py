"""No fault: the baseline of the table."""

import time

from faults.fault import Fault, Form


class NoFault(Fault):
    name = 'none'
    short = Form(rounds=5, seconds=0.5)
    long = Form(rounds=20, seconds=3)

    def inflict(self, world):
        time.sleep(world.form.seconds)
