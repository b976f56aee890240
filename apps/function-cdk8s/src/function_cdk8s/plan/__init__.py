"""`function-cdk8s plan`: what a new version of a chart changes in the XRs of an old one.

OLD, NEW -> versions (a wheel, or one from a folder or an index) --+
                                                                   +-> upgraded in a simulated cluster -> lines
--xrs    -> xrs (written, or recorded by the function) ------------+
"""

from function_cdk8s.plan.cli import command

__all__ = ["command"]
