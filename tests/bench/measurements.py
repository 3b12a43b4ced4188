"""What is measured. Each function answers its figures, with those of its baseline from the same minute."""

import itertools
import json
import os
import pathlib
import statistics
import subprocess

IN_FLIGHT = 64
MOST_IDS = 100_000
LUA = pathlib.Path(__file__).with_name('contacts.lua')
# Services that a durable write needs, besides the contact service.
NOT_FOR_WRITES = ('gateway', 'invitation', 'registration')


def load(system, *arguments):
    """Runs portico-bench and answers its figures."""
    return json.loads(subprocess.run(
        [system.programs / 'portico-bench', *map(str, arguments)], check=True,
        stdout=subprocess.PIPE, env={**os.environ, 'PORTICO_TOKEN': system.api.token}).stdout)


def rpc(system, kind, *arguments, in_flight=IN_FLIGHT):
    return load(system, 'rpc', kind, '--address', system.address('contact'),
                '--in-flight', in_flight, *arguments)


def fill(system, size):
    """Makes contacts that are not invited until `size` are stored."""
    stored = 0
    while stored < size:
        # Rests now and then, so that those who follow the events keep up.
        portion = min(size - stored, 50_000)
        rpc(system, 'create', '--calls', portion, '--ids', system.ids,
            '--accounts', system.quiet_accounts)
        system.wait_quiet()
        stored += portion


def stored(system):
    """How many contacts there are: each was made once and never changed by staff."""
    return int(system.metric('contact', 'portico_event_log_position{source="contact"}'))


def disk(system):
    return load(system, 'disk', system.state)


def in_turns(rounds, ratios, **measures):
    """Takes the measures in turns, so that what the machine does besides meets all alike.

    Answers of each the turn in the middle by rate. `ratios` says which is put beside which: it
    gets a 'ratio' of rates, the middle one of those that belong to one turn, since the speed of
    the machine changes from one turn to the next.
    """
    turns = [{name: measure() for name, measure in measures.items()} for _ in range(rounds)]
    by_rate = {name: sorted((turn[name] for turn in turns), key=lambda taken: taken['rate'])
               for name in measures}
    figures = {name: taken[rounds // 2] for name, taken in by_rate.items()}
    for name, baseline in ratios.items():
        figures[name]['ratio'] = statistics.median(
            turn[name]['rate'] / turn[baseline]['rate'] for turn in turns)
    return figures


def reads(system, seconds, rounds):
    """GetContact and the gateway's GET, beside an empty RPC on the same gRPC server."""
    ids = sample(system)
    return in_turns(
        rounds, {'get': 'empty', 'http': 'get'},
        empty=lambda: rpc(system, 'empty', '--seconds', seconds),
        get=lambda: rpc(system, 'get', '--ids', ids, '--seconds', seconds),
        http=lambda: http_reads(system, ids, seconds))


def sample(system):
    """A file of ids from all over the table: no more than the loads keep in memory."""
    stored = sum(1 for _ in system.ids.open())
    step = -(-stored // MOST_IDS)
    path = system.state / 'sampled_ids'
    with system.ids.open() as ids, path.open('w') as sampled:
        sampled.writelines(itertools.islice(ids, 0, None, step))
    return path


def http_reads(system, ids, seconds):
    figures = json.loads(subprocess.run(
        ['wrk', '--threads', '1', '--connections', str(IN_FLIGHT), '--duration', f'{seconds}s',
         '--timeout', '10s', '--latency', '--script', LUA, system.url, '--', ids, system.api.token],
        check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    if figures.pop('failed'):
        raise RuntimeError('the gateway refused reads')
    return figures


def writes(system, seconds, rounds):
    """CreateContact with only the contact and the account service up, beside an empty RPC."""
    system.stop_cleanly(*NOT_FOR_WRITES)

    def create(*flags):
        before = batches()
        figures = rpc(system, 'create', '--seconds', seconds,
                      '--accounts', system.quiet_accounts, *flags)
        commits, works = (now - then for now, then in zip(batches(), before))
        return {**figures, 'batch': works / commits}

    def batches():
        return (system.metric('contact', 'portico_storage_commits'),
                system.metric('contact', 'portico_storage_works'))

    figures = in_turns(
        rounds, {'create': 'empty', 'create_with_request_id': 'empty'},
        empty=lambda: rpc(system, 'empty', '--seconds', seconds),
        create=create,
        create_with_request_id=lambda: create('--request-ids'))
    system.start(*NOT_FOR_WRITES)
    system.wait_ready(*NOT_FOR_WRITES)
    system.wait_quiet()
    return figures


def replica_writes(system, seconds):
    """CreateContact at one, two and more contact replicas on one database."""
    replicas = system.replicas('contact')
    figures = {}
    for count in range(len(replicas), 0, -1):
        target = ','.join(system.address(name) for name in replicas[:count])
        figures[count] = load(system, 'rpc', 'create', '--address', f'ipv4:{target}',
                              '--in-flight', IN_FLIGHT, '--seconds', seconds,
                              '--accounts', system.quiet_accounts)
        if count > 1:
            system.stop_cleanly(replicas[count - 1])
    return figures


def event_to_mail(system, count):
    figures = load(system, 'event-to-mail', '--address', system.address('contact'),
                   '--accounts', system.inviting_accounts, '--smtp-port', system.smtp_port,
                   '--count', count)
    system.wait_quiet()
    return figures


def auto_invitations(system, count):
    """Also the processor time of each process, in microseconds a mail."""
    before = system.cpu_seconds()
    figures = load(system, 'auto-invitations', '--address', system.address('contact'),
                   '--accounts', system.inviting_accounts, '--smtp-port', system.smtp_port,
                   '--count', count)
    system.wait_quiet()
    after = system.cpu_seconds()
    return {**figures, 'cpu_us': {name: (after[name] - before[name]) / count * 1e6
                                  for name in after}}


def at_rest(system):
    """Start to ready, and what each process then holds in memory."""
    seconds = system.start_to_ready()
    system.wait_ready()
    system.wait_quiet()
    return {'start_to_ready_ms': {name: took * 1e3 for name, took in seconds.items()},
            'resident_mib': system.resident_mib()}
