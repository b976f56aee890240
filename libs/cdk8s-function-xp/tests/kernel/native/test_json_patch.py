"""JSON patches do what fast-json-patch 3.1.1 makes of them, where RFC 6902 asks for an error too."""

from typing import Any

import cdk8s
import pytest
import tables
from tables import Case, Raised, Table


def operations(given: Any) -> list[cdk8s.JsonPatch]:
    return [getattr(cdk8s.JsonPatch, name)(*arguments) for name, *arguments in given]


def applied(given: Any) -> Any:
    """A document with operations applied."""
    document, *given = given
    return cdk8s.JsonPatch.apply(document, *operations(given))


def rendered(given: Any) -> Any:
    """A manifest with operations applied, which come last: keys that they add are not sorted."""
    body, *given = given
    return tables.manifest(body, *operations(given))


TABLES = (
    Table(
        applied,
        (
            # Where a path leads: RFC 6901.
            Case(({"a": 1}, ("add", "/b", 2)), {"a": 1, "b": 2}),
            Case(({"a": 1}, ("add", "/", 2)), {"a": 1, "": 2}),
            Case(
                ({"a": 1}, ("add", "//", 2)),
                Raised("TypeError: Cannot set properties of undefined (setting '')"),
                "a path that leads nowhere",
            ),
            Case(({"a": 1, "": {"": 1}}, ("replace", "//", 2)), {"a": 1, "": {"": 2}}),
            Case(({"a/b": 1, "c~d": 2}, ("replace", "/a~1b", 3), ("remove", "/c~0d")), {"a/b": 3}),
            Case(({"~1": 1, "/": 2}, ("replace", "/~01", 3)), {"~1": 3, "/": 2}),
            Case(({"~1": 1, "/": 2}, ("replace", "/~1", 3)), {"~1": 1, "/": 3}),
            Case(({"~": 1}, ("replace", "/~", 3)), {"~": 3}),
            Case(({}, ("add", "/~2", 3)), {"~2": 3}),
            Case(({}, ("add", "/~0~1~01", 3)), {"~/~1": 3}),
            Case(({}, ("add", "/a%20b", 1), ("add", "/\u00fc\U0001f600", 2)), {"a%20b": 1, "\xfc\U0001f600": 2}),
            Case(({}, ("add", "a", 1)), {"undefined": 1}, "a path that does not begin at the document"),
            Case(({}, ("add", "#/a", 1)), {"a": 1}, "a path that does not begin at the document"),
            Case(
                ({}, ("add", "/a/b", 1)),
                Raised("TypeError: Cannot set properties of undefined (setting 'b')"),
                "a path that leads nowhere",
            ),
            Case(({"a": {}}, ("add", "/a/b", 1)), {"a": {"b": 1}}),
            Case(({"a": "text"}, ("add", "/a/b", 1)), {"a": "text"}),
            Case(({"a": 1}, ("add", "/a/b", 1)), {"a": 1}),
            Case(
                ({"a": 0}, ("add", "/a/b/c", 1)),
                Raised("TypeError: Cannot set properties of undefined (setting 'c')"),
                "a path that leads nowhere",
            ),
            Case(
                ({"a": {}}, ("add", "/a/__proto__", 1)),
                Raised("TypeError: JSON-Patch: modifying `__proto__` or `constructor/prototype` "),
                "a key '__proto__'",
            ),
            Case(({"a": {}}, ("add", "/a/constructor", 1)), {"a": {"constructor": 1}}, "a key 'constructor'"),
            Case(({}, ("add", "/\ud800", 1)), {"\ud800": 1}, "a lone surrogate"),
            # Lists.
            Case(([1, 2], ("add", "/0", 9)), [9, 1, 2]),
            Case(([1, 2], ("add", "/-", 9)), [1, 2, 9]),
            Case(([1, 2], ("add", "/2", 9)), [1, 2, 9]),
            Case(([1, 2], ("add", "/3", 9)), [1, 2, 9]),
            Case(([1, 2], ("add", "/01", 9)), [1, 9, 2]),
            Case(([1, 2], ("add", "/-1", 9)), [1, 2], "a list's property"),
            Case(([1, 2], ("add", "/1.0", 9)), [1, 2], "a list's property"),
            Case(([1, 2], ("add", "/a", 9)), [1, 2], "a list's property"),
            Case(([1, 2], ("add", "/length", 0)), [], "a list's property"),
            Case(([1, 2], ("add", "/\u0661", 9)), [1, 2], "a list's property"),
            Case(([1, 2], ("add", "/", 9)), [9, 1, 2], "a list's property"),
            Case(([1, 2], ("replace", "/1", 9)), [1, 9]),
            Case(([1, 2], ("replace", "/2", 9)), [1, 2, 9]),
            Case(([1, 2], ("replace", "/-", 9)), [1, 2, 9]),
            Case(([1, 2], ("replace", "/3", 9)), [1, 2, None, 9], "a list with holes"),
            Case(([1, 2], ("remove", "/0")), [2]),
            Case(([1, 2], ("remove", "/2")), [1, 2]),
            Case(([1, 2], ("remove", "/-")), [1, 2]),
            Case(([[1], [2, [3]]], ("add", "/1/1/0", 9), ("add", "/0/-", [])), [[1, []], [2, [9, 3]]]),
            Case(([], ("copy", "/0", "/1")), [None]),
            Case(
                ([None], ("add", "/0/a", 1)),
                Raised("TypeError: Cannot set properties of undefined (setting 'a')"),
                "a path that leads nowhere",
            ),
            # What is there, or not.
            Case(({"a": 1}, ("replace", "/b", 2)), {"a": 1, "b": 2}),
            Case(({"a": 1}, ("remove", "/b")), {"a": 1}),
            Case(({"a": 1}, ("copy", "/b", "/c")), {"a": 1}),
            Case(({"a": 1}, ("move", "/b", "/c")), {"a": 1}, "a move of what is not there"),
            Case(({"a": None, "b": [None]}, ("copy", "/b/0", "/c")), {"b": [None]}),
            Case(({"b": [None]}, ("move", "/b/0", "/c")), {"b": []}, "a move of what is not there"),
            Case(({"a": 0, "b": ""}, ("move", "/a", "/c"), ("copy", "/b", "/d")), {"b": "", "c": 0, "d": ""}),
            Case(({"a": {"b": 1}}, ("copy", "/a", "/a/c"), ("replace", "/a/c/b", 2)), {"a": {"b": 1, "c": {"b": 2}}}),
            Case(
                ({"a": {"b": 1}}, ("move", "/a", "/a/c")),
                Raised("TypeError: Cannot set properties of undefined (setting 'c')"),
                "a path that leads nowhere",
            ),
            Case(({"a": {"b": 1}}, ("move", "/a/b", "/a")), {"a": 1}),
            Case(({"a": [1, 2, 3]}, ("move", "/a/0", "/a/2")), {"a": [2, 3, 1]}),
            Case(({"a": [1, 2, 3]}, ("move", "/a/2", "/a/0")), {"a": [3, 1, 2]}),
            Case(
                ({"a": [1, 2]}, ("move", "/a", "/a/0")),
                Raised("TypeError: Cannot set properties of undefined (setting '0')"),
                "a path that leads nowhere",
            ),
            Case(({"a": [1, 2]}, ("copy", "/a", "/a/-")), {"a": [1, 2, [1, 2]]}),
            Case(({"a": 1}, ("move", "/a", "/a")), {"a": 1}),
            # The whole document.
            Case(({"a": 1}, ("add", "", {"b": 2})), {"b": 2}),
            Case(({"a": 1}, ("replace", "", [1]), ("add", "/-", 2)), [1, 2]),
            Case(({"a": 1}, ("add", "", 5)), 5),
            Case(({"a": 1}, ("remove", "")), None, "a remove of the whole document"),
            Case(({"a": {"b": 1}}, ("copy", "/a", "")), {"b": 1}),
            Case(({"a": {"b": 1}}, ("move", "/a", "")), {"b": 1}),
            Case(({"a": 1}, ("copy", "", "/b")), {"a": 1, "b": {"a": 1}}),
            Case(({"a": 1}, ("test", "", {"a": 1})), {"a": 1}),
            Case(
                ({"a": 1}, ("test", "", {"a": 2})),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test of the whole document",
            ),
            Case(("text", ("add", "", {"a": 1})), {"a": 1}, "a patch of what is no document"),
            Case((1, ("add", "/a", 1)), 1, "a patch of what is no document"),
            Case(
                (None, ("add", "/a", 1)),
                Raised("TypeError: Cannot set properties of undefined (setting 'a')"),
                "a patch of what is no document",
            ),
            # Tests.
            Case(
                ({"a": {"b": [1, {"c": "\u00e9"}], "d": True}}, ("test", "/a", {"d": True, "b": [1, {"c": "\u00e9"}]})),
                {"a": {"b": [1, {"c": "\xe9"}], "d": True}},
            ),
            Case(({"a": 1}, ("test", "/a", 1.0)), {"a": 1}),
            Case(({"a": 0}, ("test", "/a", -0.0)), {"a": 0}),
            Case(
                ({"a": 1}, ("test", "/a", "1")),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": 1}, ("test", "/a", True)),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": 0}, ("test", "/a", False)),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": ""}, ("test", "/a", False)),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": []}, ("test", "/a", {})),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": ["x"]}, ("test", "/a", {"0": "x"})),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": [1, 2]}, ("test", "/a", [2, 1])),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": [1, 2]}, ("test", "/a", [1])),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": "e\u0301"}, ("test", "/a", "\u00e9")),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(({"a": 2**53}, ("test", "/a", 2**53 + 1)), {"a": 9007199254740992}),
            Case(
                ({"a": [None]}, ("test", "/a", [None])),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": 1}, ("test", "/b", 1)),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            Case(
                ({"a": [1]}, ("test", "/a/-", 1)),
                Raised("TEST_OPERATION_FAILED: Test operation failed"),
                "a test that fails",
            ),
            # Values.
            Case(({"a": 1}, ("add", "/b", None)), {"a": 1}, "a patch without a value"),
            Case(({"a": 1}, ("add", "/b", {"c": None, "d": [None]})), {"a": 1, "b": {"d": [None]}}),
            Case(({"a": None}, ("add", "/b", 1.0)), {"b": 1}),
            Case(({"a": 1}, ("add", "/b", 1e21)), {"a": 1, "b": 1e21}),
            Case(({"a": 1}, ("add", "/b", 2**60)), {"a": 1, "b": 1152921504606847000}),
            Case(
                ({"b": 1, "10": 2}, ("add", "/9", 3), ("add", "/a", 4), ("add", "/01", 5)),
                {"9": 3, "10": 2, "b": 1, "a": 4, "01": 5},
            ),
            Case(({}, ("add", "/a", {"b": 1, "2": 2, "1": 3})), {"a": {"1": 3, "2": 2, "b": 1}}),
        ),
    ),
    Table(
        rendered,
        (
            Case(
                ({"spec": {"b": 1}}, ("add", "/spec/a", 2), ("add", "/data", {"z": 1, "a": None})),
                {
                    "apiVersion": "v1",
                    "kind": "Kind",
                    "metadata": {"name": "chart-made-c8ce6c53"},
                    "spec": {"b": 1, "a": 2},
                    "data": {"z": 1},
                },
            ),
            Case(
                ({"spec": {"b": 1}}, ("add", "/1", 2)),
                {
                    "1": 2,
                    "apiVersion": "v1",
                    "kind": "Kind",
                    "metadata": {"name": "chart-made-c8ce6c53"},
                    "spec": {"b": 1},
                },
            ),
            Case(
                ({"spec": 1}, ("replace", "/spec", None)),
                {"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}},
                "a patch without a value",
            ),
            Case(
                ({"spec": 1}, ("remove", "/kind")),
                {"apiVersion": "v1", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": 1},
            ),
            Case(
                ({"spec": 1}, ("remove", "/metadata/name")),
                {"apiVersion": "v1", "kind": "Kind", "metadata": {}, "spec": 1},
            ),
            Case(({"spec": 1}, ("remove", "/metadata")), {"apiVersion": "v1", "kind": "Kind", "spec": 1}),
            Case(
                ({"spec": 1}, ("replace", "/metadata", [])),
                {"apiVersion": "v1", "kind": "Kind", "metadata": [], "spec": 1},
            ),
            Case(
                ({"spec": 1}, ("add", "/metadata/labels", {"b": "1", "a": "2", "10": "3"})),
                {
                    "apiVersion": "v1",
                    "kind": "Kind",
                    "metadata": {"name": "chart-made-c8ce6c53", "labels": {"10": "3", "b": "1", "a": "2"}},
                    "spec": 1,
                },
            ),
            Case(
                ({"spec": 1}, ("add", "/metadata/labels/a", "1")),
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a path that leads nowhere",
            ),
            Case(
                ({"spec": 1}, ("move", "/kind", "/a")),
                {"apiVersion": "v1", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": 1, "a": "Kind"},
            ),
            Case(
                ({"spec": 1}, ("replace", "/kind", 5)),
                {"apiVersion": "v1", "kind": 5, "metadata": {"name": "chart-made-c8ce6c53"}, "spec": 1},
            ),
            Case(
                ({"spec": {"a": {}, "b": []}}, ("remove", "/spec/none")),
                {
                    "apiVersion": "v1",
                    "kind": "Kind",
                    "metadata": {"name": "chart-made-c8ce6c53"},
                    "spec": {"a": {}, "b": []},
                },
            ),
            Case(({"spec": [1]}, ("replace", "", {"z": 1, "kind": "K"})), {"kind": "K", "z": 1}),
            Case(({"spec": [1]}, ("replace", "", [1])), {"0": 1}, "a patch that leaves no mapping"),
            Case(({"spec": [1]}, ("copy", "/spec", "")), {"0": 1}, "a patch that leaves no mapping"),
            Case(
                ({"spec": 1}, ("remove", "")),
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a remove of the whole document",
            ),
            Case(
                ({"spec": 1}, ("test", "/spec", 2)),
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a test that fails",
            ),
            Case(
                ({"spec": {"a": 1}}, ("copy", "", "/status")),
                {
                    "apiVersion": "v1",
                    "kind": "Kind",
                    "metadata": {"name": "chart-made-c8ce6c53"},
                    "spec": {"a": 1},
                    "status": {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": {"a": 1},
                    },
                },
            ),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_patch_does_what_fast_json_patch_does(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
