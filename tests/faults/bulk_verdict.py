"""What became of a bulk send: the one place that says what of it is lost and what is doubled."""

import collections
import dataclasses

SENT = 'BULK_SEND_RECIPIENT_STATE_SENT'
# The state of an invitation that was refused for good, as mail_server.py notes it, by that of its
# recipient in the ledger.
REFUSED = {'BULK_SEND_RECIPIENT_STATE_BOUNCED': 'INVITATION_STATE_BOUNCED',
           'BULK_SEND_RECIPIENT_STATE_FAILED': 'INVITATION_STATE_FAILED'}
# What was accepted is recorded within milliseconds, and within this time on a busy machine.
RECORD_SECONDS = 3
# What a client sent before it was hurt the server may take afterwards: it delays, and is busy.
TAKE_SECONDS = 2


@dataclasses.dataclass
class Taken:
    """A mail that the server took."""

    time: float  # By time.monotonic(), like all here.
    message_id: str
    answered: bool = True  # Whether the server meant to say so; a killed client does not hear it.


@dataclasses.dataclass
class History:
    """What the mail server has seen, by recipient."""

    attempts: dict  # When each was named, in order.
    taken: dict     # Taken, in order.
    refused: dict   # Of each time that it was refused for good, the state meant and the reply.


@dataclasses.dataclass(frozen=True)
class Recorded:
    """Whose mails had ended, by the service's own database, at some time."""

    time: float
    emails: frozenset


@dataclasses.dataclass
class BulkVerdict:
    lost: list      # What is wrong with a recipient, one line each.
    doubled: list   # Whatever is there twice, one line each.
    states: collections.Counter  # Of the recipients.
    # Mails that came again under the same Message-ID, which is allowed where the one before was
    # not answered, or its client hurt before it had recorded the answer.
    unanswered: int = 0
    unrecorded: int = 0


def judge(counted, contacts, ledger, mails, invitations, history, hurts=(), recorded=()):
    """The verdict on all recipients of a bulk send to `counted` of `contacts` (addresses by id).

    `ledger`, `mails` and `invitations` are all there are, as the API shows them; `hurts` are the
    times at which the service was hurt so that it may have forgotten what it had just heard.
    """
    verdict = BulkVerdict([], [], collections.Counter(line['state'] for line in ledger))
    if len(ledger) != counted:
        verdict.lost.append(f'the ledger has {len(ledger)} recipients, want the {counted} counted')
    numbers = sorted(int(line['number']) for line in ledger)
    if numbers != list(range(1, len(ledger) + 1)):
        verdict.lost.append(f'the numbers of the ledger are not 1 to {len(ledger)}')
    lines = collections.Counter(line['contactId'] for line in ledger)
    for contact_id, email in contacts.items():
        if not lines[contact_id]:
            verdict.lost.append(f'{email} {contact_id}: is not in the ledger')
    verdict.doubled += [f'{contact_id}: {count} times in the ledger'
                        for contact_id, count in lines.items() if count > 1]
    _judge_invitations(invitations, verdict)
    by_id = {mail['id']: mail for mail in mails}
    for line in ledger:
        _judge_line(line, contacts.get(line['contactId']), by_id.get(line.get('messageId')),
                    history, verdict)
    known = set(contacts.values())
    for email, taken in history.taken.items():
        if email not in known:
            verdict.doubled.append(f'{email}: mailed, though nobody has this address')
        _judge_repeats(email, taken, hurts, verdict)
    for moment in recorded:
        for email in moment.emails:
            late = [time for time in history.attempts.get(email, ()) if time > moment.time]
            if late:
                verdict.doubled.append(f'{email}: tried again {late[0] - moment.time:.1f} s after '
                                       'its end was recorded')
    return verdict


def _judge_invitations(invitations, verdict):
    # Nobody was invited before, so there is no reason for a second one, live or not.
    of_contacts = collections.defaultdict(list)
    for invitation in invitations:
        of_contacts[invitation['contactId']].append(invitation['state'])
    verdict.doubled += [f'{contact_id}: invitations {states}'
                        for contact_id, states in of_contacts.items() if len(states) > 1]


def _judge_line(line, email, mail, history, verdict):
    """One recipient's place in the ledger, against its mail and what the mail server saw."""
    state, reason = line['state'], line.get('reason', '')
    told = f'{email} {line["contactId"]}: {state.removeprefix("BULK_SEND_RECIPIENT_STATE_")}'
    if email is None or line.get('email') != email:
        verdict.lost.append(f'{told} to {line.get("email")}')
        return
    if mail is None:
        verdict.lost.append(f'{told} without a mail, {reason!r}')
        return
    taken, refused = history.taken.get(email, ()), history.refused.get(email, ())
    meant = f'<{mail["messageId"]}>'
    others = {one.message_id for one in taken} - {meant}
    if others:
        verdict.doubled.append(f'{told}: mailed as {others}, want {meant}')
    if state == SENT and not taken:
        verdict.lost.append(f'{told}, but no mail came')
    elif state in REFUSED:
        if not any(meant_state == REFUSED[state] and reply in reason
                   for meant_state, reply in refused):
            verdict.lost.append(f'{told} for {reason!r}, but the server said {list(refused)}')
    elif state != SENT:
        verdict.lost.append(f'{told} for {reason!r}')


def _judge_repeats(email, taken, hurts, verdict):
    for before in taken[:-1]:
        if not before.answered:
            verdict.unanswered += 1
        elif any(before.time - TAKE_SECONDS <= hurt <= before.time + RECORD_SECONDS
                 for hurt in hurts):
            verdict.unrecorded += 1
        else:
            verdict.doubled.append(f'{email}: mailed again, though the first was answered and the '
                                   'service unhurt')
