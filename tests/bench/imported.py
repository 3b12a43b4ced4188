"""What is measured on contacts and accounts that were imported: the imports, lists, and questions
of access. Contacts are as those of a company, ten to an account: see imported_rows.cc.
"""

import contextlib
import functools
import re
import sqlite3
import subprocess

from bench.measurements import MOST_IDS, in_turns, load, rpc
from harness.company import Company
from harness.database import query
from harness.eventually import eventually

CONTACTS_OF_ACCOUNT = 10
# Fewer would be imported before there is anything to measure.
FEWEST_ACCOUNTS = 10_000
ROWS_OF_COMMIT = 500
# A table's indexes at 10,000 rows are small: it is imported again, until as many rows were.
ROWS_IN_ALL = 200_000
QUESTIONS_OF_BATCH = 1000
# New contacts wait for as many others as ContactIndex says.
FEW_NOT_INDEXED = 250
# They stay away from imports, as they do from CreateContact.
OTHERS = ('gateway', 'invitation', 'registration')
# As after some years: three in ten are portal users, one in ten was sent an invitation, and one in
# a thousand has one that bounced.
PORTAL_STATE = (
    "update contact set portal_is_portal_user = 1, portal_invitation_state = 7, "
    "portal_portal_user_id = 'usr_' || substr(id, 5), portal_user_id = external_id || '@example' "
    "where substr(external_id, 10) in ('1', '2', '3')",
    "insert into portal_membership (portal_user_id, contact_id) "
    "select portal_portal_user_id, id from contact where portal_is_portal_user = 1",
    "update contact set portal_invitation_state = 2 where substr(external_id, 10) = '4'",
    "update contact set portal_invitation_state = 5 where substr(external_id, 8) = '555'")


def url_of(system, service):
    return system.environment(service)['PORTICO_DATABASE_URL']


