"""Random objects of generated classes, each of one seed, for both kernels to render."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import datetime
import enum
import inspect
import random
import typing
from typing import Any

import cdk8s

WORDS = ["", "x", "ü", "10", "a/b", "😀", "true"]
NUMBERS = [0, 1, 1.0, -3, 0.5, 2**60, 1e21]


def kinds(module: Any) -> list[Any]:
    """The classes of Kubernetes objects in a module of generated classes."""
    members = [member for _, member in sorted(inspect.getmembers(module, inspect.isclass))]
    return [member for member in members if issubclass(member, cdk8s.ApiObject) and member is not cdk8s.ApiObject]


class Values:
    """Random values of types."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def arguments(self, init: Any, depth: int) -> dict[str, Any]:
        """Arguments of a class, those it needs and some of the others."""
        given: dict[str, Any] = {}
        hints = typing.get_type_hints(init)
        for name, parameter in inspect.signature(init).parameters.items():
            if parameter.kind is not parameter.KEYWORD_ONLY:
                continue
            needed = parameter.default is parameter.empty
            if needed or (depth > 0 and self.rng.random() < (0.5 if len(hints) < 8 else 0.25)):
                given[name] = self.value(hints[name], depth - 1)
        return given

    def value(self, hint: Any, depth: int) -> Any:
        rng = self.rng
        origin, inner = typing.get_origin(hint), [each for each in typing.get_args(hint) if each is not type(None)]
        if origin is typing.Union:
            return rng.choice(NUMBERS) if set(inner) == {int, float} else self.value(inner[0], depth)
        if hint is Any:
            return rng.choice([rng.choice(WORDS), {"b": [1, None], "a": {}}, [{"x": None}], True, rng.choice(NUMBERS)])
        if hint is str:
            return rng.choice(WORDS)
        if hint is bool:
            return rng.random() < 0.5
        if hint is datetime.datetime:
            return datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC) if rng.random() < 0.02 else None
        if origin is not None and issubclass(origin, typing.Mapping):
            return {rng.choice(WORDS) or "k": self.value(inner[1], depth) for _ in range(rng.randint(0, 3))}
        if origin is not None and issubclass(origin, typing.Sequence):
            return [self.value(inner[0], depth) for _ in range(rng.randint(0, 2))]
        if issubclass(hint, enum.Enum):
            return rng.choice(list(hint))
        if hasattr(hint, "__jsii_name_mapping__"):
            return hint(**self.arguments(hint.__init__, depth))
        name = rng.choice([each for each in ("from_number", "from_string") if hasattr(hint, each)])
        return getattr(hint, name)(rng.choice(NUMBERS if name == "from_number" else WORDS))


def render(kind: Any, seed: int) -> list[Any]:
    """An object's manifest, what its class makes of the same props, and its group, version and kind."""
    values = Values(random.Random(seed))
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    arguments = values.arguments(kind.__init__, 4)
    made = kind(chart, "made", **arguments)
    if values.rng.random() < 0.5:
        made.add_json_patch(cdk8s.JsonPatch.add("/unknown", 1), cdk8s.JsonPatch.add("/metadata/labels", {"10": "a"}))
    return [chart.to_json(), made.to_json(), kind.manifest(**arguments), [kind.GVK.api_version, kind.GVK.kind]]
