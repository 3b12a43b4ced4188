"""Mail to many contacts at once: over HTTP and by the command line."""

import csv
import http.client
import io
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from harness.browser import Browser
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept
from harness.running_system import RunningSystem, free_ports
from harness.smtp_sink import SmtpSink
from mail_folder import token_of


def setUpModule():
    global system, smtp
    smtp = SmtpSink(free_ports(1)[0])
    smtp.start()
    unittest.addModuleCleanup(smtp.stop)
    system = RunningSystem(smtp_url=smtp.url)
    unittest.addModuleCleanup(system.close)


class Customers:
    """A division of contacts, none of whom was invited; `wait` for them to be counted."""

    def __init__(self, count):
        self.company = Company(system.api, autoSendInvitation=False)
        self.account = self.company.account()
        self.contacts = [self.company.contact(self.account) for _ in range(count)]
        self.filter = {'divisionId': self.company.division['id']}

    @property
    def ids(self):
        return [contact['id'] for contact in self.contacts]

    @property
    def flags(self):
        return ('--division', self.company.division['id'])

    def counts(self):
        return system.api.post('/v1/recipients:count', {'filter': self.filter})

    def wait(self, total=None):
        total = len(self.contacts) if total is None else total
        return eventually(lambda: self.counts()['total'] == str(total) and self.counts())


def mailed(contacts):
    """How many mails each of these contacts got."""
    addresses = [str(mail['To']) for mail in list(smtp.mails)]
    return [sum(contact['email'] in address for address in addresses) for contact in contacts]


def state_of(bulk):
    return system.api.get(f'/v1/bulkSends/{bulk["id"]}')


def in_state(bulk, state):
    """The bulk send, once it is in a state."""
    def probe():
        now = state_of(bulk)
        assert now['state'] == f'BULK_SEND_STATE_{state}', now
        return now
    return eventually(probe)


def done(bulk):
    return in_state(bulk, 'DONE')


def command(bulk, verb, **body):
    return system.api.post(f'/v1/bulkSends/{bulk["id"]}:{verb}', body)


def create(**fields):
    """A bulk send that is READY."""
    return in_state(system.api.post('/v1/bulkSends', fields), 'READY')


def start(bulk):
    return command(bulk, 'start', expectedCount=bulk['progress'].get('waiting', 0))


def recipients_of(bulk):
    listed = system.api.get(f'/v1/bulkSends/{bulk["id"]}/recipients?pageSize=1000')['recipients']
    return {recipient['contactId']: recipient for recipient in listed}


def number(progress, name):
    return int(progress.get(name, 0))


