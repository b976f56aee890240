"""What a scenario begins with, from what a test gives: a spec, an XR or a file."""

import base64
import copy
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pydantic

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import composition, defaults
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.server import chart_input
from cdk8s_function.testing.xr_kind import XrKind

Given = pydantic.BaseModel | Mapping[str, Any] | str | os.PathLike[str]
"""A spec (the chart's model, or a mapping of its fields), an XR, or a path of a YAML file that holds one."""

STEP = "compose"
_FUNCTION = "function-cdk8s"
_SECRETS_NAMESPACE = "crossplane-system"


def xr(given: Given | None, of: XrKind, *, name: str, namespace: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the XR, and the other objects of the file that it is in.

    Args:
        given: What the test gives; None is an empty spec.
        of: The kind of XR.
        name: The XR's name, where only a spec is given.
        namespace: Its namespace, likewise, unless the kind has none.

    Raises:
        ValueError: If a file holds no XR of the kind, or several.
    """
    if isinstance(given, str | os.PathLike):
        return _in_file(pathlib.Path(given), of)
    if isinstance(given, pydantic.BaseModel):
        spec = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
    elif given is not None and {"apiVersion", "kind"} <= given.keys():
        return copy.deepcopy(dict(given)), []
    else:
        spec = copy.deepcopy(dict(given or {}))
    metadata = {"name": name} | ({"namespace": namespace} if of.scope == "Namespaced" else {})
    return {"apiVersion": of.api_version, "kind": of.kind, "metadata": metadata, "spec": spec}, []


def defaulted(given: Mapping[str, Any], defined: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an XR with the defaults of its XRD, as the API server fills them in."""
    made = copy.deepcopy(dict(given))
    if defined is not None and any(each["name"] == _version(made) for each in defined["spec"]["versions"]):
        defaults.apply(made, defined)
    return made


def one_step(
    of: XrKind, chart: str, props: Mapping[str, Any], credentials: Sequence[str], *, version: str = ""
) -> Composition:
    """Return a Composition with one step, which composes the chart; it names a version if one is given."""
    asked = {"apiVersion": f"{chart_input.GROUP}/{chart_input.VERSION}", "kind": chart_input.KIND, "chart": chart}
    if version:
        asked["version"] = version
    secrets = [
        {"name": name, "source": "Secret", "secretRef": {"namespace": _SECRETS_NAMESPACE, "name": name}}
        for name in credentials
    ]
    step = {
        "step": STEP,
        "functionRef": {"name": _FUNCTION},
        "input": {**asked, **({"props": dict(props)} if props else {})},
        "credentials": secrets,
    }
    return composition.parse(
        {
            "apiVersion": "apiextensions.crossplane.io/v1",
            "kind": "Composition",
            "metadata": {"name": of.plural},
            "spec": {
                "compositeTypeRef": {"apiVersion": of.api_version, "kind": of.kind},
                "mode": "Pipeline",
                "pipeline": [step],
            },
        }
    )


def pipeline(given: str | os.PathLike[str] | Mapping[str, Any], xr: Mapping[str, Any]) -> Composition:
    """Return a Composition that a test gives, checked to be for an XR.

    Raises:
        RenderError: If it is none, or for another kind of XR.
    """
    manifests = [dict(given)] if isinstance(given, Mapping) else list(_documents(pathlib.Path(given)))
    found = composition.parse(manifests[0] if manifests else {})
    composition.check(found, xr)
    return found


def secrets(credentials: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the Secrets that `one_step` refers to.

    Args:
        credentials: Values by key, by the credential's name.
    """
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": _SECRETS_NAMESPACE},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()},
        }
        for name, values in credentials.items()
    ]


def manifests(given: Sequence[Mapping[str, Any] | str | os.PathLike[str]]) -> list[dict[str, Any]]:
    """Return objects of the cluster, given as manifests or as YAML files."""
    found: list[dict[str, Any]] = []
    for each in given:
        found += [dict(each)] if isinstance(each, Mapping) else list(_documents(pathlib.Path(each)))
    return found


def _in_file(path: pathlib.Path, of: XrKind) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    found = list(_documents(path))
    ours = [each for each in found if (objects.group_of(each["apiVersion"]), each["kind"]) == (of.group, of.kind)]
    if len(ours) != 1:
        msg = f"{path}: holds {len(ours)} {of.kind} of {of.group}; give a file with one, or an XR"
        raise ValueError(msg)
    return ours[0], [each for each in found if each is not ours[0]]


def _documents(path: pathlib.Path) -> Iterator[dict[str, Any]]:
    from cdk8s_function.yaml import reader  # noqa: PLC0415  # Only this needs PyYAML, of the extra `test`.

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise RenderError(msg) from error
    for document in reader.documents(text):
        if document is None:
            continue
        if not isinstance(document, dict) or not {"apiVersion", "kind"} <= document.keys():
            msg = f"{path}: holds a document that is no Kubernetes object"
            raise ValueError(msg)
        yield cast("dict[str, Json]", document)


def _version(xr: Mapping[str, Any]) -> str:
    return xr["apiVersion"].rpartition("/")[2]
