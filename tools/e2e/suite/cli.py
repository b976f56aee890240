"""`bin/e2e`: test on a real cluster that names resolve."""

import contextlib
import shutil
import signal
import subprocess
import sys
import types
from collections.abc import Generator, Sequence
from typing import NoReturn

import click
from cluster import kinds, tools
from cluster.api import Cluster, ClusterError
from cluster.layout import WORKSPACE
from cluster.requirements import UnmetError

from suite import artifacts, cases, report

_REPORTS = WORKSPACE / "reports/e2e"
_WARNINGS = 20


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--cluster", "kind", type=click.Choice(list(kinds.KINDS)), default="node")
@click.option("--name", default="e2e")
@click.option("--keep", is_flag=True)
@click.argument("chosen", metavar="[CASE]…", nargs=-1)
def main(kind: str, name: str, *, keep: bool, chosen: Sequence[str]) -> None:
    """Run the kuttl suites of stacks/internal-dns on a real cluster: all, or each CASE given (bin/e2e --help)."""
    # Whoever stops the suites stops what they started.
    signal.signal(signal.SIGTERM, _stop)
    wanted = _cases(chosen)
    try:
        with _running(kinds.find(kind, name), keep=keep) as cluster:
            passed = _run(cluster, wanted)
    except UnmetError as error:
        sys.exit(f"cannot run a cluster here: {error}")
    except (ClusterError, subprocess.CalledProcessError) as error:
        sys.exit(f"the suites did not run: {error}; logs are in {_REPORTS}")
    sys.exit(0 if passed else 1)


def _stop(number: int, frame: types.FrameType | None) -> NoReturn:
    del number, frame
    sys.exit("stopped by SIGTERM")


def _cases(chosen: Sequence[str]) -> list[str]:
    known = cases.names()
    for each in chosen:
        if not any(name.startswith(each) for name in known):
            msg = f"no case is called {each}: there are {', '.join(known)}"
            raise click.BadParameter(msg)
    return [name for name in known if not chosen or any(name.startswith(each) for each in chosen)]


@contextlib.contextmanager
def _running(cluster: Cluster, *, keep: bool) -> Generator[Cluster]:
    cluster.check()
    shutil.rmtree(_REPORTS, ignore_errors=True)
    _REPORTS.mkdir(parents=True)
    try:
        click.echo("building images and packages")
        archives = artifacts.build()
        click.echo("bringing the cluster up")
        cluster.up()
        cluster.push(archives)
        yield cluster
    except BaseException:
        cluster.keep_logs(str(_REPORTS / "cluster"))
        if not keep:
            # Report what ended the run, and not that taking the cluster down failed too.
            with contextlib.suppress(ClusterError, subprocess.CalledProcessError):
                cluster.down()
        raise
    if not keep:
        cluster.down()


def _run(cluster: Cluster, wanted: Sequence[str]) -> bool:
    measured = _REPORTS / "measured.jsonl"
    measured.touch()
    environment = {
        "E2E_CHART_WHEEL": str(artifacts.chart_wheel(_REPORTS / "wheels")),
        "E2E_CLUSTER": cluster.command,
        "E2E_CROSSPLANE_CHART": str(artifacts.crossplane_chart()),
        "E2E_CROSSPLANE_VERSION": tools.version("crossplane-core"),
        "E2E_RESULTS": str(measured),
    }
    outcomes: list[cases.Outcome] = []
    for outcome in cases.run(cluster, wanted, reports=_REPORTS, environment=environment):
        outcomes.append(outcome)
        click.echo(f"{outcome.name}: {'passed' if outcome.passed else 'FAILED'} in {outcome.seconds:.0f} s")
    failed = [each for each in outcomes if not each.passed]
    if failed:
        click.echo(f"warnings of the cluster:\n{_warnings(cluster)}")
        cluster.keep_logs(str(_REPORTS / "cluster"))
    left_out = wanted[len(outcomes) :]
    text = report.text(outcomes, measured, left_out=left_out)
    (_REPORTS / "report.md").write_text(text, encoding="utf-8")
    click.echo(f"\n{text}\n{len(outcomes) - len(failed)} passed, {len(failed) + len(left_out)} failed")
    return not failed and not left_out


def _warnings(cluster: Cluster) -> str:
    """Return the newest events that tell of a fault: those of another namespace than a case looks at, too."""
    try:
        events = cluster.kubectl(
            "get", "events", "--all-namespaces", "--field-selector=type=Warning", "--sort-by=.lastTimestamp"
        )
    except ClusterError as error:
        return str(error)
    return "\n".join(line[:300] for line in events.splitlines()[-_WARNINGS:])


if __name__ == "__main__":
    main(prog_name="bin/e2e")