class BulkSends(unittest.TestCase):
    def test_exactly_those_are_mailed_who_were_counted(self):
        customers = Customers(12)
        contacts, company = customers.contacts, customers.company
        company.contact(customers.account, email='')
        eventually(lambda: system.api.request(
            'POST', f'/v1/contacts/{contacts[0]["id"]}:sendInvitation', {}).status == 200)
        system.api.post('/v1/suppressions', {'address': contacts[1]['email'].upper()})
        off = company.contact(company.account(status='ACCOUNT_STATUS_CLOSED'))

        def counted():
            counts = customers.counts()
            groups = {group['group'].removeprefix('RECIPIENT_GROUP_'): int(group.get('count', 0))
                      for group in counts['groups']}
            self.assertEqual(sum(groups.values()), int(counts['total']))
            self.assertEqual(
                {name: count for name, count in groups.items() if count},
                {'NO_EMAIL': 1, 'INVITED': 1, 'SUPPRESSED': 1, 'ACCOUNT_NOT_ACTIVE': 1,
                 'NEVER_INVITED': 10})
            return counts
        self.assertEqual(eventually(counted)['willBeMailed'], '10')
        query = f'filter.divisionId={company.division["id"]}&onlyWillBeMailed=true'
        listed, token = [], ''
        while True:
            page = system.api.get(f'/v1/recipients?{query}&pageSize=4&pageToken={token}')
            listed += [recipient['contactId'] for recipient in page['recipients']]
            token = page.get('nextPageToken')
            if not token:
                break
        self.assertCountEqual(listed, customers.ids[2:])

        bulk = create(filter=customers.filter, displayName='Spring',
                      excludedContactIds=[contacts[2]['id']])
        self.assertEqual(bulk['progress'], {**bulk['progress'], 'total': '9', 'waiting': '9'})
        eventually(lambda: mailed(contacts[:1]) == [1])
        self.assertEqual(sum(mailed(contacts[1:])), 0)
        wrong = system.api.request('POST', f'/v1/bulkSends/{bulk["id"]}:start',
                                   {'expectedCount': 10})
        self.assertEqual(wrong.status, 400, wrong.text)
        self.assertIn('COUNT_DIFFERS', wrong.text)
        start(bulk)
        self.assertEqual(done(bulk)['progress']['sent'], '9')
        self.assertEqual(mailed([*contacts, off]), [1, 0, 0] + [1] * 9 + [0])
        self.assertCountEqual(recipients_of(bulk), customers.ids[3:])
        mail = smtp.mails_to(contacts[3]['email'])[0]
        self.assertEqual(
            accept(Browser(system.url), token_of(mail), unique('user')).status, 200)

    def test_a_bulk_send_is_watched_as_server_sent_events(self):
        customers = Customers(5)
        customers.wait()
        bulk = create(filter=customers.filter)
        connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(system.url).netloc, timeout=30)
        self.addCleanup(connection.close)
        connection.request('GET', f'/v1/bulkSends/{bulk["id"]}:watch', headers={
            'Accept': 'text/event-stream', 'Authorization': f'Bearer {system.api.token}'})
        stream = connection.getresponse()
        self.assertEqual((stream.status, stream.headers['Content-Type']),
                         (200, 'text/event-stream'))
        first = stream.readline()
        start(bulk)
        lines = [first, *stream.read().splitlines()]
        events = [json.loads(line.removeprefix(b'data: '))
                  for line in lines if line.startswith(b'data: ')]
        self.assertEqual(events[0], bulk)
        self.assertEqual(events[-1]['state'], 'BULK_SEND_STATE_DONE')
        self.assertEqual(events[-1]['progress']['sent'], '5')
        for event in events:
            parts = {**event['progress']}
            self.assertEqual(int(parts.pop('total')), sum(map(int, parts.values())))

        missing = system.api.request('GET', '/v1/bulkSends/blk_00000000000000000000000000:watch')
        self.assertEqual(missing.status, 404)

    def test_those_who_are_counted_are_exported_as_csv(self):
        customers = Customers(3)
        customers.company.contact(customers.account, name={'display': '=HYPERLINK("x"), Jöhn'},
                                  email='')
        customers.wait(4)
        answer = system.api.request(
            'GET', f'/v1/recipients:export?filter.divisionId={customers.filter["divisionId"]}')
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers['Content-Type'], 'text/csv; charset=utf-8')
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        self.assertCountEqual([row['email'] for row in rows],
                              [*(contact['email'] for contact in customers.contacts), ''])
        without, = [row for row in rows if not row['email']]
        # No spreadsheet takes it for a formula.
        self.assertEqual(without['name'], '\'=HYPERLINK("x"), Jöhn')
        self.assertEqual((without['group'], without['will_be_mailed']), ('NO_EMAIL', 'no'))

    def test_chosen_contacts_get_the_edited_text_and_nobody_else_anything(self):
        customers = Customers(3)
        customers.wait()
        chosen = customers.contacts[:2]
        texts = {'subject': 'Dear [ContactName]',
                 'htmlBody': '<p>Now, <a href="[CustomerPortalLink]">come in</a>.</p>'}
        refused = system.api.request('POST', '/v1/bulkSends', {
            'contactIds': customers.ids[:2], **texts, 'htmlBody': '<p>No link</p>'})
        self.assertEqual(refused.status, 400)
        self.assertIn('bulk_send.html_body', refused.text)
        bulk = create(contactIds=customers.ids[:2], **texts)
        start(bulk)
        done(bulk)
        self.assertEqual(mailed(customers.contacts), [1, 1, 0])
        mail = smtp.mails_to(chosen[0]['email'])[0]
        self.assertEqual(mail['Subject'], 'Dear John Doe')
        self.assertIn('Now,', mail.get_body(('html',)).get_content())
        self.assertTrue(token_of(mail))

    def test_a_general_email_needs_a_permission_of_its_own(self):
        customers = Customers(2)
        customers.wait()
        letter = {'general': True, 'contactIds': customers.ids, 'subject': 'We are closed',
                  'htmlBody': '<p>Until Monday, [ContactName].</p>'}
        some = system.staff('invitations.read,invitations.send')
        refused = some.request('POST', '/v1/bulkSends', letter)
        self.assertEqual(refused.status, 403, refused.text)
        self.assertIn('contacts.bulk_email', refused.text)
        all_of_it = system.staff('invitations.read,invitations.send,contacts.bulk_email')
        bulk = in_state(all_of_it.post('/v1/bulkSends', letter), 'READY')
        start(bulk)
        done(bulk)
        self.assertEqual(mailed(customers.contacts), [1, 1])
        mail = smtp.mails_to(customers.contacts[0]['email'])[0]
        self.assertEqual(mail['Subject'], 'We are closed')
        self.assertNotIn('#token=', mail.as_string())
        self.assertEqual(system.api.get(
            f'/v1/invitations?contactId={customers.ids[0]}')['invitations'], [])

    def test_a_paused_bulk_send_mails_nobody_until_it_is_resumed(self):
        customers, others = Customers(8), Customers(2)
        customers.wait()
        others.wait()
        bulk = create(filter=customers.filter, maxPerMinute=120)
        start(bulk)
        eventually(lambda: sum(mailed(customers.contacts)) > 0)
        self.assertEqual(command(bulk, 'pause')['state'], 'BULK_SEND_STATE_PAUSED')
        self.assertEqual(state_of(bulk)['pauseReason'], 'PAUSED_BY_CALLER')
        # What a worker had in hand is out as soon as another bulk send is.
        before = eventually(lambda: number(state_of(bulk)['progress'], 'sending') == 0
                            and sum(mailed(customers.contacts)))
        other = create(filter=others.filter)
        start(other)
        done(other)
        self.assertEqual(sum(mailed(customers.contacts)), before)
        self.assertLess(before, 8)
        command(bulk, 'resume')
        self.assertEqual(done(bulk)['progress']['sent'], '8')
        self.assertEqual(mailed(customers.contacts), [1] * 8)

    def test_whom_a_cancelled_bulk_send_has_not_mailed_is_not_mailed(self):
        customers = Customers(4)
        customers.wait()
        bulk = create(filter=customers.filter, maxPerMinute=60)
        start(bulk)
        eventually(lambda: sum(mailed(customers.contacts)) > 0)
        command(bulk, 'cancel')
        ended = eventually(lambda: 'endTime' in state_of(bulk) and state_of(bulk))
        sent = number(ended['progress'], 'sent')
        self.assertEqual(sent, sum(mailed(customers.contacts)))
        self.assertEqual(number(ended['progress'], 'cancelled'), 4 - sent)
        self.assertGreater(number(ended['progress'], 'cancelled'), 0)
        again = system.api.request('POST', f'/v1/bulkSends/{bulk["id"]}:resume', {})
        self.assertEqual(again.status, 400, again.text)
        # Who was not mailed was not invited either.
        eventually(lambda: customers.counts()['willBeMailed'] == str(4 - sent))

    def test_only_those_are_mailed_again_whose_mail_failed(self):
        customers = Customers(4)
        customers.wait()
        failing, bouncing = customers.contacts[0], customers.contacts[1]
        smtp.rcpt_replies[failing['email']] = '554 5.7.1 not from you'
        smtp.rcpt_replies[bouncing['email']] = '550 5.1.1 no such user'
        bulk = create(filter=customers.filter)
        start(bulk)
        progress = done(bulk)['progress']
        self.assertEqual((progress['sent'], progress['bounced'], progress['failed']),
                         ('2', '1', '1'))
        self.assertIn('not from you', recipients_of(bulk)[failing['id']]['reason'])
        smtp.rcpt_replies.clear()
        command(bulk, 'retryFailed', requestId='again')
        command(bulk, 'retryFailed', requestId='again')
        progress = done(bulk)['progress']
        self.assertEqual((progress['sent'], progress['bounced']), ('3', '1'))
        self.assertEqual(mailed(customers.contacts), [1, 0, 1, 1])
        self.assertEqual(mailed([failing, bouncing]), [1, 0])
        none = system.api.request('POST', f'/v1/bulkSends/{bulk["id"]}:retryFailed', {})
        self.assertIn('NONE_FAILED', none.text)

    def test_whoever_unsubscribes_by_one_click_is_not_mailed_by_the_next(self):
        customers = Customers(3)
        customers.wait()
        bulk = create(filter=customers.filter)
        start(bulk)
        done(bulk)
        mail = smtp.mails_to(customers.contacts[0]['email'])[0]
        self.assertEqual(mail['List-Unsubscribe-Post'], 'List-Unsubscribe=One-Click')
        url = str(mail['List-Unsubscribe']).strip('<>')
        self.assertTrue(url.startswith(system.url), url)
        # RFC 8058: no token, no cookie.
        answer = system.public.request(
            'POST', url.removeprefix(system.url), b'List-Unsubscribe=One-Click',
            {'Content-Type': 'application/x-www-form-urlencoded'})
        self.assertEqual(answer.status, 200, answer.text)
        eventually(lambda: customers.counts()['willBeMailed'] == '0' and any(
            group['group'] == 'RECIPIENT_GROUP_SUPPRESSED' and group.get('count') == '1'
            for group in customers.counts()['groups']))

        again = create(filter={**customers.filter, 'includeInvited': True})
        self.assertEqual(again['progress']['total'], '2')
        chosen = create(contactIds=customers.ids)
        for following in (again, chosen):
            start(following)
            done(following)
        self.assertEqual(mailed(customers.contacts), [1, 3, 3])
        self.assertEqual(recipients_of(chosen)[customers.ids[0]]['state'],
                         'BULK_SEND_RECIPIENT_STATE_SKIPPED')
        self.assertEqual(recipients_of(chosen)[customers.ids[0]]['reason'], 'EMAIL_SUPPRESSED')


