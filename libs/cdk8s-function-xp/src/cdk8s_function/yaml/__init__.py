"""YAML as Kubernetes' tools read and write it.

`reader` reads it with the types that sigs.k8s.io/yaml gives to scalars, `writer`
prints it as Go does: the order of `keys`, the `styles` of text, the digits of numbers.

Runs in the command line and in a chart's tests, which install PyYAML. The server needs none of it.
"""
