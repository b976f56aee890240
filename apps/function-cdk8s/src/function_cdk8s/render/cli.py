"""`function-cdk8s render`: render an XR without a cluster, like `crossplane composition render`.

Arguments and options have the same names and meanings as there. All steps of the
pipeline run this function; options that select or start other functions are
accepted and ignored.
"""

import dataclasses
import functools
import math
import pathlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from function_cdk8s.render.option_values import Duration, pairs
from function_cdk8s.render.options import Options

if TYPE_CHECKING:
    from cdk8s_function.reconcile.inputs import Inputs

    from function_cdk8s.render.in_process import Charts
    from function_cdk8s.render.view import View

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
"""Exit status of a replay whose response differs from the recorded one."""

_DIFF_FAULT = 2
"""Exit status if the render for a comparison fails, as for the command diff."""


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
    help="Set a key of the pipeline's context to the YAML or JSON in a file; repeatable, or separated by semicolons.",
)
@click.option(
    "--context-values",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the pipeline's context to YAML or JSON. Takes precedence over --context-files; repeatable, or"
    " separated by semicolons.",
)
@click.option("--include-function-results", "-r", is_flag=True, help="Also print events, as kind: Result.")
@click.option("--include-full-xr", "-x", is_flag=True, help="Also print the XR's spec and metadata.")
@click.option("--include-context", "-c", is_flag=True, help="Also print the context, as kind: Context.")
@click.option(
    "--observed-resources",
    "--observed",
    "-o",
    type=_PATH,
    help="Composed resources that exist in the cluster: a YAML file, or a folder of YAML files.",
)
@click.option(
    "--required-resources",
    "--extra-resources",
    "-e",
    multiple=True,
    help="Other objects in the cluster: a YAML file, or a folder of YAML files; repeatable, or separated by commas.",
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
    help="Secrets that the Composition's credentials refer to: a YAML file, or a folder of YAML files.",
)
@click.option(
    "--summary",
    is_flag=True,
    help="Print tables instead of YAML: the composed resources and whether they are ready, and the XR's conditions,"
    " events, status and required resources.",
)
@click.option(
    "--diff",
    "diff_with",
    type=_PATH,
    metavar="FILE",
    help="Print the differences from an earlier render or other manifests (a YAML file, or a folder of YAML files)"
    " instead of YAML. Exits with status 1 if there are differences, 2 after an error.",
)
@click.option(
    "--diff-observed",
    is_flag=True,
    help="Print what would change in the --observed-resources instead of YAML. Exits as for --diff.",
)
@click.option(
    "--save",
    type=_PATH,
    metavar="FILE",
    help="Also write the YAML to a file, for a later --diff. Only its owner can read it.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Render again when a given file or the chart's source changes, until Ctrl-C (exit status 130). Prints a"
    " summary first, and then the differences. With --summary, --diff, --diff-observed or --save,"
    " prints the same each time.",
)
@click.option("--list-sources", type=_PATH, hidden=True)
@click.option(
    "--schemas",
    is_flag=True,
    help="Check the composed objects against the schemas of their kinds, and the XR's status against its XRD. Prints"
    " faults on standard error and exits with status 1. Also prints which kinds have no schema.",
)
@click.option(
    "--crds",
    type=_PATH,
    multiple=True,
    help="Check with --schemas, and with these definitions: a YAML file with CustomResourceDefinitions or"
    " CompositeResourceDefinitions, or a folder of such files; repeatable.",
)
@click.option("--xrd", type=_PATH, help="CompositeResourceDefinition of the XR; its defaults are added to the XR.")
@click.option(
    "--replay",
    type=_PATH,
    metavar="LOG",
    help="Repeat a request that is recorded in a log (- is standard input), instead of an XR and a Composition.",
)
@click.option("--recording", metavar="ID", show_default="the last", help="Which recording of the log to replay.")
@click.option(
    "--verify",
    is_flag=True,
    help="Synthesise with Node.js too, and fail if the output differs from the native kernel's.",
)
@click.option("--timeout", type=Duration(), default="1m", help="Time limit.")
@click.option("--no-time-limit", is_flag=True, help="Set no time limit, for debugging a chart.")
@_ignored
def command(**given: Any) -> None:  # noqa: ANN401  # One argument an option: `Options` has their types.
    """Render an XR with a Composition, without a cluster.

    COMPOSITE_RESOURCE is a YAML file with the XR, COMPOSITION one with the
    Composition, or a folder that has one for the XR's kind. All its steps must be
    of function-cdk8s. Prints the same YAML as `crossplane composition render`.
    FUNCTIONS is accepted and ignored.

    --replay repeats one recorded request, prints on standard error whether the
    response is the recorded one, and exits with status 3 if it is not.

    A terminal shows differences in colour, unless the environment variable NO_COLOR
    is set.
    """
    options = Options(**given)
    deadline = math.inf if options.no_time_limit else time.monotonic() + options.timeout
    options.check()
    if options.watch:
        _watch(options)
    # These import all of the library, which would slow down --help.
    from cdk8s_function.reconcile.errors import RenderError  # noqa: PLC0415

    from function_cdk8s.render import in_process  # noqa: PLC0415

    fault = _DIFF_FAULT if options.prints_difference else 1
    started = functools.partial(in_process.Charts, deadline=deadline, verify=options.verify, fault=fault)
    try:
        status = _replay(options, started) if options.replay else _render(options, started)
    except RenderError as error:
        raise (click.ClickException if fault == 1 else _NotComparedError)(str(error)) from error
    in_process.leave(status)


