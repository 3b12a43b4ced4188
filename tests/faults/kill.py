"""Processes are killed at a random moment, and started again: one, or all at once."""

import time

from faults.fault import Fault, Form
from processes import PROCESSES


class Kill(Fault):
    name = 'kill'
    short = Form(rounds=50, seconds=0.3)
    long = Form(rounds=200, seconds=1)

    def inflict(self, world):
        victim = world.random.choice(PROCESSES)
        world.note = f'killed {victim},'
        time.sleep(world.random.uniform(0, world.form.seconds))
        world.system.kill(victim)
        world.system.start(victim)


class KillAll(Fault):
    name = 'kill-all'
    short = Form(rounds=4, seconds=0.5)
    long = Form(rounds=10, seconds=1)

    def inflict(self, world):
        time.sleep(world.random.uniform(0, world.form.seconds))
        world.system.kill()
        world.system.start()
