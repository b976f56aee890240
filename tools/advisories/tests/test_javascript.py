"""The real npm audit, asking a registry with the API for advisories in bulk."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from advisories import javascript
from advisories.known import ROOT, Advisory, NoAnswerError

Serve = Callable[[Callable[[Any], tuple[int, Any]]], AbstractContextManager[str]]


def knowing(*packages: str) -> Callable[[Any], tuple[int, Any]]:
    def answer(query: Any) -> tuple[int, Any]:
        return 200, {
            name: [
                {
                    "id": 1,
                    "url": f"https://github.com/advisories/GHSA-{name}",
                    "title": "a title",
                    "severity": "high",
                    "vulnerable_versions": "<99.0.0",
                }
            ]
            for name in packages
            if name in query
        }

    return answer


def refusing(_: Any) -> tuple[int, Any]:
    return 405, {}


def test_what_is_known_of_any_lock_is_found(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(knowing("minimist", "pyright", "renovate")) as registry:
        monkeypatch.setenv("npm_config_registry", registry)
        found = javascript.known()

    packages = {
        package: json.loads((ROOT / lock).read_text(encoding="utf-8"))["packages"][f"node_modules/{package}"]["version"]
        for package, lock in (
            ("pyright", "package-lock.json"),
            ("renovate", "third_party/javascript/renovate/package-lock.json"),
        )
    }
    by_name = {each.package: each for each in found if each.package in packages}
    assert by_name["pyright"] == Advisory(
        names=("GHSA-pyright",),
        package="pyright",
        version=packages["pyright"],
        remedy="vulnerable are <99.0.0",
        taken_by="package-lock.json",
    )
    assert by_name["renovate"].taken_by == "third_party/javascript/renovate/package-lock.json"
    assert by_name["renovate"].version == packages["renovate"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            knowing(),
            "the npm registry knows nothing of minimist 0.0.8, so it would not know of others",
            id="knows nothing",
        ),
        pytest.param(refusing, "the npm registry gave no result: 405 Method Not Allowed", id="has no such API"),
    ],
)
def test_no_answer_is_not_taken_for_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Any], tuple[int, Any]], reason: str
) -> None:
    with serve(answer) as registry:
        monkeypatch.setenv("npm_config_registry", registry)
        with pytest.raises(NoAnswerError) as refusal:
            javascript.known()

    assert str(refusal.value).startswith(reason)
