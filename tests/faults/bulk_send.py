"""One bulk send to contacts of its own, by a caller who repeats what fails."""

import csv
import http.client
import os
import pathlib
import subprocess
import tempfile
import time

from faults.load import Lists
from harness.company import Company, unique
from harness.eventually import eventually
from http_api import Api, ApiError

IMPORT_SECONDS = 300
# How soon the invitation service has heard of all that was imported.
HEARD_SECONDS = 120
ACCOUNTS = 20
PATIENCE_SECONDS = 60
RETRY_SECONDS = 0.05


class BulkSend:
    """Its contacts are there once it is made; it gathers and sends when told to."""

    def __init__(self, system, recipients, options):
        self._system = system
        self._api = Api(system.url, system.api.token)
        self._lists = Lists(system)
        self._options = options  # Fields of it.
        # Only the bulk send mails.
        company = Company(self._api, autoSendInvitation=False)
        self._filter = {'divisionId': company.division['id']}
        self._accounts = [company.account() for _ in range(ACCOUNTS)]
        self._request_id = unique('bulk')
        self._import_contacts(recipients)
        self.id = None
        self.counted = eventually(lambda: self._count(recipients), HEARD_SECONDS)

    def create(self):
        answer = self._repeat('POST', f'/v1/bulkSends?requestId={self._request_id}', {
            'displayName': 'All of the division', 'filter': self._filter,
            # As many as the mail server likes are refused.
            'pauseAtFailedPercent': 100, **self._options})
        self.id = answer['id']

    def start(self):
        """Once it is ready, with the number that was counted."""
        eventually(lambda: self.get()['state'] == 'BULK_SEND_STATE_READY', PATIENCE_SECONDS)
        self._repeat('POST', f'/v1/bulkSends/{self.id}:start', {'expectedCount': self.counted})

    def get(self):
        return self._repeat('GET', f'/v1/bulkSends/{self.id}')

    def is_done(self):
        return self.get()['state'] == 'BULK_SEND_STATE_DONE'

    def contacts(self):
        """The addresses of all contacts that it is for, by their ids."""
        return {contact['id']: contact['email'] for account in self._accounts
                for contact in self._lists.contacts(account['id'])}

    def invitations(self):
        return [invitation for account in self._accounts
                for invitation in self._lists.invitations(account['id'])]

    def ledger(self):
        return self._lists.bulk_recipients(self.id)

    def mails(self):
        return self._lists.bulk_mails(self.id)

    def all_ids(self):
        """Of all bulk sends there are."""
        return [bulk['id'] for bulk in self._lists.bulk_sends()]

    def _count(self, recipients):
        counts = self._api.post('/v1/recipients:count', {'filter': self._filter})
        assert int(counts['willBeMailed']) == recipients, (
            f'counted {counts["willBeMailed"]} to be mailed, want {recipients}')
        return recipients

    def _import_contacts(self, count):
        with tempfile.TemporaryDirectory(prefix='portico-bulk-') as folder:
            path = pathlib.Path(folder) / 'contacts.csv'
            with path.open('w', newline='') as file:
                writer = csv.writer(file)
                writer.writerow(('external_id', 'account_number', 'name.first', 'name.last',
                                 'email'))
                writer.writerows(
                    (f'{self._request_id}-{i}', self._accounts[i % ACCOUNTS]['number'], 'Jane',
                     f'Doe {i}', f'bulk-{i}@example.com') for i in range(count))
            subprocess.run(
                [self._system.programs / 'portico', 'import', path], check=True,
                timeout=IMPORT_SECONDS, stdout=subprocess.DEVNULL,
                env={**os.environ, **self._system.addresses(),
                     'PORTICO_TOKEN': self._system.api.token})

    def _repeat(self, method, path, body=None):
        """The answer of a call that is repeated while the service is away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._api.call(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                failure = error
            except ApiError as error:
                if error.response.status // 100 == 4:
                    raise AssertionError(f'refused: {error}') from error
                failure = error
            assert time.monotonic() < deadline, f'never answered: {failure}'
            time.sleep(RETRY_SECONDS)
