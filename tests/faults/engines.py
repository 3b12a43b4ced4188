"""What the faults of systems on PostgreSQL and NATS have in common."""

import contextlib

from faults.fault import Fault
from harness.eventually import eventually
from harness.nats import NatsServer
from harness.postgres_server import PostgresServer
from harness.running_system import RunningSystem
from processes import SERVICES

# How soon what is logged is on NATS.
RELAY_SECONDS = 20


class OnEngines(Fault):
    """A fault of a system on servers of its own, which it may lay hands on as well."""

    replicas = 1  # Of each service.

    @contextlib.contextmanager
    def system(self, smtp_url):
        with contextlib.ExitStack() as stack:
            self.postgres = stack.enter_context(self.postgres_server())
            self.nats = stack.enter_context(contextlib.closing(NatsServer()))
            yield stack.enter_context(contextlib.closing(RunningSystem(
                smtp_url=smtp_url, replicas=self.replicas,
                database_url_template=self.postgres.url_template, events_url=self.nats.url,
                process_settings=self.process_settings())))

    def postgres_server(self):
        """A context that gives a PostgresServer."""
        return contextlib.closing(PostgresServer())

    def process_settings(self):
        """Those of single processes, by their names, once there is `self.postgres`."""
        return {}

    def folders(self):
        return (self.postgres.folder, self.nats.folder)

    def check(self, world, lists):
        def is_relayed():
            relayed, logged = self.relayed(), self.logged()
            assert relayed == logged, f'the streams have {relayed}, and the logs {logged}'
            return True
        eventually(is_relayed, RELAY_SECONDS)

    def logged(self):
        """Where each service's log ends."""
        return {service: int(self.postgres.query(
            service, 'select coalesce(max(position), 0) from event_log')[0][0])
            for service in SERVICES}

    def relayed(self):
        """How many messages the stream of each service has."""
        return {service: self.nats.request(f'STREAM.INFO.portico-{service}')['state']['messages']
                for service in SERVICES}
