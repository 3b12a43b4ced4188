"""The database server crashes, is away for a while, and comes back by itself recovered."""

import time

from faults.engines import OnEngines
from faults.fault import Form

# What was under way may still be acknowledged.
UNDER_WAY_SECONDS = 0.5


class PostgresRestart(OnEngines):
    name = 'postgres-restart'
    short = Form(rounds=1, seconds=2)
    long = Form(rounds=10, seconds=3)

    def inflict(self, world):
        self.postgres.crash()
        gone = time.monotonic()
        try:
            time.sleep(world.form.seconds * world.random.uniform(0.5, 1.5))
            created = world.load.snapshot(since=gone + UNDER_WAY_SECONDS)
            assert not created, f'{len(created)} contacts were created without a database'
        finally:
            self.postgres.start()
