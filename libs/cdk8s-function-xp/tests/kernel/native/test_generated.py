"""Classes that `cdk8s import` generates take and render what they do on Node.js; other JavaScript is Node.js's."""

import datetime
import importlib
import io
import pathlib
import random
import sys
import tarfile
from collections.abc import Mapping
from typing import Any, cast

import cdk8s
import pytest
import tables
from cdk8s_function.kernel.native import assemblies, generated
from tables import Case, Raised, Table

IMPORTS = pathlib.Path(__file__).with_name("imports.zip")
"""What `cdk8s import` makes of `crds`."""

sys.path.append(str(IMPORTS))
widgets: Any = importlib.import_module("imported_widgets")


def value(given: Any) -> Any:
    """A value in which `{"number": …}`, `{"text": …}`, `{"mode": …}` and `{"part": …}` stand for objects of classes."""
    if isinstance(given, list):
        return [value(each) for each in cast("list[Any]", given)]
    if not isinstance(given, dict):
        return given
    fields = cast("dict[str, Any]", given)
    match [*fields.items()]:
        case [("number", each)]:
            return widgets.WidgetSpecPort.from_number(each)
        case [("text", each)]:
            return widgets.WidgetSpecPort.from_string(each)
        case [("limit", each)]:
            return widgets.WidgetSpecLimits.from_string(each)
        case [("mode", each)]:
            return widgets.WidgetSpecMode[each]
        case [("part", each)]:
            return widgets.WidgetSpecParts(**each)
        case _:
            return {name: value(each) for name, each in fields.items()}


def widget(given: Any) -> Any:
    """A widget's manifest, of an object of a `spec` with patches, and of the class itself."""
    spec, *patches = given
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    made = widgets.Widget(chart, "made", spec=widgets.WidgetSpec(**{"size": 1, **value(spec)}))
    made.add_json_patch(*[getattr(cdk8s.JsonPatch, name)(*rest) for name, *rest in patches])
    own = widgets.Widget.manifest(spec=widgets.WidgetSpec(**{"size": 1, **value(spec)}))
    return [tables.objects(chart)[0]["manifest"]["spec"], own["spec"]]


def whole(given: Any) -> Any:
    """A widget without spec, with metadata and patches."""
    metadata, *patches = given
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    made = widgets.Widget(chart, "made", metadata=metadata)
    made.add_json_patch(*[getattr(cdk8s.JsonPatch, name)(*rest) for name, *rest in patches])
    return [tables.objects(chart)[0]["manifest"], made.api_group, widgets.Widget.GVK.kind]


