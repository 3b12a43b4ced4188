"""The clock of the invitation service is set an hour forth and back amid a bulk send."""

import time

from faults.bulk_fault import BulkFault, BulkForm
from faults.clock import STEP_SECONDS, STEPS, Clock, check_time
from harness.company import unique
from harness.eventually import eventually


class BulkClock(BulkFault, Clock):
    """It is mailed on at each of the wrong times. The bulk send has a pace, which the clock tells."""

    short = BulkForm(rounds=1, seconds=6, recipients=1200)
    long = BulkForm(rounds=2, seconds=30, recipients=6000, most_for_each=2)
    last_share = 0.2  # Much must be left to be mailed at the wrong times.
    options = {'maxPerMinute': 4000}

    def __init__(self):
        super().__init__('bulk-clock', ('invitation',))

    def inflict(self, world):
        try:
            for offset in STEPS:
                settled = world.mail_server.settled()
                self._set(offset)
                world.note = f'the last time set amid {world.note_hurt()}'
                end = time.monotonic() + (
                    world.form.seconds / len(STEPS) * world.random.uniform(0.5, 1.5))
                self._check_work(world, offset)
                eventually(lambda: world.mail_server.settled() > settled, STEP_SECONDS)
                time.sleep(max(0, end - time.monotonic()))
        finally:
            self._set(0)

    def _check_work(self, world, offset):
        check_time(world.system.api.post('/v1/templates', {
            'displayName': unique('template'), 'kind': 'TEMPLATE_KIND_INVITATION',
            'subject': 'Hello', 'htmlBody': '<p>[CustomerPortalLink]</p>'}), offset)
