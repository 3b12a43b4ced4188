"""Each fault is a test, so that none is only there to be looked at."""

import pathlib
import re
import unittest

import harness  # noqa: F401  (finds tools/launch)
from faults.every import ALL

CMAKE = pathlib.Path(__file__).resolve().parents[1] / 'CMakeLists.txt'


class Every(unittest.TestCase):
    def test_ctest_runs_each_fault(self):
        registered = re.search(r'foreach\(fault\s([^)]*)\)', CMAKE.read_text())[1].split()
        self.assertEqual(registered, [fault.name for fault in ALL])


if __name__ == '__main__':
    unittest.main()
