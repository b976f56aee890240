"""Render an XR in one process, with no cluster, Docker or gRPC.

    files -> inputs -> reconcile -> pipeline -> in_process (the server's own code, and the chart)
                           |
                           +-> composed, composite, conditions, events -> documents -> yaml_writer

The output is that of `crossplane composition render`, byte for byte. Facts on
what Crossplane does name the file of Crossplane that decides them.
"""

from function_cdk8s.render.cli import command

__all__ = ["command"]
