"""A mail server that also remembers when it took, refused and dropped what."""

import collections
import time

from faults.bulk_verdict import History, Taken
from faults.mail_server import MESSAGE_ID, MailServer
from faults.smtp_chaos import Chaos

# What may befall an attempt, and how likely that is. Each refusal that does not blame the address
# and each lost connection may stop all sending for a while, so these are rare.
TROUBLES = {
    'none': 850, 'delay': 60,
    'drop before DATA': 8, 'drop in DATA': 8, 'drop after DATA': 8,
    '450 at RCPT': 15, '421 at RCPT': 4, '451 after DATA': 10,
    '550 at RCPT': 20, '554 at RCPT': 8, '554 after DATA': 9,
}


class BulkMailServer(MailServer):
    def __init__(self, port):
        super().__init__(port)
        self._history = History(*(collections.defaultdict(list) for _ in range(3)))
        self.last_attempts = []  # Times of all attempts, in order.

    def history(self):
        """What it has seen so far."""
        with self._lock:
            return History(*({email: list(seen) for email, seen in kind.items()} for kind in (
                self._history.attempts, self._history.taken, self._history.refused)))

    def note_attempt(self, address):
        with self._lock:
            self._history.attempts[address].append(time.monotonic())
            self.last_attempts.append(time.monotonic())

    def note_unanswered(self, address):
        """The answer to the last mail that was taken for an address is not given."""
        with self._lock:
            self._history.taken[address][-1].answered = False

    def refuse(self, recipient, state, reply):
        with self._lock:
            self._history.refused[recipient].append((state, reply))
        return super().refuse(recipient, state, reply)

    def take(self, envelope):
        super().take(envelope)
        recipient, = envelope.rcpt_tos
        message_id = MESSAGE_ID.search(envelope.content)
        with self._lock:
            self._history.taken[recipient].append(
                Taken(time.monotonic(), message_id[1].decode() if message_id else ''))


class BulkChaos(Chaos):
    """Tells the server what it does."""

    async def at_rcpt(self, mail_server, connection, address):
        mail_server.note_attempt(address)
        return await super().at_rcpt(mail_server, connection, address)

    async def after_data(self, mail_server, connection, address):
        if self._trouble.get(address) == 'drop after DATA':
            mail_server.note_unanswered(address)
        return await super().after_data(mail_server, connection, address)
