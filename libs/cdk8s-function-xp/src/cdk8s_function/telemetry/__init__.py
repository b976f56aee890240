"""Observability: Prometheus metrics, OTLP traces, and probes over HTTP.

Runs in the server. The command line passes it to the server, which does not import it.
"""

from cdk8s_function import extras

extras.require("server", "prometheus_client", "structlog")
