"""Whatever a chart does, its own XR alone suffers, and nothing of it stays.

Real workers, and charts that misbehave on purpose (libs/fixture-charts). Around
each fault other XRs are composed, and each must get its own output.
"""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from cdk8s_function import proc
from cdk8s_function.errors import DeadlineError, TransientError, UnavailableError
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool, process
from cdk8s_function.pool.recycling import Recycling
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult
from structlog.testing import capture_logs

CHARTS = registry.discover()
TOKENS = (f"token-{number}" for number in itertools.count())
SECONDS = 60.0
"""Long enough for anything that is to come; nothing here waits it out."""

Outcome = SynthResult | SynthFailure
Warm = Callable[[pool.WorkerPool], None]


def synth_request(chart: str, **spec: Any) -> SynthRequest:
    """Return a request for an XR of a fixture chart."""
    kind = "".join(word.capitalize() for word in chart.split("-"))
    xr = {
        "apiVersion": "fixtures.example.org/v1",
        "kind": kind,
        "metadata": {"name": "demo", "namespace": "team-a"},
        "spec": spec,
    }
    return SynthRequest(chart=CHARTS.require(chart), composite=xr)


def submit(workers: pool.WorkerPool, request: SynthRequest, *, seconds: float = SECONDS) -> Future[Outcome]:
    return workers.submit(request, deadline=time.monotonic() + seconds)


def tokens(outcome: Outcome) -> set[str]:
    """Return the tokens in an output's objects: they show which XR it is for."""
    assert isinstance(outcome, SynthResult), outcome
    return set(re.findall(r"token-\d+", repr(outcome.resources)))


class Neighbours:
    """XRs of another chart, composed while something happens."""

    def __init__(self, workers: pool.WorkerPool) -> None:
        self._workers = workers
        self._expected: list[tuple[str, Future[Outcome]]] = []

    def compose(self) -> None:
        """Submit one more."""
        token = next(TOKENS)
        self._expected.append((token, submit(self._workers, synth_request("good", token=token))))

    def check(self) -> None:
        """Each got its own output."""
        for token, future in self._expected:
            assert tokens(future.result(SECONDS)) == {token}


@pytest.fixture(scope="module")
def workers() -> Iterator[pool.WorkerPool]:
    limits = process.Limits(memory_mib=400, node_heap_mib=128)
    with pool.WorkerPool(pool.Options(workers=2, limits=limits)) as made:
        yield made
    assert marked(made.shared.scratch.path) == set()
    assert not made.shared.scratch.path.exists()


def marked(home: pathlib.Path) -> set[int]:
    """Return the processes that a pool's workers started."""
    found: set[int] = set()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def sleepers() -> set[int]:
    """Return the `sleep 1000` processes, which only fixture charts start."""
    found: set[int] = set()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes() == b"sleep\x001000\x00":
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def wait_until_gone(find: Any) -> None:
    end = time.monotonic() + SECONDS
    while left := find():
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.01)


@dataclasses.dataclass(frozen=True)
class Fault:
    """A chart's fault, and how its own request ends."""

    chart: str
    mode: str
    want: type[Exception] | str | None
    seconds: float = SECONDS

    def __str__(self) -> str:
        """Name the case."""
        return f"{self.chart}: {self.mode}"


LOST = UnavailableError
LATE = DeadlineError
ANSWERED = ""
"""The XR is composed; nothing else that the chart did may show."""

ANSWERED_OR_NOT = None
"""Its own output, or none: the two processes race for one Node.js."""

