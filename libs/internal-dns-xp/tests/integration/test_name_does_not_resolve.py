"""The page "A name does not resolve": its commands run, and their good output is what they print."""

import json
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from server import DOMAIN, NAMESPACE, Server, eventually, ingress, put

PAGE = pathlib.Path(__file__).parents[2] / "docs/name-does-not-resolve.md"
STEP = re.compile(r"^```sh\n(.*?)^```\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = re.compile(r"kubectl (get|describe|auth) ")
AGE = re.compile(r"\b\d+[smhd]\b")
STEPS = [step for step in STEP.findall(PAGE.read_text(encoding="utf-8")) if RUN.match(step[0])]
ADDRESS = "100.64.0.53"


def lines(text: str) -> list[str]:
    """Return the lines of a text without what differs between two runs: the width of columns, and ages."""
    return [AGE.sub("…", " ".join(line.split())) for line in text.splitlines()]


def tell(server: Server, key: str, status: Mapping[str, Any]) -> None:
    """Give one of the server's objects a status, as the cluster would."""
    found = server.object(key)
    metadata = {"name": found["metadata"]["name"], "namespace": NAMESPACE}
    kept = {field: found[field] for field in ("apiVersion", "kind")}
    server.cluster.apply_status({**kept, "metadata": metadata, "status": status})


@pytest.mark.usefixtures("crd")
def test_the_commands_of_the_page_print_what_it_says(serve: Callable[..., Server]) -> None:
    server = serve(tailscale={"mode": "loadBalancer", "hostname": "cluster-dns"})
    server.await_ready()
    put(server.cluster, ingress("web", f"web.{DOMAIN}", addresses=["10.0.0.1"]))
    eventually(lambda: server.resolve("web") == ["10.0.0.1"], within=10)
    assert "external-dns/resource=ingress/default/web" in server.resolve("edns-a.web", "TXT")[0]

    tell(server, "service", {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}})
    available = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}
    tell(server, "deployment", {"conditions": [available]})
    server.compose()
    # Crossplane's own conditions, before those of the chart.
    crossplanes = [
        {"type": "Synced", "status": "True", "reason": "ReconcileSuccess"},
        {"type": "Ready", "status": "True", "reason": "Available"},
    ]
    conditions = [
        {"type": each["type"], "status": each["status"], "reason": each["reason"]} for each in server.conditions
    ]
    xr: dict[str, Any] = {**server.xr, "metadata": {**server.xr["metadata"], "labels": {"composition": "internal-dns"}}}
    server.cluster.apply(xr, namespace=NAMESPACE)
    status = {**server.status, "conditions": [*crossplanes, *conditions]}
    server.cluster.kubectl(
        "patch",
        "internaldns",
        "dns",
        f"--namespace={NAMESPACE}",
        "--subresource=status",
        "--type=merge",
        f"--patch={json.dumps({'status': status})}",
    )

    assert len(STEPS) == 4
    for command, good in STEPS:
        printed = iter(lines(server.cluster.run_as_written(command)))
        for line in lines(good):
            assert line in printed, f"{command}does not print, or not in this order: {line}"
