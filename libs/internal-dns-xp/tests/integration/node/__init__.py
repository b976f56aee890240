"""A node for one pod at a time and an API server, of real programs but no container runtime.

`cluster` is etcd and kube-apiserver, `containers` runs what a Deployment says as
the kubelet would (a root of its own, its users, mounts, probes and restarts), and
`network` is the address space of both, cut off from every other.
"""