FAULTS = [
    *(
        Fault("hanging", mode, LATE, seconds=0.5)
        for mode in (
            "python",
            "regular expression",
            "gil",
            "signals ignored",
            "exceptions caught",
            "printing",
            "stopped",
            "node loop",
            "node child",
        )
    ),
    *(
        Fault("crashing", mode, LOST)
        for mode in (
            "segfault",
            "exit",
            "exit with words",
            "kill",
            "abort",
            "terminate",
            "kill group",
            "descriptors",
            "node killed",
            "node exit",
            "node memory",
        )
    ),
    *(
        Fault("raising", mode, want)
        for mode, want in (
            ("key-error", r"KeyError: 'absent' \(faults.py:\d+\)"),
            ("multi-line", r"ValueError: the first line; the second line: the third line \(faults.py:\d+\)"),
            ("address", r"TypeError: cannot use <object object at 0x…> \(faults.py:\d+\)"),
            ("chained", r"RuntimeError: the settings are incomplete \(faults.py:\d+\)"),
            ("model", r"_Size: gibibytes: input should be a valid integer, .*as an integer \(faults.py:\d+\)"),
            ("temporary-file", r"FileNotFoundError: .*'<scratch>/absent.yaml' \(faults.py:\d+\)"),
            ("surrogate", r"ValueError: caf\? \(faults.py:\d+\)"),
            ("long", r"ValueError: x{1988}…"),
            ("group", r"ExceptionGroup: two at once \(2 sub-exceptions\) \(faults.py:\d+\)"),
            ("exit", r"the chart called sys.exit\(3\) \(faults.py:\d+\)"),
            ("interrupt", r"KeyboardInterrupt \(faults.py:\d+\)"),
            ("generator-exit", r"GeneratorExit \(faults.py:\d+\)"),
            ("recursion", r"RecursionError: maximum recursion depth exceeded.* \(faults.py:\d+\)"),
            ("broken-pipe", r"BrokenPipeError: \[Errno 32\] Broken pipe \(faults.py:\d+\)"),
            ("empty", r"StopIteration \(faults.py:\d+\)"),
            ("unprintable", r"_Unprintable: \(its message can't be read: ValueError\) \(faults.py:\d+\)"),
        )
    ),
    Fault("raising", "broken-off call", LOST),
    Fault("raising", "broken-off call swallowed", LOST),
    Fault("raising", "broken-off call refused", LOST),
    *(
        Fault("invalid", mode, want)
        for mode, want in (
            ("validation", r"Validation failed with the following errors: \[demo/database/settings\] size must be .*"),
            ("broken-validation", r".*the validation itself failed.*"),
            ("same-id", r"There is already a Construct with name 'twice' in \w+ \[demo\]"),
            ("wrong-type", r"TypeError: .*api_version.*"),
            ("cycle", r".*[Cc]ycle.*"),
            ("script", r".+"),
            ("nothing", r'spec.mode: "nothing" is not a mode of this chart'),
        )
    ),
    *(
        Fault("unserialisable", mode, want)
        for mode, want in (
            ("status bytes", r"TypeError: status.deep\[0\].value: bytes has no JSON form; .* \(faults.py:\d+\)"),
            ("status nan", r"ValueError: status.deep\[0\].value: nan has no JSON form \(faults.py:\d+\)"),
            ("status key", r"TypeError: status.deep\[0\].value: the key 1 is not text \(faults.py:\d+\)"),
            ("status surrogate", r"ValueError: status.deep\[0\].value: text with a lone surrogate has no JSON form .*"),
            ("object surrogate", r"the chart's output has no JSON form: .*surrogates not allowed"),
            ("object nan", r"ValueError: Out of range float values are not JSON compliant.* \(chart.py:\d+\)"),
            ("object bytes", r"bytes is neither a construct nor a JSON value \(chart.py:\d+\)"),
            ("object enum", r"a value is neither a construct nor a JSON value \(chart.py:\d+\)"),
            ("context object", r"TypeError: context\[key\]: object has no JSON form; .* \(faults.py:\d+\)"),
            ("context infinite", r"ValueError: context\[key\]\[1\]\[0\]: inf has no JSON form \(faults.py:\d+\)"),
        )
    ),
    Fault("undeclared", "", "Undeclared declares no composite_type .*"),
    Fault("misdeclared", "", "Misdeclared declares no composite_type .*"),
    Fault("fixed", "", "fixture_charts.contract:FIXED of fixture-charts 0.1.0 is not a class"),
    Fault("not-a-chart", "", "fixture_charts.contract:not_a_chart made Construct, not a cdk8s.Chart"),
    Fault("duplicate", "", 'constructs "Default/config" and "config" share the composition-resource-name "config".*'),
    *(
        Fault("printing", mode, ANSWERED)
        for mode in ("streams", "descriptors", "child", "node", "lines", "long", "binary", "")
    ),
    *(
        Fault("forking", mode, ANSWERED)
        for mode in ("returns", "exits", "session", "daemon", "short-lived daemon", "child", "nameless child", "orphan")
    ),
    Fault("forking", "in C", ANSWERED_OR_NOT, seconds=5),
    *(Fault("forking", mode, ANSWERED) for mode in ("in C, slowly", "in C, orphaned")),
    *(Fault("speaking", mode, LOST) for mode in ("reply", "bytes", "zeros")),
    *(Fault("threading", mode, ANSWERED) for mode in ("daemon", "plain")),
    *(
        Fault("altering", mode, ANSWERED)
        for mode in ("environment", "environment cleared", "folder", "folder removed", "")
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_stays_with_its_xr(wait_warm: Warm, workers: pool.WorkerPool, fault: Fault) -> None:
    neighbours = Neighbours(workers)
    wait_warm(workers)

    neighbours.compose()
    token = next(TOKENS)
    request = synth_request(fault.chart, mode=fault.mode, token=token)
    at_fault = submit(workers, request, seconds=fault.seconds)
    for _ in range(3):
        neighbours.compose()

    if fault.want is None:
        with contextlib.suppress(TransientError):
            outcome = at_fault.result(SECONDS)
            assert isinstance(outcome, SynthFailure) or tokens(outcome) == {token}
    elif isinstance(fault.want, str):
        outcome = at_fault.result(SECONDS)
        if fault.want == ANSWERED:
            assert tokens(outcome) == {token}
        else:
            assert isinstance(outcome, SynthFailure), outcome
            assert re.fullmatch(fault.want, outcome.message), outcome.message
    else:
        with pytest.raises(fault.want):
            at_fault.result(SECONDS)
    neighbours.compose()
    neighbours.check()
    wait_until_gone(sleepers)


@pytest.mark.parametrize("mode", ["environment", "environment cleared", "folder"])
def test_what_a_chart_alters_is_as_before_for_the_next(mode: str) -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        submit(workers, synth_request("altering", mode=mode, token=next(TOKENS))).result(SECONDS)
        outcome = submit(workers, synth_request("altering", token=next(TOKENS))).result(SECONDS)
        started = workers.shared.started

    assert isinstance(outcome, SynthResult)
    assert outcome.status
    assert outcome.status.pop("shared")
    assert outcome.status == {"folderIsScratch": True, "altered": "", "home": "HOME" in os.environ}
    assert started == 1, "the same worker served both"


def shared(workers: pool.WorkerPool, mode: str = "") -> str:
    """Return what the altering chart finds before it alters something."""
    token = next(TOKENS)
    outcome = submit(workers, synth_request("altering", mode=mode, token=token)).result(SECONDS)
    assert tokens(outcome) == {token}
    assert isinstance(outcome, SynthResult)
    assert outcome.status
    return outcome.status["shared"]


def test_what_a_chart_alters_and_can_be_put_back_is_put_back() -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        before = shared(workers)
        found: dict[str, str] = {}
        for mode in (
            *("stdout none", "stdout closed", "stdout detached", "stdout elsewhere", "stderr none"),
            *("path cleared", "path replaced", "finders cleared", "umask", "locale", "recursion", "soft limit"),
            *("collector", "variable", "precision"),
        ):
            shared(workers, mode)
            found[mode] = shared(workers)
        started = workers.shared.started

    assert found == dict.fromkeys(found, before)
    assert started == 1, "the same worker served all"


def test_a_worker_that_a_chart_altered_for_good_serves_nobody_else() -> None:
    wants = {
        "modules dropped": "the chart dropped or replaced modules",
        "module replaced": "the chart dropped or replaced modules",
        "class patched": "the chart replaced cdk8s.ApiObject.to_json",
        "construct patched": "the chart replaced constructs.Construct.to_string",
        "builtin patched": "the chart replaced builtins.sorted",
        "function patched": "the chart replaced json.dumps",
        "codec patched": "the chart replaced msgspec.json.encode",
        "files left open": "the chart left files open",
    }
    with capture_logs() as logs, pool.WorkerPool(pool.Options(workers=1)) as workers:
        before = shared(workers)
        for mode in wants:
            outcome = submit(workers, synth_request("altering", mode=mode, token="token-0")).result(SECONDS)
            assert isinstance(outcome, SynthResult), outcome
            assert outcome.reads is None, "this output is not cached"
            assert shared(workers) == before

    spoiled = [(entry["chart"], entry["reason"]) for entry in logs if entry["event"] == "worker is spoiled"]
    assert spoiled == [("fixture-charts:altering", reason) for reason in wants.values()]


def test_charts_that_alter_nothing_keep_their_worker() -> None:
    options = pool.Options(workers=1, recycling=Recycling(growth_mib=4096))
    charts = ("good", "plus", "talking", "reading", "secret", "random", "uncached", "raising", "invalid")
    with pool.WorkerPool(options) as workers:
        for chart in (*charts, *charts):
            submit(workers, synth_request(chart, mode="key-error")).result(SECONDS)

        assert workers.shared.started == 1
        assert not workers.shared.recycled


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("heap", "^its worker was lost: it ran out of memory$"),
        ("shared", "^its worker was lost: it took more than 300 MiB of memory$"),
    ],
)
def test_memory_beyond_the_cap_ends_that_request(mode: str, message: str) -> None:
    limits = process.Limits(memory_mib=300, node_heap_mib=128)
    with pool.WorkerPool(pool.Options(workers=1, limits=limits)) as workers:
        at_fault = submit(workers, synth_request("leaking", mode=mode, mebibytes=600, token=next(TOKENS)))
        token = next(TOKENS)
        neighbour = submit(workers, synth_request("good", token=token))

        with pytest.raises(UnavailableError, match=message):
            at_fault.result(SECONDS)
        assert tokens(neighbour.result(SECONDS)) == {token}