class _NotComparedError(click.ClickException):
    """The render for a comparison failed."""

    exit_code = _DIFF_FAULT


def _watch(options: Options) -> NoReturn:
    from function_cdk8s.render import watch  # noqa: PLC0415

    watch.run(
        [argument for argument in sys.argv[1:] if argument != "--watch"],
        options.files(),
        is_shown=options.summary or options.prints_difference or options.save is not None,
    )


def _render(options: Options, started: "Callable[[pathlib.Path], Charts]") -> int:
    """Render an XR, print the outcome, and return the exit status."""
    from cdk8s_function.reconcile import reconcile  # noqa: PLC0415  # As in `command`.

    from function_cdk8s.render import calls, in_process, schema_check, sources  # noqa: PLC0415

    view = _view(options)
    given = _inputs(options)
    if options.diff_observed:
        view = dataclasses.replace(view, observed=given.observed)
    listing = options.list_sources.absolute() if options.list_sources else None
    with in_process.surroundings() as scratch, sources.written(listing, given.composition):
        called = calls.Calls(started(scratch).run)
        rendered = reconcile.render(given, called.run)
    status = view.show(rendered, called, full_xr=given.xr if options.include_full_xr else None)
    unfit = schema_check.report(given, rendered, options.crds) if options.schemas or options.crds else 0
    return unfit or status


def _replay(options: Options, started: "Callable[[pathlib.Path], Charts]") -> int:
    """Repeat a recorded request, print the outcome, and return the exit status."""
    from function_cdk8s.render import calls, in_process, replay  # noqa: PLC0415  # As in `command`.

    view = _view(options)
    path = options.replay or replay.STANDARD_INPUT
    path = path if path == replay.STANDARD_INPUT else path.absolute()
    with in_process.surroundings() as scratch:
        called = calls.Calls(started(scratch).run)
        replayed = replay.run(path, options.recording, called.run)
    for line in replayed.report():
        click.echo(line, err=True)
    status = view.show(replayed.rendered(), called)
    return status if replayed.is_the_same else _ANOTHER_RESPONSE


def _view(options: Options) -> "View":
    from function_cdk8s.render import inputs  # noqa: PLC0415  # As in `command`.
    from function_cdk8s.render.view import View  # noqa: PLC0415

    before = options.diff_with
    # With --diff and --save of one file, the first render has nothing to compare with.
    is_first = before is not None and before == options.save and not before.exists()
    return View(
        summary=options.summary,
        before=(() if is_first else inputs.objects(before)) if before else None,
        save=options.save,
        results=options.include_function_results,
        context=options.include_context,
    )


def _inputs(options: Options) -> "Inputs":
    """Return the inputs of the reconcile, from the files that the command line names."""
    from cdk8s_function.reconcile.inputs import Inputs  # noqa: PLC0415  # As in `command`.

    from function_cdk8s.render import compositions, inputs  # noqa: PLC0415

    if options.composite_resource is None or options.composition is None:
        msg = "give an XR and a Composition, or --replay and a log"
        raise click.UsageError(msg)
    xr = inputs.composite(options.composite_resource)
    return Inputs(
        xr=xr,
        composition=compositions.find(xr, options.composition),
        observed=inputs.objects(options.observed_resources) if options.observed_resources else (),
        required=[item for path in options.required_files() for item in inputs.objects(path)],
        credentials=inputs.objects(options.function_credentials) if options.function_credentials else (),
        schemas=inputs.schemas(options.required_schemas) if options.required_schemas else (),
        context=inputs.context(options.context_file_paths(), pairs(options.context_values, "--context-values")),
        xrd=inputs.definition_for(xr, options.xrd) if options.xrd else None,
    )
