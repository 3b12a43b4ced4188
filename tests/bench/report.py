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


def _slowest(kinds):
    return max(kinds.values(), key=lambda figures: figures['p99_ms'])


def _of_each(values, form):
    return ', '.join(f'{name} {form(value)}' for name, value in values.items())


def _replayed(figures):
    resident = figures['resident_mib']
    return (f'{_count(figures["rate"])} ({_count(figures["events"])} in '
            f'{_count(figures["seconds"])} s; {_count(resident["early"])} to '
            f'{_count(resident["most"])} MiB)')


LISTS = {
    'get': 'GetContact, one at a time,',
    'first': 'ListContacts, first page,',
    'by_name': '… by name',
    'account': '… of an account number',
    'email': '… of what e-mail begins with',
    'tag': '… with a tag, by name',
    'portal_user': '… of portal users, by name',
    'state': '… of bounced invitations, by name',
    'together': '… of three of these, the last changed first',
    'typed': 'quick search, letter by letter',
    'two_words': 'quick search, two words',
    'common': 'quick search, words that very many have',
    'none': 'quick search, a word that none has',
}


def _list(key, name):
    """The row of a kind of lists."""
    aim = '' if key == 'get' else 'p99 20 ms'
    return ('lists', f'{name} p50, p99', aim, lambda f: _p(f['lists'][key]))


def _imports_of(kind, name):
    """The rows of what was imported."""
    return (
        ('imports', f'{kind} by raw inserts, rows a second', '',
         lambda f: _count(f['imports'][kind]['raw']['rate'])),
        ('imports', f'{name}, rows a second (of raw inserts)', '0.3',
         lambda f: _ratio(f['imports'][kind])),
        ('imports', '… CPU µs of the service a row', '',
         lambda f: f'{f["imports"][kind]["cpu_us"]:.1f}'),
        ('imports', '… again, when nothing changes', '',
         lambda f: _count(f['imports'][kind]['again']['rate'])))