def test_what_a_chart_prints_is_logged_with_its_xr() -> None:
    with capture_logs() as logs, pool.WorkerPool(pool.Options(workers=1)) as workers:
        submit(workers, synth_request("printing", mode="streams", token=next(TOKENS))).result(SECONDS)
        submit(workers, synth_request("printing", mode="lines", token=next(TOKENS))).result(SECONDS)

    printed = [entry for entry in logs if entry["event"] == "chart output" and entry.get("xr")]
    about = {
        "chart": "fixture-charts:printing",
        "version": CHARTS.require("printing").version,
        "xr": "team-a/demo",
        "event": "chart output",
        "log_level": "info",
    }
    assert sorted(entry["line"] for entry in printed[:2]) == ["from sys.stderr", "from sys.stdout"]
    assert {key: value for key, value in printed[0].items() if key != "line"} == about
    assert printed[-1]["line"] == "(more than 200 lines for one request: the rest is dropped)"
    assert len(printed) == 2 + 201


def test_a_suspect_chart_leaves_workers_to_others(wait_warm: Warm) -> None:
    with pool.WorkerPool(pool.Options(workers=2)) as workers:
        wait_warm(workers)
        with pytest.raises(DeadlineError):
            submit(workers, synth_request("hanging", mode="python"), seconds=0.3).result(SECONDS)

        hanging = [submit(workers, synth_request("hanging", mode="python"), seconds=8) for _ in range(6)]
        token = next(TOKENS)
        neighbour = submit(workers, synth_request("good", token=token))

        assert tokens(neighbour.result(SECONDS)) == {token}
        # One slot takes them in turn. The other may have had to start its worker again first.
        assert not all(future.done() for future in hanging), "the neighbour waited for all of them"
        for future in hanging:
            future.cancel()


