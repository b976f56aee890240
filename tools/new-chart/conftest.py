"""The package under test is found as bin/new-chart finds it."""

import pathlib
import sys

sys.path[:0] = map(str, pathlib.Path(__file__).parents[:2])
