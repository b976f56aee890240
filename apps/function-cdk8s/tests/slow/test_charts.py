"""`function-cdk8s charts` lists the charts, and tells of each which kernel it runs on and why."""

import base64
import hashlib
import json
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

SECONDS = 120
NOTE = "native: if the native kernel can't run a part of a chart, Node.js runs it; only a synthesis shows that\n"

SOUND = """
from echo_chart import Echo


class Chart(Echo):
    pass
"""

IMPORTS = {
    "plain": SOUND,
    "objects": SOUND + "\nfrom cdk8s import Size\nSIZE = Size.gibibytes(2)\n",
    "constructs": SOUND + "\nimport cdk8s\nimport cdk8s_plus_34\nBOX = cdk8s_plus_34.ContainerResources\n"
    "APP = cdk8s.App()\nDEPLOYMENT = cdk8s_plus_34.Deployment(cdk8s.Chart(APP, 'c'), 'd', replicas=1)\n",
    "broken": "raise LookupError('no settings')\n",
    "quitting": "import os\nos._exit(7)\n",
    "chatty": SOUND + "\nprint('hello')\n",
}

Listed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def listed(command: list[str], environment: dict[str, str], tmp_path: pathlib.Path) -> Listed:
    """Run the command where there are charts whose imports do one thing each."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "charts"
        info = folder / "importing-1.0.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: importing\nVersion: 1.0.0\n", encoding="utf-8")
        points = [f"{name} = importing_{name}:Chart\n" for name in IMPORTS]
        (info / "entry_points.txt").write_text("[cdk8s_function.charts]\n" + "".join(points), encoding="utf-8")
        rows: list[str] = []
        for name, source in IMPORTS.items():
            file = folder / f"importing_{name}.py"
            file.write_text(source, encoding="utf-8")
            digest = base64.urlsafe_b64encode(hashlib.sha256(source.encode()).digest()).decode().rstrip("=")
            rows.append(f"{file.name},sha256={digest},{len(source)}\n")
        (info / "RECORD").write_text("".join(rows), encoding="utf-8")
        return subprocess.run(
            [*command, "charts", *arguments],
            env={**environment, "CHARTS_DIR": str(folder), **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def kernels(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    assert all(row.keys() == {"name", "class", "wheel", "version", "kernel", "reason", "digest"} for row in rows)
    return {row["name"]: (row["kernel"], row["reason"]) for row in rows if row["wheel"] == "importing"}


def test_each_chart_has_its_kernel_and_why(listed: Listed) -> None:
    done = listed("--json")

    assert kernels(done) == {
        "plain": ("native", ""),
        "objects": ("native", ""),
        "constructs": ("node", "its import needs Node.js"),
        "broken": (
            "none",
            "cannot import importing_broken:Chart of importing 1.0.0: LookupError: no settings",
        ),
        "quitting": ("none", "its import ended the worker: it exited with status 7"),
        "chatty": ("native", ""),
    }
    assert "hello" in done.stderr
    assert "Size" not in done.stdout


def test_the_table_shows_the_kernel_and_explains_native(listed: Listed) -> None:
    done = listed()

    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["NAME"].split() == ["NAME", "CLASS", "WHEEL", "VERSION", "KERNEL"]
    assert lines["plain"].endswith("  native")
    assert lines["constructs"].endswith("  node: its import needs Node.js")
    assert lines["quitting"].endswith("  none: its import ended the worker: it exited with status 7")
    assert done.stderr.endswith(NOTE)


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        pytest.param({"CDK8S_FUNCTION_KERNEL": "node"}, "CDK8S_FUNCTION_KERNEL is node", id="it was said so"),
        pytest.param({"CDK8S_LEGACY_HASH": "1"}, "CDK8S_LEGACY_HASH is set", id="a variable of cdk8s"),
        pytest.param({"LC_ALL": "tr_TR.UTF-8"}, "LC_ALL is tr_TR.UTF-8", id="a language"),
    ],
)
def test_what_leaves_every_chart_to_node(variables: dict[str, str], reason: str, listed: Listed) -> None:
    done = listed(**variables)

    lines = [line for line in done.stdout.splitlines()[1:] if "  none: " not in line]
    assert [line for line in lines if not line.endswith(f"  node: {reason}")] == []
    assert {"plain", "objects", "constructs"} <= {line.split()[0] for line in lines}
    assert NOTE not in done.stderr
