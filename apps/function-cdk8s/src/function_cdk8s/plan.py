"""`function-cdk8s plan`: print what a new version of a chart does to the XRs of an old one."""

import pathlib
import sys
from collections.abc import Iterator, Mapping

import click
from cdk8s_function import objects, registry
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.testing import CompositionError, UnstableError, Upgraded, differences, given, upgrades
from cdk8s_function.testing.scenarios import scenario
from cdk8s_function.worker import loader

_PROBLEMS = 1


@click.command()
@click.argument("old", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("new", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option(
    "--xrs",
    type=click.Path(exists=True, path_type=pathlib.Path),
    default=".",
    help="A YAML file, or a folder of such, with XRs of the chart and the objects that it asks the cluster for.",
)
def command(*, old: pathlib.Path, new: pathlib.Path, xrs: pathlib.Path) -> None:
    """Print what the chart of wheel NEW changes of each XR that the chart of wheel OLD composed.

    Both run here, in a simulated cluster. Exits with status 1 if an object would
    be deleted or made again, or if the API server would refuse a change.
    """
    has_problems = False
    try:
        with upgrades.unpacked(new) as folder:
            sys.path.insert(0, str(folder))
            found = {file: _kinds(file) for file in _files(xrs)}
            planned = 0
            for ref in registry.discover([str(folder)]).charts:
                factory = loader.load(ref)
                of = loader.composite_type(factory)
                for file, kinds in found.items():
                    if (of.group, of.kind) not in kinds:
                        continue
                    xr = scenario(factory, file)
                    done = xr.upgraded(from_wheel=old)
                    planned += 1
                    has_problems |= bool(done.losses)
                    click.echo(f"{of.kind} {objects.full_name(xr.xr)} ({file}): {done.from_version} -> {ref.version}")
                    for line in _lines(done):
                        click.echo(f"  {line}")
    except (CompositionError, FatalError, RenderError, UnstableError, ValueError, loader.LoadError) as error:
        raise click.ClickException("\n".join([str(error), *getattr(error, "__notes__", ())])) from error
    if not planned:
        msg = f"{xrs} has no XR of the charts of {new}"
        raise click.ClickException(msg)
    if has_problems:
        sys.exit(_PROBLEMS)


def _files(xrs: pathlib.Path) -> list[pathlib.Path]:
    if xrs.is_dir():
        return sorted(file for file in xrs.iterdir() if file.suffix in {".yaml", ".yml"})
    return [xrs]


def _kinds(file: pathlib.Path) -> set[tuple[str, str]]:
    return {(objects.group_of(each["apiVersion"]), each["kind"]) for each in given.manifests([file])}


def _lines(done: Upgraded) -> Iterator[str]:
    before, after = done.first.objects, done.last.objects
    for key in sorted({*before, *after}):
        if key not in before:
            yield f'added     "{key}" ({after[key]["kind"]} {objects.name(done.last.applied[key])})'
        elif key in after:
            yield from _changes(key, before[key], after[key])
    for line in done.losses:
        yield f"problem   {line}"
    if before == after and not done.losses:
        yield "nothing changes"


def _changes(key: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    for path, was, now in differences.between(old, new):
        # The values of a Secret stay out of logs.
        hidden = old["kind"] == "Secret" and path.startswith(("data", "stringData"))
        change = "changes" if hidden else f"{differences.shown(was)} -> {differences.shown(now)}"
        yield f'changed   "{key}" ({old["kind"]}) {path}: {change}'
