"""Requests that nobody should send: good ones with some of their bytes or fields changed."""

import copy
import random
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from function_bench import calls
from google.protobuf import json_format, message

_TEXTS = (
    *("", "\0", "\x1b[31mred\x1b[0m\r\nline 2\u2028line 3", "\u202eright to left\u2066"),
    *("e\u0301\U0001f9d1\u200d\U0001f680\ufeff\uffff", "A" + "/" * 30_000, "://" + "a." * 20_000),
    *("99999999999h", "-1s", "1e400s", "../../etc/passwd", "${jndi:ldap://x} {{7*7}} %s%n"),
    *("${Token[TOKEN.1]}", "__class__", "__proto__"),
)
_LARGE = ({f"key-{number}": number for number in range(20_000)}, list(range(20_000)), "x" * 20_000, [0] * 100)
_VALUES: tuple[Any, ...] = (*_TEXTS, None, True, 0, -0.0, 1e308, -(2**63), 0.1 + 0.2, [], {}, [[]], [None])
_SEEDS = (
    calls.request("good", {"token": "seed"}),
    calls.request("good", {"token": "seed"}, ttl="1m", timeout="10s", props={"mode": "x"}),
    calls.request("rich", {"token": "seed"}, cache=False),
    calls.request("raising", {"token": "seed", "mode": "multi-line"}),
    calls.request("talking", {"token": "seed"}),
    calls.request("secret", {"token": "seed"}),
)


def make(draw: random.Random) -> bytes:
    """Return an encoded request, or what is none."""
    return draw.choices((_of_fields, _of_bytes, _deep), weights=(6, 3, 1))[0](draw)


def fault(wire: bytes, reply: calls.Reply) -> str:
    """Return what is wrong with the reply to a request, "" if nothing is.

    A FATAL response has desired state as it came, any other all that the chart makes too.
    """
    try:
        asked = fnv1.RunFunctionRequest.FromString(wire)
    except message.DecodeError:
        # What nests deeper than this reader goes is made by `_deep`, which changes nothing of the desired state.
        asked = None
    if reply.code != calls.OK:
        return "a request is said to be none" if asked and reply.code == "INVALID_ARGUMENT" else ""
    asked, response = asked or _SEEDS[0], reply.response
    if reply.fatal:
        return "" if response.desired == asked.desired else "a FATAL response changes the desired state"
    earlier, keys = set(asked.desired.resources), set(response.desired.resources)
    if missing := earlier - keys:
        return f"the response lost resources of earlier steps: {sorted(missing)}"
    if asked.input.fields["chart"].string_value != "good":
        return ""
    made = [response.desired.resources[key].resource for key in keys - earlier]
    tokens = {object_.fields["data"].struct_value.fields["token"].string_value for object_ in made}
    token = asked.observed.composite.resource.fields["spec"].struct_value.fields["token"]
    expected = {token.string_value} if token.WhichOneof("kind") == "string_value" else tokens
    is_right = len(made) == 8 and len(tokens) == 1 and tokens == expected
    return "" if is_right else f"the response holds {len(made)} of 8 objects, of {tokens}, not {expected}"


def _of_fields(draw: random.Random) -> bytes:
    fields = json_format.MessageToDict(draw.choice(_SEEDS), preserving_proto_field_name=True)
    req = fnv1.RunFunctionRequest()
    for _ in range(draw.randint(1, 3)):
        changed = copy.deepcopy(fields)
        _change(changed, draw)
        try:
            req = json_format.ParseDict(changed, fnv1.RunFunctionRequest())
        except (json_format.ParseError, ValueError, TypeError):
            continue  # No request has this form.
        fields = changed
    return req.SerializeToString()


def _change(at: Any, draw: random.Random) -> None:
    """Change what is at a place drawn by chance: give it another value, remove it, or have it twice."""
    key = None
    while keys := _keys(at):
        key = draw.choice(keys)
        if not _keys(at[key]) or draw.random() < 0.1:
            break
        at = at[key]
    match draw.choices(("value", "gone", "twice"), weights=(7, 2, 2))[0] if keys else "":
        case "value":
            at[key] = copy.deepcopy(draw.choice(_LARGE if draw.random() < 0.15 else _VALUES))
        case "gone":
            del at[key]
        case "twice":
            at[key if isinstance(key, int) else draw.choice(_TEXTS)] = copy.deepcopy(at[key])
        case _:
            pass


def _keys(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value))
    return list(range(len(cast("list[object]", value)))) if isinstance(value, list) else []


def _of_bytes(draw: random.Random) -> bytes:
    wire = bytearray(draw.choice(_SEEDS).SerializeToString())
    # A changed length makes most of the rest unreadable: mostly, lengths stay.
    keeps_length = draw.random() < 0.5
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(wire) + 1)
        end = at + 1 if keeps_length else draw.choice((at, at + draw.randint(1, 8), len(wire)))
        wire[at:end] = bytes([draw.randrange(128)]) if keeps_length else draw.randbytes(draw.choice((0, 1, 8, 1000)))
    return bytes(wire)


def _deep(draw: random.Random) -> bytes:
    """Nest the XR's spec or the function input: messages that come twice are merged, so it is put behind a seed."""
    value = _field(3, b"x")
    for _ in range(draw.choice((20, 40, 127, 128, 129, 400, 3000))):
        inner = _field(1, _field(1, b"k") + _field(2, value))
        value = draw.choice((_field(5, inner), _field(6, _field(1, value))))
    struct = _field(1, _field(1, draw.choice((b"spec", b"status", b"props"))) + _field(2, value))
    numbers = fnv1.RunFunctionRequest.DESCRIPTOR.fields_by_name
    composite = _field(numbers["observed"].number, _field(1, _field(1, struct)))
    return _SEEDS[0].SerializeToString() + draw.choice((composite, _field(numbers["input"].number, struct)))


def _field(number: int, content: bytes) -> bytes:
    """Encode a field of text, bytes or a message (https://protobuf.dev/programming-guides/encoding)."""
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content
