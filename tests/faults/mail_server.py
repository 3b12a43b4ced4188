"""A mail server that remembers what it took and refused, and can misbehave."""

import asyncio
import collections
import re
import threading

from harness.smtp_sink import SmtpSink

MESSAGE_ID = re.compile(rb'^Message-ID:\s*(\S+)', re.IGNORECASE | re.MULTILINE)


class MailServer(SmtpSink):
    """Set `temper` to something with the methods of Temper to make it misbehave."""

    def __init__(self, port):
        super().__init__(port)
        # How often each Message-ID came, by recipient. While the server runs, others may look
        # things up here and in `refused`; who goes through all of it takes a snapshot().
        self.received = collections.defaultdict(collections.Counter)
        # The state in which an invitation must end whose mail was refused for good.
        self.refused = {}
        self.without_id = []  # Recipients of mails that had no Message-ID.
        self.temper = Temper()
        self._lock = threading.Lock()

    def settled(self):
        """How many recipients were mailed or refused for good."""
        return len(self.received) + len(self.refused)

    def snapshot(self):
        """What was received and what was refused, as it is now."""
        with self._lock:
            return ({recipient: counts.copy() for recipient, counts in self.received.items()},
                    self.refused.copy())

    def refuse(self, recipient, state, reply):
        """Notes that a mail is refused for good, and the state its invitation must end in.

        Answers the reply that says so.
        """
        with self._lock:
            self.refused[recipient] = state
        return reply

    def take(self, envelope):
        recipient, = envelope.rcpt_tos
        message_id = MESSAGE_ID.search(envelope.content)
        with self._lock:
            if message_id:
                self.received[recipient][message_id[1]] += 1
            else:
                self.without_id.append(recipient)

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        envelope.rcpt_tos.append(address)
        return await self.temper.at_rcpt(self, server, address) or '250 2.1.5 OK'

    async def handle_DATA(self, server, session, envelope):
        reply = await self.temper.at_data(self, server, envelope.rcpt_tos[0])
        if reply:
            return reply
        self.take(envelope)
        return await self.temper.after_data(self, server, envelope.rcpt_tos[0]) or '250 2.0.0 taken'


class Temper:
    """How the server answers, at each step; None is yes. This one is all goodness."""

    async def at_rcpt(self, mail_server, connection, address):
        return None

    async def at_data(self, mail_server, connection, address):
        return None

    async def after_data(self, mail_server, connection, address):
        """When the mail is kept already."""
        return None


async def drop(connection):
    """Ends the conversation without a word."""
    connection.transport.abort()
    await asyncio.Event().wait()  # Until the loss of the connection cancels it.
