"""How contenders are measured: in rounds in which they take turns, and in long runs, one after the other."""

import collections
import contextlib
import dataclasses
import functools
import gc
import sys
import time
import urllib.request
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
from prometheus_client import parser

from function_bench import calls, processes, servers, xrs
from function_bench.contenders import BENCH, Contender
from function_bench.processes import Footprint
from function_bench.results import Block, Drive, LongRun, Results, Start
from function_bench.xrs import EIGHT, EXAMPLE, HUNDRED, IMPORTED, WORKLOADS, Reconciles, Work

_SOME = 20
_WARM_UP = 50
_NODE = {"CDK8S_FUNCTION_KERNEL": "node"}
_WITHOUT = {"PYTHONPATH": str(BENCH / "without")}
_STEPS = {
    "asyncio's own event loop": {**_WITHOUT, "FUNCTION_BENCH_WITHOUT": "loop"},
    "Node.js's kernel": _NODE,
    "Node.js's, jsii's own launcher and its relay": {**_WITHOUT, **_NODE, "FUNCTION_BENCH_WITHOUT": "launcher"},
    "Node.js's, jsii's own way to it, by cattrs": {**_WITHOUT, **_NODE, "FUNCTION_BENCH_WITHOUT": "link"},
    "Node.js's, each argument checked": {**_WITHOUT, **_NODE, "FUNCTION_BENCH_WITHOUT": "remembered-types"},
    "Node.js's, each deletion waited for": {**_WITHOUT, **_NODE, "FUNCTION_BENCH_WITHOUT": "late-deletions"},
    "Node.js's, nothing let go, as jsii does": {**_WITHOUT, **_NODE, "FUNCTION_BENCH_WITHOUT": "deletions"},
}
"""What there was before each step, and the variables that bring it back: see `without/sitecustomize.py`."""

Clocks = tuple[float, float, float, float, float]


