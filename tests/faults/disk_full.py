"""The disk of one service's database is full for a while."""

import contextlib
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from faults.fault import Fault, Form
from harness.running_system import RunningSystem

DISK_MEGABYTES = 256
PIECE = 64 * 1024
REFILL_SECONDS = 0.05


class Filler:
    """A file that takes all that is left of a disk, and what becomes free, until it is removed."""

    def __init__(self, path):
        self._path = path
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._path.unlink()

    def _fill(self):
        with open(self._path, 'ab', buffering=0) as file:
            while not self._stopping.is_set():
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b'\0' * PIECE)
                self._stopping.wait(REFILL_SECONDS)


class DiskFull(Fault):
    """A small disk in memory is filled up, stays so, and is freed; nothing is restarted.

    With `restarts` the service is killed and started on the full disk.
    """

    short = Form(rounds=1, seconds=4)
    long = Form(rounds=5, seconds=20)

    def __init__(self, service, restarts=False):
        self.name = f'{service}-disk-full' + ('-restart' if restarts else '')
        self._service = service
        self._restarts = restarts

    @contextlib.contextmanager
    def system(self, smtp_url):
        assert os.geteuid() == 0, 'only root can mount a small disk'
        with tempfile.TemporaryDirectory(prefix='portico-disk-') as folder:
            self._disk = pathlib.Path(folder)
            subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_MEGABYTES}m', 'tmpfs',
                            folder], check=True)
            try:
                settings = {self._service: {
                    'PORTICO_DATABASE_URL': f'sqlite:{self._disk}/{self._service}.db'}}
                with contextlib.closing(RunningSystem(smtp_url=smtp_url,
                                                      process_settings=settings)) as system:
                    yield system
            finally:
                subprocess.run(['umount', '--lazy', folder], check=True)

    def inflict(self, world):
        told = self._complaints(world)
        with Filler(self._disk / 'filler'):
            time.sleep(world.form.seconds / 2)
            if self._restarts:
                world.system.stop(self._service, with_signal=9)
                world.system.start(self._service)
            time.sleep(world.form.seconds / 2)
        assert self._complaints(world) > told, (
            f'the log of {self._service} does not say that its disk was full')
        if self._service == 'contact' and not self._restarts:
            refusals = [reason for reason in world.load.failures if 'UNAVAILABLE' in reason]
            assert refusals, f'no create was refused as UNAVAILABLE: {world.load.failures}'

    def _complaints(self, world):
        return world.system.log(self._service).read_text(errors='replace').count('full')


CONTACT = DiskFull('contact')
INVITATION = DiskFull('invitation')
RESTART = DiskFull('invitation', restarts=True)
