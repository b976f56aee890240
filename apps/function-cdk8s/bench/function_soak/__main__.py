"""Run the command line: python -m function_soak."""

import signal
import sys

from function_soak import cli

# As Ctrl-C does: whoever is ended ends the servers it started.
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
cli.main()
