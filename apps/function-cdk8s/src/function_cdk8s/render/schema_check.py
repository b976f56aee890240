"""Check the composed objects of a render against the schemas of their kinds, and the XR's status against its XRD."""

import contextlib
import pathlib
from collections.abc import Mapping, Sequence

import click
from cdk8s_function import objects
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import environments
from cdk8s_function.object_schemas import catalog, checks, xr_status
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import composed
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.inputs import Inputs
from cdk8s_function.reconcile.reconcile import Rendered
from cdk8s_function.schema import xrd
from cdk8s_function.schema.structural import SchemaError
from cdk8s_function.worker import loader

from function_cdk8s.render import inputs

UNFIT = 1
"""Exit status if a composed object, or the XR's status, does not fit its schema."""


def report(given: Inputs, rendered: Rendered, crds: Sequence[pathlib.Path]) -> int:
    """Print a line for each field that does not fit, and for each object that can't be checked.

    Args:
        given: The inputs of the reconcile.
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
    definition = given.xrd or _definition(given)
    status = xr_status.faults(rendered.xr, definition) if definition else ()
    faults = [*checked.faults, *(f"the XR ({given.xr['kind']}): {line}" for line in status)]
    for line in [*faults, *checked.unchecked.values()]:
        click.echo(line, err=True)
    return UNFIT if faults else 0


def _definition(given: Inputs) -> Mapping[str, Json] | None:
    """Return the XRD that the models of the XR's chart give, None if none of the pipeline's charts has any."""
    charts = environments.discover()
    for step in given.composition.spec.pipeline:
        # What is wrong with a chart, the render has said.
        with contextlib.suppress(FatalError, SchemaError):
            asked = step.input or {}
            versions = {key: str(asked[key]) for key in ("version", "digest") if asked.get(key)}
            kind = loader.composite_type(loader.load(charts.require(str(asked.get("chart")), **versions)))
            if (kind.group, kind.kind) == (objects.group_of(given.xr["apiVersion"]), given.xr["kind"]):
                return xrd.of(kind)
    return None
