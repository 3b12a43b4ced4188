"""A client of another language, with stubs of its own, talks to the services directly."""

import unittest

import grpc
from google.protobuf import descriptor_pb2

from conformance import foreign_stubs
from harness.company import Company, unique
from harness.eventually import eventually
from harness.running_system import RunningSystem
from processes import SERVICES


def setUpModule():
    global system, folder
    folder = foreign_stubs.generate()
    unittest.addModuleCleanup(folder.cleanup)
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


def load(*protos):
    return [foreign_stubs.messages(f'portico/{proto}') for proto in protos]


class Client(unittest.TestCase):
    def setUp(self):
        self.metadata = [('authorization', f'Bearer {system.api.token}')]

    def channel(self, service):
        channel = grpc.insecure_channel(system.address(service))
        self.addCleanup(channel.close)
        return channel

    def details_of(self, error):
        """The error's details by the type of each, from the trailing metadata."""
        types = vars(foreign_stubs.messages('google/rpc/error_details')) | vars(
            foreign_stubs.messages('google/rpc/error_info'))
        binary = dict(error.trailing_metadata())['grpc-status-details-bin']
        status = foreign_stubs.messages('google/rpc/status').Status.FromString(binary)
        self.assertEqual(status.code, error.code().value[0])
        details = {}
        for packed in status.details:
            name = packed.type_url.rpartition('.')[2]
            details[name] = types[name]()
            self.assertTrue(packed.Unpack(details[name]))
        return details


