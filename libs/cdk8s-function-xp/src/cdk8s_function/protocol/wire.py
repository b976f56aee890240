"""Write protobuf's wire format, to put a message together of parts that are encoded already.

What stands behind something else is merged into it when it is read
(https://protobuf.dev/programming-guides/encoding/#last-one-wins). So no part has
to be read and written again.
"""

_ONE_BYTE = 1 << 7

_SHORT = tuple(bytes((value,)) for value in range(_ONE_BYTE))


def varint(value: int) -> bytes:
    """Return a number that is not negative."""
    if value < _ONE_BYTE:
        return _SHORT[value]
    groups = bytearray()
    while value >= _ONE_BYTE:
        groups.append(value % _ONE_BYTE + _ONE_BYTE)
        value //= _ONE_BYTE
    groups.append(value)
    return bytes(groups)


def number(field: int, value: int) -> bytes:
    """Return a field that is a number, an enum or a bool.

    Args:
        field: The field's number, up to 15.
        value: Its value, not negative.
    """
    return _SHORT[field << 3] + varint(value)


def map_entry(field: int, key: bytes, value: bytes) -> bytes:
    """Return an entry of a map whose keys are texts and whose values are texts or messages.

    Args:
        field: The map's number, up to 15.
        key: The entry's key.
        value: The wire form of its value.
    """
    # https://protobuf.dev/programming-guides/encoding/#maps: a message whose fields 1 and 2 are key and value.
    front = b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(value))
    return _SHORT[field << 3 | 2] + varint(len(front) + len(value)) + front + value


def delimited(field: int, content: bytes) -> bytes:
    """Return a field that is text, bytes, a message or a map's entry.

    Args:
        field: The field's number, up to 15.
        content: Its wire form.
    """
    return _SHORT[field << 3 | 2] + varint(len(content)) + content
