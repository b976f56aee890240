"""Constructs are in JavaScript's order, and found and named as `constructs` does."""

from typing import Any

import cdk8s
import constructs
import pytest
import tables
from tables import Case, Raised, Table


def app_with(ids: Any) -> cdk8s.App:
    app = cdk8s.App()
    for id in ids:
        constructs.Construct(constructs.Construct(app, id), "below")
    return app


def orders(given: Any) -> Any:
    """Ids of children, and paths of all constructs in both orders."""
    node = app_with(given).node
    found = [
        node.find_all(order) for order in (constructs.ConstructOrder.PREORDER, constructs.ConstructOrder.POSTORDER)
    ]
    return [[each.node.id for each in node.children], *[[each.node.path for each in order] for order in found]]


def default_child(given: Any) -> Any:
    child = app_with(given).node.default_child
    return child and child.node.path


def lookup(given: Any) -> Any:
    """The child of an id, and the children once it is removed."""
    node = app_with(["a", "a/b", "10", "Default"]).node
    found = node.try_find_child(given)
    return [found and found.node.path, node.try_remove_child(given), [each.node.id for each in node.children]]


def needed(given: Any) -> Any:
    return app_with(["a", "a/b"]).node.find_child(given).node.path


def context(given: Any) -> Any:
    """What calls of the app's node and of a child's say."""
    app, child = cdk8s.App(), None
    said: list[Any] = []
    for on, name, *arguments in given:
        if on == "child" and child is None:
            child = constructs.Construct(app, "child")
        said.append(getattr((app if child is None or on == "app" else child).node, name)(*arguments))
    return said


def root(given: Any) -> Any:
    made = constructs.RootConstruct(given)
    return [made.node.id, made.node.path, made.to_string(), made.node.addr]


