"""--migrate-only: a job brings a service's database up to date, and ends."""

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness.postgres import Databases
from harness.running_system import programs
from processes import PROCESSES, SERVICES, System

MIGRATIONS = 'select component, name, applied_time from schema_migration order by 1, 2'
ROOT = pathlib.Path(__file__).resolve().parents[2]


def migrations_of(service):
    """Those of the service and of the libraries under it, as (component, name)."""
    folders = {'storage': 'libs/storage', 'events': 'libs/events', service: f'services/{service}'}
    return sorted((component, path.stem) for component, folder in folders.items()
                  for path in (ROOT / folder / 'migrations').glob('*.sql')
                  if not path.stem.endswith('.postgres'))


class MigrateOnly:
    """What holds on either engine, which gives url_template and rows(service, sql)."""

    url_template = None

    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix='portico-test-'))
        self.addCleanup(shutil.rmtree, self.state)
        self.system = System(programs(), self.state, dict.fromkeys(PROCESSES, 1),
                             database_url_template=self.url_template)
        self.system.make_keys()

    def start(self, service, *flags):
        process = subprocess.Popen(
            [programs() / f'portico-{service}', *flags], env=self.system.environment(service),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def assert_ends_well(self, *processes):
        for process in processes:
            output, _ = process.communicate(timeout=60)
            self.assertEqual((process.returncode, output), (0, ''))

    def test_it_migrates_and_ends_and_a_second_run_changes_nothing(self):
        for service in SERVICES:
            with self.subTest(service=service):
                self.assert_ends_well(self.start(service, '--migrate-only'))
                applied = self.rows(service, MIGRATIONS)
                self.assertEqual([row[:2] for row in applied], migrations_of(service))
                self.assert_ends_well(self.start(service, '--migrate-only'))
                self.assertEqual(self.rows(service, MIGRATIONS), applied)

    def test_two_at_once_migrate_once(self):
        for service in SERVICES:
            with self.subTest(service=service):
                self.assert_ends_well(self.start(service, '--migrate-only'),
                                      self.start(service, '--migrate-only'))
                self.assertEqual([row[:2] for row in self.rows(service, MIGRATIONS)],
                                 migrations_of(service))

    def test_help_tells_of_it(self):
        for service in SERVICES:
            process = self.start(service, '--help')
            output, _ = process.communicate(timeout=60)
            self.assertIn('--migrate-only', output)


class OnSqlite(MigrateOnly, unittest.TestCase):
    def rows(self, service, sql):
        with contextlib.closing(sqlite3.connect(self.state / f'{service}.db')) as database:
            return database.execute(sql).fetchall()


class OnPostgres(MigrateOnly, unittest.TestCase):
    def setUp(self):
        databases = Databases()
        self.addCleanup(databases.close)
        self.url_template = databases.url_template
        self.rows = lambda service, sql: [
            tuple(line.split('|')) for line in databases.run_sql(service, sql)]
        super().setUp()


if __name__ == '__main__':
    unittest.main()
