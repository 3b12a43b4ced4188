"""Mutual TLS between the processes, and certificates that are replaced while they run."""

import pathlib
import shutil
import tempfile
import threading
import unittest

import grpc

from harness.browser import Browser
from harness.certificates import Authority, Mounted
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept, invitation_of, invited, sign_in
from harness.running_system import RunningSystem
from processes import SERVICES


def setUpModule():
    global system, company, folder, first, mounted
    folder = pathlib.Path(tempfile.mkdtemp(prefix='portico-test-'))
    unittest.addModuleCleanup(shutil.rmtree, folder)
    first = Authority(folder)
    mounted = Mounted(folder)
    mounted.replace(first, [first])
    # Connections are made anew every second, so that new certificates come into use.
    system = RunningSystem(settings={**mounted.settings(), 'PORTICO_MAX_CONNECTION_AGE': '1s'})
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


def main_job(test):
    contact = company.contact()
    user_id = unique('user')
    test.assertEqual(accept(Browser(system.url), invited(system, contact), user_id).status, 200)
    invitation_of(system, contact, 'INVITATION_STATE_ACCEPTED')
    test.assertEqual(sign_in(Browser(system.url), user_id).status, 200)


def is_served(name, credentials):
    """Whether a process answers a client with these credentials."""
    make = grpc.insecure_channel if credentials is None else (
        lambda address: grpc.secure_channel(address, credentials))
    with make(system.address(name)) as channel:
        try:
            channel.unary_unary('/grpc.health.v1.Health/Check')(b'', timeout=10)
            return True
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
            return False


def credentials_of(issuer):
    """Those of a client that trusts whomever the processes trust."""
    certificate, key = issuer.issue()
    return grpc.ssl_channel_credentials(
        mounted.authorities.read_bytes(), key.read_bytes(), certificate.read_bytes())


class MutualTls(unittest.TestCase):
    def test_the_main_job_is_done(self):
        main_job(self)

    def test_clients_without_a_certificate_of_the_authority_are_refused(self):
        stranger = credentials_of(Authority(folder))
        without = grpc.ssl_channel_credentials(mounted.authorities.read_bytes())
        for name in SERVICES:
            with self.subTest(process=name):
                self.assertTrue(is_served(name, credentials_of(first)))
                self.assertFalse(is_served(name, stranger))
                self.assertFalse(is_served(name, without))
                self.assertFalse(is_served(name, None))


class Renewal(unittest.TestCase):
    def test_all_certificates_are_replaced_by_another_authoritys_and_calls_go_on(self):
        second = Authority(folder)
        self.addCleanup(mounted.replace, first, [first])
        account = company.account()
        answers = []
        stopping = threading.Event()

        def call():
            while not stopping.is_set():
                answers.append(
                    system.api.request('GET', f'/v1/accounts/{account["id"]}').status)

        calling = threading.Thread(target=call)
        calling.start()
        try:
            old = credentials_of(first)
            mounted.replace(first, [first, second])
            new = credentials_of(second)
            for name in SERVICES:
                eventually(lambda: is_served(name, new))
            self.wait_replaced('gateway', 1)
            self.some_more(answers)
            mounted.replace(second, [first, second])
            only_new = grpc.ssl_channel_credentials(
                second.certificate.read_bytes(), *[file.read_bytes() for file in
                                                   reversed(second.issue())])
            for name in SERVICES:
                eventually(lambda: is_served(name, only_new))
            self.wait_replaced('gateway', 2)
            self.some_more(answers)
            mounted.replace(second, [second])
            for name in SERVICES:
                eventually(lambda: not is_served(name, old))
            self.some_more(answers)
        finally:
            stopping.set()
            calling.join()
        self.assertEqual(set(answers), {200})
        main_job(self)

    def wait_replaced(self, name, times):
        eventually(lambda: system.log(name).read_text().count('certificates are replaced') >= times)

    def some_more(self, answers):
        """Over connections made since, too."""
        enough = len(answers) + 200
        eventually(lambda: len(answers) > enough)


if __name__ == '__main__':
    unittest.main()
