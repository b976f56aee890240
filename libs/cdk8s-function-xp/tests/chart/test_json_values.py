"""What charts hand over as values, and what of it has no JSON form."""

import dataclasses
import datetime
import decimal
import enum
import json
import math
import types
from typing import Any

import pydantic
import pytest
from cdk8s_function import ApiModel
from cdk8s_function.chart import json_values
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Colour(enum.Enum):
    RED = "red"
    TUPLE = (1, "two")


class Level(enum.IntEnum):
    HIGH = 3


class Name(enum.StrEnum):
    FIRST = "first"


class Port(ApiModel):
    target_port: int
    node_port: int | None = None
    opened: datetime.date | None = None


class Plain(pydantic.BaseModel):
    some_field: decimal.Decimal


class Tags(pydantic.RootModel[list[str]]):
    pass


LONG = "k" * 1000


@given(value=JSON)
def test_a_json_value_stays_as_it_is(value: Any) -> None:
    assert json_values.to_json(value, "status") == value


@pytest.mark.parametrize(
    ("value", "want"),
    [
        pytest.param(Colour.RED, "red", id="an enum member is its value"),
        pytest.param(Colour.TUPLE, [1, "two"], id="whatever that is"),
        pytest.param(Level.HIGH, 3, id="an int enum member is a number"),
        pytest.param({Name.FIRST: Name.FIRST}, {"first": "first"}, id="a text enum member is text, as a key too"),
        pytest.param(decimal.Decimal("1.5"), 1.5, id="a decimal is a number"),
        pytest.param(datetime.date(2026, 1, 2), "2026-01-02", id="a date is ISO 8601"),
        pytest.param(
            datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02T03:04:00+00:00", id="a time too"
        ),
        pytest.param((1, [2, (3,)]), [1, [2, [3]]], id="a sequence is a list"),
        pytest.param(range(2), [0, 1], id="a range too"),
        pytest.param(types.MappingProxyType({"a": {"b": ()}}), {"a": {"b": []}}, id="any mapping is an object"),
        pytest.param(
            Port(target_port=1, opened=datetime.date(2026, 1, 2)),
            {"targetPort": 1, "opened": "2026-01-02"},
            id="a model goes by its aliases, without what is None",
        ),
        pytest.param({"a": Tags(["b"])}, {"a": ["b"]}, id="a root model is its value"),
        pytest.param([Plain(some_field=decimal.Decimal(2))], [{"some_field": 2.0}], id="a model within a list"),
    ],
)
def test_what_means_a_json_value_becomes_one(value: object, want: object) -> None:
    got = json_values.to_json(value, "status")

    assert got == want
    assert json.loads(json.dumps(got)) == want


def test_what_is_to_be_kept_stays_the_same_object() -> None:
    kept = object()

    got = json_values.to_json({"a": [kept, Colour.RED]}, "status", keeps=lambda value: type(value) is object)

    assert got == {"a": [kept, "red"]}


@dataclasses.dataclass
class Thing:
    name: str


NO_FORM = "has no JSON form; give text, a number, a bool, a list or a mapping"


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        pytest.param(b"raw", TypeError, f"status: bytes {NO_FORM}", id="bytes"),
        pytest.param({"a": [0, bytearray()]}, TypeError, f"status.a[1]: bytearray {NO_FORM}", id="bytes deep inside"),
        pytest.param([{1, 2}], TypeError, f"status[0]: set {NO_FORM}", id="a set"),
        pytest.param(Thing("a"), TypeError, f"status: Thing {NO_FORM}", id="an object"),
        pytest.param({"a": {3: "b"}}, TypeError, "status.a: the key 3 is not text", id="a key that is no text"),
        pytest.param({"a": math.nan}, ValueError, "status.a: nan has no JSON form", id="not a number"),
        pytest.param([-math.inf], ValueError, "status[0]: -inf has no JSON form", id="infinity"),
        pytest.param(decimal.Decimal("NaN"), ValueError, "status: nan has no JSON form", id="a decimal that is none"),
        pytest.param(decimal.Decimal("sNaN"), ValueError, "status: nan has no JSON form", id="a signal"),
        pytest.param(
            [10**400], ValueError, "status[0]: a number beyond 1.8e+308 has no JSON form", id="a number no double holds"
        ),
        pytest.param(
            {"a": "\ud800"}, ValueError, "status.a: text with a lone surrogate has no JSON form", id="a lone surrogate"
        ),
        pytest.param(
            {"\ud800": 1},
            ValueError,
            'status."\\ud800": text with a lone surrogate has no JSON form',
            id="a lone surrogate in a key",
        ),
        pytest.param({LONG: b""}, TypeError, f"status.{LONG[:80]}…: bytes {NO_FORM}", id="a long key"),
        pytest.param(
            {(LONG,): 1}, TypeError, f"status: the key {(LONG,)!r:.100} is not text", id="a long key that is no text"
        ),
        pytest.param(
            json.loads('{"a":[' * 200 + "]}" * 200),
            ValueError,
            f"status{'.a[0]' * 12}.…: nests deeper than 128 levels of mappings and lists; make it flatter",
            id="what nests too deep",
        ),
    ],
)
def test_what_has_no_json_form_is_refused_by_its_path(value: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        json_values.to_json(value, "status")

    assert str(caught.value) == message
