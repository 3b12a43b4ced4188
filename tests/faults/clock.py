"""The clock of all processes, or of one alone, is set an hour forth and back."""

import contextlib
import pathlib
import shutil
import struct
import tempfile
import time

from faults.fault import Fault, Form
from harness import jwt
from harness.running_system import RunningSystem, programs
from processes import PROCESSES

HOUR = 3600
# From the right time to a wrong one and back, and from each wrong one to the other.
STEPS = (HOUR, 0, -HOUR, HOUR, -HOUR, 0)


class Clock(Fault):
    """The wrong time lasts for some seconds, and the round ends with the right one."""

    short = Form(rounds=1, seconds=7)
    long = Form(rounds=10, seconds=30)

    def __init__(self, name, stepped):
        self.name = name
        self._stepped = stepped

    @contextlib.contextmanager
    def system(self, smtp_url):
        library = programs() / 'libset_clock.so'
        assert library.exists(), f'{library} is not built'
        folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-clock-'))
        self._file = folder / 'offset'
        self._file.write_bytes(struct.pack('q', 0))
        settings = {name: {'LD_PRELOAD': str(library), 'PORTICO_CLOCK_OFFSET': str(self._file)}
                    for name in self._stepped}
        try:
            with contextlib.closing(RunningSystem(smtp_url=smtp_url,
                                                  process_settings=settings)) as system:
                header, claims = jwt.parts_of(system.api.token)
                claims['iat'] -= 2 * 3600  # Good at each of the times.
                system.api.token = jwt.signed(header, claims, system.keys / 'staff.pem')
                yield system
        finally:
            shutil.rmtree(folder)

    def inflict(self, world):
        for offset in STEPS:
            with open(self._file, 'r+b') as file:
                file.write(struct.pack('q', offset))
            time.sleep(world.form.seconds / len(STEPS) * world.random.uniform(0.5, 1.5))


ALL = Clock('clock', PROCESSES)
CONTACT = Clock('contact-clock', ('contact',))
INVITATION = Clock('invitation-clock', ('invitation',))
