"""Values are what JavaScript and jsii make of them: order of keys, what is dropped, what is refused."""

import datetime
import decimal
import enum
from typing import Any

import cdk8s
import pytest
import tables
from tables import Case, Raised, Table


class Plain(enum.Enum):
    A = "a"


class Text(enum.StrEnum):
    A = "a"


class Count(enum.IntEnum):
    A = 3


def in_a_manifest(given: Any) -> Any:
    return tables.manifest({"spec": given}).get("spec", "none")


def in_a_patch(given: Any) -> Any:
    return cdk8s.JsonPatch.apply({}, cdk8s.JsonPatch.add("/a", given)).get("a", "none")


def as_context(given: Any) -> Any:
    """A value that is set as context, and what is found."""
    app = cdk8s.App()
    app.node.set_context("key", given)
    return [app.node.try_get_context("key"), app.node.get_all_context()]


TABLES = (
    Table(
        in_a_manifest,
        (
            # Array indexes come first and ascending, the rest is sorted by UTF-16 units.
            Case({"b": 1, "a": 2}, {"a": 2, "b": 1}),
            Case({"b": 1, "10": 2, "9": 3, "a": 4, "0": 5}, {"0": 5, "9": 3, "10": 2, "a": 4, "b": 1}),
            Case(
                {"01": 1, "1": 2, "-1": 3, "1.0": 4, "1e3": 5, "+1": 6, " 1": 7},
                {"1": 2, " 1": 7, "+1": 6, "-1": 3, "01": 1, "1.0": 4, "1e3": 5},
            ),
            Case({"4294967295": 1, "4294967294": 2, "a": 3}, {"4294967294": 2, "4294967295": 1, "a": 3}),
            Case(
                {"\uffff": 1, "\U0001f600": 2, "\ue000": 3, "z": 4, "\u00fc": 5},
                {"z": 4, "\xfc": 5, "\U0001f600": 2, "\ue000": 3, "\uffff": 1},
            ),
            Case({"\u0661": 1, "\u00b2": 2, "1": 3}, {"1": 3, "\xb2": 2, "\u0661": 1}),
            Case({"B": 1, "a": 2, "_": 3, "": 4}, {"": 4, "B": 1, "_": 3, "a": 2}),
            Case([{"b": 1, "a": 2, "1": 3}], [{"1": 3, "a": 2, "b": 1}]),
            Case({1: "a"}, Raised("manifest.spec: the key 1 is not text")),
            Case({2: "a", "2": "b"}, Raised("manifest.spec: the key 2 is not text")),
            # Null is left out of mappings, and stays in lists.
            Case(None, "none"),
            Case({}, {}),
            Case([], []),
            Case({"a": None}, {}),
            Case([None], [None]),
            Case([{"a": None}], [{}]),
            Case({"a": {"b": None}, "c": []}, {"a": {}, "c": []}),
            Case([[], {}, [[]]], [[], {}, [[]]]),
            Case({"a": [None, {"b": None}]}, {"a": [None, {}]}),
            # Texts.
            Case("", ""),
            Case("\x00\n\u2028\U0001f600", "\x00\n\u2028\U0001f600"),
            Case("e\u0301\ufeff", "e\u0301\ufeff"),
            Case("\ud800", Raised("manifest.spec: text with a lone surrogate has no JSON form")),
            Case(["\udc00x"], Raised("manifest.spec[0]: text with a lone surrogate has no JSON form")),
            Case({"\ud800": 1}, Raised('manifest.spec."\\ud800": text with a lone surrogate has no JSON form')),
            # Names of Object.prototype, and of jsii's protocol.
            Case(
                {"__proto__": 1},
                Raised("Passed to parameter manifest of new cdk8s-function-xp.Manifest: Unable t"),
                "a key '__proto__'",
            ),
            Case(
                {"__proto__": {"a": 1}},
                Raised("Passed to parameter manifest of new cdk8s-function-xp.Manifest: Unable t"),
                "a key '__proto__'",
            ),
            Case(
                {"constructor": 1},
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a key 'constructor'",
            ),
            Case({"toString": 1}, {"toString": 1}, "a key 'toString'"),
            Case({"hasOwnProperty": 1}, {"hasOwnProperty": 1}, "a key 'hasOwnProperty'"),
            Case({"length": 1, "name": 2, "then": 3}, {"length": 1, "name": 2, "then": 3}),
            Case({"toJSON": 1}, {"toJSON": 1}),
            Case({"$jsii.map": {}}, {"$jsii.map": {}}, "a key '$jsii.map'"),
            Case({"$jsii.byref": "x"}, {"$jsii.byref": "x"}, "a key '$jsii.byref'"),
            Case({"$jsii": 1, "$": 2}, {"$": 2, "$jsii": 1}, "a key '$jsii'"),
            # Other types of Python.
            Case(Text.A, "a"),
            Case(Count.A, 3),
            Case({"a": [Text.A, Count.A]}, {"a": ["a", 3]}),
            Case(Plain.A, "a"),
            Case((1, 2), [1, 2]),
            Case({1.5: 1}, Raised("manifest.spec: the key 1.5 is not text")),
            Case({True: 1}, Raised("manifest.spec: the key True is not text")),
            Case(b"x", Raised("manifest.spec: bytes has no JSON form; give text, a number, a bool, a li")),
            Case(
                {"a": {1}},
                Raised("manifest.spec.a: set has no JSON form; give text, a number, a bool, a li"),
            ),
            Case(decimal.Decimal("1.5"), 1.5),
            Case(datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "2026-01-02T00:00:00+00:00"),
            Case(datetime.date(2026, 1, 2), "2026-01-02"),
        ),
    ),
    Table(
        in_a_patch,
        (
            Case({"b": 1, "a": 2}, {"b": 1, "a": 2}),
            Case({"b": 1, "10": 2, "9": 3}, {"9": 3, "10": 2, "b": 1}),
            Case({"a": None}, {}),
            Case([None, {"a": None}], [None, {}]),
            Case(None, "none", "a patch without a value"),
            Case(False, False),
            Case(0, 0),
            Case("", ""),
            Case(-0.0, 0),
            Case(Text.A, "a"),
            Case(Count.A, 3),
            Case(Plain.A, Raised("__jsii_type__"), "a Plain among values"),
            Case({1: "a"}, {"1": "a"}),
            Case({2: "a", "2": "b"}, {"2": "b"}),
            Case({1.5: "a"}, {"1.5": "a"}, "a key of type float"),
            Case(
                {"__proto__": 1},
                Raised("@jsii/kernel.SerializationError: Passed to parameter value of static met"),
                "a key '__proto__'",
            ),
            Case({"toString": 1}, {"toString": 1}, "a key 'toString'"),
            Case({"$jsii.map": 1}, 1, "a key '$jsii.map'"),
            Case("\ud800", "\ud800", "a lone surrogate"),
            Case((1, 2), Raised("type object 'tuple' has no attribute '__jsii_type__'"), "a tuple among values"),
            Case(
                datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
                "2026-01-02T00:00:00.000Z",
                "a datetime among values",
            ),
        ),
    ),
    Table(
        as_context,
        (
            Case("text", ["text", {"key": "text"}]),
            Case(0, [0, {"key": 0}]),
            Case("", ["", {"key": ""}]),
            Case(False, [False, {"key": False}]),
            Case(1.0, [1, {"key": 1}]),
            Case({"b": 1, "10": 2, "9": None}, [{"10": 2, "b": 1}, {"key": {"10": 2, "b": 1}}]),
            Case([None, {"a": None}], [[None, {}], {"key": [None, {}]}]),
            Case(None, [None, {}], "context that is undefined"),
            Case(Text.A, ["a", {"key": "a"}]),
            Case(Plain.A, Raised("__jsii_type__"), "a Plain among values"),
            Case({"constructor": 1}, [{"constructor": 1}, {"key": {"constructor": 1}}], "a key 'constructor'"),
            Case(2**60, [1152921504606847000, {"key": 1152921504606847000}]),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_value_is_what_javascript_makes_of_it(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
