"""The command line of `function-cdk8s init`."""

import pathlib

import click

from function_cdk8s.init import names, template

_GIT = {".git"}

_NEXT = """
{folder} is the repository of a chart. Next:
  cd {folder}
  git init                     # if it is not in a repository yet
  uv run pytest                # makes .venv and uv.lock
  uv run function-cdk8s render examples/minimal.yaml package
  $EDITOR src/{module}/spec.py src/{module}/chart.py
"""


@click.command()
@click.argument("name")
@click.option("--group", default="example.org", help="API group of the XR: a domain that you own.")
@click.option("--kind", default="", show_default="NAME in CamelCase", help="Kind of the XR, in CamelCase.")
@click.option("--registry", default="ghcr.io/example", help="Registry and owner of the chart's packages.")
@click.option(
    "--folder",
    type=click.Path(path_type=pathlib.Path),
    show_default="NAME",
    help="Folder for the repository. It must be new or empty; it may hold a .git folder.",
)
def command(*, name: str, group: str, kind: str, registry: str, folder: pathlib.Path | None) -> None:
    """Create the repository of a new chart.

    It has a wheel, spec model, XRD, Composition, packages, example, tests and CI.
    NAME is the name of the wheel and of the chart: words of a-z and 0-9, joined by
    hyphens, like web-cache.
    """
    target = pathlib.Path(name) if folder is None else folder
    try:
        chosen = names.of(name, group=group, kind=kind, registry=registry)
        _check_empty(target)
        names.check_importable(chosen)
        template.write(chosen, target)
    except (names.NameRefusedError, template.TemplateError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_NEXT.format(folder=target, module=chosen.module), nl=False)


def _check_empty(folder: pathlib.Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = f"--folder {str(folder)!r} is not a folder"
        raise click.ClickException(msg)
    if found := sorted(each.name for each in folder.iterdir() if each.name not in _GIT):
        msg = f"--folder {str(folder)!r} is not empty: it has {found[0]!r}; choose another, or empty it first"
        raise click.ClickException(msg)
