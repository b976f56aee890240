"""What is right: the answer of an undisturbed function to each reconcile, compared whole."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format

from function_bench.chaos.work import TOKEN, Reconcile

_MISSING = object()
_SHOWN = 120


class Answers:
    """The right answers of a run, by reconcile."""

    def __init__(self) -> None:
        self._right: dict[int, bytes] = {}

    def learn(self, reconcile: Reconcile, answer: bytes) -> None:
        """Take an answer of the undisturbed function for right."""
        if fault := _implausible(reconcile, answer):
            msg = f"the undisturbed function does not compose {reconcile.chart}: {fault}"
            raise ValueError(msg)
        self._right[reconcile.number] = zlib.compress(_canonical(answer), 1)

    def fault(self, reconcile: Reconcile, answer: bytes) -> str:
        """Return what is wrong with an answer, on one line; "" if nothing is."""
        right = zlib.decompress(self._right[reconcile.original])
        if _canonical(answer) == right:
            return ""
        return _implausible(reconcile, answer) or _difference(_plain(right), _plain(answer))


def _implausible(reconcile: Reconcile, answer: bytes) -> str:
    """Return what shows without the right answer that one is wrong, "" if nothing does."""
    for result in fnv1.RunFunctionResponse.FromString(answer).results:
        if result.severity == fnv1.SEVERITY_FATAL:
            return f"a FATAL result: {result.message}"
    tokens = {token.decode() for token in TOKEN.findall(answer)}
    if others := sorted(tokens - {reconcile.token}):
        return f"an answer of another XR: it holds {', '.join(others)}, and {reconcile.token} was asked for"
    return "" if tokens else f"it does not hold {reconcile.token}"


def _difference(right: dict[str, Any], answer: dict[str, Any]) -> str:
    path, expected, found = next(_differences(right, answer, ""))
    return f"a wrong answer: {path} is {_shown(found)}, not {_shown(expected)}"


def _differences(right: Any, answer: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if (type(right), type(answer)) == (dict, dict):
        for key in sorted({*right, *answer}):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(right.get(key, _MISSING), answer.get(key, _MISSING), below)
    elif (type(right), type(answer)) == (list, list) and len(right) == len(answer):
        for place, (expected, found) in enumerate(zip(right, answer, strict=True)):
            yield from _differences(expected, found, f"{path}[{place}]")
    elif right != answer:
        yield path, right, answer


def _shown(value: object) -> str:
    if value is _MISSING:
        return "missing"
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _canonical(answer: bytes) -> bytes:
    """Return an answer's one encoding: protobuf leaves the order of a map open."""
    return fnv1.RunFunctionResponse.FromString(answer).SerializeToString(deterministic=True)


def _plain(answer: bytes) -> dict[str, Any]:
    return json_format.MessageToDict(fnv1.RunFunctionResponse.FromString(answer), preserving_proto_field_name=True)
