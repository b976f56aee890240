"""Composed objects against the schemas of their kinds.

`catalog` finds the schema of a kind, among Kubernetes' own and those of
CustomResourceDefinitions. `faults` says where an object does not fit its schema:
a field that does not exist, a missing one, a value of another type. `checks` does so
for all objects of an XR, and `xr_status` for the XR's status.

Runs where charts are written and tested: in the command line and in tests.
Needs the extra `schemas`, for Kubernetes' own kinds.
"""
