"""A client that sends garbage to the ports of all five processes."""

import collections
import contextlib
import socket
import struct
import threading
import time

from faults.fault import Fault, Form
from faults.memory import memory_kilobytes
from processes import PROCESSES, SERVICES

CLIENTS = 8
TIMEOUT_SECONDS = 0.3
MOST_GROWTH_KILOBYTES = 96 * 1024
MOST_LOG_BYTES = 8 << 20  # Of one process, for a second of garbage.
SECRET = 'garbage-secret-7f3a'

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
EMPTY_SETTINGS = struct.pack('>I', 0)[1:] + b'\x04\x00' + bytes(4)
METHODS = (b'/portico.contact.v1.ContactService/CreateContact',
           b'/portico.account.v1.AccountService/BatchGetAccounts',
           b'/portico.events.v1.EventService/WatchEvents',
           b'/grpc.health.v1.Health/Check', b'/nothing/Nothing', b'')

CONTACTS = b'POST /v1/contacts HTTP/1.1\r\nHost: gateway\r\n'
BROKEN_HTTP = (
    b'GET / HTTP/1.1\r\nHost: a\r\nX-Big: ' + b'a' * 100_000 + b'\r\n\r\n',
    b'GET /' + b'a' * 100_000 + b' HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET / HTTP/1.1\r\n' + b'A: b\r\n' * 20_000 + b'\r\n',
    b'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n',
    b'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost : a\r\n folded\r\n\r\n',
    b'\r\n' * 5_000,
    CONTACTS + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x',
    CONTACTS + b'Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
    CONTACTS + b'Content-Length: -1\r\n\r\n',
    CONTACTS + b'Content-Length: 99999999999999999999\r\n\r\n',
    CONTACTS + b'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    CONTACTS + b'Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
    CONTACTS + b'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc',
    CONTACTS + b'Transfer-Encoding: chunked\r\n\r\n5;' + b'x' * 50_000 + b'\r\nabcde\r\n',
    CONTACTS + b'Content-Type: application/json\r\nContent-Length: 20000\r\n\r\n' + b'[' * 20_000,
    CONTACTS + b'Content-Type: application/json\r\nContent-Length: 4\r\n\r\n\xff\xfe\x00\x80',
    CONTACTS + f'Authorization: Bearer {SECRET}\r\nContent-Length: 2\r\n\r\n{{}}'.encode(),
)


def frame(kind, flags, stream, payload, length=None):
    """An HTTP/2 frame; `length` may lie."""
    size = len(payload) if length is None else length
    return struct.pack('>I', size)[1:] + bytes((kind, flags)) + struct.pack('>I', stream) + payload


def literal(name, value):
    """A header for HPACK, neither indexed nor compressed."""
    return (b'\0' + bytes((len(name),)) + name + b'\x7f' +
            _continued(len(value) - 127) + value if len(value) >= 127 else
            b'\0' + bytes((len(name),)) + name + bytes((len(value),)) + value)


def _continued(number):
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes(out) + bytes((number,))


def grpc_call(rng):
    """A call as it should be, but for its body."""
    headers = b''.join(literal(*pair) for pair in (
        (b':method', b'POST'), (b':scheme', b'http'), (b':path', rng.choice(METHODS)),
        (b':authority', b'x'), (b'content-type', b'application/grpc'), (b'te', b'trailers'),
        (b'authorization', f'Bearer {SECRET}'.encode())))
    body = rng.randbytes(rng.randrange(2000))
    length = len(body) if rng.random() < 0.5 else rng.randrange(1 << 32)
    message = bytes((rng.randrange(3),)) + struct.pack('>I', length) + body
    return (PREFACE + EMPTY_SETTINGS + frame(1, 4, 1, headers) +
            frame(0, rng.randrange(2), 1, message))


def broken_frames(rng):
    out = PREFACE + EMPTY_SETTINGS
    for _ in range(rng.randrange(1, 20)):
        payload = rng.randbytes(rng.randrange(200))
        length = None if rng.random() < 0.7 else rng.randrange(1 << 24)
        out += frame(rng.randrange(12), rng.randrange(256), rng.randrange(1 << 32), payload, length)
    return out


def garbage(rng, process):
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 20_000))
    if kind == 1 or process == 'gateway':
        return rng.choice(BROKEN_HTTP)
    return grpc_call(rng) if kind == 2 else broken_frames(rng)


class Garbage(Fault):
    """Connections are left half-closed, reset or open, and the load goes on beside them."""

    name = 'garbage'
    short = Form(rounds=1, seconds=6)
    long = Form(rounds=2, seconds=60)

    def inflict(self, world):
        sizes = {name: (memory_kilobytes(process), world.system.log(name).stat().st_size)
                 for name, process in world.system.running.items()}
        sent = [collections.Counter() for _ in range(CLIENTS)]
        stopping = threading.Event()
        threads = []
        for of_client in sent:
            rng = type(world.random)(world.random.random())
            threads.append(threading.Thread(
                target=self._send, args=(world.system, rng, stopping, of_client), daemon=True))
        for thread in threads:
            thread.start()
        try:
            for seconds in world.load.thirds(world.form.seconds):
                time.sleep(seconds)
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        world.system.check_alive()
        bytes_sent = sum(sent, collections.Counter())
        assert all(bytes_sent[name] for name in PROCESSES), f'sent only {bytes_sent}'
        for name, (memory, log) in sizes.items():
            grown = memory_kilobytes(world.system.running[name]) - memory
            assert grown < MOST_GROWTH_KILOBYTES, f'{name} grew by {grown} KiB'
            written = world.system.log(name).stat().st_size - log
            assert written < MOST_LOG_BYTES * world.form.seconds, f'{name} logged {written} bytes'

    def check(self, world, lists):
        for name in PROCESSES:
            assert SECRET not in world.system.log(name).read_text(errors='replace'), (
                f'the log of {name} tells a token')

    @staticmethod
    def _send(system, rng, stopping, sent):
        """Counts in `sent` the bytes for each process."""
        while not stopping.is_set():
            name = rng.choice(SERVICES + ('gateway', 'gateway'))
            with contextlib.suppress(OSError), socket.create_connection(
                    ('127.0.0.1', system.ports[name]), TIMEOUT_SECONDS) as connection:
                data = garbage(rng, name)
                connection.sendall(data)
                sent[name] += len(data)
                leave = rng.randrange(3)
                if leave == 0:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack('ii', 1, 0))
                    continue
                if leave == 1:
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
