"""Strategies for the specs that an XRD accepts, for property tests with Hypothesis."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import pydantic
from hypothesis import strategies as st

from cdk8s_function.schema import structural
from cdk8s_function.testing import charts

_Strategy = st.SearchStrategy[Any]

_MOST_ITEMS = 5
"""How many items or keys a value has at most, where its schema lets it have more."""

_TEXT = st.characters(exclude_categories=["Cs"])
_ANY = st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(_TEXT, max_size=20)

_FORMATS: Mapping[str, _Strategy] = {
    "date": st.dates().map(lambda each: each.isoformat()),
    "date-time": st.datetimes().map(lambda each: f"{each.isoformat(timespec='seconds')}Z"),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "uuid": st.uuids().map(str),
}


def specs(of: type[pydantic.BaseModel] | Callable[..., Any] | str) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for specs that fit the structural schema of a chart's spec, as the API server lets them in.

    What only a CEL rule or a validator of the model refuses is among them: the
    chart then has to refuse it, in one line.

    Args:
        of: The spec's model, the chart's class, or the name of its entry point.

    Raises:
        TypeError: If no XRD can have the model; names the field.
    """
    if isinstance(of, type) and issubclass(of, pydantic.BaseModel):
        return _values(structural.of(of, "spec"))
    chart = cast("Callable[..., Any] | str", of)
    return _values(structural.of(charts.declared(chart).spec, "spec"))


def _values(schema: Mapping[str, Any]) -> _Strategy:
    made = _of_type(schema)
    return made | st.none() if schema.get("nullable") else made


def _of_type(schema: Mapping[str, Any]) -> _Strategy:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return _integers(schema) | _strings(schema)
    match schema.get("type"):
        case "object":
            return _objects(schema)
        case "array":
            return _arrays(schema)
        case "string":
            return _strings(schema)
        case "integer":
            return _integers(schema)
        case "number":
            return _numbers(schema)
        case "boolean":
            return st.booleans()
        case _:
            return _ANY


def _objects(schema: Mapping[str, Any]) -> _Strategy:
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    if properties:
        values = {name: _values(each) for name, each in properties.items()}
        always = {name: each for name, each in values.items() if name in required}
        sometimes = {name: each for name, each in values.items() if name not in required}
        return st.fixed_dictionaries(always, optional=sometimes)
    below: Mapping[str, Any] = schema.get("additionalProperties", {})
    least, most = _sizes(schema, "minProperties", "maxProperties")
    return st.dictionaries(st.text(_TEXT, min_size=1, max_size=20), _values(below), min_size=least, max_size=most)


def _arrays(schema: Mapping[str, Any]) -> _Strategy:
    least, most = _sizes(schema, "minItems", "maxItems")
    is_set = schema.get("x-kubernetes-list-type") == "set"
    return st.lists(_values(schema.get("items", {})), min_size=least, max_size=most, unique=is_set)


def _sizes(schema: Mapping[str, Any], least: str, most: str) -> tuple[int, int]:
    smallest = int(schema.get(least, 0))
    return smallest, min(int(schema.get(most, smallest + _MOST_ITEMS)), smallest + _MOST_ITEMS)


def _strings(schema: Mapping[str, Any]) -> _Strategy:
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    if "pattern" in schema:
        # Kubernetes' patterns (RE2) are Python's, but `$` there is the end of the text only.
        pattern = re.sub(r"(?<!\\)\$$", r"\\Z", schema["pattern"])
        found = st.from_regex(pattern, alphabet=_TEXT)
        return found.filter(lambda each: least <= len(each) and (most is None or len(each) <= most))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return st.text(_TEXT, min_size=least, max_size=most)


def _integers(schema: Mapping[str, Any]) -> _Strategy:
    step = int(schema.get("multipleOf", 1))
    least, most = schema.get("minimum", -(1 << 31)), schema.get("maximum", (1 << 31) - 1)
    least = int(least) + bool(schema.get("exclusiveMinimum"))
    most = int(most) - bool(schema.get("exclusiveMaximum"))
    return st.integers(-(-least // step), most // step).map(lambda each: each * step)


def _numbers(schema: Mapping[str, Any]) -> _Strategy:
    return st.floats(
        schema.get("minimum"),
        schema.get("maximum"),
        exclude_min=bool(schema.get("exclusiveMinimum")),
        exclude_max=bool(schema.get("exclusiveMaximum")),
        allow_nan=False,
        allow_infinity=False,
    )
