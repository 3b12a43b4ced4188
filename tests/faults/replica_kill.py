"""A replica of a service is killed at a random moment, and started again later."""

import time

from faults.engines import OnEngines
from faults.fault import Form
from harness.eventually import eventually
from processes import SERVICES

# How soon the others have taken over what it did.
TAKE_OVER_SECONDS = 20


class ReplicaKill(OnEngines):
    """Before it is started again, the others do all that there is to do."""

    name = 'replica-kill'
    short = Form(rounds=1, seconds=0.3)
    long = Form(rounds=40, seconds=1)
    replicas = 3

    def inflict(self, world):
        victim = world.random.choice(
            [name for service in SERVICES for name in world.system.replicas(service)])
        time.sleep(world.random.uniform(0, world.form.seconds))
        world.system.kill(victim)
        killed = time.monotonic()
        try:
            check_taken_over(world, killed)
            world.note = f'killed {victim}, taken over in {time.monotonic() - killed:.1f} s,'
        finally:
            world.system.start(victim)


def check_taken_over(world, gone):
    """Contacts created since `gone` and all from before are mailed; AssertionError if not soon."""
    contact = world.load.created_since(gone)
    waited_for = [created for created in world.load.snapshot() if created.time <= contact.time]

    def is_mailed():
        left = [created.email for created in waited_for
                if created.email not in world.mail_server.received]
        assert not left, (f'{len(left)} of {len(waited_for)} contacts were not mailed in '
                          f'{TAKE_OVER_SECONDS} seconds, such as {left[0]}')
        return True
    eventually(is_mailed, TAKE_OVER_SECONDS)
