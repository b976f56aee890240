"""One call of Crossplane, from request to response.

`grpc_server` listens, `runner` answers a call: `request` and `chart_input` read
it, `cache` may have its output, else the pool makes it, and `desired` turns the
`chart_output` into desired state under the `replacement_guard`, with `readiness`.

Runs in the server, on its event loop. It never imports cdk8s.
"""
