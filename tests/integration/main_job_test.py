"""The main job through the gateway, step by step as the contract states it."""

import datetime
import unittest

from harness.browser import Browser, cookies_of
from harness.company import Company, unique
from harness.errors import assert_error
from harness.eventually import eventually
from harness.portal import accept, invitation_of, invited, sign_in
from harness.running_system import RunningSystem
from mail_folder import link_of, mails_to, token_of


def setUpModule():
    global system
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


class MainJob(unittest.TestCase):
    def test_a_created_contact_is_invited_accepts_and_signs_in(self):
        api = system.api
        user_id = unique('john.doe')
        address = f'{user_id}@example.com'

        division = api.post('/v1/setup/divisions', {
            'displayName': unique('North'), 'email': 'north@hauler.example'})
        self.assertRegex(division['id'], '^div_')

        account_class = api.post('/v1/setup/accountClasses', {
            'displayName': unique('COMMERCIAL'),
            'portal': {'accessEnabled': True, 'autoSendInvitation': True,
                       'invoiceVerifiedRegistration': True}})
        self.assertRegex(account_class['id'], '^cls_')

        number = unique('4941')
        account = api.post('/v1/accounts', {
            'number': number, 'displayName': 'Renovation Gym', 'divisionId': division['id'],
            'accountClassId': account_class['id'], 'status': 'ACCOUNT_STATUS_ACTIVE'})
        self.assertRegex(account['id'], '^acc_')
        self.assertEqual(api.get(f'/v1/accounts/{account["id"]}'), account)

        site = api.post(f'/v1/accounts/{account["id"]}/sites', {
            'number': '1', 'displayName': 'Downtown',
            'address': {'lines': ['225 Rice St'], 'city': 'St Paul', 'region': 'MN',
                        'postalCode': '55103'}})
        self.assertRegex(site['id'], '^sit_')

        body = {'accountId': account['id'], 'name': {'display': 'John Doe'}, 'email': address}
        contact = api.post('/v1/contacts?requestId=r1', body)
        self.assertRegex(contact['id'], '^con_')
        self.assertTrue(contact['etag'])
        self.assertEqual(api.post('/v1/contacts?requestId=r1', body)['id'], contact['id'])

        invitation = invitation_of(system, contact)
        self.assertRegex(invitation['id'], '^inv_')
        self.assertEqual(invitation['contactId'], contact['id'])
        decision = api.get(f'/v1/contacts/{contact["id"]}/decision')
        self.assertEqual(decision['outcome'], 'DECISION_OUTCOME_INVITED')
        self.assertEqual(decision['reason'], 'DECISION_REASON_ALL_CONDITIONS_MET')
        self.assertEqual(decision['invitationId'], invitation['id'])

        mails = mails_to(system.mail, address)
        self.assertEqual(len(mails), 1)
        self.assertIn('north@hauler.example', mails[0]['From'])
        self.assertIn('John Doe', mails[0].get_body(('plain',)).get_content())
        token = token_of(mails[0])
        self.assertEqual(link_of(mails[0]), f'{system.url}/accept#token={token}')

        for _ in range(2):  # Looking consumes nothing.
            preview = system.public.post('/v1/portal/invitations:preview', {'token': token})
            self.assertEqual(preview['contactName'], 'John Doe')
            self.assertEqual(preview['accountName'], 'Renovation Gym')
            self.assertGreater(datetime.datetime.fromisoformat(preview['expireTime'][:19]),
                               datetime.datetime.utcnow())

        browser = Browser(system.url)
        accepted = accept(browser, token, user_id)
        self.assertEqual(accepted.status, 200, accepted.text)
        portal_user = accepted.json['portalUser']
        self.assertRegex(portal_user['id'], '^usr_')
        self.assertEqual(portal_user['userId'], user_id)
        self.check_session_cookie(accepted)
        self.check_me(browser, user_id, contact, account)

        other = Browser(system.url)
        signed_in = sign_in(other, user_id.upper())
        self.assertEqual(signed_in.status, 200, signed_in.text)
        self.assertEqual(signed_in.json,
                         {'portalUser': portal_user, 'mustChangePassword': False})
        self.check_session_cookie(signed_in)
        self.check_me(other, user_id, contact, account)

        # The other services learn of it.
        invitation_of(system, contact, 'INVITATION_STATE_ACCEPTED')

        def portal_state():
            state = api.get(f'/v1/contacts/{contact["id"]}')['portal']
            self.assertTrue(state['isPortalUser'])
            self.assertEqual(state['userId'], user_id)
            self.assertEqual(state['portalUserId'], portal_user['id'])
            self.assertEqual(state['invitationState'], 'INVITATION_STATE_ACCEPTED')
            return True
        eventually(portal_state)

    def check_session_cookie(self, response):
        cookies = list(cookies_of(response).values())
        self.assertEqual(len(cookies), 1)
        self.assertTrue(cookies[0]['httponly'])
        self.assertEqual(cookies[0]['samesite'], 'Strict')
        self.assertEqual(cookies[0]['path'], '/')
        self.assertNotIn(cookies[0].value, response.text)

    def check_me(self, browser, user_id, contact, account):
        me = browser.get('/v1/portal/me')
        self.assertEqual(me['portalUser']['userId'], user_id)
        self.assertEqual(me['memberships'], [{
            'contactId': contact['id'], 'accountId': account['id'],
            'accountName': 'Renovation Gym', 'allSites': True, 'siteIds': []}])


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.user_id = unique('jane')
        contact = Company(system.api).contact()
        cls.browser = Browser(system.url)
        accept(cls.browser, invited(system, contact), cls.user_id)

    def test_signing_out_ends_the_session_and_takes_the_cookie_away(self):
        browser = Browser(system.url)
        sign_in(browser, self.user_id)
        cookies = dict(browser.cookies)
        self.assertEqual(browser.request('DELETE', '/v1/portal/sessions').status, 200)
        self.assertEqual(browser.cookies, {})
        browser.cookies = cookies
        assert_error(self, browser.request('GET', '/v1/portal/me'), 401, 'UNAUTHENTICATED')

    def test_a_portal_user_lists_its_sessions_and_ends_one(self):
        one, other = Browser(system.url), Browser(system.url)
        sign_in(one, self.user_id)
        sign_in(other, self.user_id)
        sessions = one.get('/v1/portal/sessions')['sessions']
        current = [session['id'] for session in sessions if session.get('current')]
        self.assertEqual(len(current), 1)
        mine_elsewhere = other.get('/v1/portal/sessions')['sessions']
        elsewhere = next(session['id'] for session in mine_elsewhere if session.get('current'))
        self.assertEqual(one.request('DELETE', f'/v1/portal/sessions/{elsewhere}').status, 200)
        assert_error(self, other.request('GET', '/v1/portal/me'), 401, 'UNAUTHENTICATED')
        self.assertEqual(one.request('GET', '/v1/portal/me').status, 200)

    def test_a_session_is_no_staff_token(self):
        response = self.browser.request('GET', '/v1/contacts')
        self.assertIn(response.status, (401, 403), response.text)


class GatewayPages(unittest.TestCase):
    def test_health_metrics_the_description_and_the_portal_are_served(self):
        for path, content_type in (('/healthz', None), ('/readyz', None),
                                   ('/metrics', 'text/plain'), ('/', 'text/html'),
                                   ('/accept', 'text/html')):
            with self.subTest(path=path):
                response = system.public.request('GET', path)
                self.assertEqual(response.status, 200)
                if content_type:
                    self.assertEqual(response.headers.get_content_type(), content_type)

    def test_the_openapi_document_describes_the_main_job(self):
        description = system.public.get('/openapi.json')
        self.assertTrue(description['openapi'].startswith('3.1'))
        for path in ('/v1/setup/divisions', '/v1/accounts', '/v1/contacts', '/v1/invitations',
                     '/v1/portal/invitations:accept', '/v1/portal/me'):
            self.assertIn(path, description['paths'])


if __name__ == '__main__':
    unittest.main()
