"""The Markdown of a run."""

from collections.abc import Callable, Iterator, Sequence

from function_bench import budgets, rounds
from function_bench.figures import Drive, Pass, Results, Round, Soak, drives_of, median

_WORDS = {True: "held", False: "**not held**", None: "not measured"}


def markdown(results: Results) -> str:
    """Return the tables of a run."""
    parts = (_machine, _rounds, _soaks, _scales, _steps, _budgets)
    return "\n".join(line for part in parts for line in part(results))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table, its first column text and its others figures."""
    yield f"| {' | '.join(headings)} |"
    yield f"|---|{'---:|' * (len(headings) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _machine(results: Results) -> Iterator[str]:
    for name, value in results.machine.items():
        yield f"- {name}: {value}"
    for name, versions in results.versions.items():
        yield f"- {name}: {', '.join(f'{package} {version}' for package, version in versions.items())}"
    for name, reason in results.missing.items():
        yield f"- {name} was not measured: {reason}"
    yield ""


def _rounds(results: Results) -> Iterator[str]:
    if not results.rounds:
        return
    settings = results.settings
    rounds, requests = settings["rounds"], settings["requests"]
    yield f"{rounds} rounds, {requests} requests a loop. Each figure: the best round / the median."
    yield ""
    yield "### A changed reconcile: 8 ConfigMaps"
    yield ""
    yield from _latencies(results, changed=True)
    yield "### An unchanged reconcile: 8 ConfigMaps"
    yield ""
    yield from _latencies(results, changed=False)
    yield "### The example chart web-service, changed, 1 caller"
    yield ""
    headings = ("", "p50 ms", "p99 ms", "requests/s", "CPU ms/request")
    yield from table(headings, list(_example(results)))
    yield "### Start and memory"
    yield ""
    headings = ("", "cold start s", "RSS MiB, warm", "PSS MiB, warm", f"PSS MiB, {requests} changed later", "processes")
    yield from table(headings, list(_starts(results)))
    drives = [drive for turns in results.rounds.values() for turn in turns for drive in turn.drives]
    others = sorted(drive.others_cpu for drive in drives)
    yield (
        f"CPU used by others while a loop ran: median {median(others):.2f} processors, at most {others[-1]:.2f}; "
        f"kept by the host: at most {max(drive.stolen_cpu for drive in drives):.2f}."
    )
    yield from _faults(drives)
    yield ""


def _latencies(results: Results, *, changed: bool) -> Iterator[str]:
    headings = ("", "p50 ms", "p99 ms", "requests/s, 1 caller", "requests/s, 4 callers", "CPU ms/request")
    rows: list[list[str]] = []
    for name in results.rounds:
        one = results.drives(name, rounds.WORKLOAD, changed=changed, callers=1)
        four = results.drives(name, rounds.WORKLOAD, changed=changed, callers=4)
        rows.append(
            [
                results.titles[name],
                _low(one, lambda drive: drive.p50_ms),
                _low(one, lambda drive: drive.p99_ms),
                _high(one),
                _high(four),
                _low(one, lambda drive: drive.cpu_ms),
            ]
        )
    yield from table(headings, rows)


def _example(results: Results) -> Iterator[list[str]]:
    for name in results.rounds:
        drives = results.drives(name, rounds.EXAMPLE, changed=True, callers=1)
        if drives:
            yield [
                results.titles[name],
                _low(drives, lambda drive: drive.p50_ms),
                _low(drives, lambda drive: drive.p99_ms),
                _high(drives),
                _low(drives, lambda drive: drive.cpu_ms),
            ]


def _starts(results: Results) -> Iterator[list[str]]:
    for name, turns in results.rounds.items():
        colds = [turn.cold_start_seconds for turn in turns]
        yield [
            results.titles[name],
            f"{min(colds):.2f} / {median(colds):.2f}",
            f"{median([turn.warm.rss_mib for turn in turns]):.0f}",
            f"{median([turn.warm.pss_mib for turn in turns]):.0f}",
            f"{median([turn.used.pss_mib for turn in turns]):.0f}",
            str(turns[-1].used.processes),
        ]


def _soaks(results: Results) -> Iterator[str]:
    if not results.soaks:
        return
    yield f"### {results.settings['soak']:,} changed reconciles, as many callers as workers"
    yield ""
    headings = (
        "",
        "p50 ms, first 1,000",
        "last 1,000",
        "p99 ms, first 1,000",
        "last 1,000",
        "worst 1,000",
        "requests/s",
        "PSS MiB, warm",
        "largest",
        "at the end",
        "RSS MiB, largest",
        "replaced",
    )
    yield from table(headings, [_soak(results.titles[name], soak) for name, soak in results.soaks.items()])
    yield from _faults([block.drive for soak in results.soaks.values() for block in soak.blocks])
    for name, soak in results.soaks.items():
        yield f"<details><summary>{results.titles[name]} by thousands</summary>"
        yield ""
        headings = ("requests", "p50 ms", "p99 ms", "requests/s", "PSS MiB", "largest", "replaced", "others' CPU")
        yield from table(headings, list(_blocks(soak)))
        yield "</details>"
        yield ""


def _soak(title: str, soak: Soak) -> list[str]:
    first, last = soak.blocks[0], soak.blocks[-1]
    return [
        title,
        f"{first.drive.p50_ms:.2f}",
        f"{last.drive.p50_ms:.2f}",
        f"{first.drive.p99_ms:.2f}",
        f"{last.drive.p99_ms:.2f}",
        f"{max(block.drive.p99_ms for block in soak.blocks):.2f}",
        f"{soak.per_second:.0f}",
        f"{soak.warm.pss_mib:.0f}",
        f"{max(block.largest.pss_mib for block in soak.blocks):.0f}",
        f"{last.end.pss_mib:.0f}",
        f"{max(block.largest.rss_mib for block in soak.blocks):.0f}",
        str(last.replaced),
    ]


def _blocks(soak: Soak) -> Iterator[list[str]]:
    done = 0
    for block in soak.blocks:
        done += block.drive.count
        yield [
            f"{done:,}",
            f"{block.drive.p50_ms:.2f}",
            f"{block.drive.p99_ms:.2f}",
            f"{block.drive.per_second:.0f}",
            f"{block.end.pss_mib:.0f}",
            f"{block.largest.pss_mib:.0f}",
            str(block.replaced),
            f"{block.drive.others_cpu:.2f}",
        ]


def _scales(results: Results) -> Iterator[str]:
    if not results.scales:
        return
    yield f"### {results.settings['scale']:,} XRs of 100 objects, as many callers as workers"
    yield ""
    headings = (
        "",
        "each XR once",
        "p50 ms, first 100",
        "last 100",
        "CPU ms/request, first 100",
        "last 100",
        "requests/s",
        "from the cache",
        "cache MiB",
        "PSS MiB, largest",
    )
    rows = [_pass(results.titles[name], each) for name, passes in results.scales.items() for each in passes]
    yield from table(headings, rows)
    drives = [drive for passes in results.scales.values() for each in passes for drive in each.drives]
    others = median([drive.others_cpu for drive in drives])
    yield f"CPU used by others while a loop ran: median {others:.2f} processors."
    yield ""


def _pass(title: str, each: Pass) -> list[str]:
    first, last = each.drives[0], each.drives[-1]
    return [
        title,
        each.reconcile,
        f"{first.p50_ms:.2f}",
        f"{last.p50_ms:.2f}",
        f"{first.cpu_ms:.2f}",
        f"{last.cpu_ms:.2f}",
        f"{sum(drive.count for drive in each.drives) / sum(drive.seconds for drive in each.drives):.0f}",
        "" if each.hits is None else f"{each.hits:.0%}",
        "" if each.cache_mib is None else f"{each.cache_mib:.0f}",
        f"{each.largest.pss_mib:.0f}",
    ]


def _steps(results: Results) -> Iterator[str]:
    if not results.steps:
        return
    yield "### What each step gains: 8 ConfigMaps, 1 worker"
    yield ""
    headings = (
        "instead of the step",
        "changed: p50 ms, 1 caller",
        "requests/s, 4 callers",
        "unchanged: p50 ms, 1 caller",
        "requests/s, 4 callers",
        "processes",
        f"PSS MiB, {results.settings['requests']} changed later",
    )
    yield from table(headings, [_step(title, turns) for title, turns in results.steps.items()])


def _step(title: str, turns: Sequence[Round]) -> list[str]:
    cells = [title]
    for changed in (True, False):
        one, four = (drives_of(turns, rounds.WORKLOAD, changed=changed, callers=callers) for callers in (1, 4))
        cells += [_low(one, lambda drive: drive.p50_ms), _high(four)]
    return [*cells, str(turns[-1].used.processes), f"{median([turn.used.pss_mib for turn in turns]):.0f}"]


def _budgets(results: Results) -> Iterator[str]:
    yield "### Budgets"
    yield ""
    yield "What is compared with another contender is the median, over the rounds, of the ratio within a round."
    yield ""
    rows = [(budget.what, budget.limit, budget.measured, _WORDS[budget.held]) for budget in budgets.of(results)]
    yield from table(("", "limit", "measured", ""), rows)


def _faults(drives: Sequence[Drive]) -> Iterator[str]:
    for drive in drives:
        for fault, count in drive.faults.items():
            yield f"{count} of {drive.count} requests of {drive.workload} failed: {fault}"


def _low(drives: Sequence[Drive], figure: Callable[[Drive], float]) -> str:
    values = [figure(drive) for drive in drives]
    return f"{min(values):.2f} / {median(values):.2f}"


def _high(drives: Sequence[Drive]) -> str:
    values = [drive.per_second for drive in drives]
    return f"{max(values):.0f} / {median(values):.0f}"
