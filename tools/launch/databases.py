"""The PostgreSQL databases that tools/run needs."""

import subprocess
import urllib.parse

from processes import SERVICES


class NoDatabase(Exception):
    """A database is neither there nor can be made."""


def make_missing(url_template):
    """Makes an empty database for each service that has none yet."""
    for service in SERVICES:
        url = url_template.replace('{service}', service)
        if _failure(['psql', '--no-psqlrc', '--command', '', url]):
            _make(url)


def _make(url):
    parts = urllib.parse.urlsplit(url)
    name = urllib.parse.unquote(parts.path.removeprefix('/'))
    # Every server has one of this name to start from.
    server = urllib.parse.urlunsplit(parts._replace(path='/postgres'))
    failure = _failure(['createdb', '--maintenance-db', server, '--', name])
    if failure:
        raise NoDatabase(f'cannot make the database {name}: {failure}')
    print(f'made the database {name}', flush=True)


def _failure(command):
    """What a command says is wrong; '' when it succeeds."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        return f'{command[0]} is missing; install postgresql-client-15'
    return done.stderr.strip() if done.returncode else ''
