"""Who may include whom. The rule stands in libs/README.md; this reads every
#include of the tree and names each line that breaks it."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What each library includes besides itself, transitively.
_FOUNDATION = {'libs/base', 'libs/settings', 'libs/log'}
_RPC = _FOUNDATION | {'libs/auth', 'portico'}
_ALL = _RPC | {'libs/storage', 'libs/mail', 'libs/rpc', 'libs/events'}
ALLOWED = {
    'libs/base': set(),
    'libs/settings': {'libs/base'},
    'libs/log': {'libs/base'},
    'libs/storage': _FOUNDATION,
    'libs/auth': _FOUNDATION,
    'libs/mail': _FOUNDATION,
    'libs/rpc': _RPC,
    'libs/events': _RPC | {'libs/rpc', 'libs/storage'},
    'libs/testing': _ALL,
    'services/account': _ALL,
    'services/contact': _ALL,
    'services/invitation': _ALL,
    'services/registration': _ALL,
    'services/gateway': _ALL - {'libs/storage', 'libs/events'},
    'tools/cli': _ALL,
}
# The tests of a folder may also include these.
FOR_TESTS = {'libs/testing', 'libs/base', 'portico'}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# A target that is no test, with its sources.
TARGET = re.compile(r'portico_(?:library|program)\(([^)]*)\)')


def folder_of(path):
    """libs/X, services/X or tools/X; portico for the protos; None for what is generated."""
    parts = path.split('/')
    if parts[0] in ('libs', 'services', 'tools'):
        return '/'.join(parts[:2])
    return 'portico' if parts[0] == 'portico' else None


def includes_of(path):
    """(line, included path) of each include of ours in a file."""
    text = (ROOT / path).read_text()
    return [(text.count('\n', 0, match.start(1)) + 1, match.group(1))
            for match in INCLUDE.finditer(text)]


def shipped(folder):
    """The files of a folder that its library and programs are made of; the others are its tests'."""
    found = set()
    targets = ''.join(TARGET.findall((ROOT / folder / 'CMakeLists.txt').read_text()))
    waiting = [f'{folder}/{source}' for source in re.findall(r'[\w/]+\.cc', targets)]
    while waiting:
        path = waiting.pop()
        if path not in found and (ROOT / path).exists():
            found.add(path)
            waiting += [included for _, included in includes_of(path)
                        if folder_of(included) == folder]
    return found


def violations(folder, path, includes, is_shipped):
    allowed = ALLOWED[folder] | {folder} | (set() if is_shipped else FOR_TESTS)
    for line, included in includes:
        if folder_of(included) not in allowed | {None}:
            yield f'{path}:{line}: {folder} may not include {included}'


class Includes(unittest.TestCase):
    def test_every_include_keeps_the_dependency_rule(self):
        found = []
        for top in ('libs', 'services', 'tools'):
            for cmake in sorted((ROOT / top).glob('*/CMakeLists.txt')):
                folder = str(cmake.parent.relative_to(ROOT))
                self.assertIn(folder, ALLOWED, f'the rule says nothing about {folder}')
                in_product = shipped(folder)
                self.assertTrue(in_product)
                for path in sorted(cmake.parent.rglob('*')):
                    if path.suffix in ('.h', '.cc'):
                        path = str(path.relative_to(ROOT))
                        found += violations(folder, path, includes_of(path), path in in_product)
        self.assertEqual(found, [], '\n' + '\n'.join(found))

    def test_only_tests_link_testing(self):
        for top in ('libs', 'services', 'tools'):
            for cmake in (ROOT / top).glob('*/CMakeLists.txt'):
                if cmake.parent.name != 'testing':
                    for target in TARGET.findall(cmake.read_text()):
                        self.assertNotIn('portico::testing', target, cmake)

    def test_the_check_sees_what_breaks_the_rule(self):
        for folder, included in (('services/contact', 'services/account/account_store.h'),
                                 ('services/gateway', 'libs/storage/database.h'),
                                 ('services/account', 'libs/testing/fake_clock.h'),
                                 ('libs/base', 'libs/rpc/server.h'),
                                 ('libs/storage', 'portico/account/v1/account.pb.h')):
            with self.subTest(included=included):
                self.assertEqual(
                    list(violations(folder, f'{folder}/a.cc', [(2, included)], True)),
                    [f'{folder}/a.cc:2: {folder} may not include {included}'])

    def test_what_a_program_includes_is_shipped_and_a_test_is_not(self):
        self.assertIn('tools/cli/error_text.h', shipped('tools/cli'))
        self.assertIn('libs/base/clock.h', shipped('libs/base'))
        self.assertNotIn('libs/base/id_test.cc', shipped('libs/base'))


if __name__ == '__main__':
    unittest.main()
