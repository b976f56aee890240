"""Protobuf Structs as plain data in which each number stays the double it is: that decides how Go prints it."""

from cdk8s_function.messages import Json
from google.protobuf import struct_pb2


def plain(struct: struct_pb2.Struct) -> dict[str, Json]:
    """Return a Struct as a dict of JSON values, every number a float."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Json:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_value(item) for item in value.list_value.values]
        case _:
            return None
