"""Read a RunFunctionRequest, and check once what comes from outside.

After this module an XR has a type and a name, and the metadata of every object
has the types that Kubernetes defines.
"""

import base64
from collections.abc import Mapping
from typing import Literal

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import struct_pb2

from cdk8s_function import objects
from cdk8s_function.errors import FatalError
from cdk8s_function.objects import Json
from cdk8s_function.protocol import structs
from cdk8s_function.protocol.messages import ChartRef, SynthRequest

RESOURCES = 10_000
"""Observed, required or desired resources in a request at most. Each takes some 50 µs, and an XR can't refer to more:
its references to them are an object in etcd, of 1.5 MiB at most."""

INPUT_BYTES = 1 << 20
"""Size of a function input at most. A Composition, which holds it, has 1.5 MiB in etcd for everything."""


def composite(req: fnv1.RunFunctionRequest) -> structs.Fields:
    """Return the observed XR.

    Raises:
        FatalError: If it has no apiVersion, kind or name, or ill-shaped metadata.
    """
    xr = _object(req.observed.composite.resource, "observed.composite.resource")
    for field in ("apiVersion", "kind"):
        if not isinstance(xr.get(field), str) or not xr[field]:
            msg = f"observed.composite.resource.{field} is missing; the request holds no composite resource"
            raise FatalError(msg)
    if not objects.name(xr):
        msg = "observed.composite.resource.metadata.name is missing; the request holds no composite resource"
        raise FatalError(msg)
    for field in ("spec", "status"):
        if not isinstance(xr.get(field) or {}, Mapping):
            msg = f"observed.composite.resource.{field} is not an object"
            raise FatalError(msg)
    return xr


def to_synth(
    req: fnv1.RunFunctionRequest,
    *,
    chart: ChartRef,
    props: Mapping[str, Json],
    validate: Literal["none", "warn", "refuse"],
    xr: Mapping[str, Json],
) -> SynthRequest:
    """Return the request for the worker.

    Args:
        req: What Crossplane sent.
        chart: The chart its input names.
        props: The input's props.
        validate: What the input says of objects that do not fit their schemas.
        xr: Its XR, as `composite` returned it.

    Raises:
        FatalError: If an observed or required resource has ill-shaped metadata.
    """
    observed = sorted(req.observed.resources.items())
    return SynthRequest(
        chart=chart,
        props=props,
        composite=xr,
        connection=_encoded(req.observed.composite.connection_details),
        observed={key: _object(resource.resource, f'observed.resources["{key}"]') for key, resource in observed},
        observed_connection={
            key: _encoded(resource.connection_details) for key, resource in observed if resource.connection_details
        },
        required=_required(req),
        schemas={name: structs.Fields(schema.openapi_v3) for name, schema in sorted(req.required_schemas.items())},
        context=structs.Fields(req.context),
        credentials={
            name: _encoded(credentials.credential_data.data) for name, credentials in sorted(req.credentials.items())
        },
        validate="" if validate == "none" else validate,
        can_require_schemas=fnv1.CAPABILITY_REQUIRED_SCHEMAS in req.meta.capabilities,
    )


def check_size(req: fnv1.RunFunctionRequest) -> None:
    """Refuse what no Crossplane sends, before it takes the time of other calls.

    Raises:
        FatalError: If the request holds too many resources, or its input is too large.
    """
    found = max(len(req.observed.resources), count_required(req), len(req.desired.resources), len(req.required_schemas))
    check_count(found)
    if (size := req.input.ByteSize()) > INPUT_BYTES:
        msg = f"input has {size} bytes, and {INPUT_BYTES} is the most that is taken; read large values from a ConfigMap"
        raise FatalError(msg)


def check_count(resources: int) -> None:
    """Refuse more resources than an XR can refer to.

    Raises:
        FatalError: If there are too many.
    """
    if resources > RESOURCES:
        msg = f"the request holds {resources} resources, and {RESOURCES} is the most that is taken; split the XR"
        raise FatalError(msg)


def count_required(req: fnv1.RunFunctionRequest) -> int:
    """Return how many required resources a request holds; a requirement that found none counts as one."""
    required = (req.required_resources, req.extra_resources)
    return sum(len(each.items) or 1 for resources in required for each in resources.values())


def _required(req: fnv1.RunFunctionRequest) -> dict[str, list[Mapping[str, Json]]]:
    # Before Crossplane 2.0 the field was called extra_resources.
    found = {**req.extra_resources, **req.required_resources}
    return {
        name: [
            _object(item.resource, f'required_resources["{name}"][{index}]')
            for index, item in enumerate(resources.items)
        ]
        for name, resources in sorted(found.items())
    }


def _object(struct: struct_pb2.Struct, where: str) -> structs.Fields:
    manifest = structs.Fields(struct)
    if fault := _fault(manifest):
        msg = f"{where}.{fault}"
        raise FatalError(msg)
    return manifest


def _fault(manifest: structs.Fields) -> str:
    """Return what is wrong with an object's type and metadata, "" if nothing is."""
    if name := manifest.first_no_text(("apiVersion", "kind")):
        return f"{name} is not text"
    metadata = manifest.get("metadata")
    if not isinstance(metadata, structs.Fields):
        return "metadata is not an object" if metadata else ""
    if name := metadata.first_no_text(("name", "namespace", "uid")):
        return f"metadata.{name} is not text"
    generation = metadata.get("generation") or 0
    # isinstance would take a bool for an int.
    if type(generation) is not int:
        return "metadata.generation is not a whole number"
    if not metadata.is_map_of_strings("labels", is_read=True):
        return "metadata.labels is not a map of strings"
    if not metadata.is_map_of_strings("annotations"):
        return "metadata.annotations is not a map of strings"
    return ""


def _encoded(values: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode() for key, value in sorted(values.items())}