class CommandLine(unittest.TestCase):
    def environment(self):
        return {**os.environ, **system.addresses(), 'PORTICO_TOKEN': system.api.token}

    def portico(self, *arguments, code=0):
        result = subprocess.run([system.programs / 'portico', *arguments], timeout=60, text=True,
                                env=self.environment(), capture_output=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout if code == 0 else result.stdout + result.stderr

    def create(self, *arguments):
        """The id of a bulk send, and whom it mails."""
        bulk_id, count = self.portico('bulk', 'create', *arguments).split()
        self.assertTrue(bulk_id.startswith('blk_'))
        return bulk_id, int(count)

    def test_a_bulk_send_from_its_count_to_its_end(self):
        customers = Customers(3)
        customers.company.contact(customers.account, email='')
        customers.wait(4)
        table = dict(line.rsplit(maxsplit=1)
                     for line in self.portico('count', *customers.flags).splitlines())
        self.assertEqual((table['NO_EMAIL'], table['NEVER_INVITED'], table['INVITED'],
                          table['all'], table['will be mailed']), ('1', '3', '0', '4', '3'))
        counts = json.loads(self.portico('count', *customers.flags, '--json'))
        self.assertEqual((counts['total'], counts['willBeMailed']), ('4', '3'))
        exported = list(csv.DictReader(io.StringIO(self.portico(
            'recipients', 'export', *customers.flags, '--only-will-be-mailed'))))
        self.assertCountEqual([row['contact_id'] for row in exported], customers.ids)
        self.assertEqual(len(self.portico('recipients', 'export', *customers.flags, '--group',
                                          'NO_EMAIL').splitlines()), 2)

        smtp.rcpt_replies[customers.contacts[0]['email']] = '554 5.7.1 not from you'
        bulk_id, count = self.create(*customers.flags, '--name', unique('spring'))
        self.assertEqual(count, 3)
        self.assertIn('COUNT_DIFFERS', self.portico('bulk', 'start', bulk_id, '--count', '4',
                                                    code=1))
        self.portico('bulk', 'start', bulk_id, '--count', '3')
        lines = self.portico('bulk', 'watch', bulk_id, code=1).splitlines()
        self.assertIn('DONE, 3 of 3 done: 2 sent, 0 bounced, 1 failed, 0 skipped', lines)
        failed = self.portico('bulk', 'recipients', bulk_id, '--state', 'FAILED').splitlines()
        self.assertEqual(len(failed), 2)
        self.assertIn(customers.ids[0], failed[1])
        smtp.rcpt_replies.clear()
        self.portico('bulk', 'retry-failed', bulk_id)
        self.assertIn('DONE, 3 of 3 done: 3 sent',
                      self.portico('bulk', 'watch', bulk_id).splitlines()[-1])
        self.assertEqual(mailed(customers.contacts), [1, 1, 1])
        listed, = [line for line in self.portico('bulk', 'list').splitlines() if bulk_id in line]
        self.assertIn('DONE', listed)

    def test_chosen_contacts_of_a_file_and_a_bulk_send_that_is_paused_and_cancelled(self):
        customers = Customers(3)
        customers.wait()
        folder = tempfile.TemporaryDirectory(prefix='portico-bulk-')
        self.addCleanup(folder.cleanup)
        chosen = pathlib.Path(folder.name, 'chosen')
        chosen.write_text('\n'.join(customers.ids[:2]) + '\n\n')
        text = pathlib.Path(folder.name, 'letter.html')
        text.write_text('<p>Closed, [ContactName].</p>')
        bulk_id, count = self.create(
            '--contacts', str(chosen), '--contact', customers.ids[2], '--general', '--subject',
            'Closed', '--html', str(text), '--at', '2100-01-01T00:00:00Z')
        self.assertEqual(count, 3)
        self.assertIn('SCHEDULED', self.portico('bulk', 'start', bulk_id))
        self.assertIn('PAUSED (PAUSED_BY_CALLER)', self.portico('bulk', 'pause', bulk_id))
        self.assertIn('SCHEDULED', self.portico('bulk', 'resume', bulk_id))
        self.assertIn('CANCELLED', self.portico('bulk', 'cancel', bulk_id))
        self.assertIn('3 cancelled', self.portico('bulk', 'watch', bulk_id, code=1))
        self.assertEqual(mailed(customers.contacts), [0, 0, 0])
        for wrong in ((), ('--division', 'div_1', '--at', 'soon'), ('--class', 'cls_1'),
                      ('--division', 'div_1', '--max-per-minute', '0')):
            with self.subTest(wrong):
                self.portico('bulk', 'create', *wrong, code=2)

    def test_recipients_are_rebuilt_while_contacts_are_created(self):
        customers = Customers(20)
        created = []
        enough = threading.Event()

        def go_on():
            while not enough.is_set():
                created.append(customers.company.contact(customers.account))
        creating = threading.Thread(target=go_on)
        creating.start()
        try:
            stages = [line.split(': ')[0]
                      for line in self.portico('rebuild-recipients').splitlines()]
        finally:
            enough.set()
            creating.join()
        self.assertEqual(stages, ['accounts', 'contacts', 'portal users', 'counts'])
        self.assertEqual(customers.wait(20 + len(created))['willBeMailed'],
                         str(20 + len(created)))
        self.portico('rebuild-recipients')
        self.assertEqual(customers.counts()['total'], str(20 + len(created)))

    def test_a_watch_goes_on_when_the_service_comes_back(self):
        customers = Customers(6)
        customers.wait()
        bulk_id, count = self.create(*customers.flags, '--max-per-minute', '120')
        self.portico('bulk', 'start', bulk_id, '--count', str(count))
        with subprocess.Popen([system.programs / 'portico', 'bulk', 'watch', bulk_id], text=True,
                              env=self.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as watch:
            self.addCleanup(watch.kill)
            self.assertIn('RUNNING', watch.stdout.readline())
            system.kill('invitation')
            self.assertIn('away', watch.stderr.readline())
            system.start('invitation')
            lines = watch.stdout.read().splitlines()
        self.assertEqual(watch.returncode, 0)
        self.assertIn('DONE, 6 of 6 done: 6 sent', lines[-1])
        # A mail whose acceptance was being noted when the process died may come twice.
        self.assertTrue(all(count >= 1 for count in mailed(customers.contacts)))
        system.wait_ready('invitation')


if __name__ == '__main__':
    unittest.main()
