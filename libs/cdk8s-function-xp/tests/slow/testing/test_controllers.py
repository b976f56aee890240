"""Every kind that has a rule of readiness becomes ready in a simulated cluster, and not at once."""

from typing import Any

import pytest
from cdk8s_function.server import readiness
from cdk8s_function.testing.cluster import Cluster

VERSIONS = {"autoscaling": "v2"}
KINDS = sorted(readiness._RULES)  # pyright: ignore[reportPrivateUsage]  # All that have a rule.
OTHERS = [
    ("", "ConfigMap"),
    ("example.org", "XBucket"),
    ("s3.aws.upbound.io", "Bucket"),
    ("cert-manager.io", "Certificate"),
]


def manifest(group: str, kind: str) -> dict[str, Any]:
    version = VERSIONS.get(group, "v1")
    metadata = {"name": "one", "namespace": "team-a"}
    return {"apiVersion": f"{group}/{version}" if group else version, "kind": kind, "metadata": metadata, "spec": {}}


@pytest.mark.parametrize(("group", "kind"), [*KINDS, *OTHERS])
def test_an_object_becomes_ready(group: str, kind: str) -> None:
    cluster = Cluster()
    cluster.apply({"it": manifest(group, kind)})

    cluster.advance()
    assert "status" not in cluster.observed()["it"]
    cluster.advance()
    assert readiness.of(cluster.observed()["it"])
    assert not cluster.advance()


def test_a_change_is_handled_again() -> None:
    cluster = Cluster()
    made = {**manifest("apps", "Deployment"), "spec": {"replicas": 2}}
    cluster.apply({"it": made})
    cluster.advance()
    cluster.advance()

    cluster.apply({"it": {**made, "spec": {"replicas": 3}}})

    cluster.advance()
    seen = cluster.observed()["it"]
    assert (seen["metadata"]["generation"], seen["status"]["observedGeneration"]) == (2, 1)
    assert not readiness.of(seen)
    cluster.advance()
    assert readiness.of(cluster.observed()["it"])


def test_an_object_that_is_not_applied_is_deleted() -> None:
    cluster = Cluster()
    cluster.apply({"it": manifest("", "ConfigMap")})
    cluster.apply({})
    assert cluster.observed() == {}
