"""The documents a render prints, and their order."""

from collections.abc import Iterator, Mapping

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import rendered_xr
from cdk8s_function.reconcile.reconcile import Rendered
from cdk8s_function.yaml import writer

_API_VERSION = "render.crossplane.io/v1beta1"


def text(
    rendered: Rendered,
    *,
    full_xr: Mapping[str, Json] | None = None,
    include_results: bool = False,
    include_context: bool = False,
) -> str:
    """Return the YAML to print.

    Args:
        rendered: What was rendered.
        full_xr: The XR that was given, to print whole with what changed; None prints only that.
        include_results: Print events too.
        include_context: Print the context too.
    """
    xr = rendered.xr if full_xr is None else objects.merged(full_xr, rendered.xr)
    documents = [rendered_xr.at_fixed_time(xr), *rendered.composed]
    if include_results:
        documents.extend(_results(rendered))
    if include_context and rendered.context is not None:
        documents.append({"apiVersion": _API_VERSION, "kind": "Context", "fields": rendered.context})
    return "".join(f"---\n{writer.dump(document)}" for document in documents)


def _results(rendered: Rendered) -> Iterator[dict[str, Json]]:
    for event in rendered.events:
        yield {
            "apiVersion": _API_VERSION,
            "kind": "Result",
            "severity": event.severity,
            "reason": event.reason,
            "message": event.message,
        }
