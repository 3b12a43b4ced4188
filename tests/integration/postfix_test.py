"""Mail through a real Postfix with STARTTLS and a login, and what it sends back."""

import os
import pathlib
import shutil
import tempfile
import unittest

from harness.browser import Browser
from harness.certificates import Authority
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept, invitation_of
from harness.postfix_server import BOUNCE_ADDRESS, BOUNCING, CUSTOMERS, STRANGERS, PostfixServer
from harness.running_system import RunningSystem
from mail_folder import link_of, token_of

MAILS_OF_A_BULK_SEND = 300


def setUpModule():
    global system, company, postfix
    if os.geteuid() != 0:
        raise unittest.SkipTest('Postfix starts as root only')
    postfix = PostfixServer()
    unittest.addModuleCleanup(postfix.close)
    system = RunningSystem(smtp_url=postfix.url(), process_settings={'invitation': {
        'PORTICO_SMTP_CA': str(postfix.certificates),
        'PORTICO_BOUNCE_ADDRESS': BOUNCE_ADDRESS,
        'PORTICO_BOUNCE_MAILDIR': str(postfix.bounces)}})
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


def invited_at(domain):
    """A new contact at a domain, who is invited by its creation."""
    return company.contact(email=f'{unique("john")}@{domain}')


def only_mail_to(contact):
    """The one that has arrived, once it has."""
    mail, = eventually(lambda: postfix.mails_to(contact['email']))
    return mail


def message_of(contact):
    """The contact's message with its attempts."""
    messages = system.api.get(f'/v1/messages?contactId={contact["id"]}')['messages']
    assert len(messages) == 1, f'got {len(messages)} messages'
    return system.api.get(f'/v1/messages/{messages[0]["id"]}')


def suppressed():
    """All suppressed addresses, with why."""
    listed = system.api.get('/v1/suppressions?pageSize=1000').get('suppressions', [])
    return {suppression['address']: suppression['reason'] for suppression in listed}


