"""Compare the XRDs of a repository with those that its charts' models give."""

from collections.abc import Iterator, Mapping
from typing import cast

from cdk8s_function import differences, objects
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
    path = _first_difference(document.manifest, kind.definition)
    if path:
        message = f"is not what the chart's models give; run: function-cdk8s xrd {kind.chart} > {document.file}"
        yield Fault(file=document.file, field=path, message=message)


def _first_difference(found: Mapping[str, Json], given: Mapping[str, Json]) -> str:
    """Return the path of the first field that is not as it is given, "" if there is none."""
    versions = {version["name"]: version for version in given["spec"]["versions"]}
    there = fields.sequence(found, "spec", "versions")
    names = [str(objects.mapping(each).get("name")) for each in there]
    if not versions.keys() <= set(names):
        return "spec.versions"
    in_order = [versions.get(name, each) for name, each in zip(names, there, strict=True)]
    wanted = {
        **given,
        "metadata": {"name": given["metadata"]["name"]},
        "spec": {**given["spec"], "versions": in_order},
    }
    return differences.first(_without_additions(found, wanted), wanted)


def _without_additions(found: Json, wanted: Json) -> Json:
    """Return what is found without the fields that a repository may add; a schema is taken whole."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return {
            key: value if key == "schema" else _without_additions(value, wanted[key])
            for key, value in cast("Mapping[str, Json]", found).items()
            if key in wanted
        }
    if isinstance(found, list) and isinstance(wanted, list):
        items, others = cast("list[Json]", found), cast("list[Json]", wanted)
        return [*map(_without_additions, items, others), *items[len(others) :]]
    return cast("Json", found)
