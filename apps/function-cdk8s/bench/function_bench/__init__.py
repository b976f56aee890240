"""Measure function-cdk8s beside its peers, and disturb it while it works. docs/performance.md has the figures."""
