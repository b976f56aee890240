"""Compare the XRDs of a repository with those that its charts' models give."""

from collections.abc import Iterator, Mapping
from typing import cast

from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields

from function_cdk8s.check.faults import Fault
from function_cdk8s.check.kinds import Kind
from function_cdk8s.check.repository import Document

KIND = "CompositeResourceDefinition"


def is_of(document: Document, kind: Kind) -> bool:
    """Return whether a document defines a kind of XR."""
    manifest = document.manifest
    spec = (fields.at(manifest, "spec", "group"), fields.at(manifest, "spec", "names", "kind"))
    return manifest["kind"] == KIND and spec == kind.name


def faults(document: Document, kind: Kind) -> Iterator[Fault]:
    """Return the first field of an XRD that is not as the model gives it.

    A repository may add other versions, labels and annotations, and fields of Crossplane's such as
    defaultCompositionRef: these are not compared.

    Args:
        document: The XRD in a file.
        kind: The kind it defines.
    """
    wanted, found = dict(kind.definition), dict(document.manifest)
    wanted["metadata"] = {"name": fields.at(wanted, "metadata", "name")}
    path = _different(found, wanted, "", is_open=True)
    if path:
        message = f"is not what the chart's models give; run: function-cdk8s xrd {kind.chart} > {document.file}"
        yield Fault(file=document.file, field=path, message=message)


def _different(found: Json, wanted: Json, path: str, *, is_open: bool) -> str:
    """Return the path of the first field that differs, "" if none does."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        old, new = cast("dict[str, Json]", found), cast("dict[str, Json]", wanted)
        keys: list[str] = list(new) if is_open else [*new, *old]
        for key in keys:
            below = f"{path}.{key}" if path else key
            if key not in old or key not in new:
                return below
            if different := _different(old[key], new[key], below, is_open=is_open and key != "schema"):
                return different
        return ""
    if path == "spec.versions" and isinstance(found, list) and isinstance(wanted, list):
        return _of_versions(cast("list[Json]", found), cast("list[Mapping[str, Json]]", wanted))
    if isinstance(found, list) and isinstance(wanted, list):
        items, others = cast("list[Json]", found), cast("list[Json]", wanted)
        if len(items) != len(others):
            return path
        for index, (one, other) in enumerate(zip(items, others, strict=True)):
            if different := _different(one, other, f"{path}[{index}]", is_open=is_open):
                return different
        return ""
    return "" if found == wanted else path


def _of_versions(found: list[Json], wanted: list[Mapping[str, Json]]) -> str:
    for version in wanted:
        same = [
            (index, cast("Json", each))
            for index, each in enumerate(found)
            if isinstance(each, dict) and cast("dict[str, Json]", each).get("name") == version["name"]
        ]
        if not same:
            return "spec.versions"
        index, each = same[0]
        if different := _different(each, dict(version), f"spec.versions[{index}]", is_open=True):
            return different
    return ""
