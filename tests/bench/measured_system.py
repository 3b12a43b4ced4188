"""A running system whose processes can be looked at while it works."""

import os
import re
import time
import urllib.error
import urllib.request

from bench.engines import Engine
from harness.company import Company
from harness.running_system import RunningSystem, free_ports
from processes import PROCESSES, SERVICES, replica_names

ACCOUNTS = 200

# Lines of the metrics: a log's source and its last position, and a cursor's.
LOG_END = re.compile(r'^portico_event_log_position{source="(\w+)"} (\S+)$', re.MULTILINE)
MAILS_WAITING = re.compile(r'^portico_mails_waiting{.*} (\S+)$', re.MULTILINE)
CURSOR = re.compile(r'^portico_event_cursor{.*source="(\w+)".*} (\S+)$', re.MULTILINE)


class MeasuredSystem(RunningSystem):
    """Processes with metrics, mailing to `smtp_port`, and accounts to make contacts for.

    `quiet_accounts` and `inviting_accounts` are files of account ids: contacts of the
    latter are invited at once.
    """

    def __init__(self, engine='sqlite', replicas=1):
        names = [name for service in SERVICES for name in replica_names(service, replicas)]
        names.append('gateway')
        self.smtp_port, *ports = free_ports(1 + len(names))
        self._metrics = dict(zip(names, ports))
        self.engine = Engine(engine)
        super().__init__(smtp_url=f'smtp://127.0.0.1:{self.smtp_port}', replicas=replicas,
                         **self.engine.options)
        self.quiet_accounts = self._make_accounts('quiet', autoSendInvitation=False)
        self.inviting_accounts = self._make_accounts('inviting', autoSendInvitation=True)
        self.ids = self.state / 'contact_ids'

    def close(self):
        try:
            super().close()
        finally:
            self.engine.close()

    def environment(self, name):
        return {**super().environment(name),
                'PORTICO_METRICS_LISTEN': f'127.0.0.1:{self._metrics[name]}'}

    def _make_accounts(self, name, **portal):
        company = Company(self.api, **portal)
        path = self.state / f'{name}_accounts'
        path.write_text(''.join(company.account()['id'] + '\n' for _ in range(ACCOUNTS)))
        return path

    def metric(self, process, line):
        """The value of a metric: its name, with its labels if it has any."""
        text = self.read_metrics(process)
        return float(re.search(rf'^{re.escape(line)} (\S+)$', text, re.MULTILINE).group(1))

    def read_metrics(self, process):
        with urllib.request.urlopen(
                f'http://127.0.0.1:{self._metrics[process]}/metrics') as response:
            return response.read().decode()

    def wait_quiet(self, seconds=1800):
        """Waits until every event of every service has been applied and no mail waits."""
        self._wait(lambda: self._has_caught_up()
                   and self._mails_waiting() == 0, seconds)

    def wait_caught_up(self, seconds=1800):
        """Waits until the processes that run have applied every event of one another."""
        self._wait(self._has_caught_up, seconds)

    def _mails_waiting(self):
        return sum(float(count) for count in MAILS_WAITING.findall(self.read_metrics('invitation')))

    def _wait(self, is_over, seconds):
        deadline = time.monotonic() + seconds
        while not self._answers(is_over):
            self.check_alive()
            if time.monotonic() > deadline:
                raise TimeoutError('the services do not catch up')
            time.sleep(0.2)

    @staticmethod
    def _answers(question):
        """False, too, while a process that has just started does not tell of itself yet."""
        try:
            return question()
        except urllib.error.URLError:
            return False

    def log_end(self, service):
        return self.metric(service, f'portico_event_log_position{{source="{service}"}}')

    def _has_caught_up(self):
        metrics = [self.read_metrics(name) for name in self.running]
        ends = dict(found for text in metrics for found in LOG_END.findall(text))
        cursors = [found for text in metrics for found in CURSOR.findall(text)]
        return all(float(position) >= float(ends.get(source, 0)) for source, position in cursors)

    def cpu_seconds(self):
        """Processor time of each process so far."""
        def of(process):
            with open(f'/proc/{process.pid}/stat') as stat:
                fields = stat.read().rpartition(')')[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
        return {name: of(process) for name, process in self.running.items()}

    def resident_mib(self):
        return {name: self._memory_mib(name, 'VmRSS') for name in self.running}

    def peak_mib(self, name):
        """The most that a process has held since its start."""
        return self._memory_mib(name, 'VmHWM')

    def _memory_mib(self, name, line):
        with open(f'/proc/{self.running[name].pid}/status') as status:
            return int(re.search(rf'{line}:\s+(\d+)', status.read()).group(1)) / 1024

    def start_to_ready(self):
        """Starts every process again, one by one, and answers how many seconds each takes."""
        seconds = {}
        for name in PROCESSES:
            self.stop_cleanly(name)
            begun = time.monotonic()
            self.start(name)
            while not self.is_ready(name):
                self.check_alive()
            seconds[name] = time.monotonic() - begun
        return seconds
