"""The attacks. Each serves a function, and notes in a report what came of it."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import json
import pathlib
import random
import socket
import threading
import time
import urllib.request
from collections.abc import Generator, Iterator

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from function_bench import calls, overload, servers
from function_bench.calls import Reply
from function_bench.servers import SECONDS, Function
from google.protobuf import json_format
from prometheus_client import parser

from function_attacks import fuzz, swapped

_HOSTILE = {
    "hanging": ("python", "regular expression", "gil", "exceptions caught", "printing", "stopped", "node loop"),
    "crashing": ("segfault", "exit with words", "kill", "kill group", "descriptors", "node killed", "node exit"),
    "printing": ("descriptors", "child", "node", "lines", "long", "binary", ""),
    "forking": ("returns", "exits", "session", "daemon", "child", "nameless child", "orphan"),
    "raising": ("exit", "interrupt", "recursion", "unprintable", "long", "group"),
    "altering": ("environment cleared", "folder removed"),
    "threading": ("plain",),
}
_ALLOWED = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}
_LINE_CHARACTERS = 4000


@dataclasses.dataclass
class Report:
    """What came of an attack: how often which outcome, and what must not have come."""

    attack: str
    outcomes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter[str])
    violations: list[str] = dataclasses.field(default_factory=list[str])

    def note(self, kind: str, about: str, *faults: str) -> None:
        """Count an outcome, with what is wrong with it."""
        self.outcomes[kind] += 1
        self.refuse(about, *faults)

    def refuse(self, about: str, *faults: str) -> None:
        """Take note of what is wrong."""
        self.violations += [f"{self.attack}: {about}: {fault}" for fault in faults if fault]

    def row(self) -> str:
        """Return it as a row of a Markdown table."""
        counts = ", ".join(f"{kind} {count}" for kind, count in sorted(self.outcomes.items()))
        return f"| {self.attack} | {self.outcomes.total()} | {counts} | {len(self.violations)} |"


def _kind(reply: Reply) -> str:
    """Return how a call ended: "composed", "FATAL" or the gRPC status."""
    return reply.code if reply.code != calls.OK else "FATAL" if reply.fatal else "composed"


def _fault(reply: Reply) -> str:
    """Return what is wrong with a reply whatever was asked, "" if nothing is."""
    if reply.code not in {calls.OK, *_ALLOWED}:
        return f"{reply.code}: {reply.details[:200]!r}"
    if reply.fatal and (not reply.fatal.isprintable() or len(reply.fatal) > _LINE_CHARACTERS):
        return f"the message is no line of {_LINE_CHARACTERS} printable characters: {reply.fatal[:200]!r}"
    return ""


class Target(Function):
    """A served function with two workers, and with the charts of a folder besides the installed ones."""

    def __init__(self, folder: pathlib.Path, charts: pathlib.Path | None) -> None:
        super().__init__(folder, workers=2, charts=charts)
        self.channel = calls.Channel(self.port)
        self._good = ""
        self._tokens = 0

    def __exit__(self, *_: object) -> None:
        with self.channel:
            super().__exit__()

    def call(self, asked: fnv1.RunFunctionRequest, *, seconds: float = SECONDS) -> Reply:
        """Call it, and return how that ended."""
        return self.channel.call(asked.SerializeToString(), seconds=seconds)

    def check_good(self) -> str:
        """Have a worker compose an XR; return what is wrong with the response, "" if it is the whole right one."""
        self._tokens += 1
        token, end = f"token-{self._tokens:06}", time.monotonic() + SECONDS
        asked = calls.request("good", {"token": token}, name="good", cache=False)
        while (reply := self.call(asked)).code in _ALLOWED and time.monotonic() < end:
            time.sleep(0.1)
        if _kind(reply) != "composed":
            return f"a good request is not composed: {reply.code} {reply.details} {reply.fatal}"
        plain = json.dumps(json_format.MessageToDict(reply.response), sort_keys=True)
        self._good = self._good or plain.replace(token, "token")
        if plain.count(token) != 8 or plain.replace(token, "token") != self._good:
            return "a good request's response is not like the first, with its own token in 8 objects"
        return ""

    def get(self, path: str) -> str:
        """Return a page of its metrics port, "" if it does not answer with 200 in time."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            url = f"http://127.0.0.1:{self.metrics_port}{path}"
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=SECONDS) as reply:
                return reply.read().decode() or "ok"
            time.sleep(0.1)
        return ""

    def lost(self) -> dict[str, float]:
        """Return how many workers were lost, by reason."""
        families = parser.text_string_to_metric_families(self.get("/metrics"))
        samples = [sample for family in families for sample in family.samples]
        name = "function_cdk8s_workers_lost_total"
        return {sample.labels["reason"]: sample.value for sample in samples if sample.name == name}


def run(*, requests: int, clients: int, seed: int, short: bool) -> Iterator[Report]:
    """Attack in every way, one after the other."""
    yield fuzzed(requests, clients, seed)
    yield slow_clients(100 if short else 600, 3 if short else 30)
    yield overloaded(4 if short else 20)
    yield replaced_files(1 if short else 5, clients)
    yield hostile_charts(all_modes=not short)


@contextlib.contextmanager
def _attacked(report: Report, charts: pathlib.Path | None = None) -> Generator[Target]:
    """Serve a function for an attack that it has to outlive, unless its charts are replaced."""
    with servers.folder() as folder:
        with Target(folder, charts) as attacked:
            report.refuse("before the attack", attacked.check_good())
            yield attacked
            report.refuse("after the attack", "" if charts else attacked.check_good())
        report.refuse("at the end", *attacked.faults)


