"""All streams of events are deleted, or emptied, while they are written and read."""

import time

from faults.engines import RELAY_SECONDS, OnEngines
from faults.fault import Form
from harness.eventually import eventually


class NatsStreamDeleted(OnEngines):
    """Those that are deleted must be made again, and all filled again from the logs."""

    name = 'nats-stream-deleted'
    short = Form(rounds=2, seconds=0.5)
    long = Form(rounds=10, seconds=1)

    def inflict(self, world):
        time.sleep(world.random.uniform(0, world.form.seconds))
        what = world.random.choice(('DELETE', 'PURGE'))
        world.note = f'{what} of all streams,'
        logged = self.logged()
        eventually(lambda: len(self.nats.streams()) == len(logged), RELAY_SECONDS)
        for service in logged:
            self.nats.request(f'STREAM.{what}.portico-{service}')

        def is_filled():
            relayed = self.relayed()
            assert all(relayed[service] >= logged[service] for service in logged), (
                f'the streams have {relayed}, and the logs had {logged}')
            return True
        eventually(is_filled, RELAY_SECONDS)
