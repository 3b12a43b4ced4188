"""What became of the contacts: the one place that says what is lost and what is doubled."""

import collections
import dataclasses

SENT = 'INVITATION_STATE_SENT'


@dataclasses.dataclass(frozen=True)
class Created:
    """An acknowledged contact."""

    id: str
    email: str
    account_id: str
    thread: int
    time: float  # Of the acknowledgement, by time.monotonic().


@dataclasses.dataclass
class Verdict:
    lost: list      # What is wrong with an acknowledged contact, one line each.
    doubled: list   # Whatever is there twice, one line each.
    repeated: int   # Mails that came again under the same Message-ID, which is allowed.


def is_done(created, states, received, refused):
    """Whether an acknowledged contact with invitations in `states` has come to its end."""
    if created.email in refused:
        return states == [refused[created.email]]
    return states == [SENT] and created.email in received


def judge(acknowledged, contacts, invitations, received, refused):
    """The verdict on everything.

    `acknowledged` holds Created; `contacts` and `invitations` are all there are, as the API
    shows them; `received` counts Message-IDs by recipient; `refused` has the state in which
    an invitation must end whose mail was refused for good, by recipient.
    """
    states, invited = collections.defaultdict(list), collections.defaultdict(set)
    for invitation in invitations:
        states[invitation['contactId']].append(invitation['state'])
        invited[invitation['contactId']].add(invitation['email'])
    emails = {contact['id']: contact['email'] for contact in contacts}
    lost, doubled = [], []
    for created in acknowledged:
        if created.id not in emails:
            lost.append(f'{created.email} {created.id}: does not exist')
        elif emails[created.id] != created.email:
            lost.append(f'{created.email} {created.id}: is that of {emails[created.id]}')
        elif not is_done(created, states[created.id], received, refused):
            lost.append(f'{created.email} {created.id}: invitations {states[created.id]}, '
                        f'mails {dict(received.get(created.email, {}))}')
        elif invited[created.id] != {created.email}:
            lost.append(f'{created.email} {created.id}: invited as {invited[created.id]}')
    for contact_id, count in collections.Counter(created.id for created in acknowledged).items():
        if count > 1:
            doubled.append(f'{contact_id}: acknowledged as {count} contacts')
    for email, count in collections.Counter(contact['email'] for contact in contacts).items():
        if count > 1:
            doubled.append(f'{email}: {count} contacts')
    for contact_id, found in states.items():
        if len(found) > 1:
            doubled.append(f'{contact_id}: invitations {found}')
    for email, counts in received.items():
        if len(counts) > 1:
            doubled.append(f'{email}: mails {dict(counts)}')
    repeated = sum(count - 1 for counts in received.values() for count in counts.values())
    return Verdict(lost, doubled, repeated)
