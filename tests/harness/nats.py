"""A NATS server with JetStream of a test's own."""

import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness.eventually import eventually
from harness.running_system import free_ports, listens


class NatsServer:
    """Listens on a free port of the loopback until close(); keeps what it stores across kill()."""

    def __init__(self, settings=''):
        """`settings` are more lines of its configuration."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-nats-'))
        self.port, = free_ports(1)
        (self.folder / 'nats.conf').write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{store_dir: "{self.folder}"}}\n{settings}')
        self.start()

    @property
    def url(self):
        return f'nats://127.0.0.1:{self.port}'

    def start(self):
        self.process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', 'nats-server', '-c', self.folder / 'nats.conf',
             '-l', self.folder / 'log'])
        eventually(lambda: listens(self.port))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder)
