"""One service is away for a while, stopped cleanly; the others do what can be done without it."""

import asyncio
import time

from faults.fault import Fault, Form
from faults.load import Lists
from faults.mail_server import Temper
from harness.eventually import eventually

# How soon the others must be seen at work.
WORK_SECONDS = 30
# Mails that are held up until the contact service is gone.
HELD_MAILS = 10
SENT = 'INVITATION_STATE_SENT'


class PeerAway(Fault):
    """A subclass says what must go on while `service` is away."""

    short = Form(rounds=1, seconds=4)
    long = Form(rounds=1, seconds=120)

    def __init__(self, service):
        self.name = f'{service}-away'
        self._service = service

    def inflict(self, world):
        world.await_contacts()
        world.system.stop_cleanly(self._service)
        gone = time.monotonic()
        try:
            self.check_that_others_work(world, gone)
            time.sleep(max(0, gone + world.form.seconds - time.monotonic()))
        finally:
            world.system.start(self._service)

    def check_that_others_work(self, world, gone):
        """AssertionError when they do not, since `gone`, a time.monotonic()."""
        raise NotImplementedError


class CreatedWithout(PeerAway):
    """Contacts are created, and with `mailed` also mailed."""

    def __init__(self, service, mailed):
        super().__init__(service)
        self._mailed = mailed

    def check_that_others_work(self, world, gone):
        def works():
            since = [created for created in world.load.snapshot(since=gone)
                     if not self._mailed or created.email in world.mail_server.received]
            # More than what was under way.
            return len(since) > 5 * world.load.threads
        eventually(works, WORK_SECONDS)


class ContactAway(PeerAway):
    """Invitations of contacts made before are mailed and can be read."""

    def __init__(self):
        super().__init__('contact')

    def inflict(self, world):
        self._slow = SlowToTake()
        world.mail_server.temper = self._slow
        try:
            eventually(lambda: len(self._unsent(world)) >= HELD_MAILS, WORK_SECONDS)
            super().inflict(world)
        finally:
            self._release(world)

    def check_that_others_work(self, world, gone):
        waiting = self._unsent(world)
        assert waiting, 'nothing was left to be mailed'
        self._release(world)

        def all_sent():
            left = waiting & self._unsent(world)
            assert not left, f'{len(left)} of {len(waiting)} invitations are not mailed'
            return True
        eventually(all_sent, WORK_SECONDS)

    def _unsent(self, world):
        """The invitations that are not mailed, by their ids."""
        return {found['id'] for found in Lists(world.system).invitations(world.load.account_id)
                if found['state'] != SENT}

    def _release(self, world):
        self._slow.holds = False
        world.mail_server.temper = Temper()


class SlowToTake(Temper):
    """Keeps everyone waiting at RCPT while it `holds`."""

    def __init__(self):
        self.holds = True

    async def at_rcpt(self, mail_server, connection, address):
        while self.holds:
            await asyncio.sleep(0.01)
        return None


ACCOUNT = CreatedWithout('account', mailed=False)
CONTACT = ContactAway()
INVITATION = CreatedWithout('invitation', mailed=False)
REGISTRATION = CreatedWithout('registration', mailed=True)
