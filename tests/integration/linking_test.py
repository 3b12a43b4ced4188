"""Contacts and accounts that are unlinked, merged and erased, as all services see it."""

import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.errors import assert_error
from harness.eventually import eventually
from harness.portal import accept, invitation_of, invited, sign_in
from harness.running_system import RunningSystem
from mail_folder import mails_to


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


def may_see(account, site=None, **subject):
    question = {**subject, 'accountId': account['id'], 'siteId': site['id'] if site else ''}
    return system.api.post('/v1/access:check', {'question': question}).get('allowed', False)


def act(contact, verb, **body):
    return system.api.post(f'/v1/contacts/{contact["id"]}:{verb}', body)


def kinds(contact):
    """What happened to a contact, the latest first, without the prefix that all have."""
    activities = system.api.get(f'/v1/contacts/{contact["id"]}/activity')['activities']
    return [activity['kind'].removeprefix('ACTIVITY_KIND_') for activity in activities]


def memberships(browser):
    response = browser.request('GET', '/v1/portal/me')
    return response.json['memberships'] if response.status == 200 else response.status


def portal_user(contact, word='john'):
    """A browser in which the contact is signed in."""
    browser = Browser(system.url)
    response = accept(browser, invited(system, contact), unique(word))
    assert response.status == 200, response
    return browser


class Linking(unittest.TestCase):
    def test_an_unlinked_contact_is_signed_out_and_no_longer_invited(self):
        account = company.account()
        contact = company.contact(account)
        browser = portal_user(contact)
        self.assertTrue(may_see(account, contactId=contact['id']))
        waiting = company.contact(account)
        invitation_of(system, waiting)
        for one in (contact, waiting):
            act(one, 'unlink', reason='left')
            self.assertFalse(may_see(account, contactId=one['id']))
        eventually(lambda: memberships(browser) == 401)
        invitation_of(system, waiting, 'INVITATION_STATE_REVOKED')
        self.assertEqual(kinds(contact)[0], 'UNLINKED')
        listed = system.api.get(f'/v1/contacts?accountId={account["id"]}').get('contacts', [])
        self.assertEqual(listed, [])

    def test_access_to_chosen_sites_reaches_the_portal(self):
        account = company.account()
        site = company.site(account)
        contact = company.contact(account)
        browser = portal_user(contact)
        user_id = eventually(lambda: system.api.get(
            f'/v1/contacts/{contact["id"]}')['portal']['portalUserId'])
        response = system.api.request(
            'PUT', f'/v1/contacts/{contact["id"]}/portalAccess',
            {'enabled': True, 'siteIds': [site['id']]})
        self.assertEqual(response.status, 200, response)
        self.assertTrue(may_see(account, site, contactId=contact['id']))
        self.assertTrue(may_see(account, site, portalUserId=user_id))
        self.assertFalse(may_see(company.account(), contactId=contact['id']))
        eventually(lambda: memberships(browser)[0].get('siteIds') == [site['id']])

    def test_two_contacts_who_are_one_person(self):
        account = company.account()
        winner, loser = company.contact(account), company.contact(account)
        browser = portal_user(loser, 'loser')
        invitation_of(system, winner)
        pairs = system.api.get(f'/v1/contacts:duplicates?accountId={account["id"]}')['pairs']
        self.assertEqual([pair['reasons'] for pair in pairs], [['DUPLICATE_REASON_SAME_NAME']])
        act(winner, 'merge', loserId=loser['id'])
        self.assertEqual(system.api.get(f'/v1/contacts/{loser["id"]}')['id'], winner['id'])
        # The person is a portal user already, so the winner's invitation is taken back.
        invitation_of(system, winner, 'INVITATION_STATE_REVOKED')
        eventually(lambda: memberships(browser)[0]['contactId'] == winner['id'])
        told = eventually(lambda: 'SIGNED_UP' in kinds(winner) and kinds(winner))
        self.assertEqual(told, kinds(loser))
        self.assertIn('MERGED', told)
        self.assertIn('MERGED_AWAY', told)

    def test_an_accept_during_a_merge_ends_in_one_clear_result(self):
        account = company.account()
        winner, loser = company.contact(account), company.contact(account)
        token = invited(system, loser)
        act(winner, 'merge', loserId=loser['id'])
        browser = Browser(system.url)
        response = accept(browser, token, unique('late'))
        if response.status == 200:
            eventually(lambda: memberships(browser)[0]['contactId'] == winner['id'])
        else:
            assert_error(self, response, 400, 'FAILED_PRECONDITION', 'INVITATION_REVOKED')
        # Whichever it was, it stays so.
        again = accept(Browser(system.url), token, unique('later'))
        self.assertEqual(again.status, 400, again)

    def test_an_account_that_was_entered_twice(self):
        winner, loser = company.account(), company.account()
        site = company.site(loser)
        contact = company.contact(loser)
        browser = portal_user(contact)
        system.api.post(f'/v1/accounts/{winner["id"]}:merge', {'loserId': loser['id']})
        self.assertEqual(system.api.get(f'/v1/accounts/{loser["id"]}')['id'], winner['id'])
        eventually(lambda: system.api.get(
            f'/v1/contacts/{contact["id"]}')['accountId'] == winner['id'])
        eventually(lambda: may_see(winner, site, contactId=contact['id']))
        eventually(lambda: memberships(browser)[0]['accountId'] == winner['id'])
        self.assertIn('ACCOUNT_MERGED', kinds(contact))

    def test_erasing_reaches_every_database(self):
        name = unique('Zebedee')
        contact = company.contact(name={'display': name}, email=f'{unique("zebedee")}@example.com')
        user_id = unique('zebedee')
        self.assertEqual(
            accept(Browser(system.url), invited(system, contact), user_id).status, 200)
        eventually(lambda: system.api.get(f'/v1/contacts/{contact["id"]}')['portal']['userId'])
        erased = act(contact, 'erase')
        self.assertEqual(erased['email'], '')
        eventually(lambda: sign_in(Browser(system.url), user_id).status == 401)

        def traces():
            return [service for service in ('account', 'contact', 'invitation', 'registration')
                    if any(b'ebedee' in path.read_bytes()
                           for path in system.state.glob(f'{service}.db*'))]
        # Deleted rows' bytes stay in the files until they are used again, so the files are made anew.
        def vacuumed():
            system.stop_cleanly()
            import sqlite3
            for path in system.state.glob('*.db'):
                with sqlite3.connect(path) as database:
                    database.execute('vacuum')
            found = traces()
            system.start()
            system.wait_ready()
            return not found
        eventually(vacuumed, seconds=60)
        self.assertEqual(kinds(contact)[0], 'ERASED')


