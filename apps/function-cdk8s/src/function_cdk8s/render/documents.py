"""The documents that a render prints, in order."""

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
        rendered: The outcome of the reconcile.
        full_xr: The XR from the input, to print it whole with the changes; None prints only the changes.
        include_results: Also print events.
        include_context: Also print the context.
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
