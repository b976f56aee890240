"""Worker processes, as the server sees them.

`pool` takes requests and spreads them over slots; a `slot` keeps one warm worker
and replaces it when `recycling` says so; `process` is one worker process and
ends it at a deadline; `output` reads what it prints.

Runs in the server, one thread a slot. It knows nothing of gRPC.
"""

from cdk8s_function import extras

extras.require("server", "structlog")
