"""Units of memory, and the limit of what one object may hold."""

KIB = 1 << 10
MIB = 1 << 20

VALUES = 100_000
"""How many values one object may hold, in its mappings and lists on all levels. etcd takes requests of at most
1.5 MiB (https://etcd.io/docs/v3.6/dev-guide/limit/): 15 bytes of JSON for each of that many values."""
