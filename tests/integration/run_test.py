"""tools/run as a person uses it: from a start to Ctrl-C."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness.eventually import eventually
from harness.postgres import run_sql, url_template
from harness.running_system import free_ports, programs
from http_api import Api
from processes import SERVICES

RUN = pathlib.Path(__file__).resolve().parents[2] / 'tools' / 'run'


def five_free_ports():
    """The first of five ports in a row; the ports after a free one nearly always are, too."""
    return free_ports(1)[0]


class Run(unittest.TestCase):
    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix='portico-test-'))
        self.addCleanup(shutil.rmtree, self.state)
        self.port = five_free_ports()

    def start(self, *flags):
        """Starts tools/run and answers it with what it prints until it is ready."""
        process = subprocess.Popen(
            [RUN, '--no-install', '--programs', programs(), '--state', self.state,
             '--port', str(self.port), *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        output = ''
        for line in process.stdout:
            output += line
            if line == 'ready\n':
                return process, output
        self.fail(f'tools/run ended: {output}{process.stderr.read()}')

    def stop(self, process, with_signal=signal.SIGINT):
        process.send_signal(with_signal)
        rest, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ''), rest)

    def environment(self):
        lines = (self.state / 'run.env').read_text().splitlines()
        return dict(line.split('=', 1) for line in lines)

    def test_the_sample_is_loaded_shown_and_kept_and_nothing_is_added_by_a_second_start(self):
        process, output = self.start()
        environment = self.environment()
        self.assertEqual(environment['PORTICO_GATEWAY_URL'], f'http://127.0.0.1:{self.port}')
        for offset, name in enumerate(('ACCOUNT', 'CONTACT', 'INVITATION', 'REGISTRATION'), 1):
            self.assertEqual(environment[f'PORTICO_{name}_ADDRESS'],
                             f'127.0.0.1:{self.port + offset}')
        self.assertIn(f'http://127.0.0.1:{self.port}/accept#token=', output)
        self.assertIn('john@example.com', output)
        self.assertIn(environment['PORTICO_TOKEN'], output)
        for name in ('ACCOUNT', 'CONTACT', 'INVITATION', 'REGISTRATION', 'GATEWAY'):
            command = pathlib.Path(f'/proc/{environment[f"PORTICO_PID_{name}"]}/comm').read_text()
            self.assertTrue(f'portico-{name.lower()}'.startswith(command.strip()))
        eventually(lambda: self.is_shown_as_sent(environment))
        before = self.everything(environment)
        self.assertEqual([account['number'] for account in before[0]['accounts']], ['4941'])
        self.stop(process)

        process, output = self.start()
        self.assertEqual(self.everything(self.environment()), before)
        self.assertIn('/accept#token=', output)
        self.stop(process, signal.SIGTERM)

    def is_shown_as_sent(self, environment):
        """Whether the contact's own service has heard of its invitation's mail."""
        api = Api(environment['PORTICO_GATEWAY_URL'], environment['PORTICO_TOKEN'])
        contact, = api.get('/v1/contacts')['contacts']
        return contact.get('portal', {}).get('invitationState') == 'INVITATION_STATE_SENT'

    def everything(self, environment):
        api = Api(environment['PORTICO_GATEWAY_URL'], environment['PORTICO_TOKEN'])
        return [api.get(path) for path in
                ('/v1/accounts', '/v1/setup/divisions', '/v1/setup/accountClasses',
                 '/v1/contacts', '/v1/invitations', '/v1/messages')]

    def test_on_postgresql_the_databases_are_made_and_the_main_job_is_done(self):
        prefix = f'test_{os.getpid()}_run'
        template = url_template().replace('{database}', f'{prefix}_{{service}}')
        for service in SERVICES:
            self.addCleanup(run_sql, 'postgres',
                            f'drop database if exists {prefix}_{service} with (force)')
        run_sql('postgres', f'create database {prefix}_contact')  # One that is there.

        process, output = self.start('--database-url-template', template)
        self.assertIn(f'made the database {prefix}_account\n', output)
        self.assertNotIn(f'{prefix}_contact', output)
        self.assertIn(f'http://127.0.0.1:{self.port}/accept#token=', output)
        before = self.everything(self.environment())
        self.assertEqual([account['number'] for account in before[0]['accounts']], ['4941'])
        self.assertEqual(list(self.state.glob('*.db')), [])
        self.stop(process)

        process, output = self.start('--database-url-template', template)
        self.assertNotIn('made the database', output)
        self.assertEqual(self.everything(self.environment()), before)
        self.stop(process)

    def test_a_server_that_is_not_there_is_said_to_be_so(self):
        process = subprocess.run(
            [RUN, '--no-install', '--programs', programs(), '--state', self.state, '--port',
             str(self.port), '--database-url-template', 'postgresql://127.0.0.1:1/x_{service}'],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn('tools/run: cannot make the database x_account: ', process.stderr)
        self.assertIn('refused', process.stderr)

    def test_without_the_sample_there_is_nothing(self):
        process, _ = self.start('--no-sample')
        environment = self.environment()
        api = Api(environment['PORTICO_GATEWAY_URL'], environment['PORTICO_TOKEN'])
        self.assertEqual(api.get('/v1/accounts').get('accounts', []), [])
        self.assertEqual(os.stat(self.state / 'run.env').st_mode & 0o777, 0o600)
        self.stop(process)

    def test_a_process_that_dies_is_named_and_ends_it_all(self):
        process, _ = self.start('--no-sample')
        environment = self.environment()
        os.kill(int(environment['PORTICO_PID_CONTACT']), signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn('contact ended with signal SIGKILL', errors)
        for name in ('ACCOUNT', 'INVITATION', 'REGISTRATION', 'GATEWAY'):
            self.assertFalse(
                pathlib.Path(f'/proc/{environment[f"PORTICO_PID_{name}"]}').exists(), name)

    def test_a_state_in_use_is_refused(self):
        process, _ = self.start('--no-sample')
        second = subprocess.run(
            [RUN, '--no-install', '--programs', programs(), '--state', self.state,
             '--port', str(five_free_ports())], capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(self.state), second.stderr)
        self.stop(process)


if __name__ == '__main__':
    unittest.main()
