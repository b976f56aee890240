"""Render an XR in one process, without a cluster, Docker or gRPC.

    files -> inputs -> reconcile -> pipeline -> in_process (the server's own code, and the chart)
                                             |
                                             +-> documents -> YAML

`reconcile` and `pipeline` are in the library (`cdk8s_function.reconcile`). The
output is the same as of `crossplane composition render`, byte for byte.
"""

from function_cdk8s.render.cli import command

__all__ = ["command"]
