"""The disk of one service's database is full for a while."""

import contextlib
import ctypes
import errno
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from faults.fault import Fault, Form, Skipped
from harness.eventually import eventually
from harness.running_system import RunningSystem

DISK_MEGABYTES = 256
PIECE = 64 * 1024
REFILL_SECONDS = 0.05
FILL_SECONDS = 20
# Longer than a mail takes while the disk has room.
HELD_SECONDS = 2
# How soon the effect of the full disk must be seen.
EFFECT_SECONDS = 20
COMPLAINT = 'disk is full'  # SQLite's words, in the log and in the answers.
CLONE_NEWNS = 0x20000  # unshare(2)


def leave_the_mounts():
    """From now on this program's mounts are its own, and end with it however it ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        error = ctypes.get_errno()
        if error == errno.EPERM:
            raise Skipped('a small disk can only be mounted by root, outside of most containers')
        raise OSError(error, f'unshare: {os.strerror(error)}')
    subprocess.run(['mount', '--make-rprivate', '/'], check=True)


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
    long = Form(rounds=3, seconds=20)

    def __init__(self, service, restarts=False):
        self.name = f'{service}-disk-full' + ('-restart' if restarts else '')
        self._service = service
        self._restarts = restarts

    @contextlib.contextmanager
    def system(self, smtp_url):
        leave_the_mounts()
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

    def folders(self):
        return (self._disk,)

    def inflict(self, world):
        told = self._complaints(world)
        with Filler(self._disk / 'filler'):
            eventually(self._check_full, FILL_SECONDS)
            full, refused = time.monotonic(), self._refusals(world)
            time.sleep(world.form.seconds / 2)
            if self._restarts:
                world.system.kill(self._service)
                world.system.start(self._service)
            time.sleep(world.form.seconds / 2)
            self._check_effect(world, full, refused)
            # The filler takes what the service gives back only a moment later.
            eventually(self._check_full, 1)
        assert self._complaints(world) > told, (
            f'the log of {self._service} does not say that its disk was full')

    def _check_effect(self, world, full, refused):
        """What a full disk keeps from being done is not done since `full`, a time.monotonic()."""
        if self._service == 'contact':
            assert self._refusals(world) > refused, (
                f'no create was refused since the disk is full: {world.load.failures()}')
            return

        def is_held():
            before = time.monotonic() - HELD_SECONDS
            assert any(created.time < before and created.email not in world.mail_server.received
                       for created in world.load.snapshot(since=full)), (
                f'no mail was held up for {HELD_SECONDS} seconds')
            return True
        eventually(is_held, EFFECT_SECONDS)

    def _check_full(self):
        disk = os.statvfs(self._disk)
        free = disk.f_bavail * disk.f_frsize
        assert free < PIECE, f'the disk is not full: {free} bytes are free'
        return True

    def _refusals(self, world):
        return sum(count for reason, count in world.load.failures().items()
                   if COMPLAINT in reason)

    def _complaints(self, world):
        return world.system.log(self._service).read_text(errors='replace').count(COMPLAINT)


CONTACT = DiskFull('contact')
INVITATION = DiskFull('invitation')
RESTART = DiskFull('invitation', restarts=True)
