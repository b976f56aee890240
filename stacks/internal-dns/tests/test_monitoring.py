"""The monitoring manifests: what the rules and dashboards name is what is served; Prometheus' own checker: slow/."""

import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest
import yaml
from internal_dns import replica
from internal_dns.pod.canary import Canary
from internal_dns.pod.deletion_hold import DeletionHold
from internal_dns.pod.health import State
from internal_dns.pod.powerdns import Api, Response
from internal_dns.pod.query_statistics import QueryStatistics
from internal_dns.pod.rejections import Rejections
from internal_dns.pod.sync_gate import SyncGate
from internal_dns.pod.volume import Volume
from monitoring import MONITORING, RULES, STACK, WORKSPACE, alerts, documents, groups, panels, queries
from prometheus_client import parser

SECONDS = 120
PAGES = "https://github.com/function-cdk8s/function-cdk8s/blob/main/"
OF_TARGETS = {"app_kubernetes_io_instance", "instance", "job", "namespace", "pod"}
"""Labels that a PodMonitor gives all that it scrapes."""

Labels = Mapping[str, Mapping[str, set[str]]]
"""The samples of a page: by name, the values of each label."""


def expressions(name: str) -> Iterator[str]:
    yield from (rule["expr"] for group in groups(name) for rule in group["rules"])
    yield from queries(name)
    board = json.loads((MONITORING / "dashboards" / f"{name}.json").read_text(encoding="utf-8"))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((\w+(?:\{.*\})?), (\w+)\)", variable["query"]["query"])
            assert asked
            yield f"count by ({asked[2]}) ({asked[1]})"


def of_page(page: str) -> Labels:
    found: dict[str, dict[str, set[str]]] = {}
    for family in parser.text_string_to_metric_families(page):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


@pytest.fixture(scope="module")
def function(function_page: str) -> Labels:
    return of_page(function_page)


