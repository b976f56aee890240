"""Protobuf Structs as the JSON values they hold.

A Struct holds every number as a double. Charts expect `replicas: 3` to be an int,
as in the XR, so whole numbers become ints here, unlike in the SDK's
`resource.struct_to_dict`. The order of a Struct's fields is undefined, so they are
sorted here: a chart gets the same mapping for the same request.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from google.protobuf import struct_pb2

from cdk8s_function import nesting
from cdk8s_function.objects import Json
from cdk8s_function.protocol import deep
from cdk8s_function.protocol.frames import Packed

_Conversion = Callable[[struct_pb2.Struct], Mapping[str, Json]]

_ABSENT = object()


class Fields(Packed):
    """A Struct's fields, each converted when it is looked up.

    Most of an observed object is never read, and converting all of it would cost
    more than the rest of an unchanged reconcile. A nested Struct is a `Fields`
    too; a list is plain data, with all it contains.

    Args:
        struct: The Struct, which must not change.
        nested: What a nested Struct becomes instead.
    """

    __slots__ = ("_fields", "_known", "_nested", "_struct")

    def __init__(self, struct: struct_pb2.Struct, nested: _Conversion | None = None) -> None:
        """Read a Struct."""
        self._struct = struct
        self._fields = struct.fields
        self._nested = nested or Fields
        self._known: dict[object, Json] = {}

    def __getitem__(self, key: str) -> Json:
        value = self.get(key, _ABSENT)
        if value is _ABSENT:
            raise KeyError(key)
        return value

    def get(self, key: object, default: Json = None) -> Json:
        """Return a field, or a default if there is none."""
        known = self._known
        if key in known:
            return known[key]
        found = self._value(key)
        if found is None:
            return default
        value = known[key] = _plain(found, self._nested)
        return value

    def first_no_text(self, keys: Iterable[str]) -> str:
        """Return the first of some fields that is neither text nor absent nor empty, "" if there is none."""
        fields, known = self._fields, self._known
        for key in keys:
            if key in fields:
                value = fields[key]
                if text := value.string_value:
                    known[key] = text
                elif not _is_empty(value):
                    return key
        return ""

    def is_map_of_strings(self, key: str, *, is_read: bool = False) -> bool:
        """Return whether a field is a mapping of strings, or absent or empty.

        Args:
            key: The field.
            is_read: Whether it is looked up later: it is plain data then.
        """
        if key not in self._fields:
            return True
        value = self._fields[key]
        strings = value.struct_value.fields
        if not strings:
            return _is_empty(value)
        known: dict[str, Json] = {}
        for name in sorted(strings) if is_read else strings:
            text = strings[name]
            string = text.string_value
            if not string and not text.HasField("string_value"):
                return False
            if is_read:
                known[name] = string
        if is_read:
            self._known[key] = known
        return True

    def __contains__(self, key: object) -> bool:
        return self._value(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._fields))

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(dict(self))

    def encoded(self, key: str) -> bytes | None:
        """Return bytes that are equal for equal values of a field, None if there is none."""
        value = self._value(key)
        return None if value is None else value.SerializeToString(deterministic=True)

    def pack(self) -> bytes:
        """Return the Struct's wire form, see `unpack`."""
        return self._struct.SerializeToString()

    def _value(self, key: object) -> struct_pb2.Value | None:
        try:
            # Costs half of get(). A missing key must not be indexed: protobuf would create it.
            return self._fields[key] if key in self._fields else None  # noqa: SIM401  # As above.  # pyright: ignore[reportArgumentType]
        except (TypeError, UnicodeEncodeError):
            # Not a string, or one with lone surrogates: no field can have that name.
            return None


class _Unread(Fields):
    """The fields of a Struct that is parsed when one is looked up: most charts read few objects of a request."""

    __slots__ = ("_packed",)

    def __init__(self, packed: bytes) -> None:
        self._packed = packed
        self._nested = to_dict
        self._known = {}

    def __getattr__(self, name: str) -> object:
        if name not in {"_struct", "_fields"}:
            raise AttributeError(name)
        self._struct = deep.parse(struct_pb2.Struct, self._packed)
        self._fields = self._struct.fields
        return object.__getattribute__(self, name)


def unpack(packed: bytes) -> Fields:
    """Return the fields that `Fields.pack` encoded, as a chart sees them: plain data below the first level.

    Args:
        packed: The encoded fields.
    """
    return _Unread(packed)


def to_dict(struct: struct_pb2.Struct) -> dict[str, Json]:
    """Return a Struct as a dict of JSON values."""
    fields = struct.fields
    return {key: _plain(fields[key], to_dict) for key in sorted(fields)}


def to_dict_of_doubles(struct: struct_pb2.Struct) -> dict[str, Json]:
    """Return a Struct as a dict whose numbers stay doubles, which decides how Go prints them."""
    return {key: _of_doubles(value) for key, value in struct.fields.items()}


def fill(struct: struct_pb2.Struct, fields: Mapping[str, Json]) -> None:
    """Fill a Struct, with less time and a third of the stack of its own `update`.

    Args:
        struct: The Struct, empty.
        fields: JSON values by name.

    Raises:
        nesting.TooDeepError: If a value nests too deep; the Struct is then of no use.
        ValueError: If one is no JSON value.
    """
    _put_fields(struct, fields, nesting.LEVELS - 1)


def _put_fields(struct: struct_pb2.Struct, items: Mapping[str, Json], levels: int) -> None:
    fields = struct.fields
    for key, item in items.items():
        # Most are text or hold some, and a call for each takes as long as all else.
        kind = type(item)  # pyright: ignore[reportUnknownVariableType]  # Of Any, pyright calls it unknown.
        if kind is str:
            fields[key].string_value = item
        elif kind is dict and item and levels:
            _put_fields(fields[key].struct_value, item, levels - 1)
        else:
            _put(fields[key], item, levels)


def _put(value: struct_pb2.Value, item: Json, levels: int) -> None:
    if type(item) is dict or isinstance(item, Mapping):
        if not levels:
            raise nesting.TooDeepError
        # An empty one would not be there otherwise.
        value.struct_value.SetInParent()
        _put_fields(value.struct_value, cast("Mapping[str, Json]", item), levels - 1)
    elif isinstance(item, list):
        if not levels:
            raise nesting.TooDeepError
        value.list_value.SetInParent()
        add = value.list_value.values.add
        for each in cast("list[Json]", item):
            _put(add(), each, levels - 1)
    elif isinstance(item, str):
        value.string_value = item
    elif isinstance(item, bool):
        value.bool_value = item
    elif item is None:
        value.null_value = struct_pb2.NULL_VALUE
    elif isinstance(item, int | float):
        value.number_value = item
    else:
        msg = f"{type(item).__name__} is no JSON value"
        raise ValueError(msg)


def _is_empty(value: struct_pb2.Value) -> bool:
    """Return whether a value counts as absent: null, "", 0, false, no items."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return not value.struct_value.fields
    if kind == "list_value":
        return not value.list_value.values
    return not (value.string_value or value.number_value or value.bool_value)


def _plain(value: struct_pb2.Value, nested: _Conversion) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "struct_value":
        return nested(value.struct_value)
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_plain(item, to_dict) for item in value.list_value.values]
    return None


def _of_doubles(value: struct_pb2.Value) -> Json:
    match value.WhichOneof("kind"):
        case "number_value":
            return value.number_value
        case "struct_value":
            return to_dict_of_doubles(value.struct_value)
        case "list_value":
            return [_of_doubles(item) for item in value.list_value.values]
        case _:
            return _plain(value, to_dict)