class NewAccount(unittest.TestCase):
    def test_an_account_with_its_contacts_in_one_call(self):
        body = {'account': {'number': unique('number'), 'displayName': 'Pool',
                            'divisionId': company.division['id'],
                            'accountClassId': company.account_class['id'],
                            'status': 'ACCOUNT_STATUS_ACTIVE'},
                'contacts': [{'name': {'display': 'Jane'}, 'email': f'{unique("jane")}@example.com'},
                             {'name': {'display': 'Joe'}}],
                'requestId': unique('request')}
        made = system.api.post('/v1/accounts:createWithContacts', body)
        again = system.api.post('/v1/accounts:createWithContacts', body)
        self.assertEqual([contact['id'] for contact in again['contacts']],
                         [contact['id'] for contact in made['contacts']])
        jane, joe = made['contacts']
        self.assertEqual(jane['accountId'], made['account']['id'])
        invitation_of(system, jane)
        self.assertEqual(len(mails_to(system.mail, jane['email'])), 1)
        decision = eventually(lambda: system.api.get(f'/v1/contacts/{joe["id"]}/decision'))
        self.assertEqual(decision['reason'], 'DECISION_REASON_NO_EMAIL')

    def test_a_wrong_contact_makes_no_account(self):
        number = unique('number')
        response = system.api.request('POST', '/v1/accounts:createWithContacts', {
            'account': {'number': number, 'displayName': 'Pool',
                        'divisionId': company.division['id'],
                        'accountClassId': company.account_class['id'],
                        'status': 'ACCOUNT_STATUS_ACTIVE'},
            'contacts': [{'name': {'display': 'Jane'}, 'email': 'jane@'}]})
        self.assertEqual(response.status, 400, response)
        self.assertIn('contacts[0].email', str(response.json))
        self.assertEqual(system.api.get(f'/v1/accounts?number={number}')['accounts'], [])


if __name__ == '__main__':
    unittest.main()
