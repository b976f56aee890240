"""The packages under test are found as bin/cluster and bin/e2e find them."""

import pathlib
import sys

sys.path[:0] = map(str, pathlib.Path(__file__).parents[1:3])
