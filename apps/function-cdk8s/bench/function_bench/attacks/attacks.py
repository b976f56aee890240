"""The attacks. Each takes a served function, or serves one, and says what came of it."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import pathlib
import random
import socket
import tempfile
import threading
import time
from collections.abc import Generator

from function_bench.attacks import fuzz, swapped
from function_bench.attacks.target import SECONDS, Outcome, Target, request

_HOSTILE = {
    "hanging": ("python", "regular expression", "gil", "exceptions caught", "printing", "stopped", "node loop"),
    "crashing": ("segfault", "exit with words", "kill", "kill group", "descriptors", "node killed", "node exit"),
    "printing": ("descriptors", "child", "node", "lines", "long", "binary", ""),
    "forking": ("returns", "exits", "session", "daemon", "child", "nameless child", "orphan"),
    "raising": ("exit", "interrupt", "recursion", "unprintable", "long", "group"),
    "altering": ("environment cleared", "folder removed"),
    "threading": ("plain",),
}
_OVERLOAD = 20
_CHART_SECONDS = 0.2


@dataclasses.dataclass
class Report:
    """What came of an attack.

    Attributes:
        attack: Its name.
        outcomes: How often something came out.
        violations: What must not have.
    """

    attack: str
    outcomes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter[str])
    violations: list[str] = dataclasses.field(default_factory=list[str])

    def note(self, outcome: Outcome, about: str, *more: str) -> None:
        """Count an outcome, with what is wrong with it."""
        self.outcomes[outcome.kind] += 1
        self.violations += [f"{about}: {fault}" for fault in (outcome.fault(), *more) if fault]

    def row(self) -> str:
        """Return it as a row of a Markdown table."""
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(self.outcomes.items()))
        return f"| {self.attack} | {self.outcomes.total()} | {counts} | {len(self.violations)} |"


@contextlib.contextmanager
def _attacked(report: Report, charts: pathlib.Path | None = None) -> Generator[Target]:
    """Serve a function for an attack that it has to outlive."""
    with tempfile.TemporaryDirectory(prefix="function-attacks-") as folder:
        target = Target(pathlib.Path(folder), charts)
        with target:
            report.violations += filter(None, [target.check_good()])
            yield target
            if charts is None:
                report.violations += filter(None, [target.check_good()])
                if target.process.poll() is not None:
                    report.violations.append(f"the server ended with status {target.process.returncode}")
        report.violations += target.faults


def fuzzed(requests: int, clients: int, seed: int) -> Report:
    """Send random and changed requests: each gets a whole response, one line, or a status that says to try again."""
    report = Report("fuzz")
    random_ = random.Random(seed)
    with _attacked(report) as target, concurrent.futures.ThreadPoolExecutor(clients) as callers:

        def call(number: int, wire: bytes) -> None:
            outcome = target.call(wire)
            shown = wire.hex() if len(wire) < 1000 else f"{wire[:500].hex()}… ({len(wire)} bytes)"
            report.note(outcome, f"request {number} of seed {seed}, {shown}", fuzz.fault(wire, outcome))

        for start in range(0, requests, 100):
            numbers = range(start, min(start + 100, requests))
            for done in [callers.submit(call, number, fuzz.make(random_)) for number in numbers]:
                done.result()
    return report


def slow_clients(connections: int, seconds: float) -> Report:
    """Hold connections to both ports, half of them sending a byte a second: others are served all the while."""
    report = Report("slow clients")
    with _attacked(report) as target, contextlib.ExitStack() as open_:
        ended = threading.Event()
        held: list[socket.socket] = []
        for number in range(connections):
            port = target.port if number % 2 else target.metrics_port
            try:
                held.append(open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=SECONDS)))
            except OSError:
                report.outcomes["connection refused"] += 1

        def drip() -> None:
            for text in b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 10_000:
                for connection in held[len(held) // 2 :]:
                    with contextlib.suppress(OSError):
                        connection.send(bytes([text]), socket.MSG_DONTWAIT)
                if ended.wait(1):
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                for what, fault in (
                    ("good call", target.check_good()),
                    ("/livez", "" if target.get("/livez") else f"/livez does not answer within {SECONDS} s"),
                ):
                    report.outcomes[what] += 1
                    report.violations += [fault] if fault else []
        finally:
            ended.set()
            dripping.join()
        report.outcomes["connection held"] += len(held)
    return report


def overload(seconds: float) -> Report:
    """Have far more callers than workers, that call again at once: right answers go on, and no worker is killed."""
    report = Report("overload")
    with _attacked(report) as target:
        before, end = target.lost(), time.monotonic() + seconds

        def keep_calling(caller: int) -> None:
            number = 0
            while time.monotonic() < end:
                number += 1
                token = f"token-{caller}-{number}"
                spec = {"token": token, "seconds": _CHART_SECONDS}
                outcome = target.call(request("slow", spec, name=f"xr-{caller}", timeout="2s", cache=False), seconds=3)
                others = outcome.kind == "composed" and token not in str(outcome.response)
                report.note(outcome, token, outcome.text if outcome.kind == "FATAL" else "", "another's" * others)
                if outcome.kind != "composed":
                    time.sleep(0.02)

        with concurrent.futures.ThreadPoolExecutor(2 * _OVERLOAD) as callers:
            list(callers.map(keep_calling, range(2 * _OVERLOAD)))
        if (after := target.lost()) != before:
            report.violations.append(f"workers were killed: {before} before, {after} after")
        # A fifth of what two workers can do, so that it holds on a busy machine too.
        if report.outcomes["composed"] < 2 * seconds / _CHART_SECONDS / 5:
            report.violations.append(f"only {report.outcomes['composed']} right answers in {seconds} s")
    return report


def replaced_files(rounds: int, clients: int) -> Report:
    """Replace a chart's wheel while it is called: no response is of two versions, and the next server has the new."""
    report = Report("replaced files")
    with tempfile.TemporaryDirectory(prefix="function-attacks-") as name:
        charts = pathlib.Path(name)
        swapped.install(charts, "0.0.0")
        for round_ in range(rounds):
            old, new = f"{round_}.0.0", f"{round_ + 1}.0.0"
            with _attacked(report, charts) as target:
                called = threading.Barrier(clients + 1)
                with concurrent.futures.ThreadPoolExecutor(clients) as callers:
                    calls = [callers.submit(_call_until_ended, target, report, old, called) for _ in range(clients)]
                    called.wait(SECONDS)
                    swapped.install(charts, new)
                    for call in calls:
                        call.result()
                if target.process.poll() is None:
                    report.violations.append(f"the server did not end within {SECONDS} s of {new}")
    return report


