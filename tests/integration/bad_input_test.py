"""What the gateway is sent by mistake or in malice: each is refused with the
error that says why, and leaves nothing behind."""

import http.client
import unittest

from harness.company import Company, unique
from harness.errors import assert_error, wrong_fields
from harness.running_system import RunningSystem


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class Contacts(unittest.TestCase):
    def setUp(self):
        self.account = company.account()
        self.valid = {'accountId': self.account['id'], 'name': {'display': 'John Doe'},
                      'email': f'{unique("john")}@example.com'}

    def contacts(self):
        return system.api.get(f'/v1/contacts?accountId={self.account["id"]}').get('contacts', [])

    def refuse(self, body, status=400, code='INVALID_ARGUMENT', fields=None, query=''):
        response = system.api.request('POST', f'/v1/contacts{query}', body)
        assert_error(self, response, status, code, fields=fields)
        self.assertEqual(self.contacts(), [], 'something was written')
        return response

    def test_malformed_json(self):
        for body in (b'{"accountId":', b'', b'[]', b'"text"', b'null', b'{"name":1}',
                     b'\xff\xfe', b'{"email":"\xc3\x28"}', b'[' * 5000):
            with self.subTest(body=body[:20]):
                self.refuse(body)

    def test_an_unknown_field_is_named(self):
        response = self.refuse({**self.valid, 'e-mail': 'john@example.com'})
        self.assertIn('e-mail', response.text)

    def test_an_unknown_query_parameter_is_named(self):
        response = self.refuse(self.valid, query='?requestid=r1')
        self.assertIn('requestid', response.text)

    def test_an_unknown_enum_value(self):
        self.refuse({**self.valid, 'billingContact': 'BILLING_CONTACT_NEVER'})

    def test_missing_fields_are_named_all_at_once(self):
        self.refuse({}, fields=['contact.accountId', 'contact.name'])

    def test_overlong_fields_are_named(self):
        for field, path, value in (
                ('title', 'contact.title', 'x' * 201),
                ('email', 'contact.email', 'x' * 250 + '@example.com'),
                ('note', 'contact.note', 'x' * 4001),
                ('name', 'contact.name.display', {'display': 'x' * 202}),
                ('phones', 'contact.phones', [{'number': '1'}] * 5),
                ('tags', 'contact.tags[0]', ['x' * 51])):
            with self.subTest(field=field):
                self.refuse({**self.valid, field: value}, fields=[path])

    def test_an_invalid_address_is_named(self):
        for address in ('x@', '@example.com', 'john', 'john@exa mple.com', 'john@@example.com',
                        'john@example.com, jane@example.com', 'John <john@example.com>'):
            with self.subTest(address=address):
                self.refuse({**self.valid, 'email': address}, fields=['contact.email'])

    def test_line_breaks_and_other_control_characters_are_refused(self):
        for character in ('\r\n', '\n', '\r', '\t', '\u0000', '\u001b', '\u007f'):
            with self.subTest(character=character):
                self.refuse({**self.valid, 'name': {'display': f'John{character}Bcc: x@y.example'}},
                            fields=['contact.name.display'])
                self.refuse({**self.valid, 'email': f'john{character}@example.com'},
                            fields=['contact.email'])

    def test_an_unknown_account(self):
        for account_id in ('acc_00000000000000000000000000', 'acc_', 'con_1', "acc_' or 1=1 --"):
            with self.subTest(account_id=account_id):
                self.refuse({**self.valid, 'accountId': account_id}, fields=['contact.accountId'])

    def test_a_site_of_another_account(self):
        site = company.site(company.account())
        self.refuse({**self.valid, 'siteId': site['id']}, fields=['contact.siteId'])

    def test_invoice_notifications_where_invoices_do_not_go_by_mail(self):
        self.refuse({**self.valid, 'receiveInvoiceNotifications': True},
                    fields=['contact.receiveInvoiceNotifications'])

    def test_a_request_id_with_other_content(self):
        request_id = unique('request')
        path = f'/v1/contacts?requestId={request_id}'
        contact = system.api.post(path, self.valid)
        response = system.api.request('POST', path, {**self.valid, 'title': 'Owner'})
        assert_error(self, response, 409, 'ALREADY_EXISTS')
        self.assertEqual([found['id'] for found in self.contacts()], [contact['id']])
        self.assertEqual(self.contacts()[0]['title'], '')

    def test_output_only_fields_are_passed_over(self):
        contact = system.api.post('/v1/contacts', {
            **self.valid, 'id': 'con_mine', 'portal': {'isPortalUser': True, 'userId': 'root'}})
        self.assertNotEqual(contact['id'], 'con_mine')
        self.assertFalse(contact.get('portal', {}).get('isPortalUser', False))

    def test_a_stale_etag(self):
        contact = system.api.post('/v1/contacts', self.valid)
        path = f'/v1/contacts/{contact["id"]}'
        system.api.patch(path, {'title': 'Owner', 'etag': contact['etag']})
        response = system.api.request('PATCH', path, {'title': 'Clerk', 'etag': contact['etag']})
        assert_error(self, response, 409, 'ABORTED')
        self.assertEqual(system.api.get(path)['title'], 'Owner')

    def test_an_update_mask_that_names_no_field(self):
        contact = system.api.post('/v1/contacts', self.valid)
        response = system.api.request(
            'PATCH', f'/v1/contacts/{contact["id"]}?updateMask=shoeSize', {'title': 'Owner'})
        assert_error(self, response, 400, 'INVALID_ARGUMENT')

    def test_a_contact_that_does_not_exist(self):
        for path in ('/v1/contacts/con_00000000000000000000000000',
                     '/v1/contacts/con_00000000000000000000000000/decision'):
            with self.subTest(path=path):
                assert_error(self, system.api.request('GET', path), 404, 'NOT_FOUND')

    def test_a_page_token_that_was_made_up(self):
        response = system.api.request('GET', '/v1/contacts?pageToken=made-up')
        assert_error(self, response, 400, 'INVALID_ARGUMENT')

    def test_a_page_size_out_of_bounds(self):
        for size in ('-1', '1001', 'many', '99999999999999999999'):
            with self.subTest(size=size):
                response = system.api.request('GET', f'/v1/contacts?pageSize={size}')
                assert_error(self, response, 400, 'INVALID_ARGUMENT')


