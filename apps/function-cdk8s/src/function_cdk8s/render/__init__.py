"""Render an XR in one process, with no cluster, Docker or gRPC.

    files -> inputs -> reconcile -> pipeline -> in_process (the server's own code, and the chart)
                                             |
                                             +-> documents -> YAML

`reconcile` and `pipeline` are the library's (`cdk8s_function.reconcile`). The
output is that of `crossplane composition render`, byte for byte.
"""

from function_cdk8s.render.cli import command

__all__ = ["command"]