class Delivery(unittest.TestCase):
    def test_an_invitation_goes_over_tls_with_a_login_and_arrives_as_it_was_written(self):
        template = system.api.post('/v1/templates', {
            'displayName': unique('template'), 'kind': 'TEMPLATE_KIND_INVITATION', 'locale': 'de',
            'subject': 'Grüß Gott, [ContactName] – Ihr Zugang für die Abfallwirtschaft „Nord“ ✓',
            'htmlBody': '<p>Schön, [ContactName]!</p><p><a href="[CustomerPortalLink]">Los</a></p>',
            'textBody': 'Schön, [ContactName]!\n.\n..zwei Punkte\n' + 'lang ' * 300
                        + '\n[CustomerPortalLink]\n'})
        contact = Company(system.api, autoSendInvitation=False).contact(
            email=f'{unique("zoe")}@{CUSTOMERS}', name={'display': 'Zoë Müller-Łukasz'})
        system.api.post(f'/v1/contacts/{contact["id"]}:sendInvitation',
                        {'templateId': template['id']})
        invitation_of(system, contact)
        mail = only_mail_to(contact)

        self.assertIn('with ESMTPSA', mail['Received'])
        self.assertIn('from portico.example (', mail['Received'])
        self.assertRegex(mail['Return-Path'], r'^<bounces\+[^@]+@mail\.hauler\.example>$')
        self.assertEqual(mail['Subject'],
                         'Grüß Gott, Zoë Müller-Łukasz – Ihr Zugang für die Abfallwirtschaft'
                         ' „Nord“ ✓')
        self.assertEqual(mail['From'].addresses[0].addr_spec, 'north@hauler.example')
        recipient, = mail['To'].addresses
        self.assertEqual((recipient.addr_spec, recipient.display_name),
                         (contact['email'], 'Zoë Müller-Łukasz'))
        self.assertEqual(mail['Auto-Submitted'], 'auto-generated')
        self.assertEqual(mail['Message-ID'].strip('<>'),
                         message_of(contact)['messageId'].strip('<>'))
        for name in ('From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version'):
            self.assertEqual(len(mail.get_all(name)), 1, name)
        self.assertEqual([(part.get_content_type(), part.defects) for part in mail.walk()], [
            ('multipart/alternative', []), ('text/plain', []), ('text/html', [])])
        text, html = (mail.get_body([kind]).get_content() for kind in ('plain', 'html'))
        self.assertEqual(text.splitlines()[:3],
                         ['Schön, Zoë Müller-Łukasz!', '.', '..zwei Punkte'])
        self.assertIn('Schön, Zoë Müller-Łukasz!', html)
        self.assertIn(link_of(mail), text)
        self.assertIn(f'href="{link_of(mail)}"', html)

        attempt, = message_of(contact)['attempts']
        self.assertEqual((attempt['replyCode'], attempt['enhancedStatus']), (250, '2.0.0'))
        self.assertIn('queued as', attempt['reply'])
        self.assertEqual(
            accept(Browser(system.url), token_of(mail), unique('user')).status, 200)

    def test_a_bulk_send_arrives_once_at_each_over_a_few_connections(self):
        quiet = Company(system.api, autoSendInvitation=False)
        account = quiet.account()
        addresses = [f'{unique("bulk")}@{CUSTOMERS}' for _ in range(MAILS_OF_A_BULK_SEND)]
        for address in addresses:
            quiet.contact(account, email=address)
        recipients = {'divisionId': quiet.division['id']}
        eventually(lambda: system.api.post('/v1/recipients:count', {'filter': recipients})
                   ['willBeMailed'] == str(MAILS_OF_A_BULK_SEND))
        since = postfix.mark()

        path = '/v1/bulkSends/' + system.api.post('/v1/bulkSends', {'filter': recipients})['id']
        eventually(lambda: system.api.get(path)['state'] == 'BULK_SEND_STATE_READY')
        system.api.post(f'{path}:start', {'expectedCount': MAILS_OF_A_BULK_SEND})
        eventually(lambda: system.api.get(path)['state'] == 'BULK_SEND_STATE_DONE')
        self.assertEqual(system.api.get(path)['progress']['sent'], str(MAILS_OF_A_BULK_SEND))

        eventually(lambda: postfix.recipients().keys() >= set(addresses))
        self.assertEqual({postfix.recipients()[address] for address in addresses}, {1})
        mail, = postfix.mails_to(addresses[0])
        self.assertEqual(mail['List-Unsubscribe-Post'], 'List-Unsubscribe=One-Click')
        # A connection for each worker; each might have been ended and made anew once.
        connections = postfix.log(since).count(' connect from ')
        self.assertLessEqual(connections, 16)

    def test_a_kept_connection_that_the_server_has_ended_costs_no_attempt(self):
        self.addCleanup(postfix.change, smtpd_timeout='300s')
        postfix.change(smtpd_timeout='1s')
        for _ in range(3):
            since = postfix.mark()
            contact = invited_at(CUSTOMERS)
            invitation_of(system, contact)
            self.assertEqual([attempt['replyCode'] for attempt in message_of(contact)['attempts']],
                             [250])
            eventually(lambda: postfix.conversations(since))