class Accounts(unittest.TestCase):
    def refuse(self, path, body, status, code, fields=None):
        response = system.api.request('POST', path, body)
        assert_error(self, response, status, code, fields=fields)

    def test_an_account_of_what_does_not_exist(self):
        number = unique('number')
        response = system.api.request('POST', '/v1/accounts', {
            'number': number, 'displayName': 'Gym', 'divisionId': 'div_none',
            'accountClassId': 'cls_none', 'status': 'ACCOUNT_STATUS_ACTIVE'})
        assert_error(self, response, 400, 'INVALID_ARGUMENT')
        self.assertEqual(sorted(wrong_fields(response)),
                         ['account.accountClassId', 'account.divisionId'])
        self.assertEqual(system.api.get(f'/v1/accounts?number={number}').get('accounts', []), [])

    def test_a_number_that_is_taken(self):
        account = company.account()
        body = {key: account[key]
                for key in ('number', 'displayName', 'divisionId', 'accountClassId', 'status')}
        self.refuse('/v1/accounts', body, 409, 'ALREADY_EXISTS')

    def test_a_site_of_an_account_that_does_not_exist(self):
        self.refuse('/v1/accounts/acc_00000000000000000000000000/sites',
                    {'number': '1', 'displayName': 'Downtown'}, 404, 'NOT_FOUND')

    def test_a_division_with_an_invalid_address(self):
        self.refuse('/v1/setup/divisions', {'displayName': unique('North'), 'email': 'north'},
                    400, 'INVALID_ARGUMENT', ['division.email'])

    def test_a_division_whose_name_is_taken(self):
        self.refuse('/v1/setup/divisions', {
            'displayName': company.division['displayName'], 'email': 'north@hauler.example'},
                    409, 'ALREADY_EXISTS')

    def test_portal_options_out_of_bounds(self):
        for field, path, value in (
                ('portalUrl', 'portalOptions.portalUrl', 'javascript:alert(1)'),
                ('invitationLifetime', 'portalOptions.invitationLifetime', '-1s'),
                ('lockoutThreshold', 'portalOptions.lockoutThreshold', -1)):
            with self.subTest(field=field):
                response = system.api.request('PATCH', '/v1/portalOptions', {field: value})
                assert_error(self, response, 400, 'INVALID_ARGUMENT', fields=[path])


class Http(unittest.TestCase):
    def raw(self, data):
        """Sends bytes and answers the status of the response."""
        connection = http.client.HTTPConnection('127.0.0.1', system.ports['gateway'], timeout=30)
        self.addCleanup(connection.close)
        connection.connect()
        connection.sock.sendall(data)
        response = http.client.HTTPResponse(connection.sock)
        response.begin()
        return response.status

    def test_a_body_over_one_mebibyte(self):
        body = b'{"note":"' + b'x' * (1 << 20) + b'"}'
        response = system.api.request('POST', '/v1/contacts', body)
        self.assertEqual(response.status, 413)

    def test_a_body_that_only_claims_to_be_huge(self):
        self.assertEqual(self.raw(b'POST /v1/contacts HTTP/1.1\r\nHost: x\r\n'
                                  b'Content-Length: 99999999999\r\n\r\n'), 413)

    def test_requests_that_are_no_http(self):
        for data in (b'GET / HTTP/1.1\r\n\r\n',  # No Host.
                     b'POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n',
                     b'\x16\x03\x01\x00\x00\r\n\r\n'):
            with self.subTest(data=data):
                self.assertEqual(self.raw(data), 400)

    def test_a_request_with_two_lengths_is_refused(self):
        self.assertEqual(self.raw(
            b'POST /v1/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n'
            b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 400)

    def test_a_path_or_method_that_is_not_there(self):
        assert_error(self, system.api.request('GET', '/v1/nothing'), 404, 'NOT_FOUND')
        self.assertIn(system.api.request('DELETE', '/v1/accounts').status, (404, 405))

    def test_the_gateway_still_serves_after_all_of_it(self):
        self.assertEqual(system.public.request('GET', '/readyz').status, 200)


if __name__ == '__main__':
    unittest.main()
