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
  bin/render {example} \\
      {composition}
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
        folder = library.make(chosen, workspace=WORKSPACE, tell=_tell)
    except (NameRefusedError, StepFailedError, template.TemplateError) as error:
        print(f"bin/new-chart: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bin/new-chart: interrupted; nothing was left behind", file=sys.stderr)
        return 130
    made = folder.relative_to(WORKSPACE)
    print(
        _NEXT.format(
            library=chosen.library,
            chart=chosen.chart,
            module=chosen.module,
            example=made / "examples/minimal.yaml",
            composition=made / "package/apis" / chosen.plural / "composition.yaml",
        ),
        end="",
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/new-chart",
        description="Make a chart library in libs/NAME: wheel, spec model, chart, XRD, Composition, packages, example "
        "and tests. The entry point is NAME without -xp, the XR's kind is that in CamelCase.",
        epilog="environment variables: FUNCTION_CDK8S_CACHE, folder of the provisioned tools "
        "(default: ~/.cache/function-cdk8s)",
    )
    parser.add_argument("name", metavar="NAME", help="words in a-z and 0-9 with hyphens: web-cache, web-cache-xp")
    parser.add_argument(
        "--group", default="example.org", help="API group of the XR, a domain of yours (default: %(default)s)"
    )
    parser.add_argument(
        "--registry",
        default=REGISTRY,
        help="registry and owner of the chart's packages (default: %(default)s, of package.json)",
    )
    parser.add_argument("--kind", default="", help="kind of the XR, in CamelCase (default: of NAME)")
    return parser


def _tell(step: str) -> None:
    print(f"{step} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