# The part that a row is of, what it is called, what is aimed at, and how its cell is made of one
# size's figures.
ROWS = (
    ('stored', 'contacts stored, before and after', '',
     lambda f: f'{_count(f["stored"]["before"])}, {_count(f["stored"]["after"])}'),
    ('disk', 'disk: fdatasync of 4 KiB, p50, p99', '',
     lambda f: f'{_ms(f["disk"]["fdatasync_p50_ms"])}, {_ms(f["disk"]["fdatasync_p99_ms"])}'),
    ('disk', 'disk: one-row commits by sqlite3 a second', '',
     lambda f: _count(f['disk']['single_commits_rate'])),
    ('reads', 'empty RPC, calls a second', '', lambda f: _count(f['reads']['empty']['rate'])),
    ('reads', 'GetContact, calls a second (of empty)', '0.5', lambda f: _ratio(f['reads']['get'])),
    ('reads', 'GetContact p50, p99', '', lambda f: _p(f['reads']['get'])),
    ('reads', 'GET /v1/contacts/{id} a second (of GetContact)', '0.4',
     lambda f: _ratio(f['reads']['http'])),
    ('reads', 'GET /v1/contacts/{id} p50, p99', '', lambda f: _p(f['reads']['http'])),
    ('writes', 'empty RPC, taking turns with CreateContact', '',
     lambda f: _count(f['writes']['empty']['rate'])),
    ('writes', 'CreateContact a second (of empty)', '0.4',
     lambda f: _ratio(f['writes']['create'])),
    ('writes', 'CreateContact p50, p99', '', lambda f: _p(f['writes']['create'])),
    ('writes', 'CreateContact, mean commit batch', '',
     lambda f: f'{f["writes"]["create"]["batch"]:.1f}'),
    ('writes', 'CreateContact with a request id (of empty)', '',
     lambda f: _ratio(f['writes']['create_with_request_id'])),
    ('event_to_mail', 'event to mail p50, p99', '4 fdatasyncs + 3 ms',
     lambda f: _p(f['event_to_mail'])),
    ('disk', '… 4 fdatasyncs + 3 ms of this run', '',
     lambda f: _ms(4 * f['disk']['fdatasync_p50_ms'] + 3)),
    ('auto_invitations', 'auto-invitations, mails a second', '',
     lambda f: _count(f['auto_invitations']['rate'])),
    ('auto_invitations', '… CPU µs a mail', '',
     lambda f: _of_each(f['auto_invitations']['cpu_us'], _count)),
    ('events', 'events applied a second, embedded (whole log; memory)', '20,000; PostgreSQL 10,000',
     lambda f: _replayed(f['events']['embedded'])),
    ('events', 'events applied a second, over NATS', '', lambda f: _replayed(f['events']['nats'])),
    ('events', 'events relayed to NATS a second', '',
     lambda f: _count(f['events']['relay']['rate'])),
    *_imports_of('contacts', 'ImportContacts'),
    ('imports', '… most resident (and before), MiB', '150',
     lambda f: '{after:,.0f} ({before:,.0f})'.format(**f['imports']['contacts']['peak_mib'])),
    *_imports_of('accounts', 'ImportAccounts'),
    *(_list(key, name) for key, name in LISTS.items()),
    ('access', 'CheckAccess, calls a second (of empty)', '0.5',
     lambda f: _ratio(f['access']['check'])),
    ('access', 'CheckAccess p50, p99', '', lambda f: _p(f['access']['check'])),
    ('access', 'BatchCheckAccess, questions a second', '',
     lambda f: _count(f['access']['batch']['contacts_rate'])),
    ('bulk', 'recipients counted as contacts are imported, a second', '',
     lambda f: _count(f['bulk']['projected'])),
    ('bulk', 'CountRecipients through the gateway, the slowest filter, p50, p99', 'p99 50 ms',
     lambda f: _p(_slowest(f['bulk']['looks']['count']))),
    ('bulk', 'ListRecipients, first page, the slowest, p50, p99', 'p99 20 ms',
     lambda f: _p(_slowest(f['bulk']['looks']['list']))),
    ('bulk', 'CreateBulkSend to all: answered; READY', '1 s; 60 s',
     lambda f: '{answered_ms:.0f} ms; {ready_seconds:.1f} s'.format(**f['bulk']['gather'])),
    ('bulk', 'smtp-source, 32 sessions, mails a second (over kept connections)', '',
     lambda f: '{} ({})'.format(*map(_count, f['bulk']['limit'].values()))),
    ('bulk', 'bulk send at 32 sessions, mails a second (of smtp-source)', '0.5',
     lambda f: _ratio(f['bulk']['send'])),
    ('bulk', '… CPU µs a mail', '',
     lambda f: _of_each(f['bulk']['send']['cpu_us'], _count)),
    ('bulk', '… most resident, MiB', '150', lambda f: _count(f['bulk']['peak_mib'])),
    ('bulk', '… with 20 ms of round trip (of 32 sessions ÷ 4 round trips; smtp-source)', '0.9',
     lambda f: f'{_ratio(f["bulk"]["slow"])}; {_count(f["bulk"]["slow"]["limit"])}'),
    ('rest', 'start to ready, ms', '', lambda f: _of_each(f['rest']['start_to_ready_ms'], _count)),
    ('rest', 'resident at rest, MiB', '', lambda f: _of_each(f['rest']['resident_mib'], _count)),
)


def machine():
    with open('/proc/cpuinfo') as file:
        model = re.search(r'model name\s*: (.*)', file.read())
    return f'{os.cpu_count()} cores, {model.group(1) if model else "unknown processor"}'


def table(figures, replicas):
    """The figures by engine and size, and the write rates by replicas, as tables in Markdown."""
    head = ['', *(f'{NAMES[engine]}, {size:,} contacts' for engine, size in figures), 'aim']
    lines = [head, ['---'] * len(head)]
    for part, name, aim, cell in ROWS:
        cells = [cell(of_size) if part in of_size else '' for of_size in figures.values()]
        if any(cells):
            lines.append([name, *cells, aim])
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
