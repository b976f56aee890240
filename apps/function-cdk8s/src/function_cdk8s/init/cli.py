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
  uv run function-cdk8s render examples/minimal.yaml package/apis/{plural}/composition.yaml
  $EDITOR src/{module}/spec.py src/{module}/chart.py
"""


@click.command()
@click.argument("name")
@click.option("--group", default="example.org", help="API group of the XR, a domain of yours.")
@click.option("--kind", default="", help="Kind of the XR, in CamelCase.  [default: of NAME]")
@click.option("--registry", default="ghcr.io/example", help="Registry and owner of the chart's packages.")
@click.option(
    "--folder",
    type=click.Path(path_type=pathlib.Path),
    help="Where to make it; may hold an empty git repository.  [default: NAME]",
)
def command(*, name: str, group: str, kind: str, registry: str, folder: pathlib.Path | None) -> None:
    """Make the repository of a chart: wheel, spec model, XRD, Composition, packages, example, tests, CI.

    NAME is words in a-z and 0-9 with hyphens: web-cache. It names the wheel and
    the chart.
    """
    target = pathlib.Path(name) if folder is None else folder
    try:
        chosen = names.of(name, group=group, kind=kind, registry=registry)
        _check_empty(target)
        names.check_importable(chosen)
        template.write(chosen, target)
    except (names.NameRefusedError, template.TemplateError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_NEXT.format(folder=target, plural=chosen.plural, module=chosen.module), nl=False)


def _check_empty(folder: pathlib.Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = f"--folder {str(folder)!r} is no folder"
        raise click.ClickException(msg)
    if found := sorted(each.name for each in folder.iterdir() if each.name not in _GIT):
        msg = f"--folder {str(folder)!r} is not empty: it has {found[0]!r}; choose another, or empty it first"
        raise click.ClickException(msg)
