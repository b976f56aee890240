"""A real Kubernetes node for tests, of pinned programs and without a container daemon.

    bin/cluster up ──▶ network namespace (stays over a restart)
                        └─▶ mount and process namespace of the node, its process 1: `cluster.init`
                             ├─ etcd, kube-apiserver, kube-controller-manager, kube-scheduler
                             ├─ containerd, kubelet, kube-proxy
                             └─ registry, for the images and packages that tests install

All it starts ends with process 1 of the node, all it mounts ends with the mount
namespace, and no address or rule of the host's own network changes.
"""
