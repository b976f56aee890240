"""What the server tells of itself: Prometheus metrics, OTLP traces, and probes over HTTP.

Runs in the server; whoever wants it hands it to the server. Nothing below imports it.
"""