class Session:
    """A contender's running server, and the client of that. Its first request is answered when it is made."""

    def __init__(self, contender: Contender, server: servers.Server, channel: calls.Channel) -> None:
        self.contender, self._server, self._channel = contender, server, channel
        self._reconciles: Reconciles
        self.take_up(EIGHT)
        ((request, text),) = self._reconciles.steady(count=1)
        reply = channel.call(request, wait=True)
        self.cold_start_seconds = round(time.monotonic() - server.started, 3)
        if fault := self._reconciles.fault(reply, text):
            raise RuntimeError(fault)
        self.content = xrs.content(reply)
        self.compose(callers=1)
        self.warm = self.footprint()

    def footprint(self) -> Footprint:
        """Return what the server takes now."""
        return processes.footprint(self._server.process.pid)

    def take_up(self, workload: str, count: int = _SOME) -> None:
        """Take up so many XRs that nobody has composed yet."""
        self._workload = workload
        self._reconciles = Reconciles(WORKLOADS[workload], self.contender.inputs, count)

    def compose(self, *, callers: int, start: int = 0, count: int | None = None) -> Drive:
        """Send the first requests of some XRs, and let Crossplane apply the answers."""
        drive, replies = self._driven(self._reconciles.steady(start, count), callers, changed=True)
        if drive.faults:
            raise RuntimeError(str(drive.faults))
        self._reconciles.observe(replies, start)
        return drive

    def drive(self, *, callers: int, count: int, changed: bool) -> Drive:
        """Send requests for the XRs in turn."""
        make = self._reconciles.changed if changed else self._reconciles.unchanged
        return self._driven([make() for _ in range(count)], callers, changed=changed)[0]

    def settle(self) -> None:
        """Reconcile every XR once as it is, so that the next reconcile can be an unchanged one."""
        self._driven(self._reconciles.steady(), 1, changed=False)

    def take_part(self, workload: str, *, changed: bool, callers: int, count: int) -> list[Drive]:
        """Send the requests of one loop of a round; none if the contender does not compose its workload."""
        if self.contender.inputs not in WORKLOADS[workload].inputs:
            return []
        if workload != EIGHT:
            self.take_up(workload)
            # Each worker imports what the chart does.
            self.compose(callers=self.contender.workers)
        if not changed:
            self.settle()
        count = count // 2 if workload == HUNDRED else count
        return [self.drive(callers=callers or self.contender.workers, count=count, changed=changed)]

    def cache(self) -> tuple[float, float, float]:
        """Return the server's cache's hits, its calls and its MiB, as it tells Prometheus; zeros where it does not."""
        if not self.contender.has_metrics:
            return 0, 0, 0
        with urllib.request.urlopen(f"http://127.0.0.1:{self._server.metrics_port}/metrics", timeout=10) as page:
            families = list(parser.text_string_to_metric_families(page.read().decode()))
        samples = [sample for family in families for sample in family.samples]
        uses = [each for each in samples if each.name == "function_cdk8s_cache_requests_total"]
        held = sum(each.value for each in samples if each.name == "function_cdk8s_cache_bytes")
        hits = sum(each.value for each in uses if "hit" in each.labels.values())
        return hits, sum(each.value for each in uses), held / processes.MIB

    def watched(self) -> contextlib.AbstractContextManager[list[Footprint]]:
        """Look at the server every second."""
        return processes.watched(lambda: self._server.process.pid)

    def _driven(self, work: Sequence[Work], callers: int, *, changed: bool) -> tuple[Drive, list[calls.Reply]]:
        """Send requests in a closed loop: each of some callers sends its next when its last is answered."""
        before = self._clocks()
        gc.collect()
        gc.disable()
        started = time.perf_counter()
        with ThreadPoolExecutor(callers) as threads:
            timed = list(threads.map(self._timed, [request for request, _ in work]))
        seconds = time.perf_counter() - started
        gc.enable()
        # The client also checks answers: that is outside `seconds` and not load on the server.
        elapsed, server, bench, busy, stolen = (new - old for old, new in zip(before, self._clocks(), strict=True))
        replies, latencies = [reply for reply, _ in timed], [latency for _, latency in timed]
        faults = collections.Counter(map(self._reconciles.fault, replies, [text for _, text in work]))
        del faults[""]
        return Drive(
            contender=self.contender.name,
            workload=self._workload,
            changed=changed,
            callers=callers,
            count=len(work),
            seconds=round(seconds, 4),
            p50_ms=round(processes.percentile(latencies, 50), 3),
            p99_ms=round(processes.percentile(latencies, 99), 3),
            cpu_ms=round(server * 1000 / len(work), 3),
            others_cpu=round(max(0.0, busy - server - bench) / elapsed, 3),
            stolen_cpu=round(stolen / elapsed, 3),
            memory=self.footprint(),
            faults=faults,
        ), replies

    def _timed(self, request: bytes) -> tuple[calls.Reply, float]:
        started = time.perf_counter()
        reply = self._channel.call(request)
        return reply, (time.perf_counter() - started) * 1000

    def _clocks(self) -> Clocks:
        """Return the time so far, and what server, benchmark and machine used and the host kept of it, in seconds."""
        machine = psutil.cpu_times()
        busy = machine.user + machine.nice + machine.system + machine.irq + machine.softirq
        own = processes.cpu_seconds(psutil.Process())
        used = sum(map(processes.cpu_seconds, processes.family(self._server.process.pid)))
        return time.monotonic(), used, own, busy, machine.steal


