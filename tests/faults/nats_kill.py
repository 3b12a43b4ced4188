"""The server that carries the events is killed at a random moment, and started again later."""

import time

from faults.engines import OnEngines
from faults.fault import Form


class NatsKill(OnEngines):
    name = 'nats-kill'
    short = Form(rounds=2, seconds=1)
    long = Form(rounds=20, seconds=2)

    def inflict(self, world):
        time.sleep(world.random.uniform(0, world.form.seconds))
        self.nats.kill()
        gone = time.monotonic()
        try:
            # What staff do needs no event to arrive.
            world.load.created_since(gone)
            time.sleep(world.random.uniform(0, world.form.seconds))
        finally:
            self.nats.start()