TABLES = (
    Table(
        widget,
        (
            Case([{}], [{"size": 1}, {"size": 1}]),
            Case(
                [{"ratio": 1.0, "enabled": False}],
                [{"size": 1, "ratio": 1, "enabled": False}, {"size": 1, "ratio": 1, "enabled": False}],
            ),
            Case([{"ratio": -0.0}], [{"size": 1, "ratio": 0}, {"size": 1, "ratio": 0}]),
            Case([{"ratio": 1e21}], [{"size": 1, "ratio": 1e21}, {"size": 1, "ratio": 1e21}]),
            Case([{"size": 2**60}], [{"size": 1152921504606847000}, {"size": 1152921504606847000}]),
            Case(
                [{"ratio": float("nan")}],
                Raised("Out of range float values are not JSON compliant"),
                "a number that JSON lacks",
            ),
            Case([{"mode": {"mode": "VALUE_1_ST"}}], Raised("unhashable type: 'dict'")),
            Case([{"mode": {"mode": "SLOW_HYPHEN_ISH"}}], Raised("unhashable type: 'dict'")),
            Case([{"port": {"number": 80}}], [{"size": 1, "port": 80}, {"size": 1, "port": 80}]),
            Case([{"port": {"number": 1.0}}], [{"size": 1, "port": 1}, {"size": 1, "port": 1}]),
            Case([{"port": {"text": ""}}], [{"size": 1, "port": ""}, {"size": 1, "port": ""}]),
            Case(
                [{"port": {"text": "\ud800"}}],
                [{"size": 1, "port": "\ud800"}, {"size": 1, "port": "\ud800"}],
                "a lone surrogate",
            ),
            Case(
                [{"port": {"number": 2**60}}],
                [{"size": 1, "port": 1152921504606847000}, {"size": 1, "port": 1152921504606847000}],
            ),
            Case(
                [{"limits": {"b": {"limit": "1"}, "10": {"limit": "2"}, "9": {"limit": "3"}}}],
                [
                    {"size": 1, "limits": {"9": "3", "10": "2", "b": "1"}},
                    {"size": 1, "limits": {"9": "3", "10": "2", "b": "1"}},
                ],
            ),
            Case([{"limits": {}}], [{"size": 1, "limits": {}}, {"size": 1, "limits": {}}]),
            Case(
                [{"labels": {"b": "1", "10": "2", "9": "3", "a": "4"}}],
                [
                    {"size": 1, "labels": {"9": "3", "10": "2", "a": "4", "b": "1"}},
                    {"size": 1, "labels": {"9": "3", "10": "2", "b": "1", "a": "4"}},
                ],
            ),
            Case(
                [{"labels": {"\U0001f600": "1", "\ue000": "2"}}],
                [
                    {"size": 1, "labels": {"\U0001f600": "1", "\ue000": "2"}},
                    {"size": 1, "labels": {"\U0001f600": "1", "\ue000": "2"}},
                ],
            ),
            Case(
                [{"labels": {"a": None}}],
                Raised("Passed to parameter props of new orgexample.Widget: Unable to deserializ"),
                "a mapping to nothing",
            ),
            Case(
                [{"labels": {"__proto__": "a"}}],
                Raised("Passed to parameter props of new orgexample.Widget: Unable to deserializ"),
                "a key '__proto__'",
            ),
            Case(
                [{"lists": {"a": ["b"], "c": []}}],
                [{"size": 1, "lists": {"a": ["b"], "c": []}}, {"size": 1, "lists": {"a": ["b"], "c": []}}],
            ),
            Case(
                [{"free": {"b": [None, {"a": None}], "a": None, "1": 1.0}}],
                [{"size": 1, "free": {"1": 1, "b": [None, {}]}}, {"size": 1, "free": {"1": 1, "b": [None, {}]}}],
            ),
            Case([{"free": 0}], [{"size": 1, "free": 0}, {"size": 1, "free": 0}]),
            Case([{"free": "text"}], [{"size": 1, "free": "text"}, {"size": 1, "free": "text"}]),
            Case([{"free": [None]}], [{"size": 1, "free": [None]}, {"size": 1, "free": [None]}]),
            Case(
                [{"free": {"constructor": 1}}],
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a key 'constructor'",
            ),
            Case(
                [{"free": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)}],
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a datetime among values",
            ),
            Case(
                [{"since": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)}],
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a value of type datetime.datetime",
            ),
            Case(
                [{"parts": [{"part": {"name": "a", "weight": 0.5, "odd_name": "b"}}]}],
                [
                    {"size": 1, "parts": [{"name": "a", "weight": 0.5, "odd-name": "b"}]},
                    {"size": 1, "parts": [{"name": "a", "weight": 0.5, "odd-name": "b"}]},
                ],
            ),
            Case(
                [{"parts": [{"name": "a", "oddName": "b", "unknown": 1}]}],
                [
                    {"size": 1, "parts": [{"name": "a", "odd-name": "b"}]},
                    {"size": 1, "parts": [{"name": "a", "odd-name": "b"}]},
                ],
            ),
            Case(
                [{"parts": [{"name": "a", "odd_name": "b"}]}],
                [{"size": 1, "parts": [{"name": "a"}]}, {"size": 1, "parts": [{"name": "a"}]}],
            ),
            Case([{"parts": []}], [{"size": 1, "parts": []}, {"size": 1, "parts": []}]),
            Case(
                [{"parts": [None]}], Raised("type of argument parts must be one of (Sequence[Union[imported_widgets.W")
            ),
            Case(
                [{"by_name": {"b": {"value": "x"}, "1": {}}}],
                [
                    {"size": 1, "byName": {"1": {}, "b": {"value": "x"}}},
                    {"size": 1, "byName": {"1": {}, "b": {"value": "x"}}},
                ],
            ),
            Case(
                [{}, ("add", "/spec/unknown", 1), ("add", "/spec/labels", {"z": 1, "a": [None]})],
                [{"size": 1, "labels": {"z": 1, "a": [None]}}, {"size": 1}],
            ),
            Case(
                [{}, ("add", "/spec/parts", [{"name": "a", "odd-name": "b", "oddName": "c", "x": 1}])],
                [{"size": 1, "parts": [{"name": "a", "odd-name": "c"}]}, {"size": 1}],
            ),
            Case(
                [{}, ("add", "/spec/parts", ["a"])],
                [{"size": 1, "parts": [{}]}, {"size": 1}],
                "a value of another type than its schema's",
            ),
            Case(
                [{}, ("add", "/spec/parts", {"a": 1})],
                Raised("TypeError: obj.parts?.map is not a function"),
                "a value of another type than its schema's",
            ),
            Case([{}, ("add", "/spec/port", 5)], [{"size": 1}, {"size": 1}]),
            Case([{}, ("add", "/spec/port", {"value": {"a": 1}})], [{"size": 1, "port": {"a": 1}}, {"size": 1}]),
            Case([{}, ("add", "/spec/modes", ["A", 5, None])], [{"size": 1, "modes": ["A", 5, None]}, {"size": 1}]),
            Case(
                [{}, ("add", "/spec/labels", "ab")],
                [{"size": 1, "labels": {"0": "a", "1": "b"}}, {"size": 1}],
                "a value of another type than its schema's",
            ),
            Case([{}, ("add", "/spec/free", {"z": 1, "a": 2})], [{"size": 1, "free": {"z": 1, "a": 2}}, {"size": 1}]),
            Case([{}, ("replace", "/spec", 5)], [{}, {"size": 1}], "a value of another type than its schema's"),
            Case(
                [{}, ("replace", "/spec", {"since": "2026-01-02"})],
                Raised("TypeError: obj.since?.toISOString is not a function"),
                "a date",
            ),
        ),
    ),
    Table(
        whole,
        (
            Case(
                [None],
                [
                    {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "chart-made-c8ce6c53"}},
                    "example.org",
                    "Widget",
                ],
            ),
            Case(
                [{"name": "named", "labels": {"b": "1", "a": "2", "10": "3"}}],
                [
                    {
                        "apiVersion": "example.org/v1",
                        "kind": "Widget",
                        "metadata": {"labels": {"10": "3", "a": "2", "b": "1"}, "name": "named"},
                    },
                    "example.org",
                    "Widget",
                ],
            ),
            Case([{"name": 5, "x": {}}], Raised("ApiObjectMetadata.__init__() got an unexpected keyword argument 'x'")),
            Case(
                [{"labels": {"a": None}}],
                Raised("Passed to parameter props of new orgexample.Widget: Unable to deserializ"),
                "a mapping to nothing",
            ),
            Case(
                [None, ("add", "/status", {"b": 1, "a": 2})],
                [
                    {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "chart-made-c8ce6c53"}},
                    "example.org",
                    "Widget",
                ],
            ),
            Case(
                [None, ("add", "/unknown", 1)],
                [
                    {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "chart-made-c8ce6c53"}},
                    "example.org",
                    "Widget",
                ],
            ),
            Case(
                [None, ("replace", "/kind", "Other")],
                [
                    {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "chart-made-c8ce6c53"}},
                    "example.org",
                    "Widget",
                ],
            ),
            Case(
                [None, ("remove", "/metadata")],
                [{"apiVersion": "example.org/v1", "kind": "Widget"}, "example.org", "Widget"],
            ),
            Case(
                [None, ("replace", "/metadata", [1])],
                [{"apiVersion": "example.org/v1", "kind": "Widget", "metadata": [1]}, "example.org", "Widget"],
            ),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_generated_class_renders_what_it_does_on_node(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)


