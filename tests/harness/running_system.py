"""A system of five real processes in a folder of its own."""

import os
import pathlib
import random
import re
import shutil
import signal
import socket
import tempfile

from harness.eventually import eventually
from http_api import Api
from processes import SERVICES, System, program_of, replica_names


# A path of each service that it refuses to strangers.
READ_PATHS = {'account': '/v1/accounts', 'contact': '/v1/contacts',
              'invitation': '/v1/invitations', 'registration': '/v1/portal/me'}


_reservations = []


def free_ports(count):
    """Ports that nothing listens on, below those the kernel gives to clients.

    They are this program's until it ends: a killed process must find its port free
    again, so tests that run at the same time tell one another which they have, by
    the names of sockets (unix(7), abstract ones) that are bound to nothing else.
    """
    ports = []
    while len(ports) < count:
        port = random.randrange(20000, 32000)
        reservation = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            try:
                reservation.bind(f'\0portico-test-port-{port}')
                probe.bind(('127.0.0.1', port))
            except OSError:
                reservation.close()
                continue
        _reservations.append(reservation)
        ports.append(port)
    return ports


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def programs():
    """The folder of the built programs: PORTICO_PROGRAMS, which ctest sets, or the release build's."""
    root = pathlib.Path(__file__).resolve().parents[2]
    return pathlib.Path(os.environ.get('PORTICO_PROGRAMS', root / 'build/release/bin'))


class RunningSystem(System):
    """Starts on free ports with keys of its own; close() stops it and removes its folder.

    With more `replicas` than one, each service has as many processes, which needs a
    `database_url_template` that they can share.
    """

    def __init__(self, settings=None, replicas=1, **options):
        state = tempfile.mkdtemp(prefix='portico-test-')
        names = [name for service in SERVICES for name in replica_names(service, replicas)]
        names.append('gateway')
        ports = dict(zip(names, free_ports(len(names))))
        super().__init__(programs(), state, ports, settings=settings, **options)
        try:
            self.make_keys()
            self.start()
            self.wait_ready()
            # A staff caller with all permissions.
            self.api = Api(self.url, self.token())
        except BaseException:
            self.close()
            raise
        # A caller without a token: a browser of nobody in particular.
        self.public = Api(self.url)

    def staff(self, permissions, *flags):
        """A staff caller with these permissions, separated by commas."""
        return Api(self.url, self.token(permissions, *flags))

    def wait_ready(self, *names):
        """Also waits until the gateway has found the processes again."""
        super().wait_ready(*names)
        if 'gateway' in self.running:
            super().wait_ready('gateway')
            for name in names or self.names:
                if name != 'gateway':
                    self._wait_found(name)

    def _wait_found(self, name):
        path = READ_PATHS[program_of(name)]
        alone = len(self.replicas(program_of(name))) == 1
        before = 0 if alone else self.calls(name)
        eventually(lambda: Api(self.url).request('GET', path).status == 401
                   and (alone or self.calls(name) > before))

    def calls(self, name, rpc=r'(?!WatchEvents\b)\w+'):
        """How many calls of an RPC, or of all but the streams, a process has answered."""
        return len(re.findall(rf' rpc method=\S+/{rpc} ', self.log(name).read_text()))

    def is_well(self):
        """Whether all processes serve, and the gateway finds each service."""
        return (all(self.is_ready(name) for name in self.names)
                and all(self.public.request('GET', path).status == 401
                        for path in READ_PATHS.values()))

    def kill(self, *names):
        """SIGKILL to processes, all without names; AssertionError when one had ended already."""
        codes = self.stop(*names, with_signal=signal.SIGKILL)
        for name, code in codes.items():
            assert code == -signal.SIGKILL, (
                f'{name} ended by itself with {code}; its log ends:\n{self.last_lines(name)}')

    def restart(self, *names):
        """Stops processes cleanly and starts them again, all without names."""
        names = names or self.names
        self.stop_cleanly(*names)
        self.start(*names)
        self.wait_ready(*names)

    def stop_cleanly(self, *names):
        """SIGTERM; AssertionError when one does not exit with 0."""
        codes = self.stop(*names)
        for name, code in codes.items():
            assert code == 0, f'{name} ended with {code}; its log ends:\n{self.last_lines(name)}'

    def close(self):
        try:
            self.stop_cleanly()
        finally:
            shutil.rmtree(self.state)
