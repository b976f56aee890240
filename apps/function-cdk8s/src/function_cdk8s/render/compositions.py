"""Find the Composition of an XR in a file, or in a folder such as that of a configuration package."""

import pathlib
from collections.abc import Mapping
from typing import cast

from cdk8s_function import spelling
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import composition
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.reconcile.errors import RenderError

from function_cdk8s.render import inputs


def find(xr: Mapping[str, Json], path: pathlib.Path) -> Composition:
    """Return the Composition to render an XR with.

    Args:
        xr: The XR.
        path: The file whose first document it is, or a folder with exactly one Composition for the XR's kind in
            its YAML files, at any depth.

    Raises:
        RenderError: If there is none, or it is not for this XR.
    """
    file, manifest = _in_folder(xr, path) if path.is_dir() else (path, inputs.first(path))
    with inputs.about(file):
        found = composition.parse(manifest)
        composition.check(found, xr)
    return found


def _in_folder(xr: Mapping[str, Json], folder: pathlib.Path) -> tuple[pathlib.Path, dict[str, Json]]:
    kind = str(xr["kind"])
    compositions = [
        (composed, file, cast("dict[str, Json]", document))
        for file in inputs.yaml_files(folder)
        for document in inputs.documents(file)
        if (composed := _composed(document))
    ]
    found = [(file, document) for composed, file, document in compositions if composed == kind]
    if not found:
        others = spelling.listed(kind, {composed for composed, _, _ in compositions})
        some = others and f"; it has some for {others}"
        msg = f"{folder}: no YAML file in this folder has a Composition for {kind}{some}"
        raise RenderError(msg)
    if len(found) > 1:
        files = ", ".join(dict.fromkeys(str(file) for file, _ in found))
        msg = f"{folder}: {len(found)} Compositions are for {kind}; name one file: {files}"
        raise RenderError(msg)
    return found[0]


def _composed(document: Json) -> str:
    """Return the kind of XR that a Composition is for, "" for any other document."""
    match document:
        case {"kind": "Composition", "spec": {"compositeTypeRef": {"kind": str(composed)}}}:
            return composed
        case _:
            return ""
