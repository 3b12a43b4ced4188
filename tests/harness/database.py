"""Looking into a service's database, whatever its engine."""

import contextlib
import sqlite3
import subprocess


def query(url, sql):
    """The rows of a statement, their values as text.

    AssertionError where the database cannot be read at the moment.
    """
    if url.startswith('sqlite:'):
        return _query_sqlite(url.removeprefix('sqlite:'), sql)
    done = subprocess.run(
        ['psql', '--no-psqlrc', '-tA', '-v', 'ON_ERROR_STOP=1', '-c', sql, url],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, f'psql: {done.stderr}'
    return [tuple(line.split('|')) for line in done.stdout.splitlines()]


def _query_sqlite(path, sql):
    try:
        with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as database:
            return [tuple(map(str, row)) for row in database.execute(sql)]
    except sqlite3.OperationalError as error:
        raise AssertionError(f'{path}: {error}') from error
