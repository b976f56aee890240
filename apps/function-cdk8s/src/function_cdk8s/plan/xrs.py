"""The XRs to plan an upgrade for: from YAML files, and from requests that the function recorded."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from cdk8s_function import objects
from cdk8s_function.chart.composite_type import CompositeType
from cdk8s_function.objects import Json
from cdk8s_function.protocol.structs import to_dict
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.recording import recording
from cdk8s_function.server import chart_input

from function_cdk8s.render import inputs

_YAML = (".yaml", ".yml")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """An XR, and the other inputs of its chart.

    Attributes:
        file: The file it is in.
        xr: The XR.
        surroundings: The other arguments of `cdk8s_function.testing.scenario`.
    """

    file: pathlib.Path
    xr: Mapping[str, Json]
    surroundings: Mapping[str, Any]

    def is_of(self, kind: CompositeType[Any]) -> bool:
        """Return whether it is of a kind."""
        return _type(self.xr) == (kind.group, kind.kind)


def read(path: pathlib.Path) -> list[Planned]:
    """Return what may be XRs in a file, or in the files of a folder, in order.

    A YAML file holds objects: each may be an XR, and the others are in the
    cluster. Any other file is a log in which the last recording of each XR counts.
    Of a folder, hidden files are left out: they are settings of tools.

    Args:
        path: The file or folder.

    Raises:
        RenderError: If a file cannot be read, or holds something else.
    """
    files = [path]
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
    written = [(file, each) for file in files if file.suffix in _YAML for each in inputs.objects(file)]
    manifests = [each for _, each in written]
    found = [
        Planned(
            file=file,
            xr=xr,
            surroundings={"required": [each for each in manifests if each is not xr], "props": _props(xr, manifests)},
        )
        for file, xr in written
    ]
    for file in files:
        if file.suffix not in _YAML:
            found += _recorded(file)
    return found


def _props(xr: Mapping[str, Json], manifests: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """Return the props that a Composition for an XR, if there is one, gives a chart."""
    for each in manifests:
        of = fields.mapping(each, "spec", "compositeTypeRef")
        if each["kind"] == "Composition" and (of.get("apiVersion"), of.get("kind")) == (xr["apiVersion"], xr["kind"]):
            for step in fields.sequence(each, "spec", "pipeline"):
                if fields.at(step, "input", "kind") == chart_input.KIND:
                    return fields.mapping(step, "input", "props")
    return {}


def _recorded(file: pathlib.Path) -> Sequence[Planned]:
    last: dict[tuple[object, ...], Planned] = {}
    for name, data in recording.find(inputs.log(file)).items():
        try:
            request = recording.unpack(name, data).request
        except recording.InvalidError as error:
            msg = f'{file}: recording "{name}": {error}'
            raise RenderError(msg) from error
        xr = to_dict(request.observed.composite.resource)
        last[*_type(xr), objects.full_name(xr)] = Planned(file=file, xr=xr, surroundings=_surroundings(request))
    return list(last.values())


def _surroundings(request: fnv1.RunFunctionRequest) -> Mapping[str, Any]:
    schemas = {
        name: to_dict(each.openapi_v3) for name, each in request.required_schemas.items() if each.HasField("openapi_v3")
    }
    return {
        "observed": {key: to_dict(each.resource) for key, each in request.observed.resources.items()},
        "required": list(_required(request)),
        "schemas": [{"components": {"schemas": schemas}}],
        "context": to_dict(request.context) if request.HasField("context") else None,
        "props": to_dict(request.input).get("props") or {},
        "credentials": {
            name: {key: value.decode(errors="replace") for key, value in each.credential_data.data.items()}
            for name, each in request.credentials.items()
        },
    }


def _required(request: fnv1.RunFunctionRequest) -> Iterator[Mapping[str, Json]]:
    for given in (request.required_resources, request.extra_resources):
        for resources in given.values():
            for each in resources.items:
                yield to_dict(each.resource)


def _type(manifest: Mapping[str, Json]) -> tuple[str, Any]:
    return objects.group_of(manifest.get("apiVersion") or ""), manifest.get("kind")
