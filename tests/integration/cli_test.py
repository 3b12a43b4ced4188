"""The `portico` command against a running system."""

import json
import os
import subprocess
import unittest

from harness.company import Company
from harness.eventually import eventually
from harness.portal import invitation_of, invited
from harness.running_system import RunningSystem


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


def portico(*arguments, token=None):
    environment = {**os.environ, **system.addresses(),
                   'PORTICO_TOKEN': system.api.token if token is None else token}
    return subprocess.run([system.programs / 'portico', *arguments], env=environment, text=True,
                          capture_output=True, timeout=60)


class Commands(unittest.TestCase):
    def succeed(self, *arguments):
        result = portico(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_send_invites_a_contact_and_prints_the_invitation(self):
        contact = Company(system.api, autoSendInvitation=False).contact()
        eventually(lambda: portico('send', contact['id']).returncode == 0)
        invitation = json.loads(self.succeed('send', contact['id']))
        self.assertEqual(invitation['contactId'], contact['id'])
        invited(system, contact)

    def test_events_tail_prints_each_event_with_its_payload_on_a_line(self):
        contact = company.contact()
        lines = self.succeed('events', 'tail', 'contact', '--once').splitlines()
        events = [json.loads(line) for line in lines]
        self.assertEqual([int(event['position']) for event in events],
                         list(range(1, len(events) + 1)))
        created = [event for event in events if event['subject'] == contact['id']]
        self.assertEqual(created[0]['type'], 'portico.contact.v1.ContactCreated')
        self.assertEqual(created[0]['data']['contact']['email'], contact['email'])

        position = created[0]['position']
        rest = self.succeed('events', 'tail', 'contact', '--once', '--after', position)
        self.assertNotIn(f'"position":"{position}"', rest)
        self.assertEqual(self.succeed('events', 'tail', 'contact', '--once', '--types',
                                      'portico.contact.v1.Nothing'), '')

    def test_events_tail_follows_until_it_is_stopped(self):
        with subprocess.Popen(
                [system.programs / 'portico', 'events', 'tail', 'contact', '--types',
                 'portico.contact.v1.ContactCreated'],
                env={**os.environ, **system.addresses(), 'PORTICO_TOKEN': system.api.token},
                stdout=subprocess.PIPE, text=True) as tail:
            self.addCleanup(tail.kill)
            contact = company.contact()
            while json.loads(tail.stdout.readline())['subject'] != contact['id']:
                pass
            tail.terminate()

    def test_mail_log_lists_what_was_sent(self):
        contact = company.contact()
        invitation_of(system, contact)
        lines = self.succeed('mail', 'log', '--contact', contact['id']).splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn('SENT', lines[1])
        self.assertIn(contact['email'], lines[1])
        self.assertEqual(
            len(self.succeed('mail', 'log', '--state', 'BOUNCED').splitlines()), 1)

    def test_a_failed_call_is_explained(self):
        missing = portico('send', 'con_00000000000000000000000000')
        self.assertEqual(missing.returncode, 1)
        self.assertIn('NOT_FOUND', missing.stderr)
        wrong = portico('send', 'acc_1')
        self.assertEqual(wrong.returncode, 1)
        self.assertIn('contact_id: ', wrong.stderr)
        anonymous = portico('mail', 'log', token='')
        self.assertEqual(anonymous.returncode, 1)
        self.assertIn('UNAUTHENTICATED', anonymous.stderr)

    def test_wrong_usage_has_an_exit_code_of_its_own(self):
        for arguments in ((), ('send',), ('fly',), ('events', 'tail', 'gateway'),
                          ('token', '--ttl', 'soon'), ('token', '--permissions', 'everything'),
                          ('mail', 'log', '--state', 'LOST')):
            with self.subTest(arguments=arguments):
                self.assertEqual(portico(*arguments).returncode, 2)


if __name__ == '__main__':
    unittest.main()