def _call_until_ended(target: Target, report: Report, version: str, called: threading.Barrier) -> None:
    """Call the chart until its server has ended. After the first call, wait for the other callers'."""
    end = time.monotonic() + SECONDS
    is_first = True
    while target.process.poll() is None and time.monotonic() < end:
        outcome = target.call(request("swapped", name=f"xr-{threading.get_ident()}"), seconds=10)
        fault = outcome.text if outcome.kind == "FATAL" else ""
        if outcome.kind == "composed":
            found = swapped.versions(outcome.response)
            fault = "" if set(found.values()) == {version} else f"it is of {found}"
        if outcome.kind == "CANCELLED" and target.has_said("draining"):
            # The row CANCELLED of docs/errors.md: a caller that never pauses does set out in that moment.
            outcome = Outcome("CANCELLED while stopping", is_allowed=True)
        if outcome.kind != "composed":
            time.sleep(0.02)
        report.note(outcome, f"a response of the server of {version}", fault)
        if is_first:
            called.wait(SECONDS)
        is_first = False


def hostile_charts(*, all_modes: bool) -> Report:
    """Call charts that hang, crash, print, fork and exit, one after the other: good calls between them stay right."""
    report = Report("hostile charts")
    with _attacked(report) as target:
        for chart, modes in _HOSTILE.items():
            for mode in modes if all_modes else modes[:2]:
                outcome = target.call(request(chart, {"token": "hostile", "mode": mode}, timeout="1s"))
                report.note(outcome, f"{chart}, {mode}")
                report.violations += [f"after {chart}, {mode}: {fault}" for fault in [target.check_good()] if fault]
    return report