@pytest.fixture(scope="module")
def dns() -> Labels:
    """The metrics of an InternalDNS' pod: the sidecar's, and those of external-dns that an integration test finds."""
    api = Api(host="127.0.0.1", port=1, key="", timeout_seconds=1)
    state = State(
        domain="example.org",
        stall_seconds=1,
        external_dns=("127.0.0.1", 1),
        rejections=Rejections(1),
        deletion_hold=DeletionHold(1, 30),
        sync_gate=SyncGate(api, "example.org", pathlib.Path("start"), lambda: 0.0),
        canary=Canary(
            "example.org",
            "",
            stale_seconds=1,
            write=lambda _: Response(204, b""),
            sees=lambda _name, _value, _protocol: True,
        ),
        volume=Volume(""),
        queries=lambda: QueryStatistics(udp_queries=0, tcp_queries=0, servfail_answers=0, latency_seconds=0),
    )
    operations = (WORKSPACE / "libs/internal-dns-xp/docs/operations.md").read_text(encoding="utf-8")
    found = re.findall(r"\bexternal_dns_[a-z_]+", operations)
    assert found
    return {**of_page(state.exposition()), **{name: {} for name in found}}


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("function-cdk8s", "docs/reference/observability.md"),
        ("internal-dns", "libs/internal-dns-xp/docs/operations.md"),
    ],
)
def test_a_page_tells_of_each_alert(name: str, page: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", (WORKSPACE / page).read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(row for row in rows if row[0].isupper()) == sorted(alerts(name))


@pytest.mark.parametrize("name", RULES)
def test_every_alert_names_the_page_and_section_that_tell_of_it(name: str) -> None:
    for rule in (rule for group in groups(name) for rule in group["rules"]):
        place = rule["annotations"]["runbook_url"].removeprefix(PAGES)
        page, _, anchor = place.partition("#")
        sections = re.split(r"^## ", (WORKSPACE / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
        named = {heading.lower().replace(" ", "-"): rest for heading, _, rest in (s.partition("\n") for s in sections)}

        assert f"| `{rule['alert']}` |" in named[anchor]


@pytest.mark.parametrize("name", RULES)
def test_every_metric_and_label_that_is_asked_for_is_there(name: str, request: pytest.FixtureRequest) -> None:
    exported: Labels = request.getfixturevalue({"function-cdk8s": "function", "internal-dns": "dns"}[name])
    metrics: set[str] = set()
    for expression in expressions(name):
        asked = set(re.findall(r"\b(?:function_cdk8s|internal_dns|external_dns|process)_\w+", expression))
        assert asked, expression
        assert asked <= exported.keys()
        labels = OF_TARGETS.union(*(exported[metric] for metric in asked))
        matched = re.findall(r"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)", expression)
        grouped = re.findall(r"\bby \(([^)]*)\)", expression)
        named = {*matched, *(label.strip() for group in grouped for label in group.split(","))}
        assert named <= labels, expression
        metrics |= asked
    assert metrics


def test_a_value_that_is_asked_for_is_there(function: Labels) -> None:
    """A label's value that no series has makes an alert that never fires."""
    known: dict[str, set[str]] = {}
    for metric in function.values():
        for label, values in metric.items():
            known.setdefault(label, set()).update(values)
    asked = {
        (label, value)
        for expression in expressions("function-cdk8s")
        for label, values in re.findall(r"\b(outcome|result|state)=~?\"([^\"]*)\"", expression)
        for value in values.split("|")
    }

    assert asked
    assert [(label, value) for label, value in asked if value not in known[label]] == []


@pytest.mark.parametrize("name", RULES)
def test_a_dashboards_panels_fit_its_grid(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    identities = [panel["id"] for panel in panels(name)]
    assert len(set(identities)) == len(identities)
    for panel in panels(name):
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert all(x < 24 for x, _ in cells)
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_kustomization_has_every_file() -> None:
    (kustomization,) = documents("kustomization.yaml")
    boards = kustomization["configMapGenerator"]
    there = {path.name for path in MONITORING.glob("*.yaml")} - {"kustomization.yaml"}

    assert kustomization["namespace"] == "monitoring"
    assert set(kustomization["resources"]) == there
    assert [board["files"] for board in boards] == [[f"dashboards/{name}.json"] for name in RULES]
    assert [board["name"] for board in boards] == [f"{name}-dashboard" for name in RULES]
    # Grafana's sidecar looks for this label, and a dashboard that changes keeps its place.
    assert all(
        board["options"] == {"disableNameSuffixHash": True, "labels": {"grafana_dashboard": "1"}} for board in boards
    )


def test_the_pods_are_selected_by_what_they_have() -> None:
    function, dns = documents("pod-monitors.yaml")
    (installed,) = yaml.safe_load_all((STACK / "base/function.yaml").read_text(encoding="utf-8"))
    render = subprocess.run(
        [
            *(sys.executable, "-c", "from function_cdk8s.cli import main; main()", "render"),
            WORKSPACE / "libs/internal-dns-xp/examples/minimal.yaml",
            WORKSPACE / "libs/internal-dns-xp/package/apis/internaldns/composition.yaml",
        ],
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    (deployment,) = [each for each in yaml.safe_load_all(render.stdout) if each["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]
    ports = {port["name"] for container in pod["spec"]["containers"] for port in container.get("ports", [])}

    # So Crossplane labels the pods of a function and names the port (v2.3, internal/controller/pkg/runtime/runtime.go).
    (selected,) = function["spec"]["selector"]["matchExpressions"]
    assert (selected["key"], selected["operator"]) == ("pkg.crossplane.io/function", "In")
    assert installed["metadata"]["name"] in selected["values"]
    assert function["spec"]["podMetricsEndpoints"] == [{"port": "metrics"}]
    # The pods of the first replica and of the second.
    assert dns["spec"]["selector"] == {"matchExpressions": replica.selector("dns")["matchExpressions"]}
    assert pod["metadata"]["labels"][replica.APP_LABEL] in dns["spec"]["selector"]["matchExpressions"][0]["values"]
    assert {endpoint["port"] for endpoint in dns["spec"]["podMetricsEndpoints"]} <= ports
    assert set(dns["spec"]["podTargetLabels"]) <= pod["metadata"]["labels"].keys()
