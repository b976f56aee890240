"""What the tests of the monitoring manifests read of them."""

import json
import pathlib
import re
from typing import Any

import yaml

STACK = pathlib.Path(__file__).parents[1]
WORKSPACE = STACK.parents[1]
MONITORING = STACK / "monitoring"
RULES = ["function-cdk8s", "internal-dns"]


def documents(path: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((MONITORING / path).read_text(encoding="utf-8")) if each]


def groups(name: str) -> list[dict[str, Any]]:
    (rules,) = documents(f"{name}.yaml")
    assert (rules["apiVersion"], rules["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    return rules["spec"]["groups"]


def alerts(name: str) -> list[str]:
    return [rule["alert"] for group in groups(name) for rule in group["rules"]]


def panels(name: str) -> list[dict[str, Any]]:
    return json.loads((MONITORING / "dashboards" / f"{name}.json").read_text(encoding="utf-8"))["panels"]


def queries(name: str) -> list[str]:
    """Return the queries of a dashboard, with its variables filled in as Grafana does."""
    found = [target["expr"] for panel in panels(name) for target in panel.get("targets", [])]
    return [re.sub(r"\$(job|chart|namespace)\b", ".*", query).replace("$__rate_interval", "1m") for query in found]
