"""Check what a render composed against the schemas of its kinds."""

import pathlib
from collections.abc import Sequence

import click
from cdk8s_function.object_schemas import catalog, checks
from cdk8s_function.reconcile import composed
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.reconcile import Rendered

from function_cdk8s.render import inputs

UNFIT = 1
"""Exit status of a render that composes an object which does not fit its schema."""


def report(rendered: Rendered, crds: Sequence[pathlib.Path]) -> int:
    """Print a line for each field that does not fit, and for each object that can't be checked.

    Args:
        rendered: The outcome of the reconcile.
        crds: Files, or folders of files, with definitions of custom resources.

    Returns:
        The exit status.

    Raises:
        RenderError: If no schemas are installed, or a file can't be read.
    """
    try:
        known = catalog.Catalog()
    except LookupError as error:
        raise RenderError(str(error)) from error
    for path in crds:
        known.add(inputs.objects(path))
    checked = checks.check({composed.key_of(each): each for each in rendered.composed}, known)
    for line in [*checked.faults, *checked.unchecked.values()]:
        click.echo(line, err=True)
    return UNFIT if checked.faults else 0
