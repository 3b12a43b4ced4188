"""Every RPC there is, by the descriptors, lets in only whom its proto says."""

import os
import pathlib
import unittest

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from harness.running_system import RunningSystem

IMAGE = pathlib.Path(os.environ.get(
    'PORTICO_DESCRIPTORS',
    pathlib.Path(__file__).resolve().parents[2] / 'build/release/protos/protos.binpb'))
PUBLIC, STAFF, SERVICE, PORTAL_USER = 1, 2, 3, 4


def setUpModule():
    global system
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


def rpcs():
    """(process, path, audience, permission) of every RPC."""
    pool = descriptor_pool.DescriptorPool()
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())
    for file in image.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    access_option = pool.FindExtensionByName('portico.options.v1.access')
    factory.GetPrototype(access_option.message_type)
    # Options parsed with this pool know the extension.
    options_type = factory.GetPrototype(
        pool.FindMessageTypeByName('google.protobuf.MethodOptions'))
    options_type.RegisterExtension(access_option)
    for file in image.file:
        if not file.package.startswith('portico.'):
            continue
        process = file.package.split('.')[1]
        # Every service that publishes serves the events.
        processes = ('account', 'contact', 'invitation', 'registration')
        for service in file.service:
            for method in service.method:
                options = options_type.FromString(method.options.SerializeToString())
                access = options.Extensions[access_option]
                for served_by in processes if process == 'events' else (process,):
                    yield (served_by, f'/{file.package}.{service.name}/{method.name}',
                           access.audience, access.permission)


class Access(unittest.TestCase):
    def code_of(self, process, path, token=None):
        """How a call with an empty request ends."""
        metadata = [('authorization', f'Bearer {token}')] if token else []
        with grpc.insecure_channel(system.address(process)) as channel:
            try:
                # Streams and unary RPCs look alike to who reads one message.
                call = channel.unary_stream(path)(b'', metadata=metadata, timeout=30)
                next(call, None)
                call.cancel()
                return grpc.StatusCode.OK
            except grpc.RpcError as error:
                return error.code()

    def test_there_are_rpcs_and_each_states_its_access(self):
        found = list(rpcs())
        self.assertGreater(len(found), 50)
        for _, path, audience, permission in found:
            with self.subTest(path):
                self.assertIn(audience, (PUBLIC, STAFF, SERVICE, PORTAL_USER))
                self.assertEqual(bool(permission), audience in (STAFF, SERVICE))

    def test_without_a_token_only_public_rpcs_answer(self):
        for process, path, audience, _ in rpcs():
            with self.subTest(path):
                code = self.code_of(process, path)
                if audience == PUBLIC:
                    self.assertNotIn(code, (grpc.StatusCode.UNAUTHENTICATED,
                                            grpc.StatusCode.PERMISSION_DENIED,
                                            grpc.StatusCode.UNIMPLEMENTED))
                else:
                    self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)

    def test_staff_without_the_permission_are_refused(self):
        every = {permission for _, _, audience, permission in rpcs() if audience == STAFF}
        for process, path, audience, permission in rpcs():
            if audience == PUBLIC:
                continue
            others = ','.join(sorted(every - {permission}))
            # A staff token is no session.
            wanted = (grpc.StatusCode.UNAUTHENTICATED if audience == PORTAL_USER
                      else grpc.StatusCode.PERMISSION_DENIED)
            with self.subTest(path):
                self.assertEqual(self.code_of(process, path, self.token(others)), wanted)

    def test_staff_with_the_permission_alone_come_in(self):
        for process, path, audience, permission in rpcs():
            if audience != STAFF or path.endswith('/WatchEvents'):
                continue
            with self.subTest(path):
                self.assertNotIn(
                    self.code_of(process, path, self.token(permission)),
                    (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED,
                     grpc.StatusCode.UNIMPLEMENTED))

    tokens = {}

    def token(self, permissions):
        if permissions not in self.tokens:
            self.tokens[permissions] = system.token(permissions)
        return self.tokens[permissions]


if __name__ == '__main__':
    unittest.main()
