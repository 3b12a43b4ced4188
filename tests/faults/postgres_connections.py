"""All connections to the database server are ended, again and again."""

import time

from faults.engines import OnEngines
from faults.fault import Form

TIMES = 10


class PostgresConnections(OnEngines):
    """The load must go on, as each connection is made again as soon as it is wanted."""

    name = 'postgres-connections'
    short = Form(rounds=1, seconds=3)
    long = Form(rounds=5, seconds=5)

    def inflict(self, world):
        ended = 0
        for _ in range(TIMES):
            ended += self.postgres.disconnect_all()
            time.sleep(world.random.uniform(0, 2 * world.form.seconds / TIMES))
        world.note = f'ended {ended} connections,'
        assert ended >= TIMES, f'only {ended} connections were ended'
