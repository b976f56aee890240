"""The internal DNS chart: one `InternalDNS` becomes a DNS server for a cluster's ingress hosts.

`internal_dns.chart` composes, `internal_dns.spec` and `internal_dns.status` are
its API, and `internal_dns.pod` is what runs in the pod it composes.
"""
