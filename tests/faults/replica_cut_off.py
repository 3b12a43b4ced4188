"""One replica of two services loses its way to the database without a word, and finds it again."""

import contextlib
import os
import subprocess
import time

from faults.engines import OnEngines
from faults.fault import Form, Skipped
from faults.replica_kill import check_taken_over
from harness.eventually import eventually
from harness.postgres_server import PostgresServer

VICTIMS = ('contact-2', 'invitation-2')
PORT = 5432
# How soon a replica without its database says that it cannot serve.
NOTICE_SECONDS = 20


class ReplicaCutOff(OnEngines):
    """The server has a network of its own, with a way in for those replicas alone; the others
    reach it over its socket. What is sent that way is dropped for a while, so that nobody is
    told that the other end is gone.
    """

    name = 'replica-cut-off'
    short = Form(rounds=1, seconds=7)
    long = Form(rounds=4, seconds=25)
    replicas = 2

    @contextlib.contextmanager
    def postgres_server(self):
        # Addresses that are for trying networks out; all goes when the server's process ends.
        subnet = f'198.18.{os.getpid() % 256}'
        self._ours, self._servers = f'{subnet}.1', f'{subnet}.2'
        link = f'portico{os.getpid()}'
        try:
            subprocess.run(['unshare', '--net', 'true'], check=True, stderr=subprocess.DEVNULL)
            _ip('link', 'add', link, 'type', 'veth', 'peer', 'name', f'{link}b')
        except (OSError, subprocess.CalledProcessError) as error:
            raise Skipped(
                'networks can only be made by root, outside of most containers') from error
        try:
            with contextlib.closing(PostgresServer(
                    ['unshare', '--net'], ['listen_addresses=*'])) as server:
                self._inside = ['nsenter', '--net', '--target', str(server.process.pid)]
                _ip('link', 'set', f'{link}b', 'netns', str(server.process.pid))
                _ip('address', 'add', f'{self._ours}/30', 'dev', link)
                _ip('link', 'set', link, 'up')
                _ip('address', 'add', f'{self._servers}/30', 'dev', f'{link}b', inside=self._inside)
                _ip('link', 'set', f'{link}b', 'up', inside=self._inside)
                # The rule that comes first by itself takes all that is for the server's address.
                _ip('rule', 'add', 'preference', '2', 'lookup', 'local', inside=self._inside)
                _ip('rule', 'delete', 'preference', '0', inside=self._inside)
                yield server
        finally:
            subprocess.run(['ip', 'link', 'delete', link], stderr=subprocess.DEVNULL)

    def process_settings(self):
        return {name: {'PORTICO_DATABASE_URL':
                       f'postgresql://postgres@{self._servers}:{PORT}/{name.partition("-")[0]}'}
                for name in VICTIMS}

    def inflict(self, world):
        rule = ['preference', '1', 'from', self._ours, 'blackhole']
        _ip('rule', 'add', *rule, inside=self._inside)
        cut = time.monotonic()
        try:
            for name in VICTIMS:
                eventually(lambda: not world.system.is_ready(name), NOTICE_SECONDS)
            check_taken_over(world, time.monotonic())
            world.note = f'taken over in {time.monotonic() - cut:.1f} s,'
            time.sleep(max(0, cut + world.form.seconds - time.monotonic()))
            ready = [name for name in VICTIMS if world.system.is_ready(name)]
            assert not ready, f'{ready} serve, though they are cut off from the database'
        finally:
            _ip('rule', 'delete', *rule, inside=self._inside)


def _ip(*arguments, inside=()):
    subprocess.run([*inside, 'ip', *arguments], check=True, stderr=subprocess.DEVNULL)
