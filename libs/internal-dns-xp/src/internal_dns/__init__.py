"""The internal DNS chart: one `InternalDNS` becomes a DNS server for a cluster's ingress hosts.

`chart` composes the objects, with one module for each of them. It runs in the
function's worker process, at each reconcile. `api` is what people write and
read, and `pod` is what runs in the composed pod.
"""
