"""The kinds of clusters there are."""

from cluster import layout
from cluster.api import Cluster
from cluster.kind import Kind
from cluster.node import Node

KINDS = {"node": Node, "kind": Kind}


def find(kind: str, name: str) -> Cluster:
    """Return a cluster of a kind, by its name."""
    return KINDS[kind](layout.of(name))
