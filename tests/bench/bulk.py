"""What is measured of bulk sends: counts and lists of recipients, the gathering of a bulk send and
its mailing, beside what the machine can take: Postfix's smtp-source into the same smtp-sink, with as
many sessions.
"""

import asyncio
import contextlib
import statistics
import subprocess
import threading
import time

from bench.imported import CONTACTS_OF_ACCOUNT
from bench.measurements import load
from harness.company import Company, unique
from harness.eventually import eventually
from harness.running_system import free_ports, listens

SESSIONS = 32
# MAIL, RCPT, DATA and the mail: libcurl waits for each reply.
ROUND_TRIPS = 4
ROUND_TRIP_SECONDS = 0.02
MAILS_OVER_SLOW_NETWORK = 8000
CALLS = 100
BILL_GROUPS = 4
# As large as the default invitation's mail.
MAIL_BYTES = 6500
LIMIT_MAILS = 50_000


def prepare(system, size):
    """Imports accounts and contacts that a bulk send is for, and waits until they are counted."""
    companies = [Company(system.api, autoSendInvitation=False) for _ in range(3)]
    division = companies[0].division['id']
    classes = [company.account_class['id'] for company in companies]
    groups = [system.api.post('/v1/setup/billGroups', {'displayName': unique('group')})['id']
              for _ in range(BILL_GROUPS)]
    setup = ['--division', division]
    for one in classes:
        setup += ['--account-class', one]
    for one in groups:
        setup += ['--bill-group', one]
    _load_rows(system, 'account', 'accounts', max(1000, size // CONTACTS_OF_ACCOUNT), *setup)
    begun = time.monotonic()
    _load_rows(system, 'contact', 'contacts', size)
    chosen = {'divisionId': division}
    eventually(lambda: _count(system, chosen)['total'] == str(size), seconds=1800)
    return {'filter': chosen, 'class': classes[0], 'group': groups[0],
            'seconds_until_counted': time.monotonic() - begun}


def _load_rows(system, service, kind, rows, *flags):
    load(system, 'import', kind, '--address', system.address(service), '--rows', rows, *flags)


def _count(system, chosen):
    return system.api.post('/v1/recipients:count', {'filter': chosen})


def _timed(call):
    """p50 and p99 of so many calls, one at a time, through the gateway."""
    took = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        call()
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return {'p50_ms': statistics.median(took), 'p99_ms': took[int(len(took) * 0.99) - 1]}


def counts(system, prepared):
    """Of any filter, and the first pages of lists."""
    base = prepared['filter']
    filters = {
        'all': base,
        'one class': {**base, 'accountClassId': prepared['class']},
        'bill group': {**base, 'billGroupId': prepared['group']},
        'all conditions': {**base, 'accountClassId': prepared['class'],
                           'billGroupId': prepared['group'], 'withActiveService': True,
                           'withBalanceDue': True, 'onlyBillingContacts': True,
                           'withoutAutomaticPayment': True}}
    counted = {name: _timed(lambda of=of: _count(system, of)) for name, of in filters.items()}
    division = base['divisionId']
    pages = {
        'all': f'/v1/recipients?filter.divisionId={division}',
        'will be mailed': f'/v1/recipients?filter.divisionId={division}&onlyWillBeMailed=true',
        'all conditions': f'/v1/recipients?filter.divisionId={division}'
                          f'&filter.accountClassId={prepared["class"]}'
                          '&filter.withActiveService=true&filter.onlyBillingContacts=true'
                          '&group=RECIPIENT_GROUP_NEVER_INVITED'}
    listed = {name: _timed(lambda of=of: system.api.get(of)) for name, of in pages.items()}
    return {'count': counted, 'list': listed}


def gather(system, prepared, size):
    """A bulk send's creation, answered and READY, and what the service holds of memory."""
    begun = time.monotonic()
    bulk = system.api.post('/v1/bulkSends', {'filter': prepared['filter']})
    answered = time.monotonic() - begun
    path = f'/v1/bulkSends/{bulk["id"]}'
    eventually(lambda: system.api.get(path)['state'] == 'BULK_SEND_STATE_READY', seconds=600)
    ready = time.monotonic() - begun
    total = int(system.api.get(path)['progress']['waiting'])
    if total != size:
        raise RuntimeError(f'{total} recipients gathered, want {size}')
    return bulk['id'], {'answered_ms': answered * 1000, 'ready_seconds': ready}


@contextlib.contextmanager
def mail_server(port):
    """Postfix's smtp-sink, which takes whatever comes."""
    sink = subprocess.Popen(['smtp-sink', '-u', 'nobody', f'127.0.0.1:{port}', '1000'],
                            stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(port))
        yield
    finally:
        sink.terminate()
        sink.wait()


def limit(port, *flags, mails):
    """Mails a second by smtp-source: a connection each, as it does it by itself; -d keeps them."""
    begun = time.monotonic()
    subprocess.run(['smtp-source', *flags, '-s', str(SESSIONS), '-m', str(mails), '-l',
                    str(MAIL_BYTES), '-f', 'a@hauler.example', '-t', 'b@example.com',
                    f'127.0.0.1:{port}'], check=True)
    return mails / (time.monotonic() - begun)


def limits(port, size):
    mails = min(LIMIT_MAILS, 10 * size)
    return {'rate': limit(port, mails=mails), 'kept_rate': limit(port, '-d', mails=mails)}


def send(system, bulk, count):
    """From its start until it is DONE."""
    path = f'/v1/bulkSends/{bulk}'
    cpu = system.cpu_seconds()
    begun = time.monotonic()
    system.api.post(f'{path}:start', {'expectedCount': str(count)})
    last = begun
    while True:
        state = system.api.get(path)
        if state['state'] == 'BULK_SEND_STATE_DONE':
            break
        if state['state'] != 'BULK_SEND_STATE_RUNNING':
            raise RuntimeError(f'the bulk send is {state}')
        time.sleep(0.2)
        last = time.monotonic()
    seconds = (last + time.monotonic()) / 2 - begun
    sent = int(state['progress']['sent'])
    if sent != count:
        raise RuntimeError(f'{state["progress"]}, want {count} sent')
    used = {name: (now - cpu[name]) / count * 1e6 for name, now in system.cpu_seconds().items()}
    return {'rate': count / seconds, 'seconds': seconds, 'cpu_us': used}


class SlowNetwork:
    """Passes connections on to a port, with half a round trip more each way."""

    # What the event loop takes besides, as it sleeps whole milliseconds.
    _LATE_SECONDS = 0.001

    def __init__(self, to_port):
        self.port, = free_ports(1)
        self._to_port = to_port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self):
        asyncio.run(self._pass_on())

    async def _pass_on(self):
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        async with await asyncio.start_server(self._serve, '127.0.0.1', self.port):
            self._ready.set()
            await self._over.wait()

    async def _serve(self, reader, writer):
        to_reader, to_writer = await asyncio.open_connection('127.0.0.1', self._to_port)
        await asyncio.gather(self._pass(reader, to_writer), self._pass(to_reader, writer))

    async def _pass(self, reader, writer):
        delay = ROUND_TRIP_SECONDS / 2 - self._LATE_SECONDS
        while data := await reader.read(65536):
            self._loop.call_later(delay, writer.write, data)
        self._loop.call_later(delay, writer.close)


def measure(system, size):
    system.stop_cleanly('invitation')
    system.process_settings['invitation'] = {'PORTICO_DELIVERY_WORKERS': str(SESSIONS)}
    system.start('invitation')
    system.wait_ready('invitation')
    prepared = prepare(system, size)
    figures = {'projected': size / prepared['seconds_until_counted'],
               'looks': counts(system, prepared)}
    bulk, figures['gather'] = gather(system, prepared, size)
    with mail_server(system.smtp_port):
        before = limits(system.smtp_port, size)
        figures['send'] = send(system, bulk, size)
        after = limits(system.smtp_port, size)
        figures['limit'] = {kind: (before[kind] + after[kind]) / 2 for kind in before}
        figures['send']['ratio'] = figures['send']['rate'] / figures['limit']['rate']
        figures['peak_mib'] = system.peak_mib('invitation')
        figures['slow'] = over_slow_network(system, prepared)
    return figures


def over_slow_network(system, prepared):
    """Mailed again, to some, with a longer way to the mail server."""
    listed, token = [], ''
    while len(listed) < MAILS_OVER_SLOW_NETWORK:
        page = system.api.get(
            f'/v1/recipients?filter.divisionId={prepared["filter"]["divisionId"]}&pageSize=1000'
            f'&pageToken={token}')
        listed += [one['contactId'] for one in page['recipients']]
        token = page['nextPageToken']
        if not token:
            break
    chosen = listed[:MAILS_OVER_SLOW_NETWORK]
    with SlowNetwork(system.smtp_port) as network:
        system.stop_cleanly('invitation')
        system.process_settings['invitation']['PORTICO_SMTP_URL'] = \
            f'smtp://127.0.0.1:{network.port}'
        system.start('invitation')
        system.wait_ready('invitation')
        bulk = system.api.post('/v1/bulkSends', {'contactIds': chosen})['id']
        eventually(lambda: system.api.get(f'/v1/bulkSends/{bulk}')['state']
                   == 'BULK_SEND_STATE_READY', seconds=60)
        sent = send(system, bulk, len(chosen))
        at_most = limit(network.port, '-d', mails=len(chosen))
    aim = SESSIONS / (ROUND_TRIPS * ROUND_TRIP_SECONDS)
    return {**sent, 'aim': aim, 'ratio': sent['rate'] / aim, 'limit': at_most}