@contextlib.contextmanager
def session(contender: Contender) -> Generator[Session]:
    """Start a contender's server and a client of it, and end both at last."""
    with servers.folder() as folder:
        server = servers.Server(folder, contender.command, contender.variables)
        try:
            with server, calls.Channel(server.port) as channel:
                yield Session(contender, server, channel)
        except RuntimeError as error:
            end = "\n".join(server.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
            msg = f"{contender.title}: {error}\n{end}"
            raise RuntimeError(msg) from error


def rounds(contenders: Sequence[Contender], results: Results, count: int, *, also: bool = True) -> None:
    """Let the contenders take turns, loop by loop, so that what the machine does meets all alike."""
    loops = [(EIGHT, changed, callers) for changed in (True, False) for callers in (1, 4)]
    loops += [(HUNDRED, True, 0), (IMPORTED, True, 1), (EXAMPLE, True, 1)] if also else []
    for number in range(results.settings["rounds"]):
        _starts(contenders, results, count)
        with contextlib.ExitStack() as stack:
            sessions = [stack.enter_context(session(contender)) for contender in contenders]
            for each in sessions:
                each.drive(callers=each.contender.workers, count=_WARM_UP, changed=True)
            for place, (workload, changed, callers) in enumerate(loops):
                first = (number + place) % len(sessions)
                for each in (*sessions[first:], *sessions[:first]):
                    for drive in each.take_part(workload, changed=changed, callers=callers, count=count):
                        results.drives.append(drive)
                        _say(f"round {number + 1}", drive)


def _starts(contenders: Sequence[Contender], results: Results, count: int) -> None:
    """Measure each server alone, from its start on."""
    contents: dict[str, str] = {}
    for contender in contenders:
        with session(contender) as each:
            contents.setdefault(each.content, contender.title)
            drive = each.drive(callers=contender.workers, count=count, changed=True)
            cold, warm = each.cold_start_seconds, each.warm
        results.starts.append(Start(contender=contender.name, cold_start_seconds=cold, warm=warm, used=drive.memory))
        _say(f"start {cold:.2f} s", drive)
    if len(contents) > 1:
        msg = f"{' and '.join(contents.values())} do not compose the same objects"
        raise RuntimeError(msg)


def steps(contender: Contender, settings: dict[str, Any]) -> Results:
    """Measure function-cdk8s as it is, and without one step towards a faster function at a time."""
    named = functools.partial(dataclasses.replace, contender)
    uncached = (*contender.command, "--cache-size=0")
    variants = [named(name="as it is"), named(name="each reconcile composed anew", command=uncached)]
    variants += [named(name=name, variables=variables) for name, variables in _STEPS.items()]
    titles = {variant.name: variant.name for variant in variants}
    results = Results(machine={}, settings={**settings, "rounds": settings["rounds"] or 1}, titles=titles)
    rounds(variants, results, settings["requests"], also=False)
    return results


def soak(contender: Contender, count: int) -> LongRun:
    """Send many changed requests, as many at a time as there are workers."""
    with session(contender) as each:
        return _long_run(each, "changed", count, 1_000)


def scale(contender: Contender, count: int) -> list[LongRun]:
    """Reconcile many XRs of many objects three times: what does one cost when there are a thousand?"""
    with session(contender) as each:
        each.take_up(HUNDRED, count)
        passes = [_long_run(each, reconcile, count, 100) for reconcile in ("first", "changed")]
        each.settle()
        return [*passes, _long_run(each, "unchanged", count, 100)]


def _long_run(each: Session, reconcile: str, count: int, size: int) -> LongRun:
    callers, (hits, asked, _) = each.contender.workers, each.cache()
    run = LongRun(contender=each.contender.name, reconcile=reconcile, warm=each.warm, blocks=[])
    with each.watched() as seen:
        for start in range(0, count, size):
            before, sent = len(seen), min(size, count - start)
            if reconcile == "first":
                drive = each.compose(callers=callers, start=start, count=sent)
            else:
                drive = each.drive(callers=callers, count=sent, changed=reconcile == "changed")
            largest = max([drive.memory, *seen[before:]], key=lambda footprint: footprint.pss_mib)
            workers = {worker for footprint in (*seen, drive.memory) for worker in footprint.children}
            run.blocks.append(Block(drive=drive, largest=largest, replaced=len(workers) - len(drive.memory.children)))
            _say(f"{reconcile} {start + sent}", drive)
    hits_then, asked_then, cache_mib = each.cache()
    if asked_then > asked:
        return dataclasses.replace(run, hits=(hits_then - hits) / (asked_then - asked), cache_mib=cache_mib)
    return run


def _say(what: str, drive: Drive) -> None:
    sys.stderr.write(
        f"{what:18}{drive.contender:40}{drive.workload:20}p50 {drive.p50_ms:6.2f} ms  p99 {drive.p99_ms:6.2f} ms"
        f"  {drive.per_second:5.0f}/s  CPU {drive.cpu_ms:.2f} ms/request  {drive.memory.pss_mib:.0f} MiB"
        f"  others' CPU {drive.others_cpu:.2f}\n"
    )
