"""`function-cdk8s init`: make the repository of a chart, of the template in `function_cdk8s/template`.

`names` decides what its parts are called, and `template` writes its files.
"""

from function_cdk8s.init.cli import command

__all__ = ["command"]