class Calls(Client):
    def test_an_account_and_a_contact_are_created_and_the_event_arrives(self):
        accounts, contacts, calls, events, setup = load(
            'account/v1/account', 'contact/v1/contact', 'contact/v1/contact_service',
            'events/v1/events', 'account/v1/setup')
        contact_events, = load('contact/v1/contact_events')
        setup_stub = foreign_stubs.stubs('portico/account/v1/setup').SetupServiceStub(
            self.channel('account'))
        account_stub = foreign_stubs.stubs('portico/account/v1/account').AccountServiceStub(
            self.channel('account'))
        contact_channel = self.channel('contact')
        contact_stub = foreign_stubs.stubs('portico/contact/v1/contact_service').ContactServiceStub(
            contact_channel)
        event_stub = foreign_stubs.stubs('portico/events/v1/events').EventServiceStub(
            contact_channel)

        division = setup_stub.CreateDivision(setup.CreateDivisionRequest(division=setup.Division(
            display_name=unique('North'), email='north@hauler.example')),
            metadata=self.metadata).division
        account_class = setup_stub.CreateAccountClass(setup.CreateAccountClassRequest(
            account_class=setup.AccountClass(display_name=unique('COMMERCIAL'))),
            metadata=self.metadata).account_class
        account = account_stub.CreateAccount(accounts.CreateAccountRequest(
            account=accounts.Account(
                number=unique('4941'), display_name='Renovation Gym', division_id=division.id,
                account_class_id=account_class.id, status=accounts.ACCOUNT_STATUS_ACTIVE)),
            metadata=self.metadata).account
        self.assertEqual(account_stub.GetAccount(
            accounts.GetAccountRequest(id=account.id), metadata=self.metadata).account, account)

        watch = event_stub.WatchEvents(events.WatchEventsRequest(
            types=['portico.contact.v1.ContactCreated']), metadata=self.metadata, timeout=60)
        request = calls.CreateContactRequest(request_id=unique('request'), contact=(
            contacts.Contact(account_id=account.id, email='john@example.com',
                             name=contacts.PersonName(display='Jöhn Dœ'))))
        contact = contact_stub.CreateContact(request, metadata=self.metadata).contact
        self.assertEqual(contact.name.display, 'Jöhn Dœ')
        again = contact_stub.CreateContact(request, metadata=self.metadata).contact
        self.assertEqual(again.id, contact.id)

        event = next(event for batch in watch for event in batch.events
                     if event.subject == contact.id)
        watch.cancel()
        self.assertEqual((event.source, event.type, event.partition),
                         ('contact', 'portico.contact.v1.ContactCreated', account.id))
        payload = contact_events.ContactCreated()
        self.assertTrue(event.data.Unpack(payload))
        self.assertEqual(payload.contact.id, contact.id)

    def test_the_stream_ends_at_the_end_of_the_log_when_asked_to(self):
        Company(system.api).account()
        events, = load('events/v1/events')
        stub = foreign_stubs.stubs('portico/events/v1/events').EventServiceStub(
            self.channel('account'))
        batches = list(stub.WatchEvents(events.WatchEventsRequest(stop_at_end=True),
                                        metadata=self.metadata, timeout=60))
        positions = [event.position for batch in batches for event in batch.events]
        self.assertEqual(positions, list(range(1, len(positions) + 1)))
        self.assertEqual(batches[-1].position, positions[-1])

    def test_contacts_are_counted_listed_and_exported_and_a_bulk_send_is_watched_to_its_end(self):
        company = Company(system.api, autoSendInvitation=False)
        contact = company.contact()
        recipients, bulk_sends = load('invitation/v1/recipient', 'invitation/v1/bulk_send')
        stub = foreign_stubs.stubs('portico/invitation/v1/bulk_send').BulkSendServiceStub(
            self.channel('invitation'))
        chosen = recipients.RecipientFilter(division_id=company.division['id'])

        def count():
            return stub.CountRecipients(bulk_sends.CountRecipientsRequest(filter=chosen),
                                        metadata=self.metadata).counts
        eventually(lambda: count().will_be_mailed == 1)
        listed, = stub.ListRecipients(
            bulk_sends.ListRecipientsRequest(
                filter=chosen, group=recipients.RECIPIENT_GROUP_NEVER_INVITED),
            metadata=self.metadata).recipients
        self.assertEqual((listed.contact_id, listed.email, listed.will_be_mailed),
                         (contact['id'], contact['email'], True))
        parts = list(stub.ExportRecipients(
            bulk_sends.ExportRecipientsRequest(filter=chosen), metadata=self.metadata, timeout=60))
        self.assertEqual({part.content_type for part in parts}, {'text/csv; charset=utf-8'})
        self.assertIn(contact['email'].encode(), b''.join(part.data for part in parts))

        bulk = stub.CreateBulkSend(bulk_sends.CreateBulkSendRequest(
            bulk_send=bulk_sends.BulkSend(filter=chosen)), metadata=self.metadata).bulk_send
        states = []
        for answer in stub.WatchBulkSend(bulk_sends.WatchBulkSendRequest(id=bulk.id),
                                         metadata=self.metadata, timeout=60):
            last = answer.bulk_send
            states.append(last.state)
            if last.state == bulk_sends.BULK_SEND_STATE_READY:
                stub.StartBulkSend(bulk_sends.StartBulkSendRequest(
                    id=bulk.id, expected_count=last.progress.waiting), metadata=self.metadata)
        self.assertEqual(states, sorted(states))
        self.assertEqual(last.state, bulk_sends.BULK_SEND_STATE_DONE)
        self.assertEqual(last.progress.sent, 1)

    def test_wrong_fields_come_as_error_details(self):
        contacts, calls = load('contact/v1/contact', 'contact/v1/contact_service')
        stub = foreign_stubs.stubs('portico/contact/v1/contact_service').ContactServiceStub(
            self.channel('contact'))
        with self.assertRaises(grpc.RpcError) as caught:
            stub.CreateContact(calls.CreateContactRequest(
                contact=contacts.Contact(title='x' * 201)), metadata=self.metadata)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        details = self.details_of(caught.exception)
        self.assertEqual(details['ErrorInfo'].domain, 'portico')
        self.assertEqual(
            sorted(violation.field for violation in details['BadRequest'].field_violations),
            ['contact.account_id', 'contact.name', 'contact.title'])
        for violation in details['BadRequest'].field_violations:
            self.assertTrue(violation.description)

    def test_every_error_has_an_error_info(self):
        accounts, = load('account/v1/account')
        stub = foreign_stubs.stubs('portico/account/v1/account').AccountServiceStub(
            self.channel('account'))
        request = accounts.GetAccountRequest(id='acc_00000000000000000000000000')
        for metadata, code in ((self.metadata, grpc.StatusCode.NOT_FOUND),
                               ([], grpc.StatusCode.UNAUTHENTICATED)):
            with self.subTest(code=code), self.assertRaises(grpc.RpcError) as caught:
                stub.GetAccount(request, metadata=metadata)
            self.assertEqual(caught.exception.code(), code)
            info = self.details_of(caught.exception)['ErrorInfo']
            self.assertEqual(info.domain, 'portico')
            self.assertRegex(info.reason, '^[A-Z][A-Z0-9_]+$')

    def test_a_message_that_is_no_protobuf(self):
        call = self.channel('contact').unary_unary('/portico.contact.v1.ContactService/GetContact')
        with self.assertRaises(grpc.RpcError) as caught:
            call(b'\xff\xff\xff', metadata=self.metadata)
        self.assertIn(caught.exception.code(),
                      (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL))
        # The service is none the worse for it.
        with self.assertRaises(grpc.RpcError) as caught:
            call(b'', metadata=self.metadata)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_an_rpc_that_does_not_exist(self):
        call = self.channel('contact').unary_unary('/portico.contact.v1.ContactService/Fly')
        with self.assertRaises(grpc.RpcError) as caught:
            call(b'', metadata=self.metadata)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class Standards(Client):
    def test_health_of_all_and_of_each_service(self):
        health = foreign_stubs.messages('grpc/health/v1/health')
        stubs = foreign_stubs.stubs('grpc/health/v1/health')
        for process, services in SERVED.items():
            stub = stubs.HealthStub(self.channel(process))
            for service in ('', *services):
                with self.subTest(process=process, service=service):
                    answer = stub.Check(health.HealthCheckRequest(service=service), timeout=10)
                    self.assertEqual(answer.status, health.HealthCheckResponse.SERVING)
            with self.assertRaises(grpc.RpcError) as caught:
                stub.Check(health.HealthCheckRequest(service='nothing'), timeout=10)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_reflection_lists_the_services_and_describes_them(self):
        reflection = foreign_stubs.messages('grpc_reflection_v1alpha/reflection')
        stubs = foreign_stubs.stubs('grpc_reflection_v1alpha/reflection')
        for process, services in SERVED.items():
            with self.subTest(process=process):
                stub = stubs.ServerReflectionStub(self.channel(process))
                listing, described = stub.ServerReflectionInfo(iter([
                    reflection.ServerReflectionRequest(list_services=''),
                    reflection.ServerReflectionRequest(file_containing_symbol=services[0])]))
                listed = {found.name for found in listing.list_services_response.service}
                self.assertLessEqual({*services, 'grpc.health.v1.Health'}, listed)
                files = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in
                         described.file_descriptor_response.file_descriptor_proto]
                self.assertIn(services[0], [f'{file.package}.{service.name}' for file in files
                                            for service in file.service])


EVENTS = 'portico.events.v1.EventService'
SERVED = {
    'account': ['portico.account.v1.AccountService', 'portico.account.v1.InvoiceService',
                'portico.account.v1.SetupService', EVENTS],
    'contact': ['portico.contact.v1.ContactService', EVENTS],
    'invitation': ['portico.invitation.v1.InvitationService',
                   'portico.invitation.v1.TemplateService',
                   'portico.invitation.v1.DeliveryService',
                   'portico.invitation.v1.BulkSendService', EVENTS],
    'registration': ['portico.registration.v1.RegistrationService',
                     'portico.registration.v1.SessionService', EVENTS],
}
assert tuple(SERVED) == SERVICES


if __name__ == '__main__':
    unittest.main()
