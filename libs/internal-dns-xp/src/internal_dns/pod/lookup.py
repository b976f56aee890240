"""Query the DNS server, like a client.

A TCP probe would not notice a server that accepts connections and does not answer
queries.
"""

import secrets
import socket
import struct
from collections.abc import Sequence
from typing import Literal

ADDRESS = ("127.0.0.1", 5353)

Protocol = Literal["udp", "tcp"]
PROTOCOLS: Sequence[Protocol] = ("udp", "tcp")

_SOA = 6
_TXT = 16
_INTERNET = 1
_HEADER = struct.Struct("!6H")
_LENGTH = struct.Struct("!H")
_RESPONSE = 0x8000
_RCODE = 0x000F
_SERVFAIL = 2
_TIMEOUT_SECONDS = 2.0


class NoAnswerError(Exception):
    """The server gave no answer, or one to another query."""


def soa(zone: str, address: tuple[str, int] = ADDRESS) -> tuple[int, int]:
    """Return the response code and the number of answers to a query for a zone's SOA record.

    Args:
        zone: The zone, without trailing dot.
        address: Host and port that the server listens on.

    Raises:
        NoAnswerError: If no answer comes in time.
    """
    answer = _answer(_query(zone, _SOA), "udp", address)
    _, flags, _, count, _, _ = _HEADER.unpack_from(answer)
    return flags & _RCODE, count


def _query(name: str, type_: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    header = _HEADER.pack(secrets.randbelow(1 << 16), 0, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack("!2H", type_, _INTERNET)


def _answer(query: bytes, protocol: Protocol, address: tuple[str, int]) -> bytes:
    """Return the answer to a query.

    Raises:
        NoAnswerError: If no answer comes in time.
    """
    try:
        if protocol == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(_TIMEOUT_SECONDS)
                client.connect(address)
                client.send(query)
                answer = client.recv(4096)
        else:
            with socket.create_connection(address, timeout=_TIMEOUT_SECONDS) as client, client.makefile("rb") as stream:
                # A message by TCP has its length before it (RFC 1035, 4.2.2).
                client.sendall(_LENGTH.pack(len(query)) + query)
                answer = stream.read(_LENGTH.unpack(stream.read(_LENGTH.size))[0])
    except (OSError, struct.error) as error:
        raise NoAnswerError(str(error)) from error
    if len(answer) < _HEADER.size:
        msg = f"an answer of {len(answer)} octets"
        raise NoAnswerError(msg)
    identity, flags, *_ = _HEADER.unpack_from(answer)
    if identity != _HEADER.unpack_from(query)[0] or not flags & _RESPONSE:
        msg = "an answer to another query"
        raise NoAnswerError(msg)
    return answer


def has(name: str, value: str, protocol: Protocol, address: tuple[str, int] = ADDRESS) -> bool:
    """Return whether the answer for a name's TXT records has a value.

    Args:
        name: The name, with trailing dot.
        value: A string of one of the records.
        protocol: How to ask.
        address: Host and port that the server listens on.
    """
    try:
        return value.encode() in _answer(_query(name.removesuffix("."), _TXT), protocol, address)
    except NoAnswerError:
        return False


def is_alive(zone: str, address: tuple[str, int] = ADDRESS) -> bool:
    """Return whether the server answers and can read its database. It may not have the zone yet."""
    try:
        code, _ = soa(zone, address)
    except NoAnswerError:
        return False
    return code != _SERVFAIL


def serves(zone: str, address: tuple[str, int] = ADDRESS) -> bool:
    """Return whether the server answers for the zone."""
    try:
        code, answers = soa(zone, address)
    except NoAnswerError:
        return False
    return code == 0 and answers > 0
