"""One of the processes stops in its tracks, and goes on later as if nothing had been."""

import signal
import time

from faults.fault import Fault, Form
from processes import PROCESSES


class Freeze(Fault):
    name = 'freeze'
    short = Form(rounds=4, seconds=0.5)
    long = Form(rounds=10, seconds=10)

    def inflict(self, world):
        victim = world.random.choice(PROCESSES)
        world.note = f'froze {victim},'
        process = world.system.running[victim]
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(world.form.seconds)
        finally:
            process.send_signal(signal.SIGCONT)
