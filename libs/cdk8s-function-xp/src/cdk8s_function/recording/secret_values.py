"""Find the secret values in a request and its response.

Credentials, connection details, the data of Secrets wherever an object holds
one, and the fields that a chart's models declare sensitive.
"""

import base64
import binascii
import math
from collections.abc import Callable, Iterator, MutableMapping, Sequence

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import struct_pb2

from cdk8s_function.schema.sensitive_fields import ANY

Message = fnv1.RunFunctionRequest | fnv1.RunFunctionResponse

Change = Callable[[bytes], bytes]
"""Returns the replacement of a secret value."""

SECRET = ("v1", "Secret")
_SECRETS = ("v1", "SecretList")


def change_all(message: Message, paths: Sequence[tuple[str, ...]], change: Change) -> None:
    """Replace each secret value by what `change` returns.

    Args:
        message: A request or a response.
        paths: Its XR's sensitive fields, from `spec` or `status`.
        change: What is called with each value.
    """
    for state in states(message):
        for resource in (state.composite, *state.resources.values()):
            _change_entries(resource.connection_details, change)
        for path in paths:
            _change_at(state.composite.resource, path, change)
    if isinstance(message, fnv1.RunFunctionRequest):
        for credentials in message.credentials.values():
            _change_entries(credentials.credential_data.data, change)
        for resource in required(message):
            _change_entries(resource.connection_details, change)
        for path in paths:
            if path[0] == "spec":
                _change_at(message.input, ("props", *path[1:]), change)
    for struct in structs(message):
        _change_secrets(struct, change)


def states(message: Message) -> Iterator[fnv1.State]:
    """Return the states a message holds."""
    if isinstance(message, fnv1.RunFunctionRequest):
        yield message.observed
    yield message.desired


def required(req: fnv1.RunFunctionRequest) -> Iterator[fnv1.Resource]:
    """Return the resources that were required."""
    for resources in (*req.required_resources.values(), *req.extra_resources.values()):
        yield from resources.items


def structs(message: Message) -> Iterator[struct_pb2.Struct]:
    """Return every object, context, input and schema of a message."""
    for state in states(message):
        yield from (resource.resource for resource in (state.composite, *state.resources.values()))
    if message.HasField("context"):
        yield message.context
    if isinstance(message, fnv1.RunFunctionResponse):
        if message.HasField("output"):
            yield message.output
        return
    yield message.input
    yield from (resource.resource for resource in required(message))
    yield from (schema.openapi_v3 for schema in message.required_schemas.values())


def below(value: struct_pb2.Value | struct_pb2.Struct) -> Iterator[struct_pb2.Struct]:
    """Return every Struct in a value, the value itself first if it is one."""
    if isinstance(value, struct_pb2.Struct):
        yield value
        for item in value.fields.values():
            yield from below(item)
    elif value.HasField("struct_value"):
        yield from below(value.struct_value)
    elif value.HasField("list_value"):
        for item in value.list_value.values:
            yield from below(item)


def secrets_in(struct: struct_pb2.Struct) -> Iterator[struct_pb2.Struct]:
    """Return every Secret in an object. The items of a SecretList may have no kind of their own."""
    for each in below(struct):
        if type_of(each) == SECRET:
            yield each
        elif type_of(each) == _SECRETS and "items" in each.fields:
            items = each.fields["items"].list_value.values
            yield from (item.struct_value for item in items if type_of(item.struct_value) != SECRET)


def struct_in(struct: struct_pb2.Struct, name: str) -> struct_pb2.Struct | None:
    """Return the object in a field, None if there is none."""
    value = struct.fields.get(name)
    return value.struct_value if value is not None and value.HasField("struct_value") else None


def type_of(struct: struct_pb2.Struct) -> tuple[str, str]:
    """Return apiVersion and kind, "" where there is none."""
    fields = struct.fields
    return (
        fields["apiVersion"].string_value if "apiVersion" in fields else "",
        fields["kind"].string_value if "kind" in fields else "",
    )


def _change_entries(entries: MutableMapping[str, bytes], change: Change) -> None:
    for name in list(entries):
        entries[name] = change(entries[name])


def _change_secrets(struct: struct_pb2.Struct, change: Change) -> None:
    for each in secrets_in(struct):
        if "stringData" in each.fields:
            _change_strings(each.fields["stringData"], change)
        if "data" in each.fields:
            _change_strings(each.fields["data"], lambda value: _in_base64(value, change))


def _in_base64(value: bytes, change: Change) -> bytes:
    try:
        return base64.b64encode(change(base64.b64decode(value, validate=True)))
    except binascii.Error:
        return change(value)


def _change_at(struct: struct_pb2.Struct, path: Sequence[str], change: Change) -> None:
    name, *rest = path
    for key in list(struct.fields) if name == ANY else [name]:
        if key in struct.fields:
            _change_below(struct.fields[key], rest, change)


def _change_below(value: struct_pb2.Value, path: Sequence[str], change: Change) -> None:
    if not path:
        _change_strings(value, change)
    elif value.HasField("struct_value"):
        _change_at(value.struct_value, path, change)
    elif value.HasField("list_value") and path[0] == ANY:
        for item in value.list_value.values:
            _change_below(item, path[1:], change)


def _change_strings(value: struct_pb2.Value, change: Change) -> None:
    """Change each string and number in a value."""
    match value.WhichOneof("kind"):
        case "string_value":
            value.string_value = change(value.string_value.encode()).decode()
        case "number_value":
            value.number_value = number(change(digits(value.number_value).encode()).decode())
        case "struct_value":
            for item in value.struct_value.fields.values():
                _change_strings(item, change)
        case "list_value":
            for item in value.list_value.values:
                _change_strings(item, change)
        case _:
            pass


def digits(number: float) -> str:
    """Return a number as text."""
    return str(int(number)) if math.isfinite(number) and number.is_integer() else repr(number)


def number(text: str) -> float:
    """Return the number in a string, 0 if it is not one."""
    try:
        return float(text)
    except ValueError:
        return 0.0
