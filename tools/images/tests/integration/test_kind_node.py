"""`bin/images build kind-node`: what kind makes a cluster of, in a Docker daemon of its own."""

import json
import os
import subprocess
import sys

import pytest
from images import catalog, workspace

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="Docker in namespaces needs root on Linux"
)

SCRIPT = """
bin=$1
cluster() { "$bin/cluster" --kind kind --name kind-node "$@"; }
trap 'cluster down >&2' EXIT
cluster up >&2
rolled() { cluster exec kubectl rollout status --timeout=90s --namespace "$@" >&2; }
rolled kube-system daemonset/kube-proxy
rolled kube-system deployment/coredns
rolled local-path-storage deployment/local-path-provisioner
rolled projectcontour deployment/contour
cluster exec kubectl get nodes,pods --all-namespaces --output=json
"""


def test_kind_brings_a_cluster_up_of_it() -> None:
    archive = workspace.run("bin/images", "build", "kind-node").split()[0]

    done = subprocess.run(
        [workspace.ROOT / "bin/with-docker", "--isolated", "sh", "-euc", SCRIPT, "sh", str(workspace.ROOT / "bin")],
        env={**os.environ, "KIND_NODE_IMAGE": archive},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["items"]
    (node,) = (each for each in found if each["kind"] == "Node")
    # `cluster up` restarts CoreDNS: its first pod may still be going, and has succeeded by then.
    pods = [each for each in found if each["kind"] == "Pod" and "deletionTimestamp" not in each["metadata"]]
    assert {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] == "True"
    assert node["status"]["nodeInfo"]["kubeletVersion"] == catalog.find("kind-node").version
    assert {each["status"]["phase"] for each in pods} == {"Running"}
    assert {"etcd-kind-node-control-plane", "kube-apiserver-kind-node-control-plane"} <= {
        each["metadata"]["name"] for each in pods
    }
