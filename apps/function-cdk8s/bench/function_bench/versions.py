"""A long run of charts that lie side by side in many versions, with fewer workers than versions.

Each XR is of one chart and asks now for one version, now for another, with the same spec too. So a response of another
version can come from a worker, from the cache, or from an annotation.
"""

import collections
import dataclasses
import pathlib
import random
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import differences
from fixture_charts import versions as fixtures
from google.protobuf import json_format

from function_bench import calls, processes, servers
from function_bench.chaos.callers import ANSWERED, TRANSIENT, Attempt, Callers
from function_bench.chaos.work import Reconcile
from function_bench.tables import table

_DISTS = (fixtures.DIST, *fixtures.OTHERS)
_XRS_EACH = 10
_REPEATED = 0.25
_BLOCKS = 10
_CALL_SECONDS = 60
_PATIENCE_SECONDS = 300
_FREE_GROWTH = 1.25
"""How much more memory the last part of a run may take than the first, in which all versions were served already."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is made of; the same settings make the same reconciles."""

    reconciles: int
    versions: int  # Of each of the three charts.
    workers: int
    callers: int
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One of the equal parts of a run, one after the other."""

    reconciles: int
    seconds: float
    attempts: list[Attempt]
    starts: int  # How many workers the function had started at its end.
    processes: int  # The most that there were at a time, the server included.
    pss_mib: float  # The most memory that all of them took.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """What a run came to."""

    settings: Settings
    parts: list[Part]
    violations: list[str]  # What must not have happened.


class Responses:
    """The right responses: those of a function that has no other version, with another token in each."""

    def __init__(self) -> None:
        self._right: dict[tuple[str, str], tuple[str, bytes]] = {}

    def learn(self, reconcile: Reconcile, response: bytes) -> str:
        """Take a response for right."""
        if fatal := calls.Reply(calls.OK, encoded=response).fatal:
            msg = f"a function with one version does not compose {reconcile.chart}: {fatal}"
            raise ValueError(msg)
        self._right[_of(reconcile)] = reconcile.token, _canonical(response)
        return ""

    def fault(self, reconcile: Reconcile, response: bytes) -> str:
        """Return what is wrong with a response, on one line; "" if nothing is."""
        token, right = self._right[_of(reconcile)]
        right = right.replace(token.encode(), reconcile.token.encode())
        if _canonical(response) == right:
            return ""
        wanted, got = (
            json_format.MessageToDict(fnv1.RunFunctionResponse.FromString(each)) for each in (right, response)
        )
        fatal = calls.Reply(calls.OK, encoded=response).fatal
        return (
            f"a FATAL result: {fatal}" if fatal else f"a wrong answer: it differs at {differences.first(wanted, got)}"
        )


def plan(settings: Settings) -> list[Reconcile]:
    """Return the reconciles of a run: half as many for each version as for the next one, but for the oldest."""
    draw = random.Random(settings.seed)
    names = _names(settings.versions)
    weights = [2.0 ** max(place, len(names) - 6) for place in range(len(names))]
    said: dict[str, list[str]] = collections.defaultdict(list)
    planned: list[Reconcile] = []
    for number in range(settings.reconciles):
        dist, place = draw.choice(_DISTS), draw.randrange(_XRS_EACH)
        (version,) = draw.choices(names, weights)
        tokens = said[f"{dist}-{place}"]
        # Said again, it is a reconcile of another version mostly.
        token = draw.choice(tokens[-4:]) if tokens and draw.random() < _REPEATED else f"soak{number:06}"
        tokens.append(token)
        planned.append(_reconcile(number, dist, version, place, token))
    return planned


def run(settings: Settings, *, log: pathlib.Path, say: Callable[[str], None]) -> Run:
    """Run the soak."""
    right, names = Responses(), _names(settings.versions)
    with servers.folder() as folder:
        for version in names:
            _learn(right, folder / f"alone-{version}", version)
        say(f"learnt the responses of {len(names) * len(_DISTS)} versions, each from a function without another")
        _install(folder / "charts", names)
        (folder / "all").mkdir()
        server = servers.Function(folder / "all", workers=settings.workers, charts=folder / "charts")
        with server, _callers(server, settings.callers) as callers:
            callers.work((_first(dist, name, 0) for name in names for dist in _DISTS), right.fault)
            warmed = [attempt.fault for attempt in callers.attempts]
            parts = list(_parts(settings, server, callers, right, say))
            lost = callers.lost
        shutil.copyfile(server.log, log)
    wrong = [attempt.fault for part in parts for attempt in part.attempts]
    return Run(
        settings=settings,
        parts=parts,
        violations=list(filter(None, [*warmed, *wrong, lost, *grown(settings, parts), *server.faults])),
    )


def _parts(
    settings: Settings, server: servers.Function, callers: Callers, right: Responses, say: Callable[[str], None]
) -> Iterator[Part]:
    planned = plan(settings)
    size = max(1, -(-len(planned) // _BLOCKS))
    with processes.watched(server.process.pid) as seen:
        for start in range(0, len(planned), size):
            before, sent, began = len(seen), len(callers.attempts), time.monotonic()
            callers.work(planned[start : start + size], right.fault)
            looks = [*seen[before:], processes.footprint(server.process.pid)]
            part = Part(
                reconciles=len(planned[start : start + size]),
                seconds=time.monotonic() - began,
                attempts=callers.attempts[sent:],
                starts=_started(server),
                processes=max(look.processes for look in looks),
                pss_mib=max(look.pss_mib for look in looks),
            )
            say(f"{start + part.reconciles} reconciles, {part.seconds:.0f} s, at most {part.pss_mib:.0f} MiB")
            yield part


def grown(settings: Settings, parts: list[Part]) -> list[str]:
    """Return, in words, what a run took more of than it should."""
    found: list[str] = []
    most = 1 + 2 * settings.workers  # A worker that is replaced goes when its replacement is warm.
    if (seen := max(part.processes for part in parts)) > most:
        found.append(f"there were {seen} processes, for {settings.workers} workers")
    first, last = parts[0].pss_mib, parts[-1].pss_mib
    if last > _FREE_GROWTH * first:
        found.append(f"memory grew from {first:.0f} MiB to {last:.0f} MiB")
    return found


def markdown(run: Run) -> str:
    """Return the tables of a run."""
    return "\n".join(
        [*_about(run), *_outcomes(run), *_over_time(run), *(f"violation: {each}" for each in run.violations)]
    )


def _about(run: Run) -> Iterator[str]:
    settings = run.settings
    yield from (f"- {name}: {value}" for name, value in processes.machine().items())
    yield (
        f"- run: seed {settings.seed}, {settings.reconciles:,} reconciles of {len(_DISTS)} charts in "
        f"{settings.versions} versions each, {settings.workers} workers, {settings.callers} callers"
    )
    yield ""


def _outcomes(run: Run) -> Iterator[str]:
    attempts = [attempt for part in run.parts for attempt in part.attempts]
    counts = collections.Counter(
        f"{ANSWERED} wrongly" if each.answered and each.fault else each.outcome for each in attempts
    )
    outcomes = dict.fromkeys((ANSWERED, *TRANSIENT), 0) | counts
    yield from table(("outcome", "calls"), [*outcomes.items(), ("violations", len(run.violations))])


def _over_time(run: Run) -> Iterator[str]:
    headings = ("reconciles", "seconds", "p50 s", "p99 s", "longest s", "workers started", "processes", "PSS MiB")
    rows: list[tuple[object, ...]] = []
    done = begun = 0
    for part in run.parts:
        done += part.reconciles
        seconds = [attempt.ended - attempt.began for attempt in part.attempts if attempt.right]
        felt = (processes.percentile(seconds, percent) for percent in (50, 99, 100))
        rows.append((f"to {done:,}", part.seconds, *felt, part.starts - begun, part.processes, part.pss_mib))
        begun = part.starts
    yield from table(headings, rows)


def _names(count: int) -> list[str]:
    return [f"{number}.0.0" for number in range(1, count + 1)]


def _install(charts: pathlib.Path, names: list[str]) -> None:
    for dist in _DISTS:
        for name in names:
            fixtures.install_greetings(charts, name, pins=name, dist=dist)


def _learn(right: Responses, folder: pathlib.Path, version: str) -> None:
    folder.mkdir()
    _install(folder / "charts", [version])
    with (
        servers.Function(folder, workers=len(_DISTS), charts=folder / "charts") as server,
        _callers(server, len(_DISTS)) as callers,
    ):
        callers.work((_first(*of) for of in _all([version])), right.learn)


def _all(names: list[str]) -> Iterator[tuple[str, str, int]]:
    return ((dist, name, place) for name in names for dist in _DISTS for place in range(_XRS_EACH))


def _first(dist: str, version: str, place: int) -> Reconcile:
    return _reconcile(-1, dist, version, place, "soak999999")


def _reconcile(number: int, dist: str, version: str, place: int, token: str) -> Reconcile:
    name, chart = f"{dist}-{place}", fixtures.chart_of(dist)
    xr = (f"{dist}.example.org/v1", chart.capitalize())
    req = calls.request(chart, {"name": token}, xr=xr, name=name, version=version)
    return Reconcile(
        number=number, chart=f"{dist} {version}", xr=name, token=token, repeats=None, request=req.SerializeToString()
    )


def _of(reconcile: Reconcile) -> tuple[str, str]:
    return reconcile.chart, reconcile.xr


def _canonical(response: bytes) -> bytes:
    """Return a response's one encoding: protobuf leaves the order of a map open."""
    return fnv1.RunFunctionResponse.FromString(response).SerializeToString(deterministic=True)


def _callers(server: servers.Function, count: int) -> Callers:
    return Callers(server.port, count=count, call_seconds=_CALL_SECONDS, patience_seconds=_PATIENCE_SECONDS)


def _started(server: servers.Function) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=_CALL_SECONDS) as response:
        lines = response.read().decode().splitlines()
    return next(
        int(float(line.split()[1])) for line in lines if line.startswith("function_cdk8s_workers_started_total ")
    )
