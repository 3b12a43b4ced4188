"""A NATS operator: makes the signed JWTs by which a server in operator mode knows its clients."""

import base64
import binascii
import json
import os
import pathlib
import subprocess
import time

# What keys begin with, by what they are of: the first byte of their base 32 text shows it (O, A, U, S).
PREFIXES = {'operator': 14 << 3, 'account': 0, 'user': 20 << 3}
SEED = 18 << 3


class Key:
    """An Ed25519 key, as NATS writes it: base 32 with a prefix and a checksum."""

    def __init__(self, folder, kind, name):
        self.kind = kind
        self._file = pathlib.Path(folder) / f'{name}.pem'
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', self._file],
                       check=True)

    def _raw(self, *what):
        der = subprocess.run(['openssl', 'pkey', '-in', self._file, '-outform', 'DER', *what],
                             check=True, stdout=subprocess.PIPE).stdout
        return der[-32:]

    @property
    def public(self):
        return _text(bytes([PREFIXES[self.kind]]) + self._raw('-pubout'))

    @property
    def seed(self):
        prefix = PREFIXES[self.kind]
        return _text(bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + self._raw())

    def sign(self, text):
        message = self._file.with_suffix('.message')
        message.write_bytes(text)
        return subprocess.run(
            ['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', self._file, '-in', message],
            check=True, stdout=subprocess.PIPE).stdout


def _text(data):
    checksum = binascii.crc_hqx(data, 0)
    return base64.b32encode(data + checksum.to_bytes(2, 'little')).rstrip(b'=').decode()


def _jwt(issuer, subject, **nats):
    def part(claims):
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=')
    body = part({'typ': 'JWT', 'alg': 'ed25519-nkey'}) + b'.' + part({
        'jti': os.urandom(16).hex(), 'iat': int(time.time()), 'iss': issuer.public,
        'sub': subject.public, 'name': subject.kind,
        'nats': {'version': 2, 'type': subject.kind, **nats}})
    return (body + b'.' + base64.urlsafe_b64encode(issuer.sign(body)).rstrip(b'=')).decode()


class Operator:
    """Has one account with JetStream, beside the one that a server needs for itself. `settings` are
    a server's that knows no others, and `credentials` is the file of a client of the account."""

    def __init__(self, folder):
        operator = Key(folder, 'operator', 'operator')
        system, account = (Key(folder, 'account', name) for name in ('system', 'account'))
        user = Key(folder, 'user', 'user')
        no_limits = dict.fromkeys(('subs', 'data', 'payload', 'imports', 'exports', 'conn', 'leaf',
                                   'mem_storage', 'disk_storage', 'streams', 'consumer'), -1)
        account_jwt = _jwt(operator, account, limits={**no_limits, 'wildcards': True})
        self.settings = (f'operator: {_jwt(operator, operator)}\n'
                         'resolver: MEMORY\n'
                         f'system_account: {system.public}\n'
                         f'resolver_preload: {{{account.public}: {account_jwt}, '
                         f'{system.public}: {_jwt(operator, system)}}}\n')
        self.credentials = pathlib.Path(folder) / 'user.creds'
        self.credentials.write_text(
            '-----BEGIN NATS USER JWT-----\n'
            f'{_jwt(account, user, subs=-1, data=-1, payload=-1)}\n'
            '------END NATS USER JWT------\n\n'
            '-----BEGIN USER NKEY SEED-----\n'
            f'{user.seed}\n'
            '------END USER NKEY SEED------\n')
