"""Prometheus' own checker takes the rules, the dashboards' queries and the metrics, and each alert fires in time."""

import pathlib
import re
import subprocess

import pytest
import yaml
from monitoring import MONITORING, RULES, WORKSPACE, alerts, groups, queries

SECONDS = 1800
"""The first call builds promtool."""


def promtool(*arguments: str | pathlib.Path, stdin: str = "") -> None:
    done = subprocess.run(
        [WORKSPACE / "bin/promtool", *arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def plain(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Write rules as Prometheus reads them, without the operator's envelope."""
    file = folder / f"{name}.rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups(name)}), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", RULES)
def test_prometheus_takes_the_rules(name: str, tmp_path: pathlib.Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", plain(name, tmp_path))


@pytest.mark.parametrize("name", RULES)
def test_each_alert_fires_when_it_should_and_not_before(name: str, tmp_path: pathlib.Path) -> None:
    rules = plain(name, tmp_path)
    # The same page for every alert of a group: test_monitoring.py.
    rules.write_text(re.sub(r" +runbook_url: \S+\n", "", rules.read_text(encoding="utf-8")), encoding="utf-8")
    cases = (MONITORING / "tests" / f"{name}.yaml").read_text(encoding="utf-8")
    file = tmp_path / "tests.yaml"
    file.write_text(cases, encoding="utf-8")

    promtool("test", "rules", file)

    checks = [check for case in yaml.safe_load(cases)["tests"] for check in case["alert_rule_test"]]
    for fires in (True, False):
        assert {check["alertname"] for check in checks if bool(check["exp_alerts"]) == fires} == set(alerts(name))


@pytest.mark.parametrize("name", RULES)
def test_prometheus_takes_the_queries_of_the_dashboard(name: str, tmp_path: pathlib.Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries(name))]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")

    assert rules
    promtool("check", "rules", file)


def test_prometheus_takes_the_metrics(function_page: str) -> None:
    promtool("check", "metrics", stdin=function_page)
