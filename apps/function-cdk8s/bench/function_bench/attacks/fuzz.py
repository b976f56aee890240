"""Requests that nobody should send: good ones with some of their bytes or fields changed."""

import copy
import random
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format, message

from function_bench.attacks.target import Outcome, request

_TEXTS = (
    "",
    "\0",
    "\x1b[31mred\x1b[0m\r\nline 2\u2028line 3",
    "\u202eright to left\u2066",
    "e\u0301\U0001f9d1\u200d\U0001f680\ufeff\uffff",
    "A" + "/" * 30_000,
    "://" + "a." * 20_000,
    "99999999999h",
    "-1s",
    "1e400s",
    "../../etc/passwd",
    "${jndi:ldap://x} {{7*7}} %s%n",
    "${Token[TOKEN.1]}",
    "__class__",
    "__proto__",
)
_VALUES: tuple[Any, ...] = (*_TEXTS, None, True, 0, -0.0, 1e308, -(2**63), 0.1 + 0.2, [], {}, [[]], [None])
_SEEDS = (
    request("good", {"token": "seed"}),
    request("good", {"token": "seed"}, ttl="1m", timeout="10s", props={"mode": "x"}),
    request("rich", {"token": "seed"}, cache=False),
    request("raising", {"token": "seed", "mode": "multi-line"}),
    request("talking", {"token": "seed"}),
    request("secret", {"token": "seed"}),
)


def make(random_: random.Random) -> bytes:
    """Return an encoded request, or what is none."""
    return random_.choices((_of_fields, _of_bytes, _deep, _noise), weights=(6, 2, 1, 1))[0](random_)


def fault(wire: bytes, outcome: Outcome) -> str:
    """Return what is wrong with how a request's call ended, "" if nothing is.

    A FATAL response has desired state as it came, any other all that the chart makes too.

    Args:
        wire: The encoded request.
        outcome: How its call ended.
    """
    try:
        asked = fnv1.RunFunctionRequest.FromString(wire)
    except message.DecodeError:
        # What nests deeper than this reader goes is made by `_deep`, which changes nothing of the desired state.
        asked = None
    response = outcome.response
    if response is None:
        return "a request is said to be none" if asked and outcome.kind == "INVALID_ARGUMENT" else ""
    asked = asked or fnv1.RunFunctionRequest(desired=_SEEDS[0].desired)
    if outcome.kind == "FATAL":
        return "" if response.desired == asked.desired else "a FATAL response changes the desired state"
    chart = asked.input.fields["chart"].string_value
    keys = set(response.desired.resources)
    if missing := set(asked.desired.resources) - keys:
        return f"the response lost resources of earlier steps: {sorted(missing)}"
    made = [response.desired.resources[key].resource for key in keys - set(asked.desired.resources)]
    if chart == "good" and len(made) != 8:
        return f"the response holds {len(made)} of the 8 objects"
    tokens = {object_.fields["data"].struct_value.fields["token"].string_value for object_ in made}
    if chart == "good" and len(tokens) != 1:
        return f"the response holds objects of several XRs: {tokens}"
    token = asked.observed.composite.resource.fields["spec"].struct_value.fields["token"]
    if chart == "good" and token.WhichOneof("kind") == "string_value" and tokens != {token.string_value}:
        return f"the response is another XR's: {tokens}, not {token.string_value[:80]!r}"
    return ""


def _of_fields(random_: random.Random) -> bytes:
    fields = json_format.MessageToDict(random_.choice(_SEEDS), preserving_proto_field_name=True)
    for _ in range(random_.randint(1, 3)):
        before = copy.deepcopy(fields)
        _change(fields, random_)
        try:
            json_format.ParseDict(fields, fnv1.RunFunctionRequest())
        except (json_format.ParseError, ValueError, TypeError):
            # No request has this form.
            fields = before
    return json_format.ParseDict(fields, fnv1.RunFunctionRequest()).SerializeToString()


def _change(fields: dict[str, Any], random_: random.Random) -> None:
    at: Any = fields
    while True:
        keys = _keys(at)
        if not keys:
            return
        key = random_.choice(keys)
        if not _keys(at[key]) or random_.random() < 0.1:
            break
        at = at[key]
    match random_.choices(("value", "large", "gone", "twice"), weights=(6, 1, 2, 2))[0]:
        case "value":
            at[key] = copy.deepcopy(random_.choice(_VALUES))
        case "large":
            at[key] = _large(random_)
        case "gone":
            del at[key]
        case _:
            at[key if isinstance(key, int) else random_.choice(_TEXTS)] = copy.deepcopy(at[key])


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]


def _large(random_: random.Random) -> Any:
    size = random_.choice((100, 2000, 20_000))
    return random_.choice(({f"key-{number}": number for number in range(size)}, list(range(size)), "x" * size))


def _of_bytes(random_: random.Random) -> bytes:
    wire = bytearray(random_.choice(_SEEDS).SerializeToString())
    # A changed length makes most of the rest unreadable: mostly, lengths stay.
    keeps_length = random_.random() < 0.7
    for _ in range(random_.randint(1, 3)):
        at = random_.randrange(len(wire))
        end = at + 1 if keeps_length else at + random_.randint(0, 8)
        wire[at:end] = bytes([random_.randrange(128)]) if keeps_length else random_.randbytes(random_.randint(0, 8))
    return bytes(wire)


def _noise(random_: random.Random) -> bytes:
    wire = random_.choice(_SEEDS).SerializeToString()
    return random_.choice((b"", random_.randbytes(random_.randint(1, 2000)), wire[: random_.randrange(len(wire))]))


def _deep(random_: random.Random) -> bytes:
    """Nest the XR's spec or the function input: messages that come twice are merged, so it is put behind a seed."""
    value = _field(3, b"x")
    for _ in range(random_.choice((20, 40, 127, 128, 129, 400, 3000))):
        inner = _field(1, _field(1, b"k") + _field(2, value))
        value = random_.choice((_field(5, inner), _field(6, _field(1, value))))
    struct = _field(1, _field(1, random_.choice((b"spec", b"status", b"props"))) + _field(2, value))
    numbers = fnv1.RunFunctionRequest.DESCRIPTOR.fields_by_name
    composite = _field(numbers["observed"].number, _field(1, _field(1, struct)))
    return _SEEDS[0].SerializeToString() + random_.choice((composite, _field(numbers["input"].number, struct)))


def _field(number: int, content: bytes) -> bytes:
    """Encode a field of text, bytes or a message (https://protobuf.dev/programming-guides/encoding)."""
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content
