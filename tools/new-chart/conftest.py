"""The package under test is found as bin/new-chart finds it; the template's tests run in what is made of it."""

import pathlib
import sys

sys.path[:0] = map(str, pathlib.Path(__file__).parents[:2])

collect_ignore = ["template"]
