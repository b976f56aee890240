"""Read a RunFunctionRequest: the edge where what comes from outside is checked, once.

Beyond this module an XR has a type and a name, and every object's metadata has
the shape Kubernetes gives it.
"""

import base64
from collections.abc import Mapping
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function import objects, structs
from cdk8s_function.messages import ChartRef, FatalError, Json, SynthRequest


def composite(req: fnv1.RunFunctionRequest) -> dict[str, Json]:
    """Return the observed XR.

    Raises:
        FatalError: If it has no apiVersion, kind or name, or ill-shaped metadata.
    """
    xr = structs.to_dict(req.observed.composite.resource)
    for field in ("apiVersion", "kind"):
        if not isinstance(xr.get(field), str) or not xr[field]:
            msg = f"observed.composite.resource.{field} is missing; the request holds no composite resource"
            raise FatalError(msg)
    _check_metadata(xr, "observed.composite.resource")
    if not objects.name(xr):
        msg = "observed.composite.resource.metadata.name is missing; the request holds no composite resource"
        raise FatalError(msg)
    for field in ("spec", "status"):
        if not isinstance(xr.get(field) or {}, dict):
            msg = f"observed.composite.resource.{field} is not an object"
            raise FatalError(msg)
    return xr


def to_synth(
    req: fnv1.RunFunctionRequest, *, chart: ChartRef, props: Mapping[str, Json], xr: Mapping[str, Json]
) -> SynthRequest:
    """Return the request for the worker.

    Args:
        req: What Crossplane sent.
        chart: The chart its input names.
        props: The input's props.
        xr: Its XR, as `composite` returned it.

    Raises:
        FatalError: If an observed or required resource has ill-shaped metadata.
    """
    return SynthRequest(
        chart=chart,
        props=props,
        composite=xr,
        connection=_encoded(req.observed.composite.connection_details),
        observed={
            key: _object(structs.to_dict(resource.resource), f'observed.resources["{key}"]')
            for key, resource in req.observed.resources.items()
        },
        observed_connection={
            key: _encoded(resource.connection_details)
            for key, resource in req.observed.resources.items()
            if resource.connection_details
        },
        required=_required(req),
        schemas={name: structs.to_dict(schema.openapi_v3) for name, schema in req.required_schemas.items()},
        context=structs.to_dict(req.context),
        credentials={name: _encoded(credentials.credential_data.data) for name, credentials in req.credentials.items()},
    )


def _required(req: fnv1.RunFunctionRequest) -> dict[str, list[Mapping[str, Json]]]:
    # Before Crossplane 2.0 the field was called extra_resources.
    found = {**req.extra_resources, **req.required_resources}
    return {
        name: [
            _object(structs.to_dict(item.resource), f'required_resources["{name}"][{place}]')
            for place, item in enumerate(resources.items)
        ]
        for name, resources in found.items()
    }


def _object(fields: dict[str, Any], where: str) -> dict[str, Any]:
    _check_metadata(fields, where)
    return fields


def _check_metadata(fields: Mapping[str, Any], where: str) -> None:
    for name in ("apiVersion", "kind"):
        _check(isinstance(fields.get(name, ""), str), f"{where}.{name} is not text")
    _check(isinstance(fields.get("metadata") or {}, dict), f"{where}.metadata is not an object")
    metadata = objects.metadata(fields)
    for name in ("name", "namespace", "uid"):
        _check(isinstance(metadata.get(name) or "", str), f"{where}.metadata.{name} is not text")
    _check(isinstance(metadata.get("generation") or 0, int), f"{where}.metadata.generation is not a whole number")
    for name in ("labels", "annotations"):
        texts = cast("object", metadata.get(name) or {})
        _check(_is_map_of_texts(texts), f"{where}.metadata.{name} is not a map of texts")


def _is_map_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in cast("dict[str, object]", value).values())


def _check(holds: bool, message: str) -> None:  # noqa: FBT001  # An assertion reads best by place.
    if not holds:
        raise FatalError(message)


def _encoded(values: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in values.items()}
