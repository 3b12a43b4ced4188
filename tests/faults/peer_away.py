"""One service is away for a while, stopped cleanly; the others do what can be done without it."""

import time

from faults.fault import Fault, Form
from harness.eventually import eventually

# What goes on without each of them.
CREATED, MAILED = 'contacts are created', 'contacts are created and mailed'


class PeerAway(Fault):
    """`goes_on` must go on while `service` is away."""

    short = Form(rounds=1, seconds=4)
    long = Form(rounds=2, seconds=120)

    def __init__(self, service, goes_on):
        self.name = f'{service}-away'
        self._service = service
        self._goes_on = goes_on

    def inflict(self, world):
        world.system.stop_cleanly(self._service)
        end = time.monotonic() + world.form.seconds
        try:
            if self._goes_on:
                self._check_that_others_work(world)
            time.sleep(max(0, end - time.monotonic()))
        finally:
            world.system.start(self._service)

    def _check_that_others_work(self, world):
        gone = time.monotonic()

        def works():
            since = [created for created in world.load.snapshot() if created.time > gone]
            if self._goes_on == MAILED:
                since = [created for created in since
                         if created.email in world.mail_server.received]
            # More than what was under way.
            return len(since) > 5 * world.load.threads
        eventually(works, 20)


ACCOUNT = PeerAway('account', CREATED)
CONTACT = PeerAway('contact', None)
INVITATION = PeerAway('invitation', CREATED)
REGISTRATION = PeerAway('registration', MAILED)