class Insistence(unittest.TestCase):
    """On TLS and a trusted certificate, though Postfix can do without both."""

    def sends_nothing(self):
        """A contact whose mail waits, as all that is done with Postfix is to greet it."""
        before = suppressed()
        since = postfix.mark()
        contact = invited_at(CUSTOMERS)
        invitation_of(system, contact, 'INVITATION_STATE_DEFERRED')
        attempts = message_of(contact)['attempts']
        self.assertEqual({attempt['outcome'] for attempt in attempts},
                         {'DELIVERY_OUTCOME_DEFERRED'})
        conversations = eventually(lambda: postfix.conversations(since))
        for conversation in conversations:
            self.assertLessEqual(conversation.keys(), {'ehlo', 'starttls', 'quit', 'commands'})
        self.assertEqual(postfix.mails_to(contact['email']), [])
        self.assertEqual(suppressed(), before)
        return contact

    def test_nothing_goes_to_a_server_without_tls_until_it_has_it(self):
        self.addCleanup(postfix.change, smtpd_tls_security_level='may', smtpd_tls_auth_only='yes')
        postfix.change(smtpd_tls_security_level='none', smtpd_tls_auth_only='no')
        contact = self.sends_nothing()
        postfix.change(smtpd_tls_security_level='may', smtpd_tls_auth_only='yes')
        invitation_of(system, contact)
        self.assertIn('with ESMTPSA', only_mail_to(contact)['Received'])

    def test_nothing_goes_to_a_server_with_an_untrusted_certificate_until_it_has_another(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-test-'))
        self.addCleanup(shutil.rmtree, folder)
        folder.chmod(0o755)
        self.addCleanup(postfix.use_certificate_of)
        postfix.use_certificate_of(Authority(folder))
        contact = self.sends_nothing()
        postfix.use_certificate_of()
        invitation_of(system, contact)
        self.assertIn('with ESMTPSA', only_mail_to(contact)['Received'])


class Login(unittest.TestCase):
    def log_in_with(self, url):
        system.smtp_url = url
        system.restart('invitation')

    def test_a_refused_login_stops_the_sending_and_suppresses_nobody(self):
        before = suppressed()
        since = postfix.mark()
        self.addCleanup(self.log_in_with, postfix.url())
        self.log_in_with(postfix.url('wrong'))
        contacts = [invited_at(CUSTOMERS) for _ in range(30)]
        messages = eventually(lambda: self.some_failed(contacts))
        # Those that were on their way; the others wait.
        self.assertEqual({message['state'] for message in messages},
                         {'MESSAGE_STATE_FAILED', 'MESSAGE_STATE_WAITING'})
        attempts = [attempt for message in messages for attempt in message['attempts']]
        self.assertEqual({(attempt['replyCode'], attempt['enhancedStatus'])
                          for attempt in attempts}, {(535, '5.7.8')})
        self.assertTrue(all('mail' not in each for each in postfix.conversations(since)))

        self.log_in_with(postfix.url())
        for contact in contacts:
            if message_of(contact)['state'] == 'MESSAGE_STATE_FAILED':
                invitation = invitation_of(system, contact, 'INVITATION_STATE_FAILED')
                system.api.post(f'/v1/invitations/{invitation["id"]}:resend', {})
        for contact in contacts:
            invitation_of(system, contact)
        addresses = {contact['email'] for contact in contacts}
        eventually(lambda: postfix.recipients().keys() >= addresses)
        self.assertEqual({postfix.recipients()[address] for address in addresses}, {1})
        self.assertEqual(suppressed(), before)

    def some_failed(self, contacts):
        """The messages, once so many have failed that the sending pauses."""
        messages = [message_of(contact) for contact in contacts]
        failed = [message for message in messages if message['state'] == 'MESSAGE_STATE_FAILED']
        return messages if len(failed) >= 3 else None


class Bounces(unittest.TestCase):
    def test_an_unknown_user_is_bounced_and_not_mailed_again(self):
        contact = invited_at(STRANGERS)
        invitation_of(system, contact, 'INVITATION_STATE_BOUNCED')
        attempt, = message_of(contact)['attempts']
        self.assertEqual((attempt['replyCode'], attempt['enhancedStatus']), (550, '5.1.1'))
        self.assertEqual(attempt['outcome'], 'DELIVERY_OUTCOME_BOUNCED')
        self.assertEqual(suppressed()[contact['email']], 'SUPPRESSION_REASON_BOUNCED')

    def test_a_mail_that_comes_back_after_it_was_taken_is_bounced(self):
        contact = invited_at(BOUNCING)
        invitation_of(system, contact, 'INVITATION_STATE_BOUNCED')
        message = message_of(contact)
        self.assertEqual(message['state'], 'MESSAGE_STATE_BOUNCED')
        taken, returned = message['attempts']
        self.assertEqual((taken['outcome'], taken['replyCode']), ('DELIVERY_OUTCOME_ACCEPTED', 250))
        self.assertEqual((returned['outcome'], returned['enhancedStatus']),
                         ('DELIVERY_OUTCOME_BOUNCED', '5.1.1'))
        self.assertEqual(suppressed()[contact['email']], 'SUPPRESSION_REASON_BOUNCED')
        eventually(lambda: not list((postfix.bounces / 'new').iterdir()))
        self.assertTrue(list((postfix.bounces / 'cur').iterdir()))


if __name__ == '__main__':
    unittest.main()
