"""Tokens of staff and of links, passwords and sessions: what does not let one in."""

import time
import unittest

from harness import jwt
from harness.browser import Browser
from harness.company import Company, unique
from harness.errors import assert_error
from harness.eventually import eventually
from harness.portal import PASSWORD, accept, invitation_of, invited, sign_in
from harness.running_system import RunningSystem
from http_api import Api
from mail_folder import mails_to, token_of


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class StaffTokens(unittest.TestCase):
    def setUp(self):
        self.key = system.keys / 'staff.pem'
        self.header, self.claims = jwt.parts_of(system.api.token)

    def status_with(self, token):
        response = Api(system.url, token).request('GET', '/v1/contacts')
        if response.status != 200:
            assert_error(self, response, 401, 'UNAUTHENTICATED')
        return response.status

    def test_no_token(self):
        assert_error(self, system.public.request('GET', '/v1/contacts'), 401, 'UNAUTHENTICATED')

    def test_the_tokens_that_this_test_signs_are_like_the_genuine_one(self):
        self.assertEqual(self.status_with(jwt.signed(self.header, self.claims, self.key)), 200)

    def test_claims_that_do_not_fit(self):
        now = int(time.time())
        for change in ({'exp': now - 3600}, {'nbf': now + 3600}, {'iss': 'another'},
                       {'aud': 'another'}, {'exp': None}, {'iss': None}, {'aud': None},
                       {'exp': 'tomorrow'}):
            with self.subTest(change=change):
                claims = {**self.claims, **change}
                claims = {name: value for name, value in claims.items() if value is not None}
                self.assertEqual(self.status_with(jwt.signed(self.header, claims, self.key)), 401)

    def test_forged_tokens(self):
        genuine = system.api.token
        changed = jwt.unsigned(self.header, {**self.claims, 'sub': 'root'}).rstrip('.')
        public_key = (system.keys / 'jwks.json').read_bytes()
        for name, token in {
                'signed with another key': jwt.signed(
                    self.header, self.claims, system.keys / 'contact.pem'),
                'unsigned': jwt.unsigned({**self.header, 'alg': 'none'}, self.claims),
                'signature of other claims': f'{changed}.{genuine.split(".")[2]}',
                'public key as a secret': jwt.unsigned(
                    {**self.header, 'alg': 'HS256'}, self.claims, public_key[:32]),
                'cut short': genuine[:-4],
                'empty': '..',
                'no token at all': 'open sesame',
        }.items():
            with self.subTest(name):
                self.assertEqual(self.status_with(token), 401)

    def test_a_staff_key_cannot_speak_for_a_service(self):
        claims = {**self.claims, 'iss': 'portico-services', 'sub': 'registration'}
        self.assertEqual(self.status_with(jwt.signed(self.header, claims, self.key)), 401)

    def test_a_service_key_cannot_speak_for_staff(self):
        header, _ = jwt.parts_of(system.api.token)
        claims = {**self.claims, 'permissions': ['contacts.read']}
        token = jwt.signed(header, claims, system.keys / 'registration.pem')
        self.assertEqual(self.status_with(token), 401)

    def test_a_missing_permission_is_named(self):
        reader = system.staff('contacts.read')
        self.assertEqual(reader.request('GET', '/v1/contacts').status, 200)
        account = company.account()
        response = reader.request('POST', '/v1/contacts', {
            'accountId': account['id'], 'name': {'display': 'John'}, 'email': 'j@example.com'})
        assert_error(self, response, 403, 'PERMISSION_DENIED')
        self.assertIn('contacts.write', response.text)
        self.assertEqual(
            system.api.get(f'/v1/contacts?accountId={account["id"]}').get('contacts', []), [])


class Links(unittest.TestCase):
    def refused(self, token, status, code, reason=None):
        """Neither looking nor accepting works, and no portal user comes of it."""
        browser = Browser(system.url)
        user_id = unique('refused')
        for response in (
                browser.request('POST', '/v1/portal/invitations:preview', {'token': token}),
                accept(browser, token, user_id)):
            assert_error(self, response, status, code, reason)
        self.assertEqual(browser.cookies, {})
        assert_error(self, sign_in(browser, user_id), 401, 'UNAUTHENTICATED', 'WRONG_CREDENTIALS')

    def test_a_made_up_token(self):
        for token in ('x', 'A' * 43, 'A' * 200, "' or 1=1 --"):
            with self.subTest(token=token):
                self.refused(token, 404, 'NOT_FOUND')

    def test_a_token_with_its_last_characters_changed(self):
        token = invited(system, company.contact())
        self.refused(token[:-4] + ('AAAA' if token[-4:] != 'AAAA' else 'BBBB'), 404, 'NOT_FOUND')

    def test_a_used_token(self):
        contact = company.contact()
        token = invited(system, contact)
        user_id = unique('first')
        self.assertEqual(accept(Browser(system.url), token, user_id).status, 200)
        self.refused(token, 400, 'FAILED_PRECONDITION', 'INVITATION_ACCEPTED')

    def test_the_same_acceptance_again_answers_the_same_portal_user(self):
        token = invited(system, company.contact())
        user_id = unique('again')
        first, second = (accept(Browser(system.url), token, user_id) for _ in range(2))
        self.assertEqual(first.status, 200, first.text)
        self.assertEqual(second.status, 200, second.text)
        self.assertEqual(second.json, first.json)

    def test_a_revoked_invitation(self):
        contact = company.contact()
        token = invited(system, contact)
        invitation = invitation_of(system, contact)
        system.api.post(f'/v1/invitations/{invitation["id"]}:revoke', {'reason': 'a mistake'})
        self.refused(token, 400, 'FAILED_PRECONDITION', 'INVITATION_REVOKED')
        self.assertEqual(invitation_of(system, contact, 'INVITATION_STATE_REVOKED')['revokeReason'],
                         'a mistake')

    def test_a_resend_replaces_the_link(self):
        contact = company.contact()
        old = invited(system, contact)
        invitation = invitation_of(system, contact)
        system.api.post(f'/v1/invitations/{invitation["id"]}:resend', {})
        eventually(lambda: len(mails_to(system.mail, contact['email'])) == 2)
        new = next(token for token in map(token_of, mails_to(system.mail, contact['email']))
                   if token != old)
        self.refused(old, 404, 'NOT_FOUND')
        self.assertEqual(accept(Browser(system.url), new, unique('resent')).status, 200)

    def test_another_address_kills_the_link(self):
        contact = company.contact()
        token = invited(system, contact)
        system.api.patch(f'/v1/contacts/{contact["id"]}',
                         {'email': f'{unique("moved")}@example.com'})
        eventually(lambda: system.public.request(
            'POST', '/v1/portal/invitations:preview', {'token': token}).status != 200)
        self.refused(token, 400, 'FAILED_PRECONDITION', 'INVITATION_REVOKED')

    def test_an_expired_invitation(self):
        self.addCleanup(system.api.patch, '/v1/portalOptions',
                        {'invitationLifetime': system.api.get(
                            '/v1/portalOptions')['invitationLifetime']})
        system.api.patch('/v1/portalOptions', {'invitationLifetime': '1s'})
        contact = company.contact()
        token = eventually(lambda: [token_of(mail) for mail in
                                    mails_to(system.mail, contact['email'])])[0]
        eventually(lambda: system.public.request(
            'POST', '/v1/portal/invitations:preview', {'token': token}).status != 200)
        self.refused(token, 400, 'FAILED_PRECONDITION', 'INVITATION_EXPIRED')
        invitation_of(system, contact, 'INVITATION_STATE_EXPIRED')


