"""The disk under the invitation service's database is full for a while, amid a bulk send."""

import time

from faults.bulk_fault import BulkFault, BulkForm
from faults.disk_full import EFFECT_SECONDS, HELD_SECONDS, DiskFull
from harness.eventually import eventually


class BulkDiskFull(BulkFault, DiskFull):
    """No mail is sent whose end could not be recorded; all goes on by itself once there is room."""

    short = BulkForm(rounds=1, seconds=4, recipients=1500)
    long = BulkForm(rounds=3, seconds=20, recipients=10_000, most_for_each=2)
    forgets = False  # It lives, and remembers what it could not write yet.
    last_share = 0.7  # Much must be left to be held up.

    def __init__(self):
        super().__init__('invitation')
        self.name = 'bulk-disk-full'

    def inflict(self, world):
        super().inflict(world)
        world.note = f'freed amid {world.note_hurt()}'

    def _refusals(self, world):
        return 0  # Nobody creates contacts.

    def _check_effect(self, world, full, refused):
        def is_held():
            before = len(world.mail_server.last_attempts)
            time.sleep(HELD_SECONDS)
            tried = len(world.mail_server.last_attempts) - before
            assert not tried, f'{tried} mails were tried in {HELD_SECONDS} seconds of a full disk'
            return True
        eventually(is_held, EFFECT_SECONDS)
