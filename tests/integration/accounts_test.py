"""Accounts with their contacts, merged accounts, and invoices, across the processes."""

import concurrent.futures
import datetime
import unittest

import grpc

from conformance import foreign_stubs
from harness.company import Company, unique
from harness.errors import assert_error
from harness.eventually import eventually
from harness.portal import invitation_of
from harness.running_system import RunningSystem


def setUpModule():
    global system, folder
    folder = foreign_stubs.generate()
    unittest.addModuleCleanup(folder.cleanup)
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


def with_contacts(company, request_id, *emails):
    return {'requestId': request_id,
            'account': {'number': unique('number'), 'displayName': 'Renovation Gym',
                        'divisionId': company.division['id'],
                        'accountClassId': company.account_class['id'],
                        'status': 'ACCOUNT_STATUS_ACTIVE'},
            'contacts': [{'name': {'display': 'John Doe'}, 'email': email} for email in emails]}


def contacts_of(account):
    return system.api.get(f'/v1/contacts?accountId={account["id"]}')['contacts']


class WithContacts(unittest.TestCase):
    PATH = '/v1/accounts:createWithContacts'

    def test_the_contacts_are_created_and_invited_once(self):
        request = with_contacts(Company(system.api), unique('r'), f'{unique("a")}@example.com',
                                f'{unique("b")}@example.com')
        created = system.api.post(self.PATH, request)
        self.assertEqual([contact['email'] for contact in created['contacts']],
                         [contact['email'] for contact in request['contacts']])
        for contact in created['contacts']:
            self.assertEqual(contact['accountId'], created['account']['id'])
            invitation_of(system, contact)
        again = system.api.post(self.PATH, request)
        self.assertEqual([contact['id'] for contact in again['contacts']],
                         [contact['id'] for contact in created['contacts']])
        self.assertEqual(len(contacts_of(created['account'])), 2)

    def test_a_wrong_contact_leaves_no_account(self):
        request = with_contacts(Company(system.api), unique('r'), 'a@example.com', 'x@')
        response = system.api.request('POST', self.PATH, request)
        assert_error(self, response, 400, 'INVALID_ARGUMENT')
        self.assertIn('contacts[1].email', response.text)
        number = request['account']['number']
        self.assertEqual(system.api.get(f'/v1/accounts?number={number}')['accounts'], [])

    def test_at_once_with_one_external_id_one_is_created_and_the_others_are_told(self):
        company = Company(system.api)
        external_id = unique('erp')

        def create(_):
            request = with_contacts(company, unique('r'), f'{unique("a")}@example.com')
            request['contacts'][0]['externalId'] = external_id
            return request, system.api.request('POST', self.PATH, request)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(create, range(6)))
        created = [answer.json for _, answer in answers if answer.status == 200]
        self.assertEqual([len(made['contacts']) for made in created], [1])
        for request, answer in answers:
            if answer.status == 200:
                continue
            self.assertIn(answer.status, (400, 409), answer.text)
            self.assertIn('external', answer.text)
            number = request['account']['number']
            for left in system.api.get(f'/v1/accounts?number={number}')['accounts']:
                self.assertIn('CONTACTS_REFUSED', answer.text)
                self.assertIn(left['id'], answer.text)
                # Nothing of it is waiting.
                system.api.post(f'/v1/accounts/{created[0]["account"]["id"]}:merge',
                                {'loserId': left['id']})

    def test_who_may_not_write_contacts_creates_none(self):
        request = with_contacts(Company(system.api), unique('r'), f'{unique("a")}@example.com')
        response = system.staff('accounts.write').request('POST', self.PATH, request)
        assert_error(self, response, 403, 'PERMISSION_DENIED')

    def test_while_contacts_are_away_nothing_is_created(self):
        request = with_contacts(Company(system.api), unique('r'), f'{unique("a")}@example.com')
        system.stop_cleanly('contact')
        try:
            response = system.api.request('POST', self.PATH, request)
            self.assertEqual(response.status, 503)
            number = request['account']['number']
            self.assertEqual(system.api.get(f'/v1/accounts?number={number}')['accounts'], [])
        finally:
            system.start('contact')
            system.wait_ready('contact')
        # The account service finds out in a moment; what is repeated counts once.
        created = eventually(lambda: system.api.request('POST', self.PATH, request).status == 200)
        self.assertTrue(created)
        self.assertEqual(len(system.api.post(self.PATH, request)['contacts']), 1)


class Merged(unittest.TestCase):
    def test_all_goes_over_to_the_account_that_stays(self):
        company = Company(system.api)
        winner, loser = company.account(), company.account()
        sites = [company.site(winner), company.site(loser)]
        contact = company.contact(loser)
        merged = system.api.post(f'/v1/accounts/{winner["id"]}:merge', {'loserId': loser['id']})
        self.assertEqual(merged['id'], winner['id'])
        self.assertEqual(system.api.get(f'/v1/accounts/{loser["id"]}')['id'], winner['id'])
        listed = system.api.get(f'/v1/accounts/{loser["id"]}/sites')['sites']
        self.assertEqual([(site['id'], site['number']) for site in listed],
                         [(sites[0]['id'], '1'), (sites[1]['id'], '1-2')])
        eventually(lambda: [found['id'] for found in contacts_of(winner)] == [contact['id']])
        response = system.api.request('PATCH', f'/v1/accounts/{loser["id"]}', {'terms': 'Net 1'})
        assert_error(self, response, 400, 'FAILED_PRECONDITION')


class Invoices(unittest.TestCase):
    def import_invoices(self, *rows):
        messages = foreign_stubs.messages('portico/account/v1/invoice')
        with grpc.insecure_channel(system.address('account')) as channel:
            stub = foreign_stubs.stubs('portico/account/v1/invoice').InvoiceServiceStub(channel)
            requests = [messages.ImportInvoicesRequest(options={}),
                        messages.ImportInvoicesRequest(rows=rows)]
            answers = list(stub.ImportInvoices(
                iter(requests), metadata=[('authorization', f'Bearer {system.api.token}')],
                timeout=30))
        self.assertEqual(len(answers), 1)
        return answers[0].progress

    def test_an_imported_invoice_is_read_and_linked_to_the_portal(self):
        account = Company(system.api).account()
        number = unique('INV')
        row = {'line': 2, 'account_number': account['number'],
               'invoice': {'number': number, 'quick_pay_code': 'AB12-CD34',
                           'issue_date': datetime.date.today().isoformat()}}
        progress = self.import_invoices(row, {**row, 'line': 3, 'account_number': 'none'})
        self.assertEqual((progress.line, progress.created, progress.refused), (3, 1, 1))
        self.assertEqual(progress.refusals[0].field, 'account_number')
        self.assertEqual(self.import_invoices(row).unchanged, 1)

        found, = system.api.get(f'/v1/invoices?number={number}')['invoices']
        self.assertEqual(found['accountId'], account['id'])
        self.assertEqual(system.api.get(f'/v1/invoices/{found["id"]}'), found)
        link = system.api.post(f'/v1/invoices/{found["id"]}:enrollmentLink', {})
        self.assertTrue(link['url'].startswith(f'{system.url}/enroll#token='))
        self.assertIn('expireTime', link)
        for process in system.names:
            log = system.log(process).read_text()
            self.assertNotIn(link['url'].partition('=')[2], log)
            self.assertNotIn('AB12', log)


if __name__ == '__main__':
    unittest.main()
