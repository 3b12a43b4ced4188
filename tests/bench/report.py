"""The table of figures, and its place in the README."""

import os
import re

NAMES = {'sqlite': 'SQLite', 'postgres': 'PostgreSQL'}
BEGIN, END = '<!-- figures: made by tests/bench/run -->', '<!-- end of figures -->'


def _count(value):
    return f'{value:,.0f}'


def _ms(value):
    return f'{value:.2f} ms'


def _ratio(figures):
    return f'{_count(figures["rate"])} ({figures["ratio"]:.2f})'


def _p(figures, milliseconds=_ms):
    return f'{milliseconds(figures["p50_ms"])}, {milliseconds(figures["p99_ms"])}'


def _of_each(values, form):
    return ', '.join(f'{name} {form(value)}' for name, value in values.items())


def _replayed(figures):
    resident = figures['resident_mib']
    return (f'{_count(figures["rate"])} ({_count(figures["events"])} in '
            f'{_count(figures["seconds"])} s; {_count(resident["early"])} to '
            f'{_count(resident["most"])} MiB)')


# What a row is called, how its cell is made of one size's figures, and what is aimed at.
ROWS = (
    ('contacts stored, before and after', '',
     lambda f: f'{_count(f["stored"]["before"])}, {_count(f["stored"]["after"])}'),
    ('disk: fdatasync of 4 KiB, p50, p99', '',
     lambda f: f'{_ms(f["disk"]["fdatasync_p50_ms"])}, {_ms(f["disk"]["fdatasync_p99_ms"])}'),
    ('disk: one-row commits by sqlite3 a second', '',
     lambda f: _count(f['disk']['single_commits_rate'])),
    ('empty RPC, calls a second', '', lambda f: _count(f['reads']['empty']['rate'])),
    ('GetContact, calls a second (of empty)', '0.5', lambda f: _ratio(f['reads']['get'])),
    ('GetContact p50, p99', '', lambda f: _p(f['reads']['get'])),
    ('GET /v1/contacts/{id} a second (of GetContact)', '0.4',
     lambda f: _ratio(f['reads']['http'])),
    ('GET /v1/contacts/{id} p50, p99', '', lambda f: _p(f['reads']['http'])),
    ('GetContact, 4 in flight, p50, p99', '', lambda f: _p(f['lists']['get'])),
    ('ListContacts by account, p50, p99', 'p99 20 ms', lambda f: _p(f['lists']['by_account'])),
    ('ListContacts by invitation state and name, p50, p99', 'p99 20 ms',
     lambda f: _p(f['lists']['filtered'])),
    ('quick search, words that all have, p50, p99', 'p99 20 ms', lambda f: _p(f['lists']['common'])),
    ('quick search, words that few have, p50, p99', 'p99 20 ms', lambda f: _p(f['lists']['rare'])),
    ('empty RPC, taking turns with CreateContact', '',
     lambda f: _count(f['writes']['empty']['rate'])),
    ('CreateContact a second (of empty)', '0.4',
     lambda f: _ratio(f['writes']['create'])),
    ('CreateContact p50, p99', '', lambda f: _p(f['writes']['create'])),
    ('CreateContact, mean commit batch', '', lambda f: f'{f["writes"]["create"]["batch"]:.1f}'),
    ('CreateContact with a request id (of empty)', '',
     lambda f: _ratio(f['writes']['create_with_request_id'])),
    ('event to mail p50, p99', '4 fdatasyncs + 3 ms', lambda f: _p(f['event_to_mail'])),
    ('… 4 fdatasyncs + 3 ms of this run', '',
     lambda f: _ms(4 * f['disk']['fdatasync_p50_ms'] + 3)),
    ('auto-invitations, mails a second', '', lambda f: _count(f['auto_invitations']['rate'])),
    ('… CPU µs a mail', '', lambda f: _of_each(f['auto_invitations']['cpu_us'], _count)),
    ('events applied a second, embedded (whole log; memory)', '20,000; PostgreSQL 10,000',
     lambda f: _replayed(f['events']['embedded'])),
    ('events applied a second, over NATS', '', lambda f: _replayed(f['events']['nats'])),
    ('events relayed to NATS a second', '', lambda f: _count(f['events']['relay']['rate'])),
    ('start to ready, ms', '', lambda f: _of_each(f['rest']['start_to_ready_ms'], _count)),
    ('resident at rest, MiB', '', lambda f: _of_each(f['rest']['resident_mib'], _count)),
)


def machine():
    with open('/proc/cpuinfo') as file:
        model = re.search(r'model name\s*: (.*)', file.read())
    return f'{os.cpu_count()} cores, {model.group(1) if model else "unknown processor"}'


def table(figures, replicas):
    """The figures by engine and size, and the write rates by replicas, as tables in Markdown."""
    head = ['', *(f'{NAMES[engine]}, {size:,} contacts' for engine, size in figures), 'aim']
    lines = [head, ['---'] * len(head)]
    for name, aim, cell in ROWS:
        lines.append([name, *(cell(of_size) for of_size in figures.values()), aim])
    text = f'Machine: {machine()}.\n\n' + _markdown(lines)
    if replicas:
        counts = sorted(replicas)
        text += '\n' + _markdown([
            ['PostgreSQL, contact replicas', *map(str, counts)],
            ['---'] * (len(counts) + 1),
            ['CreateContact a second', *(_count(replicas[count]['rate']) for count in counts)],
            ['CreateContact p50, p99', *(_p(replicas[count]) for count in counts)]])
    return text


def _markdown(lines):
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'


def write(readme, text):
    """Replaces what stands between the two marks."""
    before, rest = readme.read_text().split(BEGIN)
    readme.write_text(f'{before}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}')