TABLES = (
    Table(
        orders,
        (
            Case([], [[], [""], [""]]),
            Case(["b", "a"], [["b", "a"], ["", "b", "b/below", "a", "a/below"], ["b/below", "b", "a/below", "a", ""]]),
            Case(
                ["10", "9", "a", "01", "1"],
                [
                    ["1", "9", "10", "a", "01"],
                    ["", "1", "1/below", "9", "9/below", "10", "10/below", "a", "a/below", "01", "01/below"],
                    ["1/below", "1", "9/below", "9", "10/below", "10", "a/below", "a", "01/below", "01", ""],
                ],
            ),
            Case(
                ["4294967295", "4294967294", "0"],
                [
                    ["0", "4294967294", "4294967295"],
                    ["", "0", "0/below", "4294967294", "4294967294/below", "4294967295", "4294967295/below"],
                    ["0/below", "0", "4294967294/below", "4294967294", "4294967295/below", "4294967295", ""],
                ],
            ),
            Case(
                ["-1", "1.0", "1"],
                [
                    ["1", "-1", "1.0"],
                    ["", "1", "1/below", "-1", "-1/below", "1.0", "1.0/below"],
                    ["1/below", "1", "-1/below", "-1", "1.0/below", "1.0", ""],
                ],
            ),
            Case(
                ["a/b", "c\nd"],
                [
                    ["a--b", "c--d"],
                    ["", "a--b", "a--b/below", "c--d", "c--d/below"],
                    ["a--b/below", "a--b", "c--d/below", "c--d", ""],
                ],
            ),
            Case(
                ["/", "\n\n"],
                [
                    ["--", "----"],
                    ["", "--", "--/below", "----", "----/below"],
                    ["--/below", "--", "----/below", "----", ""],
                ],
            ),
            Case(
                ["\U0001f600", "\ue000"],
                [
                    ["\U0001f600", "\ue000"],
                    ["", "\U0001f600", "\U0001f600/below", "\ue000", "\ue000/below"],
                    ["\U0001f600/below", "\U0001f600", "\ue000/below", "\ue000", ""],
                ],
            ),
            Case(
                ["\u0661", "\u00b2", "1"],
                [
                    ["1", "\u0661", "\xb2"],
                    ["", "1", "1/below", "\u0661", "\u0661/below", "\xb2", "\xb2/below"],
                    ["1/below", "1", "\u0661/below", "\u0661", "\xb2/below", "\xb2", ""],
                ],
            ),
            Case(["a", "A"], [["a", "A"], ["", "a", "a/below", "A", "A/below"], ["a/below", "a", "A/below", "A", ""]]),
            Case(
                ["e\u0301", "\u00e9"],
                [
                    ["e\u0301", "\xe9"],
                    ["", "e\u0301", "e\u0301/below", "\xe9", "\xe9/below"],
                    ["e\u0301/below", "e\u0301", "\xe9/below", "\xe9", ""],
                ],
            ),
            Case(
                [" ", "\x00"],
                [[" ", "\x00"], ["", " ", " /below", "\x00", "\x00/below"], [" /below", " ", "\x00/below", "\x00", ""]],
            ),
            Case(
                ["length", "then"],
                [
                    ["length", "then"],
                    ["", "length", "length/below", "then", "then/below"],
                    ["length/below", "length", "then/below", "then", ""],
                ],
            ),
            Case(["a", "a"], Raised("There is already a Construct with name 'a' in App"), "an id twice"),
            Case(["a/b", "a--b"], Raised("There is already a Construct with name 'a--b' in App"), "an id twice"),
            Case([""], Raised("Only root constructs may have an empty ID"), "an empty id"),
            Case(
                ["constructor"],
                Raised("There is already a Construct with name 'constructor' in App"),
                "a key 'constructor'",
            ),
            Case(
                ["a", "__proto__"],
                Raised("There is already a Construct with name '__proto__' in App"),
                "a key '__proto__'",
            ),
            Case(
                ["\ud800"],
                [["\ud800"], ["", "\ud800", "\ud800/below"], ["\ud800/below", "\ud800", ""]],
                "a lone surrogate",
            ),
        ),
    ),
    Table(
        default_child,
        (
            Case(["a"], None),
            Case(["Default", "a"], "Default"),
            Case(["a", "Resource"], "Resource"),
            Case(
                ["Resource", "Default"],
                Raised("Error: Cannot determine default child for . There is both a child with i"),
                "two default children",
            ),
            Case(["default", "resource"], None),
        ),
    ),
    Table(
        lookup,
        (
            Case("a", ["a", True, ["10", "a--b", "Default"]]),
            Case("10", ["10", True, ["a", "a--b", "Default"]]),
            Case("Default", ["Default", True, ["10", "a", "a--b"]]),
            Case("none", [None, False, ["10", "a", "a--b", "Default"]]),
            Case("A", [None, False, ["10", "a", "a--b", "Default"]]),
            Case("", [None, False, ["10", "a", "a--b", "Default"]]),
            Case("a/b", ["a--b", False, ["10", "a", "a--b", "Default"]]),
            Case("a--b", ["a--b", True, ["10", "a", "Default"]]),
            Case("\ud800", [None, False, ["10", "a", "a--b", "Default"]], "a lone surrogate"),
        ),
    ),
    Table(
        needed,
        (
            Case("a", "a"),
            Case("a/b", "a--b"),
            Case("none", Raised("Error: No child with id: 'none'"), "no such child"),
            Case("", Raised("Error: No child with id: ''"), "no such child"),
        ),
    ),
    Table(
        context,
        (
            Case(
                [
                    ("app", "set_context", "key", "value"),
                    ("child", "try_get_context", "key"),
                    ("child", "get_context", "key"),
                    ("child", "get_all_context"),
                ],
                [None, "value", "value", {"key": "value"}],
            ),
            Case([("app", "set_context", "key", 0), ("child", "get_context", "key")], [None, 0]),
            Case([("app", "set_context", "key", False), ("child", "try_get_context", "key")], [None, False]),
            Case([("app", "set_context", "key", None), ("child", "try_get_context", "key")], [None, None]),
            Case(
                [("child", "get_context", "none")],
                Raised("Error: No context value present for none key"),
                "no such context",
            ),
            Case([("child", "try_get_context", "none"), ("child", "get_all_context")], [None, {}]),
            Case(
                [
                    ("app", "set_context", "key", 1),
                    ("child", "set_context", "key", 2),
                    ("app", "get_context", "key"),
                    ("child", "get_context", "key"),
                ],
                [None, None, 1, 2],
            ),
            Case(
                [("child", "set_context", "key", 1), ("app", "set_context", "key", 2)],
                Raised("Error: Cannot set context after children have been added: child"),
                "context after children",
            ),
            Case(
                [
                    ("app", "set_context", "key", {"a": 1}),
                    ("app", "set_context", "key", {"b": [None], "c": None}),
                    ("child", "get_all_context"),
                ],
                [None, None, {"key": {"b": [None]}}],
            ),
            Case(
                [
                    ("app", "set_context", "b", 1),
                    ("app", "set_context", "10", 2),
                    ("child", "set_context", "9", 3),
                    ("child", "get_all_context", {"c": 0, "b": 0, "1": 0}),
                ],
                [None, None, None, {"1": 0, "9": 3, "10": 2, "c": 0, "b": 1}],
            ),
            Case(
                [("child", "get_all_context", [1])],
                Raised("type of argument defaults must be one of (Mapping[Any, Any], NoneType); "),
            ),
            Case([("app", "set_context", "__proto__", 1)], [None], "a key '__proto__'"),
        ),
    ),
    Table(
        root,
        (
            Case("root", ["root", "root", "root", "c8552c0ba71b1046a083583ebf943cc9aa09f39a32"]),
            Case("", ["", "", "<root>", "c8adc83b19e793491b1c6ea0fd8b46cd9f32e592fc"]),
            Case(None, ["", "", "<root>", "c8adc83b19e793491b1c6ea0fd8b46cd9f32e592fc"]),
            Case("a/b", ["a--b", "a--b", "a--b", "c8f7d44ff9a1be130f62e6b84d366af121736c5291"]),
            Case(
                "\ud800",
                ["\ud800", "\ud800", "\ud800", "c81b049aa92f300c21de0afee0199e93588414f180"],
                "a lone surrogate",
            ),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_constructs_are_where_javascript_has_them(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