def test_a_chart_may_take_its_time_though_its_caller_has_left(wait_warm: Warm) -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        wait_warm(workers)
        late = workers.submit(
            synth_request("slow", seconds=1.0, token=next(TOKENS)), deadline=time.monotonic() + 0.3, timeout=SECONDS
        )
        token = next(TOKENS)
        neighbour = submit(workers, synth_request("good", token=token))

        with pytest.raises(DeadlineError, match=r"^its caller's deadline passed before its chart was done$"):
            late.result(SECONDS)
        assert tokens(neighbour.result(SECONDS)) == {token}
        assert not workers.shared.lost
        assert workers.shared.started == 1


def test_time_in_the_queue_is_not_the_charts() -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        slow = [
            workers.submit(
                synth_request("slow", seconds=0.6, token=next(TOKENS)),
                deadline=time.monotonic() + SECONDS,
                timeout=SECONDS / 30,
            )
            for _ in range(5)
        ]

        assert all(isinstance(future.result(SECONDS), SynthResult) for future in slow), "3 s in all, and 2 s for each"
        assert not workers.shared.lost


def test_closing_a_pool_does_not_wait_for_abandoned_jobs(wait_warm: Warm) -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        wait_warm(workers)
        late = workers.submit(synth_request("slow", seconds=1e6), deadline=time.monotonic() + 0.1, timeout=1e6)
        with pytest.raises(DeadlineError):
            late.result(SECONDS)


def test_a_cancelled_request_is_not_composed() -> None:
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        first = submit(workers, synth_request("slow", seconds=0.3, token=next(TOKENS)))
        second = submit(workers, synth_request("crashing", mode="exit"))
        assert second.cancel()
        token = next(TOKENS)

        assert tokens(submit(workers, synth_request("good", token=token)).result(SECONDS)) == {token}
        assert isinstance(first.result(SECONDS), SynthResult)
        assert not workers.shared.lost


def test_no_worker_of_node_alone_starts_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK8S_FUNCTION_KERNEL", "node")
    monkeypatch.setenv("JSII_NODE", "/bin/false")
    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        end = time.monotonic() + SECONDS
        while True:
            assert time.monotonic() < end
            try:
                future = submit(workers, synth_request("good"))
            except UnavailableError as refusal:
                reason = str(refusal)
                break
            future.cancel()
            time.sleep(0.05)

    assert reason == "no worker starts: it exited with status 1 (the function's log says more)"


def test_an_orphan_that_starts_one_program_after_another_is_killed(tmp_path: pathlib.Path) -> None:
    # While it starts one, it has no environment for a moment.
    restless = tmp_path / "restless"
    restless.write_text('#!/bin/sh\nexec "$0"\n', encoding="utf-8")
    restless.chmod(0o755)
    environment = {"CDK8S_FUNCTION_WORKER": str(tmp_path)}
    for _ in range(300):
        os.posix_spawn(restless, [restless], environment)

        assert proc.kill_marked_children(f"CDK8S_FUNCTION_WORKER={tmp_path}") == 1


def test_an_orphan_that_belongs_to_no_pool_is_not_killed() -> None:
    assert proc.kill_marked_children("CDK8S_FUNCTION_WORKER=/nowhere") == 0
