"""`function-cdk8s charts`: list the charts a function input can name."""

import json

import click
from cdk8s_function import chart_environment, registry

_HEADINGS = ("NAME", "CLASS", "WHEEL", "VERSION")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(*, as_json: bool) -> None:
    """List the installed charts: name, class, wheel and version."""
    found = registry.discover()
    rows = [(found.name_of(chart), chart.target, chart.dist, chart.version) for chart in found.charts]
    if as_json:
        keys = [heading.lower() for heading in _HEADINGS]
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    table = [_HEADINGS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADINGS))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    try:
        chart_environment.check()
    except chart_environment.ContradictionError as error:
        raise click.ClickException(str(error)) from error
    if not rows:
        click.echo(f"no installed wheel has an entry point in the group {registry.GROUP}", err=True)
