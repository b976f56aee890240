"""The command line: bin/new-chart."""

import argparse
import pathlib
import sys

from function_cdk8s.init import names, template
from function_cdk8s.init.names import NameRefusedError
from release.published import REGISTRY

from new_chart import library
from new_chart.library import StepFailedError

WORKSPACE = pathlib.Path(__file__).parents[3]

_NEXT = """
libs/{library} is a chart library. Next:
  bin/function-cdk8s charts                    # lists "{chart}"
  bin/render libs/{library}/examples/minimal.yaml libs/{library}/package
  bin/test --all {library}    # lint, types, tests, renders
  $EDITOR libs/{library}/src/{module}/spec.py libs/{library}/src/{module}/chart.py
"""


def main(arguments: list[str] | None = None) -> int:
    """Make a library, and return the status."""
    options = _parser().parse_args(arguments)
    try:
        chosen = names.of(options.name, group=options.group, kind=options.kind, registry=options.registry)
        library.check_free(chosen, WORKSPACE)
        names.check_importable(chosen)
        library.make(chosen, workspace=WORKSPACE, tell=_tell)
    except (NameRefusedError, StepFailedError, template.TemplateError) as error:
        print(f"bin/new-chart: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bin/new-chart: interrupted; nothing was left behind", file=sys.stderr)
        return 130
    print(
        _NEXT.format(library=chosen.library, chart=chosen.chart, module=chosen.module),
        end="",
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    # bin/new-chart explains the arguments: its --help provisions nothing.
    parser = argparse.ArgumentParser(prog="bin/new-chart", add_help=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--group", default="example.org")
    parser.add_argument("--registry", default=REGISTRY)
    parser.add_argument("--kind", default="")
    return parser


def _tell(step: str) -> None:
    print(f"{step} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
