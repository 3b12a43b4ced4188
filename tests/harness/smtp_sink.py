"""A mail server that keeps what it is sent, and can be away or refuse."""

import email
import email.policy

from aiosmtpd.controller import Controller


class SmtpSink:
    """Listens on a port of 127.0.0.1 between start() and stop()."""

    def __init__(self, port):
        self.url = f'smtp://127.0.0.1:{port}'
        self.mails = []
        # Replies to RCPT other than 250, by address.
        self.rcpt_replies = {}
        self._port = port
        self._controller = None

    def start(self):
        self._controller = Controller(self, hostname='127.0.0.1', port=self._port)
        self._controller.start()

    def stop(self):
        if self._controller:
            self._controller.stop()
            self._controller = None

    def mails_to(self, address):
        return [mail for mail in self.mails if address in str(mail['To'])]

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        reply = self.rcpt_replies.get(address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return '250 2.1.5 OK'

    async def handle_DATA(self, server, session, envelope):
        self.take(envelope)
        return '250 2.0.0 taken'

    def take(self, envelope):
        self.mails.append(
            email.message_from_bytes(envelope.content, policy=email.policy.default))
