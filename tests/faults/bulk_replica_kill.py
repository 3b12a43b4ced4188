"""A replica of the invitation service is killed at random moments amid a bulk send."""

import time

from faults.bulk_fault import BulkFault, BulkForm
from faults.bulk_kill import GATHERING_SECONDS
from faults.engines import OnEngines
from faults.replica_kill import TAKE_OVER_SECONDS
from harness.eventually import eventually

# So many mails are settled by the others before it is started again, where so many are left.
SETTLED_BY_OTHERS = 50


class BulkReplicaKill(BulkFault, OnEngines):
    name = 'bulk-replica-kill'
    short = BulkForm(rounds=2, seconds=0.3)
    long = BulkForm(rounds=20, seconds=1, recipients=10_000, gathering=3, most_for_each=2)
    replicas = 3

    def hurt_gathering(self, world):
        world.system.start(self._kill(world, GATHERING_SECONDS))

    def inflict(self, world):
        victim = self._kill(world, world.form.seconds)
        settled = min(world.mail_server.settled() + SETTLED_BY_OTHERS, world.form.recipients)
        try:
            eventually(lambda: world.mail_server.settled() >= settled or world.bulk.is_done(),
                       TAKE_OVER_SECONDS)
        finally:
            world.system.start(victim)

    def _kill(self, world, seconds):
        victim = world.random.choice(world.system.replicas('invitation'))
        time.sleep(world.random.uniform(0, seconds))
        world.system.kill(victim)
        world.note = f'killed {victim} amid {world.note_hurt()}'
        return victim
