"""`function-cdk8s charts`: list the charts a function input can name, and the kernel each runs on.

Which kernel runs a chart is known only after its import, so a worker imports
all charts, as in the server.
"""

import json

import click
from cdk8s_function import proc
from cdk8s_function.installed import chart_environment, chart_folders, environments, registry
from cdk8s_function.pool import pool, survey
from cdk8s_function.protocol.messages import ChartRef, Environment

from function_cdk8s import table

_HEADINGS = ("NAME", "CLASS", "WHEEL", "VERSION", "KERNEL")
_DIGEST = "DIGEST"

_NATIVE = "native"
_NOTE = "native: if the native kernel can't run a part of a chart, Node.js runs it; only a synthesis shows that"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(*, as_json: bool) -> None:
    """List the installed charts.

    Shows the name, class, wheel and version of each chart, the digest of one in a
    folder of its own, by which a function input may name it, and the kernel that
    runs it: "native", or "node" or "none" with the reason. If the native kernel
    can't run a part of a chart, Node.js runs it. Only a synthesis shows whether
    that happens.
    """
    found = environments.Environments(chart_folders.top()).look()
    surveys = {each: surveyed(each) for each in found.environments}
    rows = [
        ((found.name_of(chart), chart.target, chart.dist, chart.version), *_kernel(chart, surveys[chart.environment]))
        for chart in found.charts
    ]
    if as_json:
        keys = [*(heading.lower() for heading in _HEADINGS), "reason"]
        listed = [dict(zip(keys, (*row, *kernel), strict=True)) for row, *kernel in rows]
        pairs = zip(listed, found.charts, strict=True)
        click.echo(json.dumps([{**row, "digest": chart.digest} for row, chart in pairs], indent=2))
        return
    cells = [(*row, f"{kernel}: {reason}" if reason else kernel) for row, kernel, reason in rows]
    headings = _HEADINGS
    if any(chart.digest for chart in found.charts):
        headings = (*headings[:-1], _DIGEST, headings[-1])
        cells = [(*row, chart.digest, kernel) for (*row, kernel), chart in zip(cells, found.charts, strict=True)]
    for line in table.lines(headings, cells, width=None):
        click.echo(line)
    if any(kernel == _NATIVE for _, kernel, _ in rows):
        click.echo(_NOTE, err=True)
    try:
        chart_environment.check()
    except chart_environment.ContradictionError as error:
        raise click.ClickException(str(error)) from error
    if found.unusable:
        reasons = (f"{each.dist} {each.version} can't be used: {each.reason}" for each in found.unusable)
        raise click.ClickException("\n".join(reasons))
    if not rows:
        click.echo(f"no installed wheel has an entry point in the group {registry.GROUP}", err=True)


def surveyed(environment: Environment) -> survey.Survey:
    """Return what becomes of the charts of an environment when a worker imports them."""
    proc.adopt_orphans()
    try:
        return survey.charts(
            start_seconds=pool.Options().start_seconds,
            on_line=lambda line: click.echo(line, err=True),
            environment=environment,
        )
    except OSError as error:
        return survey.Survey(trouble=f"no worker starts: {error}")


def _kernel(chart: ChartRef, found: survey.Survey) -> tuple[str, str]:
    """Return the kernel of a chart, and why it is not the native one."""
    label = f"{chart.dist}:{chart.name}"
    if reason := found.failed.get(label) or found.trouble:
        return "none", reason
    reason = found.on_node.get(label, "")
    return ("node", reason) if reason else (_NATIVE, "")
