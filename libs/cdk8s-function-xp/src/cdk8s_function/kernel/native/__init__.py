"""A kernel for cdk8s and constructs, in Python.

It answers what jsii's generated classes call (`dispatch`, `statics`) as Node.js
would, byte by byte, or declines (`decline`): then Node.js does the whole
synthesis. `objects` is what stands behind a Python instance, `node` and `tree`
are constructs, `api_object`, `metadata` and `json_patch` Kubernetes objects,
`values`, `numbers` and `rendering` what JavaScript makes of plain values,
`synthesis` the order and the rendering of charts, `assemblies` what this
kernel may stand in for, `journal` what charts made while they were imported.

Runs in worker processes.
"""
