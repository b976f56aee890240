"""The packages under test are found as bin/cluster and bin/e2e find them."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
