"""Run the command line: python -m function_bench."""

from function_bench import cli

cli.main()
