"""The command line of `function-cdk8s check`."""

import os
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from function_cdk8s.check.faults import Fault
    from function_cdk8s.check.repository import Document

_PATH = click.Path(exists=True, path_type=pathlib.Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=pathlib.Path)


@click.command()
@click.argument("folder", type=_FOLDER, default=".")
@click.option(
    "--package",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    show_default="package and apis in FOLDER",
    help="A YAML file with XRDs and Compositions, or a folder of such files; repeatable.",
)
@click.option(
    "--examples",
    type=_PATH,
    multiple=True,
    metavar="PATH",
    show_default="example and examples in FOLDER",
    help="A YAML file with example XRs and their Compositions, or a folder of such files; repeatable.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, help="Time limit for one example, in seconds.")
def command(
    *, folder: pathlib.Path, package: tuple[pathlib.Path, ...], examples: tuple[pathlib.Path, ...], timeout: float
) -> None:
    """Check the repository of a chart.

    FOLDER, by default the current one, has the pyproject.toml of the chart. Its
    wheel is installed: pip install --editable FOLDER.

    Imports each chart that pyproject.toml declares, compares its XRD with its
    models, renders each example, and checks the composed objects. Compares each
    version in --charts-dir with its wheels and requirements. Prints one line
    for each fault, with the file and the field. Exits with status 1 if there is a
    fault.
    """
    from function_cdk8s.check import repository  # noqa: PLC0415  # These import all of the library.

    found: list[Document] = []
    unread: list[Fault] = []
    shown_examples: list[Document] = []
    for paths, kept in (
        (package or repository.folders(folder, repository.PACKAGE), None),
        (examples or repository.folders(folder, repository.EXAMPLES), shown_examples),
    ):
        for each in repository.documents(paths):
            if isinstance(each, repository.Document):
                if each not in found:
                    found.append(each)
                if kept is not None:
                    kept.append(each)
            else:
                unread.append(each)
    faults: list[Fault] = []
    # What a chart prints goes to standard error, and so does what click prints meanwhile.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:

        def tell(fault: "Fault") -> None:
            faults.append(fault)
            output.write(f"{fault}\n")
            output.flush()

        for fault in unread:
            tell(fault)
        summary = _check(folder, found, shown_examples, timeout, tell)
    click.echo(f"{summary}: {len(faults) or 'no'} {'fault' if len(faults) == 1 else 'faults'}", err=True)
    from function_cdk8s.render import in_process  # noqa: PLC0415  # As above.

    in_process.leave(1 if faults else 0)


def _check(
    folder: pathlib.Path,
    documents: "Sequence[Document]",
    examples: "Sequence[Document]",
    timeout: float,
    tell: "Callable[[Fault], None]",
) -> str:
    """Check a repository; return a summary of what was checked."""
    from cdk8s_function.installed import chart_environment, registry  # noqa: PLC0415  # As above.

    from function_cdk8s.check import definitions, kinds, repository  # noqa: PLC0415
    from function_cdk8s.check.examples import Examples  # noqa: PLC0415
    from function_cdk8s.check.faults import Fault  # noqa: PLC0415
    from function_cdk8s.render import in_process  # noqa: PLC0415

    try:
        chart_environment.check()
    except chart_environment.ContradictionError as error:
        raise click.ClickException(str(error)) from error
    versions = _check_versions(tell)
    wheel = repository.wheel(folder)
    if isinstance(wheel, Fault):
        tell(wheel)
        return "checked no chart"
    known: list[kinds.Kind] = []
    compared = 0
    with in_process.surroundings() as scratch:
        # Paths are shown from where the command runs, and it runs in another folder here.
        for each in kinds.of(wheel, registry.discover()):
            if isinstance(each, Fault):
                tell(each)
                continue
            known.append(each)
            for document in documents:
                if definitions.is_of(document, each):
                    compared += 1
                    for fault in definitions.faults(document, each):
                        tell(fault)
        run = Examples(known, documents, scratch, timeout_seconds=timeout)
        for fault in run.faults(examples):
            tell(fault)
    counts = run.counts
    if counts.unknown:
        click.echo(f"not checked, as no schema is known: {', '.join(sorted(counts.unknown))}", err=True)
    if counts.skipped:
        files = ", ".join(sorted(counts.skipped))
        click.echo(f"not rendered, as steps are of other functions: {files}", err=True)
    parts = (
        *([(versions, "version")] if versions else ()),
        (len(known), "chart"),
        (compared, "XRD"),
        (counts.examples, "example"),
        (counts.objects, "composed object"),
    )
    return "checked " + ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)


def _check_versions(tell: "Callable[[Fault], None]") -> int:
    """Check the charts in folders of their own below --charts-dir; return how many folders were checked."""
    from cdk8s_function.installed import environments  # noqa: PLC0415  # As above.

    from function_cdk8s import charts  # noqa: PLC0415
    from function_cdk8s.check.faults import Fault  # noqa: PLC0415

    found = environments.discover()
    for each in found.unusable:
        # Its reason names the file.
        tell(Fault(file=f"{each.dist} {each.version}", message=each.reason))
    folders = [each for each in found.environments if each.folder]
    for environment in folders:
        survey = charts.surveyed(environment)
        for reason in filter(None, (survey.trouble, *survey.failed.values())):
            tell(Fault(file=environment.folder, message=reason))
    return len(folders) + len(found.unusable)
