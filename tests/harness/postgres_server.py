"""A PostgreSQL server of a test's own, which it may crash."""

import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness.database import query
from harness.eventually import eventually
from processes import SERVICES

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / 'peers' / 'postgres'


class PostgresServer:
    """Has an empty database for each service, and listens on a socket in its folder.

    `prefix` is what it is run by, `settings` are more of its own.
    """

    def __init__(self, prefix=(), settings=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-pg-'))
        self._command = [*prefix, SCRIPT, 'serve', self.folder, *settings]
        self.process = None
        try:
            subprocess.run([SCRIPT, 'init', self.folder], check=True)
            self.start()
            for service in SERVICES:
                self.query('postgres', f'create database {service}')
        except BaseException:
            self.close()
            raise

    @property
    def url_template(self):
        """{service} in it is the name of a database."""
        return f'postgresql://postgres@/{{service}}?host={self.folder}'

    def query(self, database, sql):
        """The rows, as text; AssertionError while the server does not answer."""
        return query(self.url_template.replace('{service}', database), sql)

    def start(self):
        """Starts it, and recovers it if it has crashed."""
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        eventually(lambda: self.query('postgres', 'select 1'))

    def crash(self):
        """Ends it at once, with nothing tidied up."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def disconnect_all(self):
        """Ends all connections to it but this one, and answers how many."""
        return int(self.query('postgres', (
            'select count(pg_terminate_backend(pid)) from pg_stat_activity '
            "where backend_type = 'client backend' and pid <> pg_backend_pid()"))[0][0])

    def close(self):
        if self.process:
            self.crash()
        shutil.rmtree(self.folder)
