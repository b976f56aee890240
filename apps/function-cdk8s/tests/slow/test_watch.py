"""`function-cdk8s render --watch`: real edits of files, and what is printed after each."""

import contextlib
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator

import pytest

SECONDS = 300
"""How long is waited for a line at most; a loaded machine takes its time."""

LATER = time.time() + 3600
"""When the chart's module is written, and edited within the same second: later than any render ends."""

XR = "apiVersion: watched.example.org/v1\nkind: Watched\nmetadata: {name: one, namespace: team-a}\nspec: {text: a}\n"
COMPOSITION = """\
apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: watched}
spec:
  compositeTypeRef: {apiVersion: watched.example.org/v1, kind: Watched}
  mode: Pipeline
  pipeline:
  - step: chart
    functionRef: {name: function-cdk8s}
    input: {apiVersion: cdk8s.fn.crossplane.io/v1alpha1, kind: ChartInput, chart: watched}
"""
CHART = """\
from cdk8s import Chart
from cdk8s_function import ApiModel, CompositeType, Manifest

from watched.words import WORD


class Spec(ApiModel):
    text: str = ""


class Watched(Chart):
    composite_type = CompositeType(group="watched.example.org", version="v1", kind="Watched", spec=Spec)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        data = {"text": composite.spec.text, "word": WORD}
        Manifest(self, "config", {"apiVersion": "v1", "kind": "ConfigMap", "data": data})
"""


class Watching:
    """A running `render --watch`, and what it prints."""

    def __init__(self, process: subprocess.Popen[str], folder: pathlib.Path) -> None:
        self.process = process
        self.folder = folder
        self._lines: queue.Queue[str | None] = queue.Queue()

    def listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until_it_waits(self) -> list[str]:
        """Return what it prints until it waits for a change."""
        lines: list[str] = []
        while True:
            line = self._lines.get(timeout=SECONDS)
            assert line is not None, "it ended:\n" + "\n".join(lines)
            if line.startswith("waiting for a change of "):
                return lines
            lines.append(line)

    def write(self, name: str, text: str) -> list[str]:
        """Write a file, and return what is printed of it."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.until_it_waits()


Start = Callable[..., contextlib.AbstractContextManager[Watching]]


@pytest.fixture
def watch(command: list[str], environment: dict[str, str], tmp_path: pathlib.Path) -> Start:
    """Start a watch over an XR, a Composition and a chart of two modules, in a folder of its own."""

    @contextlib.contextmanager
    def started(*arguments: str) -> Generator[Watching]:
        charts = tmp_path / "charts"
        info = charts / "watched-1.0.dist-info"
        info.mkdir(parents=True)
        (charts / "watched").mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: watched\nVersion: 1.0\n", encoding="utf-8")
        points = "[cdk8s_function.charts]\nwatched = watched:Watched\n"
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        (charts / "watched/__init__.py").write_text(CHART, encoding="utf-8")
        (charts / "watched/words.py").write_text("WORD = 'one'\n", encoding="utf-8")
        os.utime(charts / "watched/words.py", (LATER, LATER))
        (tmp_path / "xr.yaml").write_text(XR, encoding="utf-8")
        (tmp_path / "composition.yaml").write_text(COMPOSITION, encoding="utf-8")
        (tmp_path / "temporary").mkdir()
        process = subprocess.Popen(
            [*command, "--charts-dir", "charts", "render", "xr.yaml", "composition.yaml", "--watch", *arguments],
            cwd=tmp_path,
            env={**environment, "TMPDIR": str(tmp_path / "temporary"), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watching = Watching(process, tmp_path)
        listening = threading.Thread(target=watching.listen)
        listening.start()
        try:
            yield watching
        finally:
            process.kill()
            process.wait(SECONDS)
            listening.join(SECONDS)

    return started


def differing(lines: list[str]) -> list[str]:
    return [line for line in lines if line[:1] in {"-", "+"} and line[:3] not in {"---", "+++"}]


def test_what_each_edit_changes_is_printed_and_a_fault_ends_nothing(watch: Start) -> None:
    with watch() as watching:
        first = watching.until_it_waits()
        assert first[0] == "Watched team-a/one: 1 composed, 0 ready"
        assert "config  ConfigMap  one-config-" in "\n".join(first)

        (watching.folder / "two.py").write_text("WORD = 'two'\n", encoding="utf-8")
        os.utime(watching.folder / "two.py", (LATER, LATER))
        (watching.folder / "two.py").replace(watching.folder / "charts/watched/words.py")
        module = watching.until_it_waits()
        assert module[:2] == ["", "changed: " + str(watching.folder / "charts/watched/words.py")]
        assert differing(module) == ["-  word: one", "+  word: two"]

        xr = watching.write("xr.yaml", XR.replace("text: a", "text: b"))
        assert xr[1] == "changed: xr.yaml"
        assert differing(xr) == ["-  text: a", "+  text: b"]

        broken = watching.write("charts/watched/words.py", "WORD = \n")
        assert broken[-1].startswith("Error: cannot compose resources: ")
        assert "invalid syntax" in broken[-1]
        refused = watching.write("composition.yaml", COMPOSITION.replace("chart: watched", "chart: watchde"))
        assert 'input.chart: unknown chart "watchde" (did you mean "watched"?); known charts: ' in refused[-1]
        watching.write("composition.yaml", COMPOSITION)

        mended = watching.write("charts/watched/words.py", "WORD = 'two'\n\n")
        assert mended[-1] == "the same is composed"

        added = watching.write("charts/watched/new.py", "")
        assert added[1] == "changed: " + str(watching.folder / "charts/watched/new.py")
        assert added[-1] == "the same is composed"

        os.kill(watching.process.pid, signal.SIGINT)
        assert watching.process.wait(SECONDS) == 130
        assert list((watching.folder / "temporary").iterdir()) == []


def test_ctrl_c_ends_a_render_that_hangs(watch: Start) -> None:
    with watch("--summary") as watching:
        assert watching.until_it_waits()[0] == "Watched team-a/one: 1 composed, 0 ready"
        begun = watching.folder / "begun"
        hanging = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(100000)\n"
        (watching.folder / "charts/watched/words.py").write_text(hanging, encoding="utf-8")
        waiting = threading.Event()
        for _ in range(SECONDS * 10):
            if begun.exists():
                break
            waiting.wait(0.1)
        assert begun.exists()

        os.kill(watching.process.pid, signal.SIGINT)

        assert watching.process.wait(SECONDS) == 130


def test_with_a_summary_each_render_prints_one(watch: Start) -> None:
    with watch("--summary") as watching:
        first = watching.until_it_waits()
        second = watching.write("xr.yaml", XR.replace("text: a", "text: b"))

        assert second[2:] == first


def test_it_takes_an_xr_and_a_composition(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*command, "render", "--watch"], env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )

    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "Error: --watch needs an XR and a Composition")
