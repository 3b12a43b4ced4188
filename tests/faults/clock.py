"""The clock of all processes, or of one alone, is set an hour forth and back."""

import contextlib
import datetime
import pathlib
import shutil
import tempfile
import time

from faults.fault import Fault, Form, Skipped
from harness import jwt
from harness.company import unique
from harness.eventually import eventually
from harness.running_system import RunningSystem
from processes import PROCESSES

HOUR = 3600
# From the right time to a wrong one and back, and from each wrong one to the other.
STEPS = (HOUR, 0, -HOUR, HOUR, -HOUR, 0)
STEP_SECONDS = 20  # What may pass until a contact is invited by a clock just set.
MOST_ERROR_SECONDS = 60


def libfaketime():
    """The library that, preloaded, sets the time of day of a process off."""
    found = sorted(pathlib.Path('/usr/lib').glob('*/faketime/libfaketimeMT.so.1'))
    if not found:
        raise Skipped('libfaketime is not installed (tools/setup)')
    return found[0]


def _remove_shared_memory(pids):
    """libfaketime leaves it behind when one program becomes another, as setpriv does."""
    for pid in pids:
        for name in (f'faketime_shm_{pid}', f'sem.faketime_sem_{pid}'):
            (pathlib.Path('/dev/shm') / name).unlink(missing_ok=True)


class Clock(Fault):
    """The wrong time lasts for some seconds, and the round ends with the right one.

    Meanwhile contacts must be created, and the stepped services must tell the wrong time.
    """

    short = Form(rounds=1, seconds=7)
    long = Form(rounds=2, seconds=30)

    def __init__(self, name, stepped):
        self.name = name
        self._stepped = stepped

    @contextlib.contextmanager
    def system(self, smtp_url):
        # libfaketime cannot start beside jemalloc, which asks for the time before it is ready:
        # with these two named first, the C library's own allocator is used.
        preloaded = f'{libfaketime()} libstdc++.so.6 libc.so.6'
        folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-clock-'))
        self._file = folder / 'offset'
        self._set(0)
        stepped = []
        # The monotonic clock stays what it is, as when a machine's clock is set.
        settings = {name: {'LD_PRELOAD': preloaded, 'FAKETIME_TIMESTAMP_FILE': str(self._file),
                           'FAKETIME_NO_CACHE': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1'}
                    for name in self._stepped}
        try:
            with contextlib.closing(RunningSystem(smtp_url=smtp_url,
                                                  process_settings=settings)) as system:
                header, claims = jwt.parts_of(system.api.token)
                claims['iat'] -= 2 * HOUR  # Good at each of the times.
                system.api.token = jwt.signed(header, claims, system.keys / 'staff.pem')
                stepped = [system.running[name].pid for name in self._stepped]
                yield system
        finally:
            _remove_shared_memory(stepped)
            shutil.rmtree(folder)

    def inflict(self, world):
        # One whose clock is wrong cannot ask for an account that it has not heard of.
        world.await_contacts()
        try:
            for offset in STEPS:
                self._set(offset)
                end = time.monotonic() + (
                    world.form.seconds / len(STEPS) * world.random.uniform(0.5, 1.5))
                self._check_work(world, offset)
                time.sleep(max(0, end - time.monotonic()))
        finally:
            self._set(0)

    def _set(self, offset):
        # The processes read it at each look at the clock, so it is never there half written.
        new = self._file.with_suffix('.new')
        new.write_text(f'{offset:+d}\n')
        new.rename(self._file)

    def _check_work(self, world, offset):
        """What the stepped services make now has their time."""
        contact_id = world.load.created_since(time.monotonic()).id
        api = world.system.api
        if 'contact' in self._stepped:
            check_time(api.get(f'/v1/contacts/{contact_id}'), offset)
        if 'invitation' in self._stepped:
            check_time(api.post('/v1/templates', {
                'displayName': unique('template'), 'kind': 'TEMPLATE_KIND_INVITATION',
                'subject': 'Hello', 'htmlBody': '<p>[CustomerPortalLink]</p>'}), offset)
        # A service whose clock alone is wrong makes tokens that its peers refuse: its
        # invitations wait for the right time.
        if self._stepped == PROCESSES:
            found = eventually(lambda: api.get(f'/v1/invitations?contactId={contact_id}').get(
                'invitations'), STEP_SECONDS)
            check_time(found[0], offset)


def check_time(resource, offset):
    told = datetime.datetime.fromisoformat(resource['createTime'].replace('Z', '+00:00'))
    off = told.timestamp() - time.time()
    assert abs(off - offset) < MOST_ERROR_SECONDS, (
        f'{resource["id"]} was created {off:.0f} s off, want {offset}')


ALL = Clock('clock', PROCESSES)
CONTACT = Clock('contact-clock', ('contact',))
INVITATION = Clock('invitation-clock', ('invitation',))
