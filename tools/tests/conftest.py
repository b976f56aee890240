"""Makes the modules beside the tests importable, and those of tools."""

import pathlib
import sys

sys.path[:0] = map(str, pathlib.Path(__file__).parents[:2])
