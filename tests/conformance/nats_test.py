"""A consumer that is not part of Portico reads its events from NATS."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from conformance.foreign_stubs import GOOGLE_APIS
from harness.company import Company
from harness.eventually import eventually
from harness.nats import NatsServer
from harness.running_system import RunningSystem

FOLDER = pathlib.Path(__file__).parent / 'nats_consumer'


class ForeignConsumer(unittest.TestCase):
    def setUp(self):
        self.nats = NatsServer()
        self.addCleanup(self.nats.close)
        self.system = RunningSystem(events_url=self.nats.url)
        self.addCleanup(self.system.close)
        self.state = tempfile.NamedTemporaryFile(prefix='portico-consumer-', delete=False).name
        pathlib.Path(self.state).unlink()
        self.addCleanup(lambda: pathlib.Path(self.state).unlink(missing_ok=True))

    def read(self, source, count):
        """The next events of a source, as the consumer prints them."""
        done = subprocess.run(
            ['node', FOLDER / 'consumer.mjs', '--server', self.nats.url, '--source', source,
             '--state', self.state, '--include', GOOGLE_APIS, '--include', '/usr/include',
             '--count', str(count)],
            check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.stderr, '')
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_it_reads_every_event_once_and_goes_on_where_it_was(self):
        company = Company(self.system.api)
        contacts = [company.contact() for _ in range(5)]
        eventually(lambda: 'portico-contact' in self.nats.streams())
        created = self.read('contact', 5)
        self.assertEqual([event['position'] for event in created], [1, 2, 3, 4, 5])
        for event, contact in zip(created, contacts):
            self.assertEqual(event['type'], 'portico.contact.v1.ContactCreated')
            self.assertEqual(event['subject'], contact['id'])
            self.assertEqual(event['partition'], contact['accountId'])
            self.assertEqual(event['data']['contact']['email'], contact['email'])
        sixth = company.contact()
        self.assertEqual([event['subject'] for event in self.read('contact', 1)], [sixth['id']])


if __name__ == '__main__':
    unittest.main()