def fuzzed(requests: int, clients: int, seed: int) -> Report:
    """Send random and changed requests: each gets a whole response, one line, or a status that says to try again."""
    report, draw = Report("fuzz"), random.Random(seed)
    with _attacked(report) as attacked, concurrent.futures.ThreadPoolExecutor(clients) as callers:

        def call(number: int, wire: bytes) -> None:
            reply = attacked.channel.call(wire)
            shown = wire.hex() if len(wire) < 1000 else f"{wire[:500].hex()}… ({len(wire)} bytes)"
            about = f"request {number} of seed {seed}, {shown}"
            report.note(_kind(reply), about, _fault(reply), fuzz.fault(wire, reply))

        for start in range(0, requests, 100):
            numbers = range(start, min(start + 100, requests))
            for done in [callers.submit(call, number, fuzz.make(draw)) for number in numbers]:
                done.result()
    return report


def slow_clients(connections: int, seconds: float) -> Report:
    """Hold connections to both ports, half of them sending a byte a second: others are served all the while."""
    report = Report("slow clients")
    with (
        _attacked(report) as attacked,
        contextlib.ExitStack() as open_,
        concurrent.futures.ThreadPoolExecutor() as drips,
    ):
        held: list[socket.socket] = []
        for number in range(connections):
            address = ("127.0.0.1", attacked.port if number % 2 else attacked.metrics_port)
            try:
                held.append(open_.enter_context(socket.create_connection(address, timeout=SECONDS)))
                report.note("connection held", "")
            except OSError:
                report.note("connection refused", "")
        end = time.monotonic() + seconds
        dripped = drips.submit(_drip, held[len(held) // 2 :], end)
        while time.monotonic() < end:
            report.note("good call", "a good call", attacked.check_good())
            report.note("/livez", "/livez", "" if attacked.get("/livez") else f"no answer within {SECONDS} s")
        dripped.result()
    return report


def _drip(connections: list[socket.socket], end: float) -> None:
    for byte in b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 10_000:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(bytes([byte]), socket.MSG_DONTWAIT)
        time.sleep(1)
        if time.monotonic() > end:
            return


def overloaded(seconds: float) -> Report:
    """Have far more callers than workers, that call again at once: right answers go on, and no worker is killed."""
    report = Report("overload")
    with _attacked(report) as attacked:
        before = attacked.lost()
        load = overload.run(attacked.channel, overload.TIMES[-1], seconds=seconds, warm_up=0)
        for reply in load.replies:
            report.note(_kind(reply), "a call", _fault(reply))
        report.refuse("a call", *load.wrong)
        if (after := attacked.lost()) != before:
            report.refuse("workers were killed", f"{before} before, {after} after")
        # A fifth of what the workers can do, so that it holds on a busy machine too.
        if load.goodput < overload.WORKERS / overload.CHART_SECONDS / 5:
            report.refuse("goodput", f"only {load.goodput:.1f} right answers a second")
    return report


def replaced_files(rounds: int, clients: int) -> Report:
    """Replace a chart's wheel while it is called: no response is of two versions, and the new one is taken up."""
    report = Report("replaced files")
    with servers.folder() as charts:
        swapped.install(charts, "0.0.0")
        with _attacked(report, charts) as attacked, concurrent.futures.ThreadPoolExecutor(clients) as callers:
            for number in range(rounds):
                called = threading.Barrier(clients + 1)
                arguments = (attacked, report, number, called)
                ended = [callers.submit(_call_until_new, *arguments) for _ in range(clients)]
                called.wait(SECONDS)
                swapped.install(charts, f"{number + 1}.0.0")
                is_new = [call.result() for call in ended]
                report.refuse("version", "" if all(is_new) else f"it was not taken up within {SECONDS} s")
    return report


def _call_until_new(attacked: Target, report: Report, number: int, called: threading.Barrier) -> bool:
    """Call the chart until it is of the next version, and return whether it is. Wait after the first call."""
    end = time.monotonic() + SECONDS
    asked = calls.request("swapped", {}, xr=("echo.example.org/v1", "Echo"), name=f"xr-{threading.get_ident()}")
    old, new = ({"early": version, "late": version} for version in (f"{number}.0.0", f"{number + 1}.0.0"))
    is_first = True
    while time.monotonic() < end:
        reply = attacked.call(asked, seconds=10)
        kind, faults = _kind(reply), [_fault(reply)]
        found = swapped.versions(reply.response) if kind == "composed" else None
        if kind == "composed":
            faults.append("" if found in (old, new) else f"it is of {found}")
        elif reply.fatal:
            # While the files are being replaced, the folder is not whole.
            faults.append("" if "can't be used" in reply.fatal else reply.fatal)
        report.note(kind, f"a response between {old} and {new}", *faults)
        if is_first:
            called.wait(SECONDS)
        is_first = False
        if found == new:
            return True
        if found is None:
            time.sleep(0.02)
    return False


def hostile_charts(*, all_modes: bool) -> Report:
    """Call charts that hang, crash, print, fork and exit, one after the other: good calls between them stay right."""
    report = Report("hostile charts")
    with _attacked(report) as attacked:
        for chart, modes in _HOSTILE.items():
            for mode in modes if all_modes else modes[:2]:
                reply = attacked.call(calls.request(chart, {"token": "hostile", "mode": mode}, timeout="1s"))
                report.note(_kind(reply), f"{chart}, {mode}", _fault(reply), attacked.check_good())
    return report
