"""Two processes of each service on one PostgreSQL database, behind one gateway."""

import collections
import concurrent.futures
import signal
import threading
import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import PASSWORD, accept, invitation_of, invited, sign_in
from harness.postgres import Databases, run_sql
from harness.running_system import RunningSystem
from http_api import ApiError
from mail_folder import mails_to
from processes import SERVICES


# The role of one replica, so that it alone can be cut off from the database.
ROLE = unique('replica').replace('-', '_')


def setUpModule():
    global system, company
    run_sql('postgres', f'create role {ROLE} superuser login')
    unittest.addModuleCleanup(run_sql, 'postgres', f'drop role {ROLE}')
    databases = Databases()
    unittest.addModuleCleanup(databases.close)
    own_url = databases.url_template.replace('{service}', 'contact').replace(
        '//postgres@', f'//{ROLE}@')
    system = RunningSystem(replicas=2, database_url_template=databases.url_template,
                           process_settings={'contact-2': {'PORTICO_DATABASE_URL': own_url}})
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class MainJob(unittest.TestCase):
    def test_a_contact_is_invited_accepts_and_signs_in_and_both_replicas_have_their_share(self):
        contacts = [company.contact() for _ in range(4)]
        for contact in contacts:
            browser = Browser(system.url)
            user_id = unique('user')
            self.assertEqual(accept(browser, invited(system, contact), user_id).status, 200)
            invitation_of(system, contact, 'INVITATION_STATE_ACCEPTED')
            self.assertEqual(sign_in(Browser(system.url), user_id).status, 200)
        for service, rpc in (('account', 'CreateAccount'), ('contact', 'CreateContact'),
                             ('invitation', 'ListInvitations'),
                             ('registration', '(AcceptInvitation|SignIn)')):
            for name in system.replicas(service):
                self.assertTrue(system.calls(name, rpc), f'{name} has answered no {rpc}')

    def test_many_contacts_made_at_once_get_one_mail_each(self):
        account = company.account()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            contacts = list(pool.map(lambda _: company.contact(account), range(60)))
        for contact in contacts:
            invitation_of(system, contact)
        for contact in contacts:
            self.assertEqual(len(mails_to(system.mail, contact['email'])), 1)
            found = system.api.get(f'/v1/invitations?contactId={contact["id"]}')['invitations']
            self.assertEqual(len(found), 1)

    def test_a_request_id_makes_one_contact_whichever_replicas_it_comes_to(self):
        account = company.account()
        body = {'accountId': account['id'], 'name': {'display': 'John Doe'},
                'email': f'{unique("john")}@example.com'}
        path = f'/v1/contacts?requestId={unique("request")}'
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: system.api.post(path, body)['id'], range(16)))
        self.assertEqual(len(set(made)), 1, made)


class Portal(unittest.TestCase):
    def setUp(self):
        self.user_id = unique('user')
        self.browser = Browser(system.url)
        accepted = accept(self.browser, invited(system, company.contact()), self.user_id)
        self.assertEqual(accepted.status, 200, accepted.text)

    def shares(self, rpc, calls):
        """How many of the calls that `calls` makes came to each replica."""
        names = system.replicas('registration')
        before = [system.calls(name, rpc) for name in names]
        calls()
        return [system.calls(name, rpc) - count for name, count in zip(names, before)]

    def test_a_session_is_good_at_each_replica(self):
        def look():
            for _ in range(8):
                self.assertEqual(self.browser.request('GET', '/v1/portal/me').status, 200)
        self.assertTrue(all(self.shares('GetSession', look)))

        self.assertEqual(
            self.browser.request('DELETE', '/v1/portal/sessions').status, 200)
        cookies = dict(self.browser.cookies)
        for _ in range(8):
            self.browser.cookies = dict(cookies)
            self.assertEqual(self.browser.request('GET', '/v1/portal/me').status, 401)

    def test_wrong_passwords_at_each_replica_add_up_to_a_lockout(self):
        def guess():
            for _ in range(10):
                self.assertEqual(sign_in(Browser(system.url), self.user_id, 'wrong').status, 401)
        shares = self.shares('SignIn', guess)
        self.assertTrue(all(share < 10 for share in shares), shares)
        for _ in range(4):
            self.assertEqual(sign_in(Browser(system.url), self.user_id, PASSWORD).status, 401)


