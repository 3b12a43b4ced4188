"""One of the processes stops in its tracks, and goes on later as if nothing had been."""

import pathlib
import signal
import time

from faults.fault import Fault, Form
from harness.eventually import eventually
from processes import PROCESSES

STOP_SECONDS = 10


def check_stopped(process):
    """Each of its threads stands still."""
    tasks = pathlib.Path(f'/proc/{process.pid}/task')
    try:
        # The state comes after the name, which is in parentheses and may have any in it.
        states = [(task / 'stat').read_text().rpartition(')')[2].split()[0]
                  for task in tasks.iterdir()]
    except (FileNotFoundError, ProcessLookupError) as error:
        raise AssertionError('a thread ended meanwhile') from error
    assert states and set(states) == {'T'}, f'the threads are in the states {states}'
    return True


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
            eventually(lambda: check_stopped(process), STOP_SECONDS)
            time.sleep(world.form.seconds)
            check_stopped(process)
        finally:
            process.send_signal(signal.SIGCONT)
