"""`function-cdk8s init`: create a chart repository from the template in `function_cdk8s/template`.

`names` makes the names of its parts, and `template` writes its files.
"""

from function_cdk8s.init.cli import command

__all__ = ["command"]
