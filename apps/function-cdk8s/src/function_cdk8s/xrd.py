"""`function-cdk8s xrd`: print the XRD of a chart."""

import pathlib
import tempfile

import click
from cdk8s_function import jsii_runtime, loader, pool, registry
from cdk8s_function import xrd as definition
from cdk8s_function.errors import FatalError

from function_cdk8s import manifests


@click.command()
@click.argument("chart")
def command(*, chart: str) -> None:
    """Print the CompositeResourceDefinition made from the spec model of CHART."""
    with tempfile.TemporaryDirectory(prefix="function-cdk8s-", ignore_cleanup_errors=True) as scratch:
        jsii_runtime.configure(scratch=pathlib.Path(scratch), node_heap_mib=pool.Options().caps.node_heap_mib)
        try:
            factory = loader.load(registry.discover().require(chart))
            click.echo(manifests.dump(definition.of(loader.composite_type(factory))), nl=False)
        except FatalError as error:
            raise click.ClickException(str(error)) from error
