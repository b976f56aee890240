"""How contenders are measured: in rounds in which they take turns, and in long runs, one after the other."""

import collections
import contextlib
import gc
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psutil

from function_bench import calls, processes, servers, xrs
from function_bench.contenders import Contender
from function_bench.results import Block, Drive, LongRun, Results, Start
from function_bench.xrs import EIGHT, EXAMPLE, HUNDRED, IMPORTED, WORKLOADS, Reconciles, Work

_SOME = 20
_WARM_UP = 50


class Session:
    """A contender's running server, and the client of that. Its first request is answered when it is made."""

    def __init__(self, contender: Contender, server: servers.Server, channel: calls.Channel) -> None:
        self.contender, self.server, self._channel = contender, server, channel
        self._reconciles: Reconciles
        self.take_up(EIGHT)
        ((request, text),) = self._reconciles.steady(count=1)
        reply = channel.call(request, wait=True)
        self.cold_start_seconds = round(time.monotonic() - server.started, 3)
        if fault := self._reconciles.fault(reply, text):
            raise RuntimeError(fault)
        self.content = xrs.content(reply)
        self.compose(callers=1)
        self.warm = processes.footprint(self.server.process.pid)

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

    def requests(self, count: int) -> list[bytes]:
        """Return changed requests for the XRs in turn."""
        return [self._reconciles.changed()[0] for _ in range(count)]

    def send(self, requests: Sequence[bytes]) -> None:
        """Send requests one after the other, each of which must be answered."""
        for request in requests:
            reply, _ = self._timed(request)
            if reply.code != calls.OK:
                raise RuntimeError(reply.details)

    def settle(self) -> None:
        """Reconcile every XR once as it is, so that the next reconcile can be an unchanged one."""
        self._driven(self._reconciles.steady(), 1, changed=False)

    def take_part(self, workload: str, *, changed: bool, callers: int, count: int) -> Drive:
        """Send the requests of one loop of a round."""
        if workload != EIGHT:
            self.take_up(workload)
            # Each worker imports what the chart does.
            self.compose(callers=self.contender.workers)
        if not changed:
            self.settle()
        count = count // 2 if workload == HUNDRED else count
        return self.drive(callers=callers or self.contender.workers, count=count, changed=changed)

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
        elapsed, server, bench, busy = (new - old for old, new in zip(before, self._clocks(), strict=True))
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
            memory=processes.footprint(self.server.process.pid),
            faults=faults,
        ), replies

    def _timed(self, request: bytes) -> tuple[calls.Reply, float]:
        started = time.perf_counter()
        reply = self._channel.call(request)
        return reply, (time.perf_counter() - started) * 1000

    def _clocks(self) -> tuple[float, float, float, float]:
        """Return the time so far, and what server, benchmark and machine used of it, in seconds."""
        machine = psutil.cpu_times()
        busy = machine.user + machine.nice + machine.system + machine.irq + machine.softirq
        own = processes.cpu_seconds(psutil.Process())
        used = sum(map(processes.cpu_seconds, processes.family(self.server.process.pid)))
        return time.monotonic(), used, own, busy


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


def rounds(contenders: Sequence[Contender], results: Results, count: int) -> None:
    """Let the contenders take turns, loop by loop, so that what the machine does meets all alike."""
    loops = [(EIGHT, changed, callers) for changed in (True, False) for callers in (1, 4)]
    loops += [(HUNDRED, True, 0), (IMPORTED, True, 1), (EXAMPLE, True, 1)]
    for number in range(results.settings["rounds"]):
        _starts(contenders, results, count)
        with contextlib.ExitStack() as stack:
            sessions = [stack.enter_context(session(contender)) for contender in contenders]
            for each in sessions:
                each.drive(callers=each.contender.workers, count=_WARM_UP, changed=True)
            for place, (workload, changed, callers) in enumerate(loops):
                first = (number + place) % len(sessions)
                for each in (*sessions[first:], *sessions[:first]):
                    if each.contender.inputs in WORKLOADS[workload].inputs:
                        drive = each.take_part(workload, changed=changed, callers=callers, count=count)
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
    callers = each.contender.workers
    run = LongRun(contender=each.contender.name, reconcile=reconcile, warm=each.warm, blocks=[])
    with processes.watched(each.server.process.pid) as seen:
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
    return run


def _say(what: str, drive: Drive) -> None:
    figures = f"p50 {drive.p50_ms:6.2f} ms  {drive.per_second:5.0f}/s  CPU {drive.cpu_ms:6.2f} ms/request"
    sys.stderr.write(f"{what:18}{drive.contender:22}{drive.workload:20}{figures}\n")
