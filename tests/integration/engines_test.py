"""The main job on the engines for more than one machine, by settings alone."""

import shutil
import tempfile
import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.eventually import eventually
from harness.nats import NatsServer
from harness.nats_operator import Operator
from harness.portal import accept, invited, sign_in
from harness.postgres import Databases
from harness.running_system import RunningSystem
from mail_folder import mails_to


class Engines(unittest.TestCase):
    def start(self, with_postgres, with_nats):
        options = {}
        if with_postgres:
            databases = Databases()
            self.addCleanup(databases.close)
            options['database_url_template'] = databases.url_template
        if with_nats:
            nats = NatsServer()
            self.addCleanup(nats.close)
            options['events_url'] = nats.url
        self.system = RunningSystem(**options)
        self.addCleanup(lambda: self.system.close())

    def do_the_main_job(self):
        contact = Company(self.system.api).contact()
        token = invited(self.system, contact)
        user_id = unique('john')
        browser = Browser(self.system.url)
        self.assertEqual(accept(browser, token, user_id).status, 200)
        self.assertEqual(sign_in(Browser(self.system.url), user_id).status, 200)
        # The events of the invitation and of the registration service have arrived as well.
        def portal():
            return self.system.api.get(f'/v1/contacts/{contact["id"]}')['portal']
        eventually(lambda: portal().get('userId') == user_id)
        eventually(lambda: portal().get('invitationState') == 'INVITATION_STATE_ACCEPTED')
        self.assertEqual(len(mails_to(self.system.mail, contact['email'])), 1)

    def test_sqlite_and_nats(self):
        self.start(with_postgres=False, with_nats=True)
        self.do_the_main_job()
        self.system.restart()
        self.do_the_main_job()

    def test_nats_that_knows_its_clients_by_signed_credentials(self):
        folder = tempfile.mkdtemp(prefix='portico-nats-operator-')
        self.addCleanup(shutil.rmtree, folder)
        operator = Operator(folder)
        nats = NatsServer(operator.settings)
        self.addCleanup(nats.close)
        self.system = RunningSystem(
            events_url=nats.url, settings={'PORTICO_EVENTS_CREDENTIALS': operator.credentials})
        self.addCleanup(lambda: self.system.close())
        self.do_the_main_job()
        self.assertNotIn('Authorization Violation', (nats.folder / 'log').read_text())

    def test_postgres(self):
        self.start(with_postgres=True, with_nats=False)
        self.do_the_main_job()

    def test_postgres_and_nats(self):
        self.start(with_postgres=True, with_nats=True)
        self.do_the_main_job()
        self.system.restart()
        self.do_the_main_job()


if __name__ == '__main__':
    unittest.main()
