"""Requests recorded for replay, without their secrets.

`recorder` wraps the runner and records the requests of annotated XRs; `redaction`
finds `secret_values` and replaces them by `placeholders` of the same shape;
`recording` is the text that is logged and that a render replays.

Runs in the server, in a thread beside its event loop.
"""

from cdk8s_function import extras

extras.require("server", "crossplane", "grpc", "structlog")
