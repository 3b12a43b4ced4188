"""The verdict sees what is wrong; otherwise no fault would ever find anything."""

import dataclasses
import unittest

from faults.verdict import Created, judge

JOHN = Created('con_1', 'john@example.com', 'acc_1', 0, 0.0)
CONTACT = {'id': 'con_1', 'email': 'john@example.com'}
SENT = {'contactId': 'con_1', 'email': 'john@example.com', 'state': 'INVITATION_STATE_SENT'}
PENDING = {**SENT, 'state': 'INVITATION_STATE_PENDING'}
BOUNCED = {**SENT, 'state': 'INVITATION_STATE_BOUNCED'}
MAILED = {'john@example.com': {'<1@x>': 1}}


class Judge(unittest.TestCase):
    def judge(self, contacts=(CONTACT,), invitations=(SENT,), received=MAILED, refused=None,
              acknowledged=(JOHN,)):
        verdict = judge(acknowledged, contacts, invitations, received, refused or {})
        return len(verdict.lost), len(verdict.doubled), verdict.repeated

    def test_a_contact_with_one_invitation_and_its_mail_is_well(self):
        self.assertEqual(self.judge(), (0, 0, 0))

    def test_a_contact_without_itself_its_invitation_or_its_mail_is_lost(self):
        self.assertEqual(self.judge(contacts=()), (1, 0, 0))
        self.assertEqual(self.judge(invitations=()), (1, 0, 0))
        self.assertEqual(self.judge(invitations=(PENDING,)), (1, 0, 0))
        self.assertEqual(self.judge(received={}), (1, 0, 0))

    def test_what_is_there_twice_is_doubled(self):
        self.assertEqual(self.judge(contacts=(CONTACT, {**CONTACT, 'id': 'con_2'})), (0, 1, 0))
        self.assertEqual(self.judge(invitations=(SENT, SENT)), (1, 1, 0))
        two = {'john@example.com': {'<1@x>': 1, '<2@x>': 1}}
        self.assertEqual(self.judge(received=two), (0, 1, 0))

    def test_answers_that_were_swapped_are_seen(self):
        jane = dataclasses.replace(JOHN, id='con_2', email='jane@example.com')
        system = {
            'contacts': (CONTACT, {'id': jane.id, 'email': jane.email}),
            'invitations': (SENT, {**SENT, 'contactId': jane.id, 'email': jane.email}),
            'received': {**MAILED, jane.email: {'<2@x>': 1}}}
        self.assertEqual(self.judge(**system, acknowledged=(JOHN, jane)), (0, 0, 0))
        swapped = (dataclasses.replace(JOHN, id=jane.id), dataclasses.replace(jane, id=JOHN.id))
        self.assertEqual(self.judge(**system, acknowledged=swapped), (2, 0, 0))
        # One contact for both.
        both = (JOHN, dataclasses.replace(jane, id=JOHN.id))
        self.assertEqual(self.judge(**system, acknowledged=both), (1, 1, 0))

    def test_an_invitation_to_another_address_is_seen(self):
        astray = {**SENT, 'email': 'jane@example.com'}
        self.assertEqual(self.judge(invitations=(astray,)), (1, 0, 0))

    def test_an_id_that_was_acknowledged_twice_is_doubled(self):
        self.assertEqual(self.judge(acknowledged=(JOHN, JOHN)), (0, 1, 0))

    def test_a_mail_that_came_again_is_only_counted(self):
        self.assertEqual(self.judge(received={'john@example.com': {'<1@x>': 3}}), (0, 0, 2))

    def test_a_refused_mail_must_end_as_refused(self):
        refused = {'john@example.com': 'INVITATION_STATE_BOUNCED'}
        self.assertEqual(self.judge(invitations=(BOUNCED,), received={}, refused=refused),
                         (0, 0, 0))
        self.assertEqual(self.judge(refused=refused), (1, 0, 0))


if __name__ == '__main__':
    unittest.main()
