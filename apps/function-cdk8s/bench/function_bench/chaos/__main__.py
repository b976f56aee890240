"""Run the command line: python -m function_bench.chaos."""

import signal
import sys

from function_bench.chaos import cli

# As Ctrl-C does: whoever is ended ends the servers it started.
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
cli.main()
