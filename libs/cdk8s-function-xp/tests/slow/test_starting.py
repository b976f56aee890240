"""Workers that do not start, and charts that end a worker when they are imported."""

import contextlib
import dataclasses
import errno
import pathlib
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import psutil
import pytest
from cdk8s_function.errors import UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool, process, shared_state, slot
from cdk8s_function.pool.recycling import Recycling
from cdk8s_function.protocol.messages import IMAGE, ChartRef, SynthFailure, SynthRequest, SynthResult
from structlog.testing import capture_logs

CHARTS = registry.discover()
BROKEN = pathlib.Path(__file__).parents[3] / "fixture-broken-charts"
SECONDS = 60.0

Outcome = SynthResult | SynthFailure


def synth_request(chart: ChartRef, name: str = "demo") -> SynthRequest:
    kind = chart.name.capitalize()
    return SynthRequest(
        chart=chart,
        composite={"apiVersion": "fixtures.example.org/v1", "kind": kind, "metadata": {"name": name}, "spec": {}},
    )


GOOD = synth_request(CHARTS.require("good"))


def submit(workers: pool.WorkerPool, request: SynthRequest) -> Future[Outcome]:
    return workers.submit(request, deadline=time.monotonic() + SECONDS)


def kinds(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, SynthResult), outcome
    return [resource.manifest["kind"] for resource in outcome.resources]


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def broken(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> registry.Registry:
    """Give the workers the wheel of broken charts, as an unpacked chart image has it."""
    project: dict[str, Any] = tomllib.loads((BROKEN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = tmp_path / f"fixture_broken_charts-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    points = [f"{name} = {target}" for name, target in project["entry-points"][registry.GROUP].items()]
    (info / "entry_points.txt").write_text("\n".join((f"[{registry.GROUP}]", *points)), encoding="utf-8")
    (tmp_path / "fixture_broken_charts").symlink_to(BROKEN / "src" / "fixture_broken_charts")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return registry.discover([str(tmp_path)])


def test_a_chart_that_can_not_be_imported_fails_alone(
    broken: registry.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of them ends Node.js, which is not there before a chart needs it.
    monkeypatch.setenv("CDK8S_FUNCTION_KERNEL", "node")
    with capture_logs() as logs, pool.WorkerPool(pool.Options(workers=1)) as workers:
        good = submit(workers, GOOD).result(SECONDS)
        refused = {
            name: submit(workers, synth_request(broken.require(name))).result(SECONDS)
            for name in ("import-error", "import-attribute")
        }
        lost: dict[str, str] = {}
        for name in ("import-abort", "import-exit", "import-kernel", "import-segfault"):
            future = submit(workers, synth_request(broken.require(name)))
            with pytest.raises(UnavailableError) as loss:
                future.result(SECONDS)
            lost[name] = str(loss.value)
        again = submit(workers, GOOD).result(SECONDS)
        unsafe = workers.shared.unsafe_imports[IMAGE]

    assert again == good
    assert {name: outcome.message for name, outcome in refused.items() if isinstance(outcome, SynthFailure)} == {
        "import-error": "cannot import fixture_broken_charts.error:Chart of fixture-broken-charts 0.2.0: "
        "LookupError: the settings of this chart are not there",
        "import-attribute": "cannot import fixture_broken_charts:Chart of fixture-broken-charts 0.2.0: "
        "AttributeError: module 'fixture_broken_charts' has no attribute 'Chart'",
    }
    assert lost == {
        "import-abort": "its worker was lost: it was ended by signal 9 (SIGKILL)",
        "import-exit": "its worker was lost: it exited with status 7",
        "import-kernel": "its worker was lost: it exited with status 1",
        "import-segfault": "its worker was lost: it was ended by signal 11 (SIGSEGV)",
    }
    assert unsafe == {f"fixture-broken-charts:{name}" for name in (*lost, "import-patch")}
    ended = [entry for entry in logs if entry["event"] == "importing a chart ended the worker"]
    assert {entry["chart"]: entry["reason"] for entry in ended} == {
        "fixture-broken-charts:import-abort": "it was ended by signal 9 (SIGKILL)",
        "fixture-broken-charts:import-exit": "it exited with status 7",
        "fixture-broken-charts:import-kernel": "it exited with status 1",
        "fixture-broken-charts:import-segfault": "it was ended by signal 11 (SIGSEGV)",
    }
    assert len(ended) == len(lost), "each is imported ahead once"


def test_wheels_may_have_charts_of_one_name(broken: registry.Registry) -> None:
    charts = registry.Registry((*CHARTS.charts, *(chart for chart in broken.charts if chart.name == "twin")))
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        # As a worker that was there before: the charts that end one are left alone.
        workers.shared.unsafe_imports[IMAGE].update(f"{chart.dist}:{chart.name}" for chart in broken.charts)
        ours = submit(workers, synth_request(charts.require("fixture-charts:twin"))).result(SECONDS)
        theirs = submit(workers, synth_request(charts.require("fixture-broken-charts:twin"))).result(SECONDS)

    assert (kinds(ours), kinds(theirs)) == (["ConfigMap"], ["Secret"])


def test_what_a_chart_alters_when_it_is_imported_reaches_no_other(broken: registry.Registry) -> None:
    twin = SynthRequest(
        chart=broken.require("import-silence"),
        composite={"apiVersion": "fixtures.example.org/v1", "kind": "Twin", "metadata": {"name": "demo"}, "spec": {}},
    )
    with capture_logs() as logs, pool.WorkerPool(pool.Options(workers=1)) as workers:
        # As a worker that was there before: the charts that end one are left alone.
        workers.shared.unsafe_imports[IMAGE].update(
            f"{chart.dist}:{chart.name}"
            for chart in broken.charts
            if chart.name not in {"import-patch", "import-silence", "twin"}
        )
        found: list[list[str]] = []
        for name in ("import-silence", "import-patch", "twin"):
            ours = dataclasses.replace(twin, chart=broken.require(name))
            found += [kinds(submit(workers, ours).result(SECONDS)), kinds(submit(workers, GOOD).result(SECONDS))]

    assert found == [["Secret"], ["ConfigMap"] * 8] * 3
    altering = {"chart": "fixture-broken-charts:import-patch", "reason": "the chart replaced cdk8s.ApiObject.to_json"}
    assert [
        {key: entry[key] for key in altering}
        for entry in logs
        if entry["event"] in {"importing a chart altered its worker", "worker is spoiled"}
    ] == [altering, altering]


def test_a_scratch_folder_that_was_removed_is_made_again() -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        before = submit(workers, GOOD).result(SECONDS)
        first = workers.shared.scratch.path
        shutil.rmtree(first)
        after = submit(workers, GOOD).result(SECONDS)
        second = workers.shared.scratch.path
        made = [path.name for path in second.iterdir() if path.name.startswith("worker-")]

    assert after == before
    assert len(made) == 1
    assert not first.exists()
    assert not second.exists()


def test_a_pool_that_starts_no_worker_for_long_is_stuck_until_one_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    none_left = scarce(monkeypatch)
    monkeypatch.setattr(slot, "_BACKOFF_SECONDS", (0.0,))
    monkeypatch.setattr(shared_state, "_HOPELESS_SECONDS", 0.0)
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        wait_until(lambda: workers.stuck)
        none_left.append(False)
        wait_until(lambda: workers.warm > 0)
        assert not workers.stuck


def test_what_waits_is_refused_when_no_worker_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK8S_FUNCTION_KERNEL", "node")
    monkeypatch.setenv("JSII_NODE", "/bin/false")
    workers = pool.WorkerPool(pool.Options(workers=2))
    waiting = submit(workers, GOOD)

    with workers, pytest.raises(UnavailableError) as refusal:
        waiting.result(SECONDS)

    assert str(refusal.value) == "no worker starts: it exited with status 1 (the function's log says more)"


def scarce(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let no process be made while the list holds True."""
    make = subprocess.Popen
    none_left = [True]

    def popen(*arguments: Any, **options: Any) -> object:
        if none_left[-1]:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return make(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    return none_left


def test_a_pool_outlives_a_time_without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    none_left = scarce(monkeypatch)
    monkeypatch.setattr(slot, "_BACKOFF_SECONDS", (0.0,))
    opened = psutil.Process().num_fds()
    workers = pool.WorkerPool(pool.Options(workers=1))
    waiting = submit(workers, GOOD)
    with workers:
        with pytest.raises(UnavailableError) as refusal:
            waiting.result(SECONDS)
        wait_until(lambda: workers.shared.started > 20)
        left = [entry for entry in workers.shared.scratch.path.iterdir() if entry.is_dir()]
        none_left.append(False)
        wait_until(lambda: workers.warm > 0)
        outcome = submit(workers, GOOD).result(SECONDS)

    assert str(refusal.value) == (
        "no worker starts: its process can't be made ([Errno 11] Resource temporarily unavailable) "
        "(the function's log says more)"
    )
    assert len(left) <= 1, "at most the folder of the attempt under way"
    assert isinstance(outcome, SynthResult)
    assert psutil.Process().num_fds() == opened


@pytest.mark.parametrize(
    ("lacking", "step", "status"),
    [
        (MemoryError(), "wait_reply", "its worker was lost: the function is out of memory or descriptors"),
        (OSError(errno.ENFILE, "x"), "wait_reply", "its worker was lost: the function is out of memory or descriptors"),
        (MemoryError(), "wait_ready", ""),
        (RuntimeError("a bug"), "wait_reply", "a bug"),
    ],
)
def test_a_pool_outlives_what_its_process_lacks_for_a_moment(
    lacking: Exception, step: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No other way brings an allocation of this process to fail at a given place.
    whole = getattr(process.WorkerProcess, step)
    failures = iter([lacking])

    def failing(worker: process.WorkerProcess, *arguments: Any, **named: Any) -> Any:
        if error := next(failures, None):
            raise error
        return whole(worker, *arguments, **named)

    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        monkeypatch.setattr(process.WorkerProcess, step, failing)
        first = submit(workers, GOOD)
        if status:
            with pytest.raises((UnavailableError, RuntimeError), match=status):
                first.result(SECONDS)
            first = submit(workers, GOOD)

        assert kinds(first.result(SECONDS)) == ["ConfigMap"] * 8
        assert kinds(submit(workers, GOOD).result(SECONDS)) == ["ConfigMap"] * 8
        wait_until(lambda: len(psutil.Process().children()) == 1)


def test_a_worker_serves_on_while_its_replacement_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pool.WorkerPool(pool.Options(workers=1, recycling=Recycling(requests=1))) as workers:
        wait_until(lambda: workers.warm > 0)
        monkeypatch.setattr(slot, "_BACKOFF_SECONDS", (10 * SECONDS,))
        scarce(monkeypatch)

        outcomes = [submit(workers, GOOD).result(SECONDS) for _ in range(5)]
        started = workers.shared.started

    assert all(isinstance(outcome, SynthResult) for outcome in outcomes)
    assert started == 2, "it tried once, and will again later"


def test_a_worker_that_ends_while_idle_is_replaced() -> None:
    with capture_logs() as logs, pool.WorkerPool(pool.Options(workers=1)) as workers:
        first = submit(workers, GOOD).result(SECONDS)
        for child in psutil.Process().children():
            child.kill()
        wait_until(lambda: any(entry["event"] == "worker lost while idle" for entry in logs))
        second = submit(workers, GOOD).result(SECONDS)

    assert second == first


def test_a_worker_that_hangs_while_it_starts_is_given_up_once_it_takes_far_longer_than_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_state, "_START_SECONDS", 0.0)
    monkeypatch.setattr(shared_state, "_START_FACTOR", 2.0)
    others = set(psutil.Process().children())

    def the_worker() -> psutil.Process | None:
        for child in set(psutil.Process().children()) - others:
            with contextlib.suppress(psutil.ZombieProcess):
                # A process that is not itself yet has its parent's command line.
                if "cdk8s_function.worker" in child.cmdline():
                    return child
        return None

    with pool.WorkerPool(pool.Options(workers=1, start_seconds=1e6)) as workers:
        wait_until(lambda: workers.warm > 0)
        first = the_worker()
        assert first
        others.add(first)
        first.kill()
        wait_until(lambda: the_worker() is not None)
        hanging = the_worker()
        assert hanging
        hanging.suspend()
        wait_until(lambda: not hanging.is_running())
        wait_until(lambda: workers.warm > 0)
        outcome = submit(workers, GOOD).result(SECONDS)

    assert kinds(outcome) == ["ConfigMap"] * 8


def test_a_pool_that_never_started_closes() -> None:
    workers = pool.WorkerPool(pool.Options())
    waiting = submit(workers, GOOD)

    workers.close()
    workers.close()

    with pytest.raises(UnavailableError, match=r"^the function is shutting down$"):
        waiting.result(0)
    assert not workers.shared.scratch.path.exists()


def test_a_pool_that_closes_while_its_workers_start_leaves_none() -> None:
    before = psutil.Process().children()

    for started in range(3):
        with pool.WorkerPool(pool.Options(workers=2)) as workers:
            wait_until(lambda: workers.shared.started >= started)  # noqa: B023  # Called at once.

    assert psutil.Process().children() == before