class Acceptance(unittest.TestCase):
    def setUp(self):
        self.contact = company.contact()
        self.token = invited(system, self.contact)

    def refused(self, user_id, password, status, code, fields=None):
        browser = Browser(system.url)
        assert_error(self, accept(browser, self.token, user_id, password), status, code,
                     fields=fields)
        self.assertEqual(browser.cookies, {})

    def test_a_refused_acceptance_uses_nothing_up(self):
        taken = unique('taken')
        other = company.contact()
        self.assertEqual(accept(Browser(system.url), invited(system, other), taken).status, 200)
        self.refused(unique('user'), 'short', 400, 'INVALID_ARGUMENT', ['password'])
        self.refused(unique('user'), 'password123', 400, 'INVALID_ARGUMENT', ['password'])
        self.refused(unique('user'), 'x' * 129, 400, 'INVALID_ARGUMENT', ['password'])
        self.refused('x', PASSWORD, 400, 'INVALID_ARGUMENT', ['userId'])
        self.refused('john doe', PASSWORD, 400, 'INVALID_ARGUMENT', ['userId'])
        self.refused('', '', 400, 'INVALID_ARGUMENT', ['userId', 'password'])
        same = unique('same.as.password')
        self.refused(same, same, 400, 'INVALID_ARGUMENT', ['password'])
        self.refused(taken.upper(), PASSWORD + '2', 409, 'ALREADY_EXISTS')
        self.assertEqual(accept(Browser(system.url), self.token, unique('user')).status, 200)

    def test_a_refusal_does_not_repeat_the_password(self):
        response = accept(Browser(system.url), self.token, 'x', 'hunter2!')
        self.assertNotIn('hunter2', response.text)


class SignIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.user_id = unique('signer')
        accept(Browser(system.url), invited(system, company.contact()), cls.user_id)

    def refused(self, user_id, password):
        browser = Browser(system.url)
        response = sign_in(browser, user_id, password)
        assert_error(self, response, 401, 'UNAUTHENTICATED', 'WRONG_CREDENTIALS')
        self.assertEqual(browser.cookies, {})
        return response.json['error']['message']

    def test_a_wrong_password_and_an_unknown_user_are_told_alike(self):
        self.assertEqual(self.refused(self.user_id, PASSWORD + 'x'),
                         self.refused(unique('nobody'), PASSWORD))

    def test_a_made_up_session(self):
        browser = Browser(system.url)
        sign_in(browser, self.user_id)
        name = next(iter(browser.cookies))
        for value in ('x', browser.cookies[name][:-4] + 'AAAA', ''):
            with self.subTest(value=value):
                browser.cookies[name] = value
                response = browser.request('GET', '/v1/portal/me')
                assert_error(self, response, 401, 'UNAUTHENTICATED')

    def test_staff_are_no_portal_users(self):
        response = system.api.request('GET', '/v1/portal/me')
        self.assertIn(response.status, (401, 403), response.text)

    def test_too_many_wrong_passwords_lock_the_user_also_for_the_right_one(self):
        user_id = unique('locked')
        accept(Browser(system.url), invited(system, company.contact()), user_id)
        threshold = system.api.get('/v1/portalOptions')['lockoutThreshold']
        for _ in range(threshold):
            self.refused(user_id, PASSWORD + 'x')
        self.refused(user_id, PASSWORD)


class Secrets(unittest.TestCase):
    def test_logs_hold_no_address_token_or_password(self):
        contact = company.contact()
        token = invited(system, contact)
        browser = Browser(system.url)
        accept(browser, token, unique('logged'))
        secrets = [contact['email'], token, PASSWORD, system.api.token,
                   *browser.cookies.values()]
        system.restart('gateway')  # Flushes what it logs.
        for log in system.log('x').parent.iterdir():
            text = log.read_text()
            for secret in secrets:
                self.assertNotIn(secret, text, log.name)


if __name__ == '__main__':
    unittest.main()
