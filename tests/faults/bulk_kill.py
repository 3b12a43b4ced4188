"""The invitation service is killed at random moments amid a bulk send, and started at once."""

import contextlib
import time

from faults.bulk_fault import BulkFault, BulkForm
from harness.running_system import RunningSystem

# Thousands are gathered in that time.
GATHERING_SECONDS = 0.15
# So many mails are on their way at any time.
WORKERS = 32


class BulkKill(BulkFault):
    name = 'bulk-kill'
    short = BulkForm(rounds=5, seconds=0.3)
    long = BulkForm(rounds=50, seconds=1, recipients=20_000, gathering=5, most_for_each=2)

    @contextlib.contextmanager
    def system(self, smtp_url):
        settings = {'invitation': {'PORTICO_DELIVERY_WORKERS': str(WORKERS)}}
        with contextlib.closing(RunningSystem(smtp_url=smtp_url,
                                              process_settings=settings)) as system:
            yield system

    def hurt_gathering(self, world):
        self._kill(world, GATHERING_SECONDS)

    def inflict(self, world):
        self._kill(world, world.form.seconds)

    def check(self, world, lists):
        assert world.form != self.long or world.in_state['gathering'], 'never killed as it gathered'

    def _kill(self, world, seconds):
        time.sleep(world.random.uniform(0, seconds))
        world.system.kill('invitation')
        world.system.start('invitation')
        world.note = f'killed amid {world.note_hurt()}'
