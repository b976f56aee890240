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


def delimited(field: int, content: bytes) -> bytes:
    """Return a field that is text, bytes, a message or a map's entry.

    Args:
        field: The field's number, up to 15.
        content: Its wire form.
    """
    return _SHORT[field << 3 | 2] + varint(len(content)) + content
