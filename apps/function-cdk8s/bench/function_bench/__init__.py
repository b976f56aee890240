"""Measure and disturb function-cdk8s. Traffic stays on the loopback interface.

`rounds`, `long_runs` and `steps` measure it beside its peers, `overload` beyond its capacity; `chaos` disturbs it.
docs/performance.md says what each figure means.
"""
