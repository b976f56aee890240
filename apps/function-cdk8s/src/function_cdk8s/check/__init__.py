"""`function-cdk8s check`: what is wrong in the repository of a chart, for CI and before a commit.

    pyproject.toml -> charts -> kinds -> XRDs up to date
                                  |
                                  +---> examples -> rendered -> composed objects

Each fault is a line with the file and the field.
"""

from function_cdk8s.check.cli import command

__all__ = ["command"]
