"""2,000 idle and 600 slow connections to the gateway."""

import contextlib
import os
import resource
import socket
import threading
import time

from faults.fault import Fault, Form
from faults.memory import memory_kilobytes
from harness.running_system import RunningSystem

IDLE = 2000
SLOW = 600
USUAL_DESCRIPTORS = 1024
STEP_SECONDS = 0.2
CONNECT_SECONDS = 5
# Some have just been closed, and will come again, at any time.
LEAST_OPEN = 0.95
MOST_GROWTH_KILOBYTES = 128 * 1024

SLOW_HEAD = b'GET /v1/accounts HTTP/1.1\r\nHost: slow\r\nX-Slow: ' + b'a' * 4000
SLOW_BODY = (b'POST /v1/contacts HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n'
             b'Content-Length: 100000\r\n\r\n' + b' ' * 4000)
SLOW_READ = b'GET /openapi.json HTTP/1.1\r\nHost: slow\r\n\r\n' * 8


class Client:
    """One connection that does a byte at a time, and comes again when it is closed."""

    def __init__(self, address, sends, at_once=0):
        self._address = address
        self._sends = sends
        self._at_once = at_once
        self._socket = None
        self._open()

    def _open(self):
        self.close()
        self._socket = socket.socket()
        if self._at_once:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(CONNECT_SECONDS)
        self._socket.connect(self._address)
        self._socket.setblocking(False)
        self._sent = 0

    def step(self):
        try:
            count = self._at_once or 1
            if self._sent < len(self._sends):
                self._sent += self._socket.send(self._sends[self._sent:self._sent + count])
            if self._at_once or self._sent == 0:
                closed = self._socket.recv(1) == b''
            else:
                closed = self._socket.recv(1, socket.MSG_PEEK) == b''
        except BlockingIOError:
            return
        except OSError:
            closed = True
        if closed:
            with contextlib.suppress(OSError):
                self._open()

    def is_open(self):
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b''
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self):
        if self._socket:
            self._socket.close()


def descriptors(process):
    return len(os.listdir(f'/proc/{process.pid}/fd'))


class Connections(Fault):
    """They stay for the round; a third of the slow ones are slow to take the answers."""

    name = 'connections'
    short = Form(rounds=1, seconds=6)
    long = Form(rounds=2, seconds=30)

    @contextlib.contextmanager
    def system(self, smtp_url):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # What a machine gives by default; the processes must ask for more by themselves.
        resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_DESCRIPTORS, hard))
        try:
            with contextlib.closing(RunningSystem(smtp_url=smtp_url)) as system:
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
                yield system
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def inflict(self, world):
        address = ('127.0.0.1', world.system.ports['gateway'])
        gateway = world.system.running['gateway']
        before, descriptors_before = memory_kilobytes(gateway), descriptors(gateway)
        alone = self._latencies(world, 1)
        beside = []
        clients = [Client(address, b'') for _ in range(IDLE)]
        third = SLOW // 3
        clients += [Client(address, SLOW_HEAD) for _ in range(third)]
        clients += [Client(address, SLOW_BODY) for _ in range(third)]
        clients += [Client(address, SLOW_READ, at_once=1000) for _ in range(third)]
        stopping = threading.Event()

        def be_slow():
            while not stopping.wait(STEP_SECONDS):
                for client in clients:
                    if not stopping.is_set():
                        client.step()

        thread = threading.Thread(target=be_slow, daemon=True)
        thread.start()
        try:
            for seconds in world.load.thirds(world.form.seconds):
                beside += self._latencies(world, seconds)
            grown = memory_kilobytes(gateway) - before
            accepted = descriptors(gateway) - descriptors_before
            stopping.set()
            thread.join()
            opened = sum(client.is_open() for client in clients)
        finally:
            stopping.set()
            thread.join()
            for client in clients:
                client.close()
        print(f'  connections: a request took {_told(alone)} alone and {_told(beside)} '
              f'beside them (p50, p99); the gateway grew by {grown // 1024} MiB', flush=True)
        assert grown < MOST_GROWTH_KILOBYTES, f'the gateway grew by {grown} KiB'
        assert min(opened, accepted) >= LEAST_OPEN * len(clients), (
            f'of {len(clients)} connections {opened} are open, and the gateway has {accepted}')

    def _latencies(self, world, seconds):
        """How many seconds requests beside the load's took."""
        end = time.monotonic() + seconds
        took = []
        while time.monotonic() < end:
            begun = time.monotonic()
            assert world.system.public.request('GET', '/readyz').status == 200
            assert world.system.api.request('GET', '/v1/accounts?pageSize=1').status == 200
            took.append((time.monotonic() - begun) / 2)
            time.sleep(0.01)
        return took


def _told(took):
    """The median and the 99th percentile."""
    took = sorted(took)
    return (f'{took[len(took) // 2] * 1000:.1f} ms, '
            f'{took[len(took) * 99 // 100] * 1000:.1f} ms')
