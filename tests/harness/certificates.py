"""Certificates of a test's own authorities, as files that a deployment replaces."""

import itertools
import os
import subprocess
import tempfile

_numbers = itertools.count(1)
_EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']


def _make(certificate, key, name, *arguments):
    subprocess.run(['openssl', 'req', '-x509', *_EC, '-subj', f'/CN={name}', '-out', certificate,
                    '-keyout', key, *arguments], check=True, stderr=subprocess.DEVNULL)


class Authority:
    """Signs certificates for localhost; its files are in a folder that it is given."""

    def __init__(self, folder):
        self._folder = folder
        self._name = f'authority-{next(_numbers)}'
        self.certificate = folder / f'{self._name}.pem'
        self._key = folder / f'{self._name}.key'
        _make(self.certificate, self._key, self._name)

    def issue(self):
        """The files of a new certificate and its key."""
        name = self._folder / f'{self._name}-{next(_numbers)}'
        certificate, key = name.with_suffix('.pem'), name.with_suffix('.key')
        _make(certificate, key, 'localhost', '-CA', self.certificate, '-CAkey', self._key,
              '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
              '-addext', 'basicConstraints=critical,CA:FALSE')
        return certificate, key


class Mounted:
    """A certificate, its key and the authorities to trust, all replaced at once.

    As Kubernetes does it: the names lead through a link to the folder that holds them.
    """

    def __init__(self, folder):
        self._folder = folder
        self._now = folder / 'now'
        self.certificate = self._now / 'cert.pem'
        self.key = self._now / 'key.pem'
        self.authorities = self._now / 'ca.pem'

    def replace(self, issuer, trusted):
        target = tempfile.mkdtemp(dir=self._folder)
        certificate, key = issuer.issue()
        for name, sources in (('cert.pem', [certificate]), ('key.pem', [key]),
                              ('ca.pem', [authority.certificate for authority in trusted])):
            with open(f'{target}/{name}', 'wb') as file:
                for source in sources:
                    file.write(source.read_bytes())
        os.symlink(target, f'{self._now}.next')
        os.rename(f'{self._now}.next', self._now)

    def settings(self):
        return {'PORTICO_TLS_CERT': str(self.certificate), 'PORTICO_TLS_KEY': str(self.key),
                'PORTICO_TLS_CA': str(self.authorities)}
