"""The Markdown of a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from function_bench.results import Drive, LongRun, Results, checked, median
from function_bench.xrs import EIGHT, EXAMPLE, HUNDRED, IMPORTED


def markdown(results: Results) -> str:
    """Return the tables of a run."""
    parts = (_machine, _rounds, _soaks, _scales, _steps, _budgets)
    return "\n".join(line for part in parts for line in part(results))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return the lines of a table, its first column text and its others figures."""
    yield f"| {' | '.join(headings)} |"
    yield f"|---|{'---:|' * (len(headings) - 1)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


def _machine(results: Results) -> Iterator[str]:
    yield from (f"- {name}: {value}" for name, value in results.machine.items())
    yield ""


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
    yield from ("### Start and memory", "")
    later = f"PSS MiB, {requests} changed later"
    headings = ("", "cold start s", "RSS MiB, warm", "PSS MiB, warm", later, "processes")
    yield from table(headings, [_start(results, name) for name in results.titles])
    yield from _others(results.drives)


def _loops(results: Results, title: str, workload: str, *, changed: bool = True) -> Iterator[str]:
    """Return a line for each contender that composes a workload."""
    headings = ["p50 ms", "p99 ms", "requests/s, 1 caller", "requests/s, 4 callers", "CPU ms/request"]
    rows: list[list[str]] = []
    for name in results.titles:

        def best(figure: str, callers: int, of: Callable[[Sequence[float]], float] = min, name: str = name) -> str:
            return _best(results.loops(figure, name, workload, changed=changed, callers=callers), of)

        callers = 2 if workload == HUNDRED and name == "function-cdk8s-2" else 1
        rates = [best("per_second", many, max) for many in (callers, 4)]
        rows.append([best("p50_ms", callers), best("p99_ms", callers), *rates, best("cpu_ms", callers)])
    if workload != EIGHT:
        headings = ["p50 ms", "p99 ms", "requests/s", "CPU ms/request"]
        rows = [[*row[:3], row[-1]] for row in rows]
    yield from (f"### {title}", "")
    named = [(title, *row) for title, row in zip(results.titles.values(), rows, strict=True) if row[0]]
    yield from table(("", *headings), named)


def _start(results: Results, name: str) -> tuple[str, ...]:
    memory = [median(results.started(figure, name)) for figure in ("warm.rss_mib", "warm.pss_mib", "used.pss_mib")]
    processes = median(results.started("used.processes", name))
    cold = _best(results.started("cold_start_seconds", name))
    return (results.titles[name], cold, *(f"{mib:.0f}" for mib in memory), f"{processes:.0f}")


def _soaks(results: Results) -> Iterator[str]:
    if not results.soaks:
        return
    yield from (f"### {results.settings['soak']:,} changed reconciles, as many callers as workers", "")
    latencies = ("p50 ms, first 1,000", "last 1,000", "p99 ms, first 1,000", "last 1,000", "worst 1,000", "requests/s")
    memory = ("PSS MiB, warm", "largest", "at the end", "RSS MiB, largest", "replaced")
    yield from table(("", *latencies, *memory), [_soak(results, run) for run in results.soaks])
    yield from _others([block.drive for run in results.soaks for block in run.blocks])
    for run in results.soaks:
        yield from (f"<details><summary>{results.titles[run.contender]} by thousands</summary>", "")
        headings = ("requests", "p50 ms", "p99 ms", "requests/s", "PSS MiB", "largest", "replaced", "others' CPU")
        yield from table(headings, _blocks(run))
        yield from ("</details>", "")


def _soak(results: Results, run: LongRun) -> tuple[str, ...]:
    first, last = run.blocks[0].drive, run.blocks[-1].drive
    latencies = (first.p50_ms, last.p50_ms, first.p99_ms, last.p99_ms, run.largest("drive.p99_ms"))
    memory = (run.warm.pss_mib, run.largest("largest.pss_mib"), last.memory.pss_mib, run.largest("largest.rss_mib"))
    figures = [f"{latency:.2f}" for latency in latencies] + [f"{run.per_second:.0f}"] + [f"{mib:.0f}" for mib in memory]
    return (results.titles[run.contender], *figures, str(run.blocks[-1].replaced))


