"""The names that bin/new-chart takes, and those that it refuses."""

import pathlib
import subprocess

import pytest
from new_chart import names
from new_chart.names import NameRefusedError, Names
from release.published import REGISTRY

WORKSPACE = pathlib.Path(__file__).parents[3]


def run(*command: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [WORKSPACE / command[0], *command[1:]], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        pytest.param(
            ("Web",),
            "NAME 'Web' is no name of words in a-z and 0-9 with a hyphen between them, like 'web-cache'",
            id="case",
        ),
        pytest.param(
            ("json",), "NAME 'json': Python has 'json' already; choose another, like 'json-chart'", id="a module"
        ),
        pytest.param(
            ("internal-dns-xp",),
            "NAME 'internal-dns-xp': libs/internal-dns-xp exists; choose another name, or remove it first",
            id="a library",
        ),
        pytest.param(
            ("web", "--registry=ghcr.io"),
            "--registry 'ghcr.io' is no registry with an owner, like 'ghcr.io/example'",
            id="a registry without an owner",
        ),
        pytest.param(
            ("web", "--group=k8s.io"), "group: 'k8s.io' is Kubernetes' own; use a domain of yours", id="a group"
        ),
    ],
)
def test_a_refusal_is_one_line(arguments: tuple[str, ...], refusal: str) -> None:
    done = run("bin/new-chart", *arguments, status=1)

    assert (done.stdout, done.stderr) == ("", f"bin/new-chart: {refusal}\n")


@pytest.mark.parametrize(
    ("library", "refusal"),
    [
        ("", "is no name of words"),
        ("-xp", "is no name of words"),
        ("web_cache", "is no name of words"),
        ("web--cache", "is no name of words"),
        ("9lives", "is no name of words"),
        ("a" * 60, "is longer than 59 letters"),
    ],
)
def test_a_name_that_something_would_not_take_is_refused(library: str, refusal: str) -> None:
    with pytest.raises(NameRefusedError, match=refusal):
        names.of(library, group="example.org", kind="", registry=REGISTRY)


@pytest.mark.parametrize(
    ("library", "refusal"),
    [
        ("function-cdk8s", "uv.lock has a package of that name"),
        ("pydantic", "uv.lock has a package of that name"),
        ("internal-dns", "libs/internal-dns-xp has a chart 'internal-dns'"),
        ("import-xp", "Python has 'import' already"),
        ("yaml-xp", "Python has 'yaml' already"),
    ],
)
def test_a_name_that_is_taken_is_refused(library: str, refusal: str) -> None:
    with pytest.raises(NameRefusedError, match=refusal):
        names.check_free(names.of(library, group="example.org", kind="", registry=REGISTRY), WORKSPACE)


def test_a_name_gives_all_names() -> None:
    expected = Names(
        library="web-cache-xp",
        chart="web-cache",
        module="web_cache",
        kind="WebCache",
        plural="webcaches",
        group="example.org",
        registry=REGISTRY,
    )
    assert names.of("web-cache-xp", group="example.org", kind="", registry=REGISTRY) == expected
