"""A chart's spec model as Kubernetes' schema.

`xrd` makes the CompositeResourceDefinition of a chart from its pydantic models:
`structural` turns them into structural schemas with the `keywords` that
Kubernetes takes, `default_values` says which defaults cannot be in them, `re2`
says whether a pattern means the same in Go, and `sensitive_fields` finds the
fields whose values must not be shown.

Runs in worker processes and in the command line's `xrd`.
"""
