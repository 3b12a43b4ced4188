"""The look into the event logs sees what is wrong, as verdict_test.py does for the verdict."""

import contextlib
import pathlib
import sqlite3
import tempfile
import unittest

import harness  # noqa: F401  (finds tools/launch)
from faults import event_logs
from processes import SERVICES

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        schema = ''.join(path.read_text() for path in sorted(
            (ROOT / 'libs/events/migrations').glob('*.sql')) if '.postgres' not in path.name)
        for service in SERVICES:
            self.run_sql(service, schema)
        # The contact service tells of two accounts, in two parts, and both consumers know it.
        for position, partition in ((1, 'acc_1'), (2, 'acc_2'), (3, 'acc_1')):
            self.run_sql('contact', 'insert into event_log (position, id, type, subject, '
                         'partition_key, time, trace_parent, data) values '
                         f"({position}, 'evt_{position}', '', '', '{partition}', 0, '', '')")
        self.run_sql('registration', "insert into event_cursor values ('registration.contacts', 3)")
        for partition, position in (('acc_1', 3), ('acc_2', 2)):
            part = event_logs.part_of(partition)
            self.run_sql('invitation', 'insert into event_part_cursor values '
                         f"('invitation.contacts', {part}, {position})")

    def run_sql(self, service, sql):
        with contextlib.closing(sqlite3.connect(self.folder / f'{service}.db')) as database:
            database.executescript(sql)

    def environment(self, service):
        return {'PORTICO_DATABASE_URL': f'sqlite:{self.folder}/{service}.db'}

    def check(self):
        event_logs.check(self, patience=0)

    def assert_seen(self, service, sql, complaint):
        self.run_sql(service, sql)
        with self.assertRaisesRegex(AssertionError, complaint):
            self.check()

    def test_logs_that_all_have_followed_to_their_ends_are_well(self):
        self.assertNotEqual(event_logs.part_of('acc_1'), event_logs.part_of('acc_2'))
        self.check()

    def test_an_event_that_is_set_aside_is_seen(self):
        self.assert_seen('invitation', "insert into event_set_aside values "
                         "('invitation.contacts', 2, 'acc_2', '', '', 'broken', 0, '')",
                         'set aside by the service invitation')

    def test_a_consumer_that_is_behind_is_seen(self):
        self.assert_seen('registration', 'update event_cursor set position = 2',
                         'registration.contacts is at 2 of part . of the log of contact')

    def test_a_consumer_that_is_behind_in_one_part_is_seen(self):
        self.assert_seen('invitation', 'delete from event_part_cursor where position = 2',
                         'invitation.contacts is at 0 of part . of the log of contact')

    def test_a_log_with_a_gap_is_seen(self):
        self.assert_seen('contact', 'delete from event_log where position = 2', 'has 2 events')


if __name__ == '__main__':
    unittest.main()
