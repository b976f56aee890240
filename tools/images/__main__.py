"""Run the command line."""

import sys

from images import cli

sys.exit(cli.main())
