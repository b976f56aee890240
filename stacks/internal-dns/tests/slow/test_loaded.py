"""The Prometheus operator's own webhook takes the rules, and Grafana's own types the dashboards."""

import json
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from monitoring import MONITORING, RULES, WORKSPACE, documents

SECONDS = 1800
"""The first call builds the webhook, or what reads dashboards."""

GRAFANA = pathlib.Path(__file__).with_name("grafana")


@pytest.fixture(scope="module")
def webhook() -> Iterator[str]:
    """The address of the operator's admission webhook."""
    provision = [WORKSPACE / "bin/provision", "prometheus-operator-webhook"]
    subprocess.run(provision, stdout=subprocess.DEVNULL, timeout=SECONDS, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [WORKSPACE / "bin/prometheus-operator-webhook", "-web.enable-tls=false", f"-web.listen-address={address}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"http://{address}/healthz", process)
            yield f"http://{address}"
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=SECONDS).close()
        except urllib.error.URLError:
            assert process.poll() is None, "the webhook has ended"
            assert time.monotonic() < until
            time.sleep(0.1)
        else:
            return


def review(webhook: str, rules: dict[str, Any]) -> dict[str, Any]:
    """Return what the webhook answers of a PrometheusRule, as the API server asks it."""
    resource = {"group": "monitoring.coreos.com", "version": "v1", "resource": "prometheusrules"}
    asked = {"uid": "1", "resource": resource, "operation": "CREATE", "object": rules}
    body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}).encode()
    request = urllib.request.Request(
        f"{webhook}/admission-prometheusrules/validate", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return json.load(response)["response"]


@pytest.mark.parametrize("name", RULES)
def test_the_prometheus_operator_takes_the_rules(webhook: str, name: str) -> None:
    (rules,) = documents(f"{name}.yaml")

    assert review(webhook, rules)["allowed"] is True


def test_the_prometheus_operator_refuses_other_rules(webhook: str) -> None:
    (rules,) = documents("internal-dns.yaml")
    rules["spec"]["groups"][0]["rules"][0]["expr"] = "absent("

    refused = review(webhook, rules)

    assert refused["allowed"] is False
    assert "unclosed left parenthesis" in json.dumps(refused)


def grafana(*files: pathlib.Path) -> tuple[int, str]:
    command = [WORKSPACE / "bin/go", "-C", GRAFANA, "run", ".", *files]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stdout


def test_grafana_knows_every_field_of_the_dashboards(tmp_path: pathlib.Path) -> None:
    boards = [MONITORING / f"dashboards/{name}.json" for name in RULES]
    other = json.loads(boards[0].read_text(encoding="utf-8"))
    other["panels"][0]["options"]["colourMode"] = "value"
    (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")

    assert grafana(*boards) == (0, "")
    status, found = grafana(tmp_path / "other.json")
    assert (status, found) == (
        1,
        f"{tmp_path / 'other.json'}: panels[0].options.Options: unexpected field 'colourMode'\n",
    )
