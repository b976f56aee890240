"""`function-cdk8s xrd`: print the XRD of a chart."""

import pathlib
import tempfile

import click
from cdk8s_function.errors import FatalError
from cdk8s_function.installed import chart_environment, environments
from cdk8s_function.kernel.node import runtime
from cdk8s_function.pool import pool
from cdk8s_function.schema import xrd as definition
from cdk8s_function.schema.structural import SchemaError
from cdk8s_function.worker import loader

from function_cdk8s import editor_schemas, manifests


@click.command()
@click.argument("chart")
@click.option("--json-schema", is_flag=True, help="Print the JSON schema of the XRs instead, for an editor.")
def command(*, chart: str, json_schema: bool) -> None:
    """Print the XRD of CHART, generated from its spec model."""
    with tempfile.TemporaryDirectory(prefix="function-cdk8s-", ignore_cleanup_errors=True) as scratch:
        runtime.configure(scratch=pathlib.Path(scratch), node_heap_mib=pool.Options().limits.node_heap_mib)
        try:
            chart_environment.check()
            found = environments.discover().require(chart)
            environments.activate(found)
            factory = loader.load(found)
            composite_type = loader.composite_type(factory)
            if json_schema:
                click.echo(editor_schemas.text(editor_schemas.of_xr(composite_type)), nl=False)
                return
            click.echo(manifests.dump(definition.of(composite_type)), nl=False)
        except (FatalError, chart_environment.ContradictionError) as error:
            raise click.ClickException(str(error)) from error
        except SchemaError as error:
            msg = f"chart {chart}: {error}"
            raise click.ClickException(msg) from error
