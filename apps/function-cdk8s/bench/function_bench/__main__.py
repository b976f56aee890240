"""Run the command line: python -m function_bench. Callers' processes import this too."""

import signal
import sys

from function_bench import cli

if __name__ == "__main__":
    # As Ctrl-C does: whoever is ended ends the servers it started.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    cli.main(prog_name="bench")
