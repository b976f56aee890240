"""Test modules here are imported by path, and find the modules beside them."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# Before a test module imports cdk8s: that is then not the start of Node.js.
import cdk8s_function.kernel.switch  # noqa: F401  # pyright: ignore[reportUnusedImport]
