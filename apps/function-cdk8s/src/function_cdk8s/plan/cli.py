"""The command line of `function-cdk8s plan`."""

import contextlib
import pathlib
import sys
from collections.abc import Generator, Iterator, Mapping

import click
from cdk8s_function import differences, objects
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import registry
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ChartRef
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.testing.errors import CompositionError, UnstableError
from cdk8s_function.testing.lines import shown
from cdk8s_function.testing.scenarios import scenario
from cdk8s_function.testing.upgrades import Upgraded
from cdk8s_function.worker import loader

from function_cdk8s.plan import versions, xrs
from function_cdk8s.plan.xrs import Planned

_PROBLEMS = 1


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--xrs",
    "given",
    type=click.Path(exists=True, path_type=pathlib.Path),
    default=".",
    help="A file, or a folder of files. A file is YAML, with XRs of the chart and the cluster objects that the chart"
    " reads, or a log with requests that the function recorded.",
)
@click.option(
    "--wheels",
    type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path),
    metavar="DIR",
    show_default="the package index",
    help="A folder with wheels, to find versions in.",
)
def command(*, old: str, new: str, given: pathlib.Path, wheels: pathlib.Path | None) -> None:
    """Print what an upgrade of a chart changes in XRs.

    OLD and NEW are each a wheel file, a release like web-cache==1.2.0, or a version
    like 1.2.0 of the chart whose pyproject.toml is in the current folder. A release
    that has a folder of its own in --charts-dir is taken from there. Composes
    each XR with OLD and then with NEW, in a simulated cluster, with the other
    packages that are installed here.

    Exits with status 1 if an object would be deleted or replaced, or if the API
    server or the function would refuse a change.
    """
    try:
        found = xrs.read(given)
        with (
            versions.unpacked(old, wheels) as before,
            versions.unpacked(new, wheels) as after,
            _importing(after),
        ):
            charts = registry.discover([str(after)]).charts
            if not charts:
                msg = f"{new}: offers no chart, as no entry point is of the group {registry.GROUP}"
                raise click.ClickException(msg)
            outcomes = [_planned(each, ref, before) for ref in charts for each in _xrs_of(ref, found)]
    except (FatalError, RenderError, ValueError, loader.LoadError, versions.UnknownVersionError) as error:
        raise click.ClickException("\n".join([str(error), *getattr(error, "__notes__", ())])) from error
    if not outcomes:
        msg = f"{given} has no XR of the charts of {new}; give --xrs a file or folder that has some"
        raise click.ClickException(msg)
    if not all(outcomes):
        sys.exit(_PROBLEMS)


@contextlib.contextmanager
def _importing(folder: pathlib.Path) -> Generator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _xrs_of(ref: ChartRef, found: list[Planned]) -> Iterator[Planned]:
    kind = loader.composite_type(loader.load(ref))
    return (each for each in found if each.is_of(kind))


def _planned(planned: Planned, ref: ChartRef, old: pathlib.Path) -> bool:
    """Print what becomes of an XR, and return whether that is all right."""
    subject = f"{planned.xr['kind']} {objects.full_name(planned.xr)} ({planned.file})"
    try:
        done = scenario(loader.load(ref), planned.xr, **planned.surroundings).upgraded(from_wheel=old)
    except (CompositionError, UnstableError) as error:
        click.echo(f"{subject}: -> {ref.version}")
        for line in (*str(error).splitlines(), *getattr(error, "__notes__", ())):
            click.echo(f"  failed    {line.strip()}")
        return False
    click.echo(f"{subject}: {done.from_version} -> {ref.version}")
    for line in _lines(done):
        click.echo(f"  {line}")
    return not done.losses


def _lines(done: Upgraded) -> Iterator[str]:
    before, after = done.first.objects, done.last.objects
    for key in sorted({*before, *after}):
        if key not in before:
            yield f'added     "{key}" ({after[key]["kind"]} {objects.name(done.last.applied[key])})'
        elif key in after:
            yield from _changes(key, before[key], after[key])
    for loss in done.losses:
        yield f"{loss.word:<9} {loss}"
    if before == after and not done.losses:
        yield "nothing changes"


def _changes(key: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    for path, was, now in differences.between(old, new):
        # The values of a Secret stay out of logs.
        hidden = old["kind"] == "Secret" and path.startswith(("data", "stringData"))
        change = "changes" if hidden else f"{shown(was)} -> {shown(now)}"
        yield f'changed   "{key}" ({old["kind"]}) {path}: {change}'
