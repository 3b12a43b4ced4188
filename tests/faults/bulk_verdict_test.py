"""The verdict on a bulk send sees what is wrong; otherwise no fault would ever find anything."""

import unittest

from faults.bulk_fault import recoveries
from faults.bulk_verdict import RECORD_SECONDS, TAKE_SECONDS, History, Recorded, Taken, judge

EMAIL = 'john@example.com'
CONTACTS = {'con_1': EMAIL}
LINE = {'contactId': 'con_1', 'number': '1', 'state': 'BULK_SEND_RECIPIENT_STATE_SENT',
        'messageId': 'msg_1', 'email': EMAIL}
BOUNCED = {**LINE, 'state': 'BULK_SEND_RECIPIENT_STATE_BOUNCED', 'reason': '550 5.1.1 no'}
SKIPPED = {**LINE, 'state': 'BULK_SEND_RECIPIENT_STATE_SKIPPED', 'reason': 'EMAIL_SUPPRESSED'}
MAIL = {'id': 'msg_1', 'messageId': 'msg_1@x'}
INVITATION = {'contactId': 'con_1', 'state': 'INVITATION_STATE_SENT'}
REFUSAL = ('INVITATION_STATE_BOUNCED', '550 5.1.1 no')


def taken(time=1.0, message_id='<msg_1@x>', answered=True):
    return Taken(time, message_id, answered)


class Judge(unittest.TestCase):
    def judge(self, ledger=(LINE,), counted=1, mails=(MAIL,), invitations=(INVITATION,),
              attempts=(1.0,), came=None, refused=(), **options):
        came = [taken()] if came is None else came
        history = History({EMAIL: list(attempts)}, {EMAIL: came}, {EMAIL: list(refused)})
        self.verdict = judge(counted, CONTACTS, ledger, mails, invitations, history, **options)
        return len(self.verdict.lost), len(self.verdict.doubled)

    def test_who_was_mailed_once_is_well(self):
        self.assertEqual(self.judge(), (0, 0))

    def test_who_is_not_in_the_ledger_or_was_not_mailed_is_lost(self):
        self.assertEqual(self.judge(ledger=(), counted=0), (1, 0))
        self.assertEqual(self.judge(counted=2), (1, 0))
        self.assertEqual(self.judge(came=[]), (1, 0))
        self.assertEqual(self.judge(mails=()), (1, 0))
        self.assertEqual(self.judge(ledger=({**LINE, 'number': '2'},)), (1, 0))
        self.assertEqual(self.judge(ledger=({**LINE, 'email': 'jane@example.com'},)), (1, 0))
        self.assertEqual(self.judge(ledger=(SKIPPED,)), (1, 0))

    def test_who_is_said_to_be_refused_was_refused_so(self):
        self.assertEqual(self.judge(ledger=(BOUNCED,), came=[], refused=[REFUSAL]), (0, 0))
        self.assertEqual(self.judge(ledger=(BOUNCED,), came=[]), (1, 0))
        for other in (('INVITATION_STATE_FAILED', '550 5.1.1 no'),
                      ('INVITATION_STATE_BOUNCED', '550 5.1.1 other')):
            self.assertEqual(self.judge(ledger=(BOUNCED,), came=[], refused=[other]), (1, 0))
        unsaid = {**BOUNCED, 'reason': ''}
        self.assertEqual(self.judge(ledger=(unsaid,), came=[], refused=[REFUSAL]), (1, 0))

    def test_what_is_there_twice_is_doubled(self):
        self.assertEqual(self.judge(invitations=(INVITATION, INVITATION)), (0, 1))
        twice = (LINE, {**LINE, 'number': '2'})
        self.assertEqual(self.judge(ledger=twice, counted=2), (0, 1))
        self.assertEqual(self.judge(came=[taken(message_id='<msg_2@x>')]), (0, 1))

    def test_a_mail_may_come_again_where_it_was_not_answered_or_not_recorded(self):
        again = taken(time=20.0)
        self.assertEqual(self.judge(came=[taken(), again]), (0, 1))
        self.assertEqual(self.judge(came=[taken(answered=False), again]), (0, 0))
        self.assertEqual((self.verdict.unanswered, self.verdict.unrecorded), (1, 0))
        self.assertEqual(self.judge(came=[taken(), again], hurts=[1.5]), (0, 0))
        self.assertEqual((self.verdict.unanswered, self.verdict.unrecorded), (0, 1))
        for unrelated in (0.5 - TAKE_SECONDS, 1.5 + RECORD_SECONDS):
            self.assertEqual(self.judge(came=[taken(), again], hurts=[unrelated]), (0, 1))

    def test_nobody_is_tried_again_once_the_end_is_recorded(self):
        recorded = [Recorded(2.0, frozenset([EMAIL]))]
        self.assertEqual(self.judge(recorded=recorded), (0, 0))
        self.assertEqual(self.judge(recorded=recorded, attempts=(1.0, 3.0)), (0, 1))


class Recoveries(unittest.TestCase):
    def test_each_hurt_is_over_with_the_next_attempt_unless_another_came_first(self):
        self.assertEqual(recoveries([1, 5, 6], [0.5, 2, 3, 6.5]), [1, 0.5])
        self.assertEqual(recoveries([1], []), [])


if __name__ == '__main__':
    unittest.main()
