"""Run the command line: python -m function_soak."""

from function_soak import cli

cli.main()
