"""The Markdown of a run."""

from collections.abc import Callable, Iterator, Sequence

from function_bench.results import LongRun, Results, checked, median
from function_bench.tables import table
from function_bench.xrs import EIGHT, EXAMPLE, HUNDRED, IMPORTED

_LOOPS = (
    ("p50 ms", "p50_ms", min),
    ("p99 ms", "p99_ms", min),
    ("requests/s", "per_second", max),
    ("CPU ms/request", "cpu_ms", min),
)
_STARTS = ("cold_start_seconds", "warm.rss_mib", "warm.pss_mib", "used.pss_mib", "used.processes")


def markdown(results: Results) -> str:
    """Return the tables of a run."""
    machine = [f"- {name}: {value}" for name, value in results.machine.items()]
    parts = (_rounds, _long_runs, _others, _budgets)
    return "\n".join([*machine, "", *(line for part in parts for line in part(results))])


def _rounds(results: Results) -> Iterator[str]:
    if not results.starts:
        return
    requests = results.settings["requests"]
    yield f"{results.settings['rounds']} rounds, {requests} requests a loop. Each figure: the best round / the median."
    yield ""
    yield from _loops(results, "A changed reconcile: 8 ConfigMaps", EIGHT)
    yield from _loops(results, "An unchanged reconcile: 8 ConfigMaps", EIGHT, changed=False)
    yield from _loops(results, "A changed reconcile: 100 ConfigMaps, a caller each", HUNDRED)
    yield from _loops(results, "A changed reconcile: 5 objects of imported classes", IMPORTED)
    yield from _loops(results, "A changed reconcile: the example chart web-service", EXAMPLE)
    headings = ("", "cold start s", "RSS MiB, warm", "PSS MiB, warm", f"PSS MiB, {requests} changed later", "processes")
    rows: list[list[object]] = []
    for name, title in results.titles.items():
        figures = [results.started(figure, name) for figure in _STARTS]
        rows.append([title, _best(figures[0]), *(round(median(values)) for values in figures[1:])])
    yield from table(headings, rows, title="Start and memory")


def _loops(results: Results, title: str, workload: str, *, changed: bool = True) -> Iterator[str]:
    """Return a line for each contender that composes a workload."""
    rows: list[list[str]] = []
    for name, shown in results.titles.items():
        callers = 2 if workload == HUNDRED and name == "function-cdk8s-2" else 1
        found = [results.loops(figure, name, workload, changed=changed, callers=callers) for _, figure, _ in _LOOPS]
        cells = [_best(values, of) for values, (*_, of) in zip(found, _LOOPS, strict=True)]
        if workload == EIGHT:
            cells.append(_best(results.loops("per_second", name, workload, changed=changed, callers=4), max))
        if cells[0]:
            rows.append([shown, *cells])
    more = ["requests/s, 4 callers"] if workload == EIGHT else []
    yield from table(["", *(heading for heading, *_ in _LOOPS), *more], rows, title=title)


def _long_runs(results: Results) -> Iterator[str]:
    settings = results.settings
    if results.soaks:
        yield from _long(results, f"{settings['soak']:,} changed reconciles", results.soaks)
    if results.scales:
        yield from _long(results, f"{settings['scale']:,} XRs of 100 objects", results.scales)


def _long(results: Results, what: str, runs: Sequence[LongRun]) -> Iterator[str]:
    """Return how the first requests of each run compare with its last ones, and what it took."""
    size = f"{runs[0].blocks[0].drive.count:,}"
    latencies = (f"p50 ms, first {size}", "last", f"p99 ms, first {size}", "last", f"worst {size}")
    cpu = (f"CPU ms/request, first {size}", "last", "requests/s")
    memory = ("PSS MiB, warm", "largest", "at the end", "RSS MiB, largest", "replaced")
    rows: list[tuple[object, ...]] = []
    for run in runs:
        about = (results.titles[run.contender], run.reconcile)
        first, last = run.blocks[0].drive, run.blocks[-1].drive
        figures = (first.p50_ms, last.p50_ms, first.p99_ms, last.p99_ms, run.largest("drive.p99_ms"))
        pss = (run.warm.pss_mib, run.largest("largest.pss_mib"), last.memory.pss_mib)
        whole = map(round, (run.per_second, *pss, run.largest("largest.rss_mib")))
        rows.append((*about, *figures, first.cpu_ms, last.cpu_ms, *whole, run.blocks[-1].replaced))
    title = f"{what}, as many callers as workers"
    yield from table(("", "reconcile", *latencies, *cpu, *memory), rows, title=title)


def _budgets(results: Results) -> Iterator[str]:
    yield from table(("", "limit", "measured", ""), checked(results), title="Budgets")
    yield "What is compared with another contender is the median, over the rounds, of the ratio within a round."
    yield ""


def _others(results: Results) -> Iterator[str]:
    """Return who else was at work while loops ran, and which requests failed."""
    long = [block.drive for run in (*results.soaks, *results.scales) for block in run.blocks]
    drives = [*results.drives, *long]
    others = [drive.others_cpu for drive in drives]
    if others:
        yield f"CPU used by others while a loop ran: median {median(others):.2f} processors, at most {max(others):.2f}."
    for drive in drives:
        for fault, count in drive.faults.items():
            yield f"{count} of {drive.count} requests of {drive.workload} failed: {fault}"
    yield ""


def _best(values: Sequence[float], of: Callable[[Sequence[float]], float] = min) -> str:
    """Return the best round's and the median, of rates as whole numbers."""
    digits = 0 if of is max else 2
    return f"{of(values):.{digits}f} / {median(values):.{digits}f}" if values else ""
