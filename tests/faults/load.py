"""Callers that create contacts all the time, whatever happens."""

import collections
import http.client
import itertools
import json
import threading
import time

from faults.verdict import Created
from harness.eventually import eventually
from http_api import Api

REQUEST_SECONDS = 10
RETRY_SECONDS = 0.05
# What a caller that is not acknowledged gives up after; when the load stops, sooner.
PATIENCE_SECONDS = 600
LAST_PATIENCE_SECONDS = 30
# While so many contacts wait for their mail, the callers slow down: an outage should find
# much under way, but need not be followed by more work than there was.
BACKLOG = 80
SLOW_SECONDS = 0.5
# How soon something new must be created while the load is to go on.
WORK_SECONDS = 20


class Load:
    """Threads that each create one contact after the other over a kept connection.

    A create that fails is repeated with the same request id until it is acknowledged.
    """

    def __init__(self, system, mail_server, threads=4):
        self._address = ('127.0.0.1', system.ports['gateway'])
        self._headers = {'Authorization': f'Bearer {system.api.token}',
                         'Content-Type': 'application/json'}
        self._mail_server = mail_server
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._last_deadline = float('inf')
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True)
                         for number in range(threads)]
        self.account_id = None  # Whose contacts are made from now on.
        self.acknowledged = []  # Created, one for each acknowledgement.
        self.given_up = []      # Addresses whose create was never acknowledged.
        self.refused = []       # Answers that blame the caller, which does nothing wrong.
        self.wrong = []         # Answers about another contact than was to be created.
        self._failures = collections.Counter()

    @property
    def threads(self):
        return len(self._threads)

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Lets each thread finish the contact it is at."""
        self._last_deadline = time.monotonic() + LAST_PATIENCE_SECONDS
        self._stopping.set()
        for thread in self._threads:
            if thread.ident:
                thread.join()

    def snapshot(self, since=0):
        """The contacts acknowledged so far, after a time.monotonic() if one is given."""
        with self._lock:
            return [created for created in self.acknowledged if created.time > since]

    def created_since(self, since):
        """Waits for a contact all of whose creation is after `since`, a time.monotonic().

        It is its thread's second one: the first may have been under way.
        """
        def second():
            threads = set()
            for created in self.snapshot(since=since):
                if created.thread in threads:
                    return created
                threads.add(created.thread)
            raise AssertionError(f'the load stood still for {WORK_SECONDS} seconds')
        return eventually(second, WORK_SECONDS)

    def thirds(self, seconds):
        """Yields the length of each third of a while, for a loop's body to fill.

        The load must go on throughout: each third ends once something new was created in it.
        """
        for _ in range(3):
            begun = time.monotonic()
            yield seconds / 3
            self.created_since(begun)

    def failures(self):
        """Counts the failed requests so far, by what was the matter."""
        with self._lock:
            return self._failures.copy()

    def _run(self, thread):
        connection = http.client.HTTPConnection(*self._address, timeout=REQUEST_SECONDS)
        for number in itertools.count():
            if self._stopping.is_set():
                break
            self._create(connection, thread, f'load-{thread}-{number}')
            if len(self.acknowledged) - self._mail_server.settled() > BACKLOG:
                self._stopping.wait(SLOW_SECONDS)
        connection.close()

    def _create(self, connection, thread, request_id):
        account_id = self.account_id
        email = f'{request_id}@example.com'
        body = json.dumps({'accountId': account_id, 'name': {'display': 'John Doe'},
                           'email': email})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < min(deadline, self._last_deadline):
            status, answer = self._post(connection, f'/v1/contacts?requestId={request_id}', body)
            if status == 200:
                contact = json.loads(answer)
                if (contact.get('email'), contact.get('accountId')) != (email, account_id):
                    self.wrong.append(f'{email} of {account_id}: {contact}')
                with self._lock:
                    self.acknowledged.append(Created(
                        contact['id'], email, account_id, thread, time.monotonic()))
                return
            with self._lock:
                self._failures[f'{status} {answer.decode(errors="replace")[:160]}'] += 1
            if status // 100 == 4 and status not in (408, 429):
                self.refused.append(f'{email}: {status} {answer.decode()}')
                return
            time.sleep(RETRY_SECONDS)
        self.given_up.append(email)

    def _post(self, connection, path, body):
        try:
            connection.request('POST', path, body, self._headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, f'{type(error).__name__} {error}'.encode()


class Lists:
    """Whole lists of the API, page by page."""

    def __init__(self, system):
        self._api = Api(system.url, system.api.token)

    def contacts(self, account_id):
        return self._all('contacts', f'/v1/contacts?accountId={account_id}&')

    def invitations(self, account_id):
        return self._all('invitations', f'/v1/invitations?accountId={account_id}&')

    def bulk_sends(self):
        return self._all('bulkSends', '/v1/bulkSends?')

    def bulk_recipients(self, bulk_send_id):
        return self._all('recipients', f'/v1/bulkSends/{bulk_send_id}/recipients?')

    def bulk_mails(self, bulk_send_id):
        return self._all('messages', f'/v1/messages?bulkSendId={bulk_send_id}&')

    def waiting_mails(self):
        """Those of all accounts that are still to be tried, for the first time or again."""
        return self._all('messages', '/v1/messages?state=MESSAGE_STATE_WAITING&')

    def _all(self, key, path):
        found, token = [], ''
        while True:
            page = self._api.get(f'{path}pageSize=1000&pageToken={token}')
            found += page.get(key, [])
            token = page.get('nextPageToken', '')
            if not token:
                return found
