"""Generated JavaScript is read as Node.js runs it, and what is of no known form is not used."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
import tables
from cdk8s_function.kernel.native import javascript
from tables import Case, Raised, Table

FUNCTION = """
function toJson_%(name)s(obj) {
    if (obj === undefined) {
        return undefined;
    }
    const result = {
%(fields)s
    };
    // filter undefined values
    return Object.entries(result).reduce((r, i) => (i[1] === undefined) ? r : ({ ...r, [i[0]]: i[1] }), {});
}
"""
CLASS = """
class Made extends cdk8s_1.ApiObject {
    static manifest(props) {
        return {
            ...Made.GVK,
            ...toJson_MadeProps(props),
        };
    }
    constructor(scope, id, props) {
        super(scope, id, {
            ...Made.GVK,
            ...props,
        });
    }
    toJson() {
        const resolved = super.toJson();
        return {
            ...Made.GVK,
            ...toJson_MadeProps(resolved),
        };
    }
}
exports.Made = Made;
_a = JSII_RTTI_SYMBOL_1;
Made[_a] = { fqn: "example.Made", version: "0.0.0" };
Made.GVK = {
    apiVersion: 'example.org/v1',
    kind: 'Made',
};
"""
INNER = FUNCTION % {"name": "Inner", "fields": "        'name': obj.name,\n        'odd-name': obj.oddName,"}
RUN = """
const rows = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(rows.map(([text, props]) => {
    try {
        return [true, new Function('exports', 'props', text)({}, props)];
    } catch (error) {
        return [false, `${error.name}: ${error.message}`];
    }
})));
"""


def run(rows: Sequence[tuple[str, Any]]) -> list[Any]:
    """What Node.js makes of bodies of functions of `props`, in one process."""
    command = [os.environ["JSII_NODE"], "-e", RUN]
    said: list[list[Any]] = json.loads(subprocess.check_output(command, input=json.dumps(rows), text=True))
    return [(each[1] if len(each) > 1 else None) if each[0] else Raised.by(each[1]) for each in said]


def functions(fields: str) -> str:
    shown = "\n".join(f"        {field}," for field in fields.split("; "))
    return FUNCTION % {"name": "MadeProps", "fields": shown} + INNER


def rendered(given: Any) -> Any:
    """What a class with some fields makes of its props."""
    fields, props = given
    return javascript.read([CLASS + functions(fields)]).kinds["example.Made"].to_json(props)


def rendered_by_node(given: Sequence[Any]) -> list[Any]:
    return run([(f"{functions(fields)}\nreturn toJson_MadeProps(props);", props) for fields, props in given])


def enumeration(members: Any) -> str:
    lines = "".join(f'    /** {name} */\n    Mode["{name}"] = "{value}";\n' for name, value in members.items())
    return f"var Mode;\n(function (Mode) {{\n{lines}}})(Mode || (exports.Mode = Mode = {{}}));\n"


def members(given: Any) -> Any:
    """An enumeration's members and their values."""
    return javascript.read([enumeration(given)]).enums["Mode"]


def members_by_node(given: Sequence[Any]) -> list[Any]:
    return run([(f"{enumeration(each)}\nreturn Mode;", None) for each in given])


def entries(each: str) -> str:
    """A mapping, each of whose values is made something of."""
    return (
        "'made': ((obj.value) === undefined) ? undefined : (Object.entries(obj.value).reduce("
        f"(r, i) => (i[1] === undefined) ? r : ({{ ...r, [i[0]]: {each} }}), {{}}))"
    )


SAME = "'made': obj.value"
CALL = "'made': toJson_Inner(obj.value)"
UNION = "'made': obj.value?.value"
DATE = "'made': obj.value?.toISOString()"
LIST = "'made': obj.value?.map(y => y)"
CALLS = "'made': obj.value?.map(y => toJson_Inner(y))"
UNIONS = "'made': obj.value?.map(y => y?.value)"
LISTS = "'made': obj.value?.map(y => y?.map(y => y))"
INNERS = {"9": {}, "10": {"oddName": 3}, "a": {"name": 1, "x": 2}}

