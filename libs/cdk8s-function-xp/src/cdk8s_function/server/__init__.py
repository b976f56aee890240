"""One call of Crossplane, from request to response.

`grpc_server` listens and `runner` handles a call: `request` and `chart_input`
read it, `cache` may hold the chart's output, otherwise the pool makes it, and
`desired` turns the `chart_output` into desired state, checked by the
`replacement_guard`, with `readiness`.

Runs in the server, on its event loop. It never imports cdk8s.
"""

from cdk8s_function import extras

extras.require("server", "crossplane", "grpc", "structlog")
