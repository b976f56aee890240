"""Query the DNS server for its zone, like a client.

A TCP probe would not notice a server that accepts connections and does not answer
queries.
"""

import secrets
import socket
import struct

ADDRESS = ("127.0.0.1", 5353)

_SOA = 6
_INTERNET = 1
_HEADER = struct.Struct("!6H")
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
    identity = secrets.randbelow(1 << 16)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
    query = _HEADER.pack(identity, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", _SOA, _INTERNET)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(_TIMEOUT_SECONDS)
            client.connect(address)
            client.send(query)
            answer = client.recv(4096)
    except OSError as error:
        raise NoAnswerError(str(error)) from error
    if len(answer) < _HEADER.size:
        msg = f"an answer of {len(answer)} octets"
        raise NoAnswerError(msg)
    answered, flags, _, count, _, _ = _HEADER.unpack_from(answer)
    if answered != identity or not flags & _RESPONSE:
        msg = "an answer to another query"
        raise NoAnswerError(msg)
    return flags & _RCODE, count


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