class Traffic:
    """Requests from several threads until stop(); keeps what was answered otherwise than well."""

    def __init__(self, request, threads=4):
        self.answered = 0
        self.failures = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(request,))
                         for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, request):
        while not self._stopping.is_set():
            try:
                request()
                self.answered += 1
            except (ApiError, AssertionError) as error:
                self.failures.append(str(error))

    def go_on(self):
        """Returns once some more are answered."""
        enough = self.answered + 40
        eventually(lambda: self.answered > enough)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()


class Ends(unittest.TestCase):
    def test_replicas_that_are_stopped_and_started_again_fail_no_call(self):
        uninvited = Company(system.api, autoSendInvitation=False)
        account = uninvited.account()

        def request():
            contact = uninvited.contact(account)
            system.api.get(f'/v1/accounts/{account["id"]}')
            system.api.get(f'/v1/invitations?contactId={contact["id"]}')
            self.assertEqual(system.public.request('GET', '/v1/portal/me').status, 401)

        traffic = Traffic(request)
        try:
            for service in SERVICES:
                for name in system.replicas(service):
                    traffic.go_on()
                    system.stop_cleanly(name)
                    traffic.go_on()
                    system.start(name)
                    system.wait_ready(name)
        finally:
            traffic.stop()
        self.assertEqual(collections.Counter(traffic.failures), {})

    def test_what_a_killed_replica_followed_is_taken_over(self):
        # Of two, one follows the others' events; killed one after the other, both are it once.
        for service in ('invitation', 'registration', 'contact'):
            for name in system.replicas(service):
                with self.subTest(killed=name):
                    system.kill(name)
                    account = company.account()
                    contact = eventually(lambda: self.created(account))
                    user_id = unique('user')
                    browser = Browser(system.url)
                    token = invited(system, contact)
                    eventually(lambda: accept(browser, token, user_id).status == 200)
                    invitation_of(system, contact, 'INVITATION_STATE_ACCEPTED')
                    eventually(lambda: self.knows(contact, user_id))
                    self.assertEqual(len(mails_to(system.mail, contact['email'])), 1)
                    system.start(name)
                    system.wait_ready(name)

    def test_a_replica_cut_off_from_the_database_gets_no_calls_until_it_has_it_again(self):
        run_sql('postgres', f'alter role {ROLE} nologin')
        self.addCleanup(run_sql, 'postgres', f'alter role {ROLE} login')
        run_sql('postgres', 'select pg_terminate_backend(pid) from pg_stat_activity '
                f"where usename = '{ROLE}'")
        eventually(lambda: not system.is_ready('contact-2'))
        # The gateway learns it from the same health check, a moment later or sooner.
        account = company.account()
        eventually(lambda: self.created(account))
        for _ in range(20):
            invited(system, company.contact(account))
        self.assertTrue(system.is_ready('contact'))
        run_sql('postgres', f'alter role {ROLE} login')
        system.wait_ready('contact-2')

    def created(self, account):
        try:
            return company.contact(account)
        except ApiError as error:
            self.assertEqual(error.response.status, 503, error)

    def knows(self, contact, user_id):
        found = system.api.get(f'/v1/contacts/{contact["id"]}')
        return found.get('portal', {}).get('userId') == user_id

    def test_a_killed_replica_fails_no_read(self):
        contact = company.contact()
        traffic = Traffic(lambda: system.api.get(f'/v1/contacts/{contact["id"]}'))
        try:
            for name in system.replicas('contact'):
                traffic.go_on()
                system.stop(name, with_signal=signal.SIGKILL)
                traffic.go_on()
                system.start(name)
                system.wait_ready(name)
        finally:
            traffic.stop()
        self.assertEqual(collections.Counter(traffic.failures), {})


if __name__ == '__main__':
    unittest.main()