def packed(file: pathlib.Path, contents: Mapping[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as tarball:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tarball.addfile(member, io.BytesIO(content))


def served(folder: pathlib.Path, **changed: str) -> str:
    """What the native kernel says to a class of the widgets' assembly with changed or further files."""
    contents: dict[str, bytes] = {}
    with tarfile.open(assemblies.LOADED["orgexample"]) as tarball:
        for member in tarball:
            content = tarball.extractfile(member)
            contents[member.name] = content.read() if content else b""
    for name, text in changed.items():
        contents[name] = contents.get(name, b"") + f"\n{text}".encode()
    # Each test's own: what was seen of an assembly once is remembered.
    name = folder.name
    assemblies.LOADED[name] = folder / "assembly.tgz"
    packed(assemblies.LOADED[name], contents)
    return tables.native(generated.provide, f"{name}.Widget")


def test_an_assembly_of_generated_javascript_alone_is_served(tmp_path: pathlib.Path) -> None:
    assert served(tmp_path) == "null"


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        pytest.param("package/org.example.js", "Widget.made = 5;", "Widget.made = 5;", id="more"),
        pytest.param("package/lib/other.js", 'require("fs");', 'require("fs");', id="another file"),
        pytest.param("package/lib/other.js", "let a =\n    1;", "let a = 1;", id="several lines"),
    ],
)
def test_an_assembly_with_javascript_of_its_own_is_nodes(
    file: str, text: str, reason: str, tmp_path: pathlib.Path
) -> None:
    said = f"declined: {tmp_path.name} has JavaScript of its own: {reason}"

    assert served(tmp_path, **{file: text}) == said
    # And so is each of its classes from then on.
    assert tables.native(generated.provide, f"{tmp_path.name}.Other") == said


def test_javascript_that_an_assembly_bundles_is_not_its_own(tmp_path: pathlib.Path) -> None:
    assert served(tmp_path, **{"package/node_modules/other/index.js": 'require("fs");'}) == "null"


def test_of_a_blessed_assembly_no_more_is_unpacked_than_its_scripts(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of cdk8s-plus is its documentation, which comes after them."""
    file = tmp_path / "assembly.tgz"
    with tarfile.open(assemblies.LOADED["orgexample"]) as tarball:
        script = tarball.extractfile("package/org.example.js")
        contents = {"package/a.js": script.read() if script else b"", "package/docs/a.md": random.randbytes(1_000_000)}
    packed(file, contents)
    file.write_bytes(file.read_bytes()[:500_000])
    monkeypatch.setitem(assemblies.LOADED, "cut", file)
    monkeypatch.setattr(assemblies, "blessed", lambda: {assemblies.digest(file): "cut@1"})

    assert tables.native(generated.provide, "cut.Widget") == "null"


def test_a_class_of_an_assembly_that_is_not_loaded_is_nodes() -> None:
    assert tables.native(generated.provide, "unknown.Widget") == "declined: no assembly unknown"