TABLES = (
    Table(
        rendered,
        (
            Case((SAME, {"value": {"b": [1, {"a": 2}]}}), {"made": {"b": [1, {"a": 2}]}}),
            Case((SAME, {"value": 0}), {"made": 0}),
            Case((SAME, {"value": ""}), {"made": ""}),
            Case((SAME, {"value": False}), {"made": False}),
            Case((SAME, {"value": []}), {"made": []}),
            Case((SAME, {}), {}),
            Case((SAME, {"other": 1}), {}),
            Case((SAME, {"value": None}), {"made": None}, "null in a manifest"),
            Case(
                (
                    "'b': obj.b; 'a': obj.a; '10': obj.value10; '9': obj.value9",
                    {"a": 1, "b": 2, "value10": 3, "value9": 4},
                ),
                {"9": 4, "10": 3, "b": 2, "a": 1},
            ),
            Case(("'b': obj.b; 'a': obj.a", {"a": 1, "c": 2}), {"a": 1}),
            Case(("'odd-name': obj.oddName; '$ref': obj.ref", {"oddName": 1, "ref": 2}), {"odd-name": 1, "$ref": 2}),
            Case((CALL, {"value": {"oddName": 1, "name": "x", "unknown": 2}}), {"made": {"name": "x", "odd-name": 1}}),
            Case((CALL, {"value": {}}), {"made": {}}),
            Case((CALL, {}), {}),
            Case((CALL, {"value": "text"}), {"made": {}}, "a value of another type than its schema's"),
            Case((CALL, {"value": 5}), {"made": {}}, "a value of another type than its schema's"),
            Case((CALL, {"value": []}), {"made": {}}, "a value of another type than its schema's"),
            Case(
                (CALL, {"value": None}),
                Raised("TypeError: Cannot read properties of null (reading 'name')"),
                "null in a manifest",
            ),
            Case((UNION, {"value": {"value": 5}}), {"made": 5}),
            Case((UNION, {"value": {"value": {"a": 1}}}), {"made": {"a": 1}}),
            Case((UNION, {"value": {"other": 5}}), {}),
            Case((UNION, {"value": 5}), {}),
            Case((UNION, {"value": "text"}), {}),
            Case((UNION, {}), {}),
            Case((DATE, {}), {}),
            Case(
                (DATE, {"value": "2026-01-02T03:04:05.000Z"}),
                Raised("TypeError: obj.value?.toISOString is not a function"),
                "a date",
            ),
            Case((LIST, {"value": [1, "a", [], {}]}), {"made": [1, "a", [], {}]}),
            Case((LIST, {"value": []}), {"made": []}),
            Case((LIST, {"value": [None]}), {"made": [None]}),
            Case((LIST, {}), {}),
            Case(
                (LIST, {"value": {"a": 1}}),
                Raised("TypeError: obj.value?.map is not a function"),
                "a value of another type than its schema's",
            ),
            Case(
                (LIST, {"value": "text"}),
                Raised("TypeError: obj.value?.map is not a function"),
                "a value of another type than its schema's",
            ),
            Case(
                (LIST, {"value": 0}),
                Raised("TypeError: obj.value?.map is not a function"),
                "a value of another type than its schema's",
            ),
            Case((CALLS, {"value": [{"name": 1, "x": 2}, {}]}), {"made": [{"name": 1}, {}]}),
            Case((CALLS, {"value": ["text"]}), {"made": [{}]}, "a value of another type than its schema's"),
            Case(
                (CALLS, {"value": [None]}),
                Raised("TypeError: Cannot read properties of null (reading 'name')"),
                "a list with nothing in it",
            ),
            Case((UNIONS, {"value": [{"value": 1}, {"value": "a"}]}), {"made": [1, "a"]}),
            Case((UNIONS, {"value": [1, {"other": 2}]}), {"made": [None, None]}),
            Case((UNIONS, {"value": [None]}), {"made": [None]}),
            Case((LISTS, {"value": [[1], []]}), {"made": [[1], []]}),
            Case((LISTS, {"value": [None]}), {"made": [None]}, "a list with nothing in it"),
            Case(
                (LISTS, {"value": [{"a": 1}]}),
                Raised("TypeError: y?.map is not a function"),
                "a value of another type than its schema's",
            ),
            Case(
                (entries("i[1]"), {"value": {"9": 3, "10": 2, "b": 1, "a": 4}}),
                {"made": {"9": 3, "10": 2, "b": 1, "a": 4}},
            ),
            Case((entries("i[1]"), {"value": {}}), {"made": {}}),
            Case((entries("i[1]"), {}), {}),
            Case(
                (entries("i[1]"), {"value": {"a": None}}),
                {"made": {"a": None}},
                "a value of another type than its schema's",
            ),
            Case(
                (entries("i[1]"), {"value": ["a", "b"]}),
                {"made": {"0": "a", "1": "b"}},
                "a value of another type than its schema's",
            ),
            Case(
                (entries("i[1]"), {"value": "ab"}),
                {"made": {"0": "a", "1": "b"}},
                "a value of another type than its schema's",
            ),
            Case((entries("i[1]"), {"value": 5}), {"made": {}}, "a value of another type than its schema's"),
            Case(
                (entries("toJson_Inner(i[1])"), {"value": INNERS}),
                {"made": {"9": {}, "10": {"odd-name": 3}, "a": {"name": 1}}},
            ),
            Case((entries("i[1]?.value"), {"value": {"a": {"value": 1}, "b": {"other": 2}}}), {"made": {"a": 1}}),
            Case((entries("i[1]?.map(y => y)"), {"value": {"a": [1], "b": []}}), {"made": {"a": [1], "b": []}}),
            Case(
                (entries("i[1]?.map(y => toJson_Inner(y))"), {"value": {"a": [{"name": 1, "x": 2}]}}),
                {"made": {"a": [{"name": 1}]}},
            ),
        ),
        rendered_by_node,
    ),
    Table(
        members,
        (
            Case({"A": "a"}, {"A": "a"}),
            Case({"B": "", "A": "a b", "VALUE_1": "1"}, {"B": "", "A": "a b", "VALUE_1": "1"}),
            Case({"A": "\u00fc\U0001f600"}, {"A": "\xfc\U0001f600"}),
            Case({"A": "it's"}, {"A": "it's"}),
            Case({"A": "a/*b*/c"}, {"A": "a/*b*/c"}),
            Case({"A": "text/*", "B": "*/*"}, {"A": "text/*", "B": "*/*"}),
            Case({"A": "*/5", "B": "//"}, {"A": "*/5", "B": "//"}),
            Case({"A": "// a"}, {"A": "// a"}),
        ),
        members_by_node,
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_generated_javascript_is_read_as_node_runs_it(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)


FIELD = "'made': obj.value"
FILE = CLASS + functions(FIELD) + enumeration({"A": "a"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("exports.Made = Made;", 'console.log("a");', id="another statement"),
        pytest.param("exports.Made = Made;", 'const other = require("./other");', id="another file"),
        pytest.param(FIELD, f"{FIELD} ?? 5", id="another expression"),
        pytest.param(FIELD, f"{FIELD}.value", id="a value within a value"),
        pytest.param(FIELD, "'made': obj.value?.map(y => toJson_Inner(obj.value))", id="another operand"),
        pytest.param(FIELD, "'made': toJson_Gone(obj.value)", id="a function that is not there"),
        pytest.param(FIELD, "'__proto__': obj.value", id="a field of Object.prototype"),
        pytest.param(FIELD, "'made': obj.constructor", id="a property of Object.prototype"),
        pytest.param(FIELD, "'it\\'s': obj.value", id="an escape in a field"),
        pytest.param("=== undefined) ? r", "=== null) ? r", id="another filter"),
        pytest.param("super.toJson()", "this.props", id="another toJson"),
        pytest.param("super(scope, id, {", "super(scope, 'made', {", id="another constructor"),
        pytest.param("cdk8s_1.ApiObject", "Base", id="another base class"),
        pytest.param("Made[_a] =", "Other[_a] =", id="a class without a name in jsii"),
        pytest.param("kind: 'Made'", "kind: KIND", id="a kind that is computed"),
        pytest.param('= "a";', '= "\\u0061";', id="an escape in an enumeration"),
        pytest.param('= "a";', "= 1;", id="an enumeration of numbers"),
    ],
)
def test_a_file_with_an_unknown_form_is_not_used(old: str, new: str) -> None:
    assert javascript.read([FILE]).kinds.keys() == {"example.Made"}
    assert old in FILE

    with pytest.raises(javascript.UnknownFormError):
        javascript.read([FILE.replace(old, new)])


def test_enumerations_of_one_name_in_two_files_are_not_mixed_up() -> None:
    """In Python both are of one assembly; the submodule is not known here."""
    one, other = enumeration({"A": "a"}), enumeration({"A": "b"})

    assert javascript.read([one, one]).enums == {"Mode": {"A": "a"}}
    with pytest.raises(javascript.UnknownFormError):
        javascript.read([one, other])
