"""Mail to an SMTP server that comes, goes and refuses."""

import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept, invitation_of
from harness.running_system import RunningSystem, free_ports
from harness.smtp_sink import SmtpSink
from mail_folder import token_of


def setUpModule():
    global system, company, smtp
    smtp = SmtpSink(free_ports(1)[0])
    unittest.addModuleCleanup(smtp.stop)
    system = RunningSystem(smtp_url=smtp.url)
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class Delivery(unittest.TestCase):
    def setUp(self):
        smtp.start()
        self.addCleanup(smtp.stop)

    def message_of(self, contact):
        """The contact's message with its attempts."""
        messages = system.api.get(f'/v1/messages?contactId={contact["id"]}')['messages']
        self.assertEqual(len(messages), 1)
        return system.api.get(f'/v1/messages/{messages[0]["id"]}')

    def test_the_server_gets_each_invitation_once(self):
        contact = company.contact()
        invitation_of(system, contact)
        mails = smtp.mails_to(contact['email'])
        self.assertEqual(len(mails), 1)
        self.assertIn('north@hauler.example', mails[0]['From'])
        message = self.message_of(contact)
        self.assertEqual(message['state'], 'MESSAGE_STATE_SENT')
        self.assertEqual(mails[0]['Message-ID'].strip('<>'), message['messageId'].strip('<>'))
        self.assertEqual(message['attempts'][0]['replyCode'], 250)
        self.assertIn('taken', message['attempts'][0]['reply'])
        self.assertEqual(
            accept(Browser(system.url), token_of(mails[0]), unique('user')).status, 200)

    def test_a_refused_recipient_is_bounced_and_not_mailed_again(self):
        address = f'{unique("gone")}@example.com'
        smtp.rcpt_replies[address] = '550 5.1.1 no such user'
        contact = company.contact(email=address)
        invitation_of(system, contact, 'INVITATION_STATE_BOUNCED')
        attempt = self.message_of(contact)['attempts'][0]
        self.assertEqual(attempt['replyCode'], 550)
        self.assertEqual(attempt['enhancedStatus'], '5.1.1')

        del smtp.rcpt_replies[address]
        again = company.contact(email=address)
        decision = eventually(lambda: self.decision_on(again))
        self.assertEqual(decision['reason'], 'DECISION_REASON_EMAIL_SUPPRESSED')

    def decision_on(self, contact):
        response = system.api.request('GET', f'/v1/contacts/{contact["id"]}/decision')
        return response.json if response.status == 200 else None

    def test_a_recipient_refused_for_now_is_tried_again(self):
        address = f'{unique("busy")}@example.com'
        smtp.rcpt_replies[address] = '451 4.2.1 mailbox busy'
        contact = company.contact(email=address)
        invitation_of(system, contact, 'INVITATION_STATE_DEFERRED')
        del smtp.rcpt_replies[address]
        invitation_of(system, contact)
        self.assertEqual([attempt['replyCode'] for attempt in self.message_of(contact)['attempts']],
                         [451, 250])
        self.assertEqual(len(smtp.mails_to(address)), 1)

    def test_mail_waits_while_the_server_is_away_and_goes_out_once_it_is_back(self):
        smtp.stop()
        contacts = [company.contact() for _ in range(5)]
        eventually(lambda: [
            message for message in
            system.api.get('/v1/messages?state=MESSAGE_STATE_WAITING')['messages']
            if message['attemptCount'] > 0])
        smtp.start()
        for contact in contacts:
            invitation_of(system, contact)
            self.assertEqual(len(smtp.mails_to(contact['email'])), 1)

    def test_a_restart_of_the_invitation_service_sends_what_waits_and_nothing_twice(self):
        smtp.stop()
        contacts = [company.contact() for _ in range(5)]
        eventually(lambda: len(system.api.get(
            '/v1/messages?state=MESSAGE_STATE_WAITING')['messages']) == 5)
        system.stop_cleanly('invitation')
        smtp.start()
        system.start('invitation')
        system.wait_ready('invitation')
        for contact in contacts:
            invitation_of(system, contact)
            self.assertEqual(len(smtp.mails_to(contact['email'])), 1)


if __name__ == '__main__':
    unittest.main()
