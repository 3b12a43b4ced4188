"""Databases of a test's own on the PostgreSQL server that ctest starts."""

import itertools
import os
import subprocess
import unittest

from processes import SERVICES

_numbers = itertools.count(1)


def url_template():
    """A URL with {database} in it; without a server the test is skipped."""
    template = os.environ.get('PORTICO_TEST_POSTGRES')
    if not template:
        raise unittest.SkipTest('PORTICO_TEST_POSTGRES names no server')
    return template


def run_sql(database, sql):
    """The lines of psql's unaligned output."""
    return subprocess.run(
        ['psql', '--no-psqlrc', '-tA', '-v', 'ON_ERROR_STOP=1', '-c', sql,
         url_template().replace('{database}', database)],
        check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()


class Databases:
    """An empty database for each service, until close()."""

    def __init__(self):
        self._prefix = f'test_{os.getpid()}_{next(_numbers)}'
        self.url_template = url_template().replace('{database}', f'{self._prefix}_{{service}}')
        for service in SERVICES:
            run_sql('postgres', f'create database {self.name(service)}')

    def name(self, service):
        return f'{self._prefix}_{service}'

    def run_sql(self, service, sql):
        return run_sql(self.name(service), sql)

    def close(self):
        for service in SERVICES:
            run_sql('postgres', f'drop database if exists {self.name(service)} with (force)')