def _blocks(run: LongRun) -> Iterator[tuple[str, ...]]:
    done = 0
    for block in run.blocks:
        drive = block.drive
        done += drive.count
        speed = (f"{done:,}", f"{drive.p50_ms:.2f}", f"{drive.p99_ms:.2f}", f"{drive.per_second:.0f}")
        memory = (f"{drive.memory.pss_mib:.0f}", f"{block.largest.pss_mib:.0f}", str(block.replaced))
        yield (*speed, *memory, f"{drive.others_cpu:.2f}")


def _scales(results: Results) -> Iterator[str]:
    if not results.scales:
        return
    yield from (f"### {results.settings['scale']:,} XRs of 100 objects, as many callers as workers", "")
    cpu = ("CPU ms/request, first 100", "last 100")
    headings = ("", "each XR once", "p50 ms, first 100", "last 100", *cpu, "requests/s", "from the cache", "cache MiB")
    yield from table((*headings, "PSS MiB, largest"), [_scale(results, run) for run in results.scales])
    yield from _others([block.drive for run in results.scales for block in run.blocks])


def _scale(results: Results, run: LongRun) -> tuple[str, ...]:
    first, last = run.blocks[0].drive, run.blocks[-1].drive
    hits = "" if run.hits is None else f"{run.hits:.0%}"
    cache = "" if run.cache_mib is None else f"{run.cache_mib:.0f}"
    figures = [f"{figure:.2f}" for figure in (first.p50_ms, last.p50_ms, first.cpu_ms, last.cpu_ms)]
    largest = f"{run.largest('largest.pss_mib'):.0f}"
    return (results.titles[run.contender], run.reconcile, *figures, f"{run.per_second:.0f}", hits, cache, largest)


def _steps(results: Results) -> Iterator[str]:
    if not (steps := results.steps):
        return
    yield from ("### What each step gains: 8 ConfigMaps, 1 worker", "")
    loops = (
        "changed: p50 ms, 1 caller",
        "requests/s, 4 callers",
        "unchanged: p50 ms, 1 caller",
        "requests/s, 4 callers",
    )
    rows: list[list[str]] = []
    for name in steps.titles:
        row = [name]
        for changed in (True, False):
            row.append(_best(steps.loops("p50_ms", name, EIGHT, changed=changed)))
            row.append(_best(steps.loops("per_second", name, EIGHT, changed=changed, callers=4), max))
        rows.append(
            [*row, *(f"{median(steps.started(f'used.{what}', name)):.0f}" for what in ("processes", "pss_mib"))]
        )
    later = f"PSS MiB, {steps.settings['requests']} changed later"
    yield from table(("instead of the step", *loops, "processes", later), rows)


def _budgets(results: Results) -> Iterator[str]:
    yield from ("### Budgets", "")
    yield "What is compared with another contender is the median, over the rounds, of the ratio within a round."
    yield ""
    yield from table(("", "limit", "measured", ""), checked(results))


def _others(drives: Sequence[Drive]) -> Iterator[str]:
    """Return who else was at work while loops ran, and which requests failed."""
    others = [drive.others_cpu for drive in drives]
    yield (
        f"CPU used by others while a loop ran: median {median(others):.2f} processors, at most {max(others):.2f}; "
        f"kept by the host: at most {max(drive.stolen_cpu for drive in drives):.2f}."
    )
    for drive in drives:
        for fault, count in drive.faults.items():
            yield f"{count} of {drive.count} requests of {drive.workload} failed: {fault}"
    yield ""


def _best(values: Sequence[float], of: Callable[[Sequence[float]], float] = min) -> str:
    """Return the best round's and the median, of rates as whole numbers."""
    digits = 0 if of is max else 2
    return f"{of(values):.{digits}f} / {median(values):.{digits}f}" if values else ""
