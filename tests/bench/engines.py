"""The servers that a measured system keeps its data and sends its events on."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from processes import SERVICES

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / 'peers/postgres'
# As an operator would have it: what is acknowledged is on the disk.
SETTINGS = ('fsync=on', 'full_page_writes=on', 'shared_buffers=512MB', 'max_wal_size=4GB')

class Postgres:
    """A server with an empty database for each service, until close()."""

    def __init__(self):
        # A short path, as sockets want, on the disk of the temporary folder.
        self.folder = tempfile.mkdtemp(prefix='portico-bench-pg-')
        subprocess.run([SCRIPT, 'start', self.folder, *SETTINGS], check=True)
        self.url_template = f'postgresql://postgres@/{{service}}?host={self.folder}'
        for service in SERVICES:
            self.make(service)

    def make(self, name):
        subprocess.run(['createdb', '-h', self.folder, '-U', 'postgres', name], check=True,
                       cwd='/')
        return self.url_template.replace('{service}', name)

    def close(self):
        subprocess.run([SCRIPT, 'stop', self.folder], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Engine:
    """What runs beside a system whose data is on one engine, "sqlite" or "postgres"."""

    def __init__(self, name):
        self._stack = contextlib.ExitStack()
        self.postgres = None
        self.options = {}
        if name == 'postgres':
            self.postgres = Postgres()
            self._stack.callback(self.postgres.close)
            self.options['database_url_template'] = self.postgres.url_template

    def empty_database(self, state):
        """The URL of one that nothing has been kept in."""
        name = f'fresh_{os.urandom(4).hex()}'
        return self.postgres.make(name) if self.postgres else f'sqlite:{state}/{name}.db'

    def close(self):
        self._stack.close()
