"""Sizes of memory and of text in bytes, and of objects in values."""

KIB = 1 << 10
MIB = 1 << 20

VALUES = 100_000
"""Values in one object at most, those of its mappings and lists on all levels. etcd takes no request above 1.5 MiB
(https://etcd.io/docs/v3.6/dev-guide/limit/), which is so many only if each takes no more than 15 bytes as JSON."""