def imports(system, size, rounds):
    """Accounts, then contacts into empty databases, each beside the rows of its table inserted
    again without the service; and what the contact service took of memory. Leaves the last
    database in its place.
    """
    company = Company(system.api, autoSendInvitation=False)
    setup = ('--division', company.division['id'], '--account-class', company.account_class['id'])
    system.stop_cleanly(*OTHERS)
    accounts = _import(system, 'account', 'accounts',
                       max(FEWEST_ACCOUNTS, size // CONTACTS_OF_ACCOUNT), *setup)
    taken = [_import_contacts(system, size)
             for _ in range(max(1, min(rounds, ROWS_IN_ALL // size)))]
    taken.sort(key=lambda of: of['ratio'])
    return {'accounts': accounts, 'contacts': taken[len(taken) // 2]}


def _import_contacts(system, size):
    system.stop_cleanly('contact')
    system.process_settings['contact'] = {
        'PORTICO_DATABASE_URL': system.engine.empty_database(system.state)}
    system.start('contact')
    system.wait_ready('contact')
    system.wait_caught_up()
    before = system.peak_mib('contact')
    figures = _import(system, 'contact', 'contacts', size)
    return {**figures, 'peak_mib': {'before': before, 'after': system.peak_mib('contact')}}


def _import(system, service, kind, rows, *flags):
    def once():
        return load(system, 'import', kind, '--address', system.address(service), '--rows', rows,
                    *flags)
    cpu = system.cpu_seconds()[service]
    figures = once()
    cpu = system.cpu_seconds()[service] - cpu
    again = once()
    # Rows that were kept but not answered when a stream broke are sent again.
    kept = figures['created'] + figures['unchanged']
    if kept != rows or again['unchanged'] != rows:
        raise RuntimeError(f'{kind} imported: {figures}, again: {again}')
    raw = raw_insert(system, service, kind.removesuffix('s'))
    return {**figures, 'cpu_us': cpu / rows * 1e6, 'again': again, 'raw': raw,
            'ratio': figures['rate'] / raw['rate']}


def raw_insert(system, service, table):
    """The rows of a service's table into an equal one, in as large commits as an import's: by
    sqlite3, or by the PostgreSQL server itself."""
    url = url_of(system, service)
    if url.startswith('sqlite:'):
        return load(system, 'raw-insert', url.removeprefix('sqlite:'), table, system.state,
                    '--batch', ROWS_OF_COMMIT)
    columns = ', '.join(name for (name,) in query(
        url, f"select column_name from information_schema.columns where table_name = '{table}' "
             "and is_generated = 'NEVER' order by ordinal_position"))
    said = _psql(
        url, f'create table raw (like {table} including all)', '\\timing on',
        f"""do $$
            declare last text := ''; inserted bigint;
            begin
              loop
                insert into raw ({columns})
                select {columns} from {table} where id > last order by id limit {ROWS_OF_COMMIT};
                get diagnostics inserted = row_count;
                exit when inserted = 0;
                select max(id) into last from raw;
                commit;
              end loop;
            end $$""", '\\timing off')
    rows = int(query(url, 'select count(*) from raw')[0][0])
    _psql(url, 'drop table raw')
    seconds = float(re.search(r'Time: (\S+) ms', said).group(1)) / 1000
    return {'rows': rows, 'seconds': seconds, 'rate': rows / seconds}


def _psql(url, *commands):
    flags = [flag for command in commands for flag in ('-c', command)]
    return subprocess.run(['psql', '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', *flags, url], check=True,
                          text=True, stdout=subprocess.PIPE).stdout


def grow_old(system):
    """Gives contacts a state in the portal, which hundreds of thousands of acceptances would take
    hours for: in the database itself, as nobody else may.
    """
    url = url_of(system, 'contact')
    eventually(lambda: _is_indexed(url), seconds=600)
    system.stop_cleanly('contact')
    if url.startswith('sqlite:'):
        with contextlib.closing(sqlite3.connect(url.removeprefix('sqlite:'))) as database:
            for statement in PORTAL_STATE:
                database.execute(statement)
            database.commit()
    else:
        # The server would do the last itself within minutes.
        _psql(url, *PORTAL_STATE, 'vacuum analyze')
    system.start('contact')
    system.wait_ready('contact')
    system.wait_caught_up()


def _is_indexed(url):
    """Whether the words of all contacts are in SQLite's index, but for a few that wait for more."""
    return url.startswith('postgres') or int(query(
        url, 'select count(*) from contact where rowid > (select indexed_to '
             'from contact_search_state)')[0][0]) < FEW_NOT_INDEXED


# What the pages are asked for by.
SHAPES = {
    'first': [],
    'by_name': ['--order-by', 'name'],
    'account': ['--filter', 'account_number = "A-0000321"'],
    'email': ['--filter', 'email = "ander*"'],
    'tag': ['--filter', 'tags:"vip"', '--order-by', 'name'],
    'portal_user': ['--filter', 'portal_user = true', '--order-by', 'name'],
    'state': ['--filter', 'invitation_state = BOUNCED', '--order-by', 'name'],
    'together': ['--filter', 'portal_user = false AND tags:"vip" AND billing_contact = PRIMARY',
                 '--order-by', 'update_time desc'],
}
# What is typed into the quick search, one after the other; {number} is another one each time.
SEARCHES = {
    'typed': [word[:end] for word in ('johanna', 'lindquist', 'a-0000321')
              for end in range(1, len(word) + 1)],
    'two_words': ['john lindquist', 'petersen vip', 'jo st', 'mary site', '651 westby',
                  'zoe {number}'],
    'common': ['example', '651 555', 'example manager', 'm', 'john'],
    'none': ['zaphod', 'john zaphod', 'zaphod {number}'],
}


def lists(system, size, seconds, rounds):
    """Pages of 50 beside GetContact, each asked for when the one before has come: nobody waits
    for others.
    """
    ids = system.state / 'imported_ids'
    ids.write_text(''.join(f'{id}\n' for id, _ in _sample(system, 'id, account_id')))

    def one(kind, *flags):
        return rpc(system, kind, '--seconds', seconds, *flags, in_flight=1)

    def search(queries):
        flags = (flag for text in queries for flag in ('--query', text))
        return one('list', *flags, '--numbers', size)

    measures = {'get': lambda: one('get', '--ids', ids)}
    for name, flags in SHAPES.items():
        measures[name] = functools.partial(one, 'list', *flags)
    for name, queries in SEARCHES.items():
        measures[name] = functools.partial(search, queries)
    return in_turns(rounds, {}, **measures)


def _sample(system, columns):
    """Of contacts from all over the table, no more than the loads keep in memory."""
    url = url_of(system, 'contact')
    rows = query(url, f'select {columns} from contact order by id')
    # Of all last digits.
    return rows[::len(rows) // MOST_IDS | 1]


def access(system, seconds, rounds):
    """Questions of access, a fifth of them of portal users, beside an empty RPC. Of the batches one
    is under way at a time.
    """
    rows = _sample(system, "case when portal_portal_user_id = '' or external_id like '%1' then id "
                           'else portal_portal_user_id end, account_id')
    questions = system.state / 'questions'
    questions.write_text(''.join(f'{subject} {account}\n' for subject, account in rows))
    flags = ('--questions', questions, '--seconds', seconds)
    figures = in_turns(
        rounds, {'check': 'empty'},
        empty=lambda: rpc(system, 'empty', '--seconds', seconds),
        check=lambda: rpc(system, 'check', *flags),
        batch=lambda: rpc(system, 'batch-check', *flags, in_flight=1))
    figures['batch']['contacts_rate'] = figures['batch']['rate'] * QUESTIONS_OF_BATCH
    return figures
