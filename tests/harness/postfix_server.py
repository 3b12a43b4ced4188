"""A Postfix mail server of a test's own, with TLS, a login and mail that comes back."""

import collections
import email
import email.policy
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.parse

from harness.certificates import Authority
from harness.eventually import eventually
from harness.running_system import free_ports, listens

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / 'peers' / 'postfix'
USER = 'portico'
# What must be encoded in a URL.
PASSWORD = 'pass/w@rd: 100% #1?'

# Where tests/peers/postfix says that mail arrives, is refused, and is taken and returned.
CUSTOMERS, STRANGERS, BOUNCING = 'customers.example', 'strangers.example', 'bouncing.example'
BOUNCE_ADDRESS = 'bounces@mail.hauler.example'


class PostfixServer:
    """Listens on a free port of the loopback until close(); keeps its mail across stop()."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-postfix-'))
        self.port, = free_ports(1)
        self._authority = Authority(self.folder)
        # Those that trust it know these.
        self.certificates = self._authority.certificate
        self.process = None
        try:
            certificate, key = self._authority.issue()
            self._run('init', str(self.port), certificate, key)
            self.start()
        except BaseException:
            self.close()
            raise

    def url(self, password=PASSWORD):
        """For who insists on TLS and a certificate to trust."""
        return (f'smtp://{USER}:{urllib.parse.quote(password, safe="")}@localhost:{self.port}'
                '/portico.example?tls=required')

    def mails_to(self, address):
        """Those that have arrived at an address."""
        arrived = [file.read_bytes() for file in self._customers.iterdir()]
        return [email.message_from_bytes(mail, policy=email.policy.default) for mail in arrived
                if f'\nDelivered-To: {address}\n'.encode() in mail]

    def recipients(self):
        """The address of each mail that has arrived, as often as it has got some."""
        return collections.Counter(
            re.search(rb'^Delivered-To: (.*)$', file.read_bytes(), re.MULTILINE)[1].decode()
            for file in self._customers.iterdir())

    @property
    def bounces(self):
        """The maildir of what was returned."""
        return self._dir / 'mail' / 'bounces'

    def start(self):
        # In a session of its own: it ends its own programs by their group.
        self.process = subprocess.Popen([SCRIPT, 'serve', self._dir], start_new_session=True,
                                        stderr=subprocess.DEVNULL)
        eventually(lambda: listens(self.port))

    def stop(self):
        """Also ends all connections."""
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None

    def change(self, **settings):
        """Starts it again with these settings of main.cf."""
        self.stop()
        self._run('set', *(f'{name}={value}' for name, value in settings.items()))
        self.start()

    def use_certificate_of(self, authority=None):
        """Starts it again with a new certificate, of its own authority where none is given."""
        certificate, key = (authority or self._authority).issue()
        self.change(smtpd_tls_cert_file=certificate, smtpd_tls_key_file=key)

    def mark(self):
        """Where the log ends now, for log()."""
        return (self._dir / 'log').stat().st_size

    def log(self, since=0):
        """What it says of itself since a mark."""
        return (self._dir / 'log').read_bytes()[since:].decode(errors='replace')

    def conversations(self, since=0):
        """Of each connection that has ended, how many of which commands were taken.

        [{'ehlo': 2, 'starttls': 1, 'auth': 1, 'mail': 40, …}, …]
        """
        return [{name: int(count) for name, count in re.findall(r'(\w+)=(\d+)', line)}
                for line in re.findall(r' disconnect from (.*)', self.log(since))]

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder)

    @property
    def _dir(self):
        return self.folder / 'postfix'

    @property
    def _customers(self):
        return self._dir / 'mail' / 'customers' / 'new'

    def _run(self, command, *arguments):
        # Its programs must reach their folder.
        self.folder.chmod(0o755)
        subprocess.run([SCRIPT, command, self._dir, *arguments], check=True,
                       env={**os.environ, 'PASSWORD': PASSWORD})
