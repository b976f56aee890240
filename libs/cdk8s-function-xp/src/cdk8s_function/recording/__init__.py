"""Requests recorded for replay, without their secrets.

`recorder` wraps the runner and records the requests of annotated XRs, within an
`allowance`. `redaction` finds `secret_values`, replaces them by `placeholders` of the
same shape, and lets `scrubbing` remove copies of them, in all their `spellings`.
`recording` is the text that is logged and that a render replays.

Runs in the server, in a thread beside its event loop.
"""

from cdk8s_function import extras

extras.require("server", "crossplane", "grpc", "structlog")
