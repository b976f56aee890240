"""`function-cdk8s render`: render an XR with no cluster, as `crossplane composition render` does.

The same arguments and options with the same meaning, so that one command line
serves both. Here the functions of the pipeline are this one: what would name or
start another is taken and ignored.
"""

import math
import pathlib
import re
import time
from collections.abc import Callable

import click

_PATH = click.Path(path_type=pathlib.Path)
_IGNORED = (
    ("--function-annotations", "-a"),
    ("--crossplane-version",),
    ("--crossplane-image",),
    ("--crossplane-binary",),
    ("--crossplane-docker-network",),
    ("--config",),
    ("--cache-dir",),
    ("--max-concurrency",),
    ("--project-file", "-f"),
)


_ANOTHER_RESPONSE = 3
"""Exit status of a replay whose response is not the recorded one."""


class _Duration(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]  # Generic in its stub only.
    """A duration as Go writes them."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        # It imports all of the library, which would slow down --help.
        from cdk8s_function import durations  # noqa: PLC0415

        if isinstance(value, float):
            return value
        if not re.fullmatch(durations.PATTERN, str(value)):
            self.fail(f"{value!r} is no duration, like 30s or 1m30s", param, ctx)
        return durations.seconds(str(value))


def _ignored(command: Callable[..., None]) -> Callable[..., None]:
    for names in _IGNORED:
        command = click.option(*names, multiple=True, hidden=True, expose_value=False)(command)
    return click.option("--verbose", is_flag=True, hidden=True, expose_value=False)(command)


@click.command()
@click.argument("composite-resource", type=_PATH, required=False)
@click.argument("composition", type=_PATH, required=False)
@click.argument("functions", type=_PATH, required=False, expose_value=False)
@click.option(
    "--context-files",
    multiple=True,
    metavar="KEY=PATH",
    help="Set a key of the pipeline's context to the YAML or JSON in a file; repeat it, or separate with a semicolon.",
)
@click.option(
    "--context-values",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the pipeline's context to YAML or JSON; wins over --context-files.",
)
@click.option("--include-function-results", "-r", is_flag=True, help="Print events too, as kind: Result.")
@click.option("--include-full-xr", "-x", is_flag=True, help="Print the XR's own spec and metadata too.")
@click.option("--include-context", "-c", is_flag=True, help="Print the context too, as kind: Context.")
@click.option(
    "--observed-resources",
    "--observed",
    "-o",
    type=_PATH,
    help="Composed resources that exist: a YAML file, or a folder of them.",
)
@click.option(
    "--required-resources",
    "--extra-resources",
    "-e",
    multiple=True,
    help="Other objects of the cluster: a YAML file, or a folder of them; repeat it, or separate with a comma.",
)
@click.option(
    "--required-schemas",
    "-s",
    type=_PATH,
    help="A folder of OpenAPI v3 documents as JSON (kubectl get --raw /openapi/v3/<group-version>).",
)
@click.option(
    "--function-credentials",
    type=_PATH,
    help="Secrets that the Composition's credentials refer to: a YAML file, or a folder of them.",
)
@click.option("--xrd", type=_PATH, help="The XR's CompositeResourceDefinition, to fill in its defaults.")
@click.option(
    "--replay",
    type=_PATH,
    metavar="LOG",
    help="Instead of an XR and a Composition: run the request recorded in a log again (- is standard input).",
)
@click.option("--recording", metavar="ID", help="Which of the recordings in the log to replay.  [default: the last]")
@click.option(
    "--verify",
    is_flag=True,
    help="Synthesise with Node.js too, and fail if its outcome differs from the native kernel's.",
)
@click.option("--timeout", type=_Duration(), default="1m", help="How long to run at most.")
@click.option(
    "--no-time-limit", is_flag=True, help="Let the chart take as long as it takes: for one that a debugger stops."
)
@_ignored
def command(
    *,
    composite_resource: pathlib.Path | None,
    composition: pathlib.Path | None,
    context_files: tuple[str, ...],
    context_values: tuple[str, ...],
    include_function_results: bool,
    include_full_xr: bool,
    include_context: bool,
    observed_resources: pathlib.Path | None,
    required_resources: tuple[str, ...],
    required_schemas: pathlib.Path | None,
    function_credentials: pathlib.Path | None,
    xrd: pathlib.Path | None,
    replay: pathlib.Path | None,
    recording: str | None,
    verify: bool,
    timeout: float,
    no_time_limit: bool,
) -> None:
    """Render the COMPOSITE_RESOURCE (XR) with the COMPOSITION, in this process and with no cluster.

    Prints what `crossplane composition render` prints, for a Composition whose
    steps are all of function-cdk8s. FUNCTIONS is taken and ignored.

    With --replay it runs one recorded request, prints on standard error whether
    the response is the recorded one, and exits with status 3 if it is not.
    """
    deadline = math.inf if no_time_limit else time.monotonic() + timeout
    if replay:
        if composite_resource:
            msg = "--replay takes no XR and no Composition: a recording holds what it needs"
            raise click.UsageError(msg)
        _replay(
            replay,
            recording,
            deadline,
            results=include_function_results,
            context=include_context,
            verify=verify,
        )
        return
    if recording:
        msg = "--recording is of a log to --replay"
        raise click.UsageError(msg)
    if composite_resource is None or composition is None:
        msg = "give an XR and a Composition, or --replay and a log"
        raise click.UsageError(msg)
    from cdk8s_function.reconcile import reconcile  # noqa: PLC0415  # As above.
    from cdk8s_function.reconcile.errors import RenderError  # noqa: PLC0415
    from cdk8s_function.reconcile.inputs import Inputs  # noqa: PLC0415

    from function_cdk8s.render import documents, in_process, inputs  # noqa: PLC0415

    try:
        xr = inputs.composite(composite_resource)
        given = Inputs(
            xr=xr,
            composition=inputs.composition_for(xr, composition),
            observed=inputs.objects(observed_resources) if observed_resources else (),
            required=[item for path in _split(required_resources, ",") for item in inputs.objects(pathlib.Path(path))],
            credentials=inputs.objects(function_credentials) if function_credentials else (),
            schemas=inputs.schemas(required_schemas) if required_schemas else (),
            context=inputs.context(
                {key: pathlib.Path(path) for key, path in _pairs(context_files, "--context-files").items()},
                _pairs(context_values, "--context-values"),
            ),
            xrd=inputs.definition_for(xr, xrd) if xrd else None,
        )
        with in_process.surroundings() as scratch:
            charts = in_process.Charts(scratch, deadline=deadline, verify=verify)
            rendered = reconcile.render(given, charts.run)
    except RenderError as error:
        raise click.ClickException(str(error)) from error
    text = documents.text(
        rendered,
        full_xr=given.xr if include_full_xr else None,
        include_results=include_function_results,
        include_context=include_context,
    )
    click.echo(text, nl=False)
    in_process.leave(0)


def _replay(
    path: pathlib.Path, name: str | None, deadline: float, *, results: bool, context: bool, verify: bool
) -> None:
    from cdk8s_function.reconcile.errors import RenderError  # noqa: PLC0415

    from function_cdk8s.render import documents, in_process  # noqa: PLC0415  # As above.
    from function_cdk8s.render import replay as replaying  # noqa: PLC0415

    path = path if path == replaying.STANDARD_INPUT else path.absolute()
    try:
        with in_process.surroundings() as scratch:
            charts = in_process.Charts(scratch, deadline=deadline, verify=verify)
            replayed = replaying.run(path, name, charts.run)
        for line in replayed.report():
            click.echo(line, err=True)
        text = documents.text(replayed.rendered(), include_results=results, include_context=context)
    except RenderError as error:
        raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)
    in_process.leave(0 if replayed.is_the_same else _ANOTHER_RESPONSE)


def _split(values: tuple[str, ...], separator: str) -> list[str]:
    return [part for value in values for part in value.split(separator)]


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in _split(values, ";"):
        key, equals, value = part.partition("=")
        if not equals:
            msg = f"expected KEY=VALUE, not {part!r}"
            raise click.BadParameter(msg, param_hint=option)
        pairs[key] = value
    return pairs
