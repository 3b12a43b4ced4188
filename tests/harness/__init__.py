"""What the tests that cross processes share: a running system, and things to do to it."""

import pathlib
import sys

# The system is started by what tools/run is made of.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools' / 'launch'))
