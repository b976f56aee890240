"""The addresses of the node's network, of the range for benchmarks (RFC 2544), which no network routes."""

NODE = "198.18.0.1"
NOWHERE = "198.18.0.254"
"""The default route's gateway, where nothing is: programs choose their address by that route."""

PODS = "198.18.16.0/20"
SERVICES = "198.18.32.0/24"
CLUSTER_DNS = "198.18.32.10"
CLUSTER_DOMAIN = "cluster.local"

INGRESSES = "198.18.0.80"
"""What the ingress controller writes into the status of ingresses."""

API_PORT = 6443
REGISTRY_PORT = 5000
REGISTRY = f"registry.localhost:{REGISTRY_PORT}"
"""Crossplane talks plain HTTP to registries below localhost (go-containerregistry, pkg/name/registry.go)."""
