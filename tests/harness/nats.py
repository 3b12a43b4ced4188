"""A NATS server with JetStream of a test's own."""

import json
import pathlib
import shutil
import signal
import socket
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

    def request(self, subject, **body):
        """Asks the server's own API, and answers the JSON of what it says."""
        subject = f'$JS.API.{subject}'
        payload = json.dumps(body).encode() if body else b''
        with socket.create_connection(('127.0.0.1', self.port), timeout=10) as connection:
            connection.sendall(b'CONNECT {"verbose":false}\r\nSUB answer 1\r\n'
                               + f'PUB {subject} answer {len(payload)}\r\n'.encode()
                               + payload + b'\r\n')
            lines = connection.makefile('rb')
            for line in lines:
                if line.startswith(b'PING'):
                    connection.sendall(b'PONG\r\n')
                elif line.startswith(b'MSG'):
                    answer = json.loads(lines.read(int(line.split()[-1])))
                    assert 'error' not in answer, f'{subject}: {answer["error"]}'
                    return answer
                assert not line.startswith(b'-ERR'), f'{subject}: {line!r}'
        raise AssertionError(f'{subject}: no answer')

    def streams(self):
        """The names of all streams."""
        return self.request('STREAM.NAMES').get('streams') or []

    def close(self):
        self.kill()
        shutil.rmtree(self.folder)
