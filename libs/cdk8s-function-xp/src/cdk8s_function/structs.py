"""Protobuf Structs as plain data.

A Struct holds every number as a double. Charts expect `replicas: 3` to be the
int it was in the XR, so whole numbers become ints here, unlike in the SDK's
`resource.struct_to_dict`.
"""

from typing import Any

from google.protobuf import struct_pb2

from cdk8s_function.messages import Json


def to_dict(struct: struct_pb2.Struct) -> dict[str, Json]:
    """Return a Struct as a dict of JSON values."""
    return {key: _plain(value) for key, value in struct.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:  # noqa: ANN401  # A Value holds any JSON.
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return to_dict(value.struct_value)
        case "list_value":
            return [_plain(item) for item in value.list_value.values]
        case _:
            return None
