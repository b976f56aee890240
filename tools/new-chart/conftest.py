"""The package under test is found as bin/new-chart finds it; the template's tests run in what is made of it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

collect_ignore = ["template"]
