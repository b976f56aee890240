"""`function-cdk8s check`: find faults in a chart repository, in CI or before a commit.

    pyproject.toml -> charts -> kinds -> XRDs up to date
                                  |
                                  +---> examples -> rendered -> composed objects

Each fault is printed as a line with the file and the field.
"""

from function_cdk8s.check.cli import command

__all__ = ["command"]
