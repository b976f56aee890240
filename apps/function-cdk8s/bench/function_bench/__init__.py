"""Measure function-cdk8s beside its peers, and disturb it while it works: docs/reference/performance.md."""
