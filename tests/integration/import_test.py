"""`portico import` against a running system."""

import csv
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness.company import Company, unique
from harness.eventually import eventually
from harness.running_system import RunningSystem


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    # Thousands of mails would only slow the others down.
    company = Company(system.api, autoSendInvitation=False)


def start(*arguments):
    environment = {**os.environ, **system.addresses(), 'PORTICO_TOKEN': system.api.token}
    return subprocess.Popen([system.programs / 'portico', 'import', *map(str, arguments)],
                            env=environment, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def run(*arguments):
    with start(*arguments) as process:
        try:
            out, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


class Import(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='portico-import-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = unique('import')

    def file(self, name, rows):
        """A CSV file of these rows, which are all dicts of the same keys."""
        path = self.folder / name
        with path.open('w', newline='') as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return path

    def succeed(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def accounts(self, count=3):
        return self.file('accounts.csv', [
            {'number': f'{self.key}-{i}', 'Display Name': f'Gym "{i}", Downtown',
             'division': company.division['displayName'],
             'account_class': company.account_class['displayName'], 'status': 'active',
             'address.lines.0': f'{i} Rice St', 'balance_due.amount_minor': '1250',
             'balance_due.currency_code': 'USD', 'automatic_payment': 'yes'}
            for i in range(count)])

    def account(self, number=0):
        listed = system.api.get(f'/v1/accounts?number={self.key}-{number}').get('accounts', [])
        return listed[0] if listed else None

    def contacts(self, count, name='contacts.csv', **fields):
        return self.file(name, [
            {'external_id': f'{self.key}-{i}', 'account_number': f'{self.key}-0',
             'name.first': 'Jane', 'name.last': f'Doe {i}', 'note': 'two\nlines',
             'email': f'{self.key}-{i}@example.com', **fields} for i in range(count)])

    def all_contacts(self):
        found, token = [], ''
        while True:
            page = system.api.get(f'/v1/contacts?accountId={self.account()["id"]}&pageSize=1000'
                                  f'&pageToken={token}')
            found += page.get('contacts', [])
            token = page.get('nextPageToken')
            if not token:
                return found

    def test_accounts_sites_and_contacts_are_created_and_a_second_time_unchanged(self):
        accounts = self.accounts()
        sites = self.file('sites.csv', [
            {'account_number': f'{self.key}-0', 'number': str(i), 'display_name': f'Site {i}',
             'address.lines.0': '225 Rice St', 'address.postal_code': '55103'}
            for i in (1, 2)])
        contacts = self.contacts(4, site_number='2', tags='vip|north')
        for path, count in ((accounts, 3), (sites, 2), (contacts, 4)):
            with self.subTest(path=path.name):
                self.assertIn(f'{count} rows: {count} created, 0 updated, 0 unchanged, 0 refused',
                              self.succeed(path))
        for path, count in ((accounts, 3), (sites, 2), (contacts, 4)):
            with self.subTest(path=path.name, again=True):
                self.assertIn(f'{count} rows: 0 created, 0 updated, {count} unchanged, 0 refused',
                              self.succeed(path))

        account = self.account()
        self.assertEqual(account['displayName'], 'Gym "0", Downtown')
        self.assertEqual(account['status'], 'ACCOUNT_STATUS_ACTIVE')
        self.assertEqual(int(account['balanceDue']['amountMinor']), 1250)
        self.assertTrue(account['automaticPayment'])
        by_number = {site['number']: site['id'] for site in system.api.get(
            f'/v1/accounts/{account["id"]}/sites')['sites']}
        found = self.all_contacts()
        self.assertEqual(len(found), 4)
        for contact in found:
            self.assertEqual(contact['siteId'], by_number['2'])
            self.assertEqual(contact['note'], 'two\nlines')
            self.assertEqual(contact['tags'], ['vip', 'north'])

    def test_a_cell_of_no_takes_a_yes_back(self):
        accounts = self.accounts(1)
        self.succeed(accounts)
        accounts.write_text(accounts.read_text().replace(',yes', ',no'))
        self.assertIn('1 updated', self.succeed(accounts))
        self.assertFalse(self.account().get('automaticPayment', False))

    def test_a_column_for_a_part_of_an_address_leaves_its_other_parts(self):
        self.succeed(self.accounts(1))
        path = self.file('cities-of-accounts.csv', [
            {'number': f'{self.key}-0', 'address.city': 'St Paul'}])
        self.assertIn('1 updated', self.succeed(path, '--kind', 'accounts'))
        address = self.account()['address']
        self.assertEqual((address['lines'], address['city']), (['0 Rice St'], 'St Paul'))
        path.write_text(path.read_text().replace('St Paul', ''))
        self.assertIn('1 updated', self.succeed(path, '--kind', 'accounts'))
        address = self.account()['address']
        self.assertEqual((address['lines'], address.get('city', '')), (['0 Rice St'], ''))
        self.assertEqual(int(self.account()['balanceDue']['amountMinor']), 1250)

    def test_headers_of_its_own_are_mapped_and_others_are_told(self):
        self.succeed(self.accounts(1))
        path = self.folder / 'people.csv'
        path.write_text('Id;Customer;Full name;Mail;Shoe size\n'
                        f'{self.key};{self.key}-0;Jane Doe;jane@example.com;9\n')
        wrong = run(path, '--kind', 'contacts')
        self.assertEqual(wrong.returncode, 2)
        for header in ('Customer', 'Full name', 'Mail', 'Shoe size'):
            self.assertIn(f'"{header}"', wrong.stderr)
        mapping = self.folder / 'mapping'
        # As a spreadsheet saves it.
        lines = ('\ufeff# Ours', 'Id=external_id', 'Customer=account_number',
                 'Full name=name.display', 'Mail=email', 'Shoe size=', '')
        mapping.write_bytes('\r\n'.join(lines).encode())
        self.succeed(path, '--kind', 'contacts', '--mapping', mapping)
        self.assertIn('1 unchanged', self.succeed(
            path, '--kind', 'contacts', '--mapping',
            'Id=external_id,Customer=account_number,Full name=name.display,Mail=email,Shoe size='))
        self.assertEqual(self.all_contacts()[0]['email'], 'jane@example.com')

    def test_a_wrong_row_lands_in_the_rejects_which_can_be_mended(self):
        self.succeed(self.accounts(1))
        path = self.contacts(3)
        path.write_bytes(path.read_bytes()
                         .replace(f'{self.key}-1@example.com'.encode(), b'x@')
                         .replace(b'Doe 2', b'Do\xe9'))
        result = run(path)
        self.assertEqual(result.returncode, 1)
        self.assertIn('3 rows: 1 created, 0 updated, 0 unchanged, 2 refused', result.stdout)
        rejects = self.folder / 'contacts.csv.rejects.csv'
        with rejects.open(encoding='latin-1', newline='') as file:
            rows = list(csv.DictReader(file))
        # The notes have two lines each.
        self.assertEqual([(row['rejected_line'], row['rejected_field']) for row in rows],
                         [('4', 'contact.email'), ('6', '')])
        self.assertIn('x@', rows[0]['rejected_reason'])
        self.assertIn('UTF-8', rows[1]['rejected_reason'])
        self.assertEqual(rows[0]['note'], 'two\nlines')
        rejects.write_bytes(rejects.read_bytes().replace(b'x@', b'x@example.com')
                            .replace(b'Do\xe9', b'Doe'))
        self.assertIn('2 created', self.succeed(rejects))

    def test_ndjson_is_imported(self):
        self.succeed(self.accounts(1))
        path = self.folder / 'contacts.ndjson'
        path.write_text(json.dumps({'accountNumber': f'{self.key}-0', 'contact': {
            'externalId': self.key, 'name': {'display': 'Jane Doe'}}}) + '\n{"contact":\n')
        result = run(path)
        self.assertEqual(result.returncode, 1)
        self.assertIn('1 created', result.stdout)
        rejected = json.loads((self.folder / 'contacts.ndjson.rejects.ndjson').read_text())
        self.assertEqual((rejected['line'], rejected['row']), (2, '{"contact":'))

    def test_a_dry_run_changes_nothing(self):
        path = self.accounts()
        self.assertIn('3 rows: 3 created', self.succeed(path, '--dry-run'))
        self.assertIsNone(self.account())

    def test_the_rejects_stay_until_an_import_has_done_some_rows(self):
        self.succeed(self.accounts(1))
        path = self.contacts(1)
        path.write_text(path.read_text().replace(f'{self.key}-0@example.com', 'x@'))
        self.assertEqual(run(path).returncode, 1)
        rejects = self.folder / 'contacts.csv.rejects.csv'
        before = rejects.read_text()
        self.assertIn('x@', before)
        path.write_text(path.read_text().replace('x@', 'x@example.com'))
        self.succeed(path, '--dry-run')
        self.assertEqual(rejects.read_text(), before)
        system.api.token, token = 'x.y.z', system.api.token
        try:
            self.assertEqual(run(path).returncode, 1)
        finally:
            system.api.token = token
        self.assertEqual(rejects.read_text(), before)
        self.succeed(path)
        self.assertFalse(rejects.exists())

    def test_wrong_usage_has_an_exit_code_of_its_own(self):
        accounts = self.accounts()
        unnamed = self.contacts(1, name='people.csv')
        for arguments in ((self.folder / 'nothing.csv',), (unnamed,), (accounts, '--no-invitation'),
                          (accounts, '--from-line', '0'), (accounts, '--rejects', accounts),
                          (accounts, '--mapping', 'Nothing=status'),
                          (accounts, '--mapping', self.folder / 'nothing'), (accounts, '--format', 'xml')):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(*arguments).returncode, 2)

    def test_a_killed_contact_service_loses_and_doubles_nothing(self):
        self.succeed(self.accounts(1))
        count = 30_000
        path = self.contacts(count)
        first_page = f'/v1/contacts?accountId={self.account()["id"]}&pageSize=500'
        with start(path) as process:
            self.addCleanup(process.kill)
            eventually(lambda: system.api.get(first_page).get('nextPageToken'))
            system.kill('contact')
            self.assertIsNone(process.poll(), 'the import was over before the service was killed')
            system.start('contact')
            system.wait_ready('contact')
            out, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn(f'{count} rows: ', out)
        self.assertIn('The service is away', errors)
        found = [contact['externalId'] for contact in self.all_contacts()]
        self.assertEqual(len(found), count)
        self.assertEqual(len(set(found)), count)


if __name__ == '__main__':
    unittest.main()
