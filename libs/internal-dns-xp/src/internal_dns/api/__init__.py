"""The API of an InternalDNS: all that its definition (XRD) is generated from.

`spec` and `status` are the two models; the other modules are parts of them. The
same models validate the spec at each reconcile, in the function's worker process,
so a rule is written once. Nothing here composes an object or knows of a pod's
containers.
"""
