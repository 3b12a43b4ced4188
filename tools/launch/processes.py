"""The processes of one system, as tools/run and the tests start and stop them."""

import http.client
import os
import pathlib
import signal
import subprocess
import time

import grpc

SERVICES = ('account', 'contact', 'invitation', 'registration')
PROCESSES = SERVICES + ('gateway',)

# A process drains for 20 seconds at most.
STOP_SECONDS = 30
START_SECONDS = 60


class Died(Exception):
    """A process ended that should run."""

    def __init__(self, name, code, last_lines):
        super().__init__(f'{name} ended with {code}; its log ends:\n{last_lines}')
        self.name = name


def replica_names(service, count):
    """The names of a service's processes: contact, contact-2, contact-3 …"""
    return (service, *(f'{service}-{number}' for number in range(2, count + 1)))


def program_of(name):
    """What a process is a replica of."""
    return name.partition('-')[0]


class System:
    """One system: its programs, its state folder and where its processes listen.

    `ports` has a port for each process: for one of each of PROCESSES, and for as many
    replicas of the services as it names. `settings` are environment variables for all
    processes on top of those made here, `process_settings` those of single processes by
    their names; None takes one away.
    """

    def __init__(self, programs, state, ports, smtp_url=None, database_url_template=None,
                 events_url='embedded', settings=None, process_settings=None):
        self.programs = pathlib.Path(programs).resolve()
        self.state = pathlib.Path(state).resolve()
        self.ports = ports
        self.smtp_url = smtp_url or f'maildir:{self.mail}'
        self.database_url_template = (
            database_url_template or f'sqlite:{self.state}/{{service}}.db')
        self.events_url = events_url
        self.settings = settings or {}
        self.process_settings = process_settings or {}
        self.running = {}

    @property
    def keys(self):
        return self.state / 'keys'

    @property
    def mail(self):
        return self.state / 'mail'

    @property
    def url(self):
        return f'http://127.0.0.1:{self.ports["gateway"]}'

    def address(self, name):
        return f'127.0.0.1:{self.ports[name]}'

    def log(self, name):
        return self.state / 'log' / f'{name}.log'

    @property
    def names(self):
        """Of all processes, whether they run or not."""
        return tuple(self.ports)

    def replicas(self, service):
        """The names of a service's processes."""
        return tuple(name for name in self.names if program_of(name) == service)

    def target(self, service):
        """Where all replicas of a service are reached, for a gRPC client."""
        addresses = [self.address(name) for name in self.replicas(service)]
        return addresses[0] if len(addresses) == 1 else f'ipv4:{",".join(addresses)}'

    def addresses(self):
        """Where the services are reached, as the environment variables that tell it."""
        return {f'PORTICO_{service.upper()}_ADDRESS': self.target(service) for service in SERVICES}

    def environment(self, name):
        """All of a process's environment."""
        program = program_of(name)
        environment = dict(os.environ)
        environment.update(self.addresses())
        environment.update({
            'PORTICO_LISTEN': self.address(name),
            'PORTICO_DATABASE_URL': self.database_url_template.replace('{service}', program),
            'PORTICO_EVENTS_URL': self.events_url,
            'PORTICO_SMTP_URL': self.smtp_url,
            'PORTICO_PORTAL_URL': self.url,
            'PORTICO_JWKS': str(self.keys / 'jwks.json'),
            'PORTICO_SERVICE_TOKEN_KEY': str(self.keys / f'{program}.pem'),
            'PORTICO_SERVICE_JWKS': str(self.keys / 'services.jwks.json'),
            'PORTICO_SEAL_KEY': str(self.keys / 'seal.key'),
            'PORTICO_ENROLLMENT_KEY': str(self.keys / 'enrollment.key'),
        })
        environment.update(self.settings)
        environment.update(self.process_settings.get(name, {}))
        return {key: value for key, value in environment.items() if value is not None}

    @property
    def tls(self):
        """The settings of mutual TLS, if there are such."""
        return {key: value for key, value in self.settings.items() if key.startswith('PORTICO_TLS_')}

    def channel(self, name):
        """To one process, as its peers have it."""
        if not self.tls:
            return grpc.insecure_channel(self.address(name))
        ca, key, cert = (pathlib.Path(self.tls[f'PORTICO_TLS_{part}']).read_bytes()
                         for part in ('CA', 'KEY', 'CERT'))
        return grpc.secure_channel(self.address(name), grpc.ssl_channel_credentials(ca, key, cert))

    def command(self, *arguments, **options):
        """Runs `portico ARGUMENTS` against this system and answers its output."""
        return subprocess.run(
            [self.programs / 'portico', *arguments], check=True, text=True,
            stdout=subprocess.PIPE, env={**os.environ, **self.addresses(), **self.tls},
            **options).stdout

    def make_keys(self):
        self.command('keys', str(self.keys))

    def token(self, permissions='all', *flags):
        return self.command('token', '--keys', str(self.keys), '--permissions', permissions,
                            *flags).strip()

    def start(self, *names):
        """Starts processes, all without names, and does not wait until they serve."""
        self.log('').parent.mkdir(parents=True, exist_ok=True)
        for name in names or self.names:
            with open(self.log(name), 'ab') as log:
                # In a session of its own, so that Ctrl-C reaches only us, who then
                # stop it; and it ends with us, however we end.
                self.running[name] = subprocess.Popen(
                    ['setpriv', '--pdeathsig', 'TERM', self.programs / f'portico-{program_of(name)}'],
                    env=self.environment(name), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True)

    def wait_ready(self, *names):
        """Waits until processes, all without names, say that they serve."""
        deadline = time.monotonic() + START_SECONDS
        for name in names or self.names:
            while not self.is_ready(name):
                self.check_alive()
                if time.monotonic() > deadline:
                    raise TimeoutError(f'{name} does not serve after {START_SECONDS} seconds; '
                                       f'its log ends:\n{self.last_lines(name)}')
                time.sleep(0.05)

    def check_alive(self):
        """Died when one of the started processes has ended."""
        for name, process in tuple(self.running.items()):
            if process.poll() is not None:
                del self.running[name]
                raise Died(name, describe(process.returncode), self.last_lines(name))

    def stop(self, *names, with_signal=signal.SIGTERM):
        """Stops processes, all without names, and answers the exit code of each."""
        stopped = {name: self.running.pop(name) for name in names or tuple(self.running)}
        for process in stopped.values():
            process.send_signal(with_signal)
        deadline = time.monotonic() + STOP_SECONDS
        for process in stopped.values():
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return {name: process.returncode for name, process in stopped.items()}

    def last_lines(self, name, count=15):
        lines = self.log(name).read_text(errors='replace').splitlines()[-count:]
        return '\n'.join('    ' + line for line in lines)

    def is_ready(self, name):
        """Whether a process says that it serves."""
        return self._gateway_is_ready() if name == 'gateway' else self._service_is_ready(name)

    def _service_is_ready(self, name):
        # HealthCheckRequest{} and HealthCheckResponse{status: SERVING} on the wire.
        with self.channel(name) as channel:
            try:
                return channel.unary_unary('/grpc.health.v1.Health/Check')(
                    b'', timeout=1, wait_for_ready=False) == b'\x08\x01'
            except grpc.RpcError:
                return False

    def _gateway_is_ready(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.ports['gateway'], timeout=1)
        try:
            connection.request('GET', '/readyz')
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def describe(code):
    return f'signal {signal.Signals(-code).name}' if code < 0 else f'exit code {code}'
