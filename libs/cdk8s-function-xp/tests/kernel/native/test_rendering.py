"""What Python says when it is asked: Lazy values, overridden methods and validations."""

import enum
from collections.abc import Callable
from typing import Any

import cdk8s
import constructs
import jsii
import pytest
import tables
from tables import Case, Raised, Table


class Plain(enum.Enum):
    A = "a"


class Count(enum.IntEnum):
    A = 1


@jsii.implements(cdk8s.IAnyProducer)
class Producer:
    def __init__(self, value: Any) -> None:
        self.value = value
        self.calls = 0

    def produce(self) -> Any:
        self.calls += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@jsii.implements(constructs.IValidation)
class Validation:
    def __init__(self, said: Any) -> None:
        self.said = said

    def validate(self) -> Any:
        return self.said


def lazy(given: Any) -> Any:
    """What is rendered of a value that is asked for, and how often it was."""
    where, value = given
    producer = Producer(value)
    late = cdk8s.Lazy.any(producer)
    bodies: dict[str, Callable[[], Any]] = {
        "spec": lambda: {"spec": late},
        "list": lambda: {"spec": [late, {"a": late}]},
        "kind": lambda: {"kind": late},
        "name": lambda: {"metadata": {"name": late}},
        "label": lambda: {"metadata": {"labels": {"a": late}}},
        "labels": lambda: {"metadata": {"labels": late}},
        "metadata": lambda: {"metadata": late},
        "lazy": lambda: {"spec": cdk8s.Lazy.any(Producer(late))},
    }
    return [tables.manifest(bodies[where]()), producer.calls]


class Object(cdk8s.ApiObject):
    said: Any

    def to_json(self) -> Any:
        return self.said({**super().to_json()}) if callable(self.said) else self.said


def own_object(given: Any) -> Any:
    """An object whose class overrides `to_json`."""
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    Object(chart, "made", api_version="v1", kind="Kind").said = given
    return [tables.objects(chart), chart.to_json()]


class ListChart(cdk8s.Chart):
    said: Any

    def to_json(self) -> Any:
        return self.said(super().to_json()) if callable(self.said) else self.said


def own_list(given: Any) -> Any:
    """A chart whose class overrides `to_json`, of two objects."""
    chart = ListChart(cdk8s.App(), "chart")
    chart.said = given
    for id in ("a", "b"):
        cdk8s.ApiObject(chart, id, api_version="v1", kind="Kind")
    return tables.objects(chart)


class NamingChart(cdk8s.Chart):
    said: Any

    def generate_object_name(self, api_object: cdk8s.ApiObject) -> Any:
        return self.said(super().generate_object_name(api_object)) if callable(self.said) else self.said


def own_name(given: Any) -> Any:
    """A chart whose class overrides `generate_object_name`."""
    chart = NamingChart(cdk8s.App(), "chart")
    chart.said = given
    return cdk8s.ApiObject(chart, "made", api_version="v1", kind="Kind").name


def validated(given: Any) -> Any:
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    made = cdk8s.ApiObject(chart, "made", api_version="v1", kind="Kind")
    made.node.add_validation(Validation(given))
    return [made.node.validate(), len(tables.objects(chart))]


def doubled(said: Any) -> Any:
    return said + said


def reversed_(said: Any) -> Any:
    return said[::-1]


def marked(said: Any) -> Any:
    return {"z": [None, {"a": None}], "b": 2**60, **said, "10": 1.0}


def failing(_said: Any) -> Any:
    msg = "it failed"
    raise ValueError(msg)


TABLES = (
    Table(
        lazy,
        (
            Case(
                ("spec", {"b": 1, "a": None, "10": -0.0}),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": {"10": 0, "b": 1},
                    },
                    1,
                ],
            ),
            Case(
                ("spec", None), [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 1]
            ),
            Case(
                ("spec", []),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": []}, 1],
            ),
            Case(
                ("spec", [None, {"a": None}]),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": [None, {}],
                    },
                    1,
                ],
            ),
            Case(
                ("spec", 1e21),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": 1e21}, 1],
            ),
            Case(
                ("spec", ""),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": ""}, 1],
            ),
            Case(
                ("spec", Count.A),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": 1}, 1],
                "a plain enumeration that is returned",
            ),
            Case(("spec", Plain.A), Raised("__jsii_type__"), "a plain enumeration that is returned"),
            Case(
                ("spec", (1, 2)), Raised("type object 'tuple' has no attribute '__jsii_type__'"), "a tuple among values"
            ),
            Case(
                ("spec", {1: "a"}),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": {"1": "a"},
                    },
                    1,
                ],
            ),
            Case(
                ("spec", {"constructor": 1}),
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a key 'constructor'",
            ),
            Case(
                ("spec", "\ud800"),
                [
                    {"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": "\ud800"},
                    1,
                ],
                "a lone surrogate",
            ),
            Case(
                ("spec", float("nan")),
                Raised("Out of range float values are not JSON compliant"),
                "a number that JSON lacks",
            ),
            Case(
                ("spec", ValueError("it failed")),
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "produce raised ValueError",
            ),
            Case(
                ("list", 1),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": [1, {"a": 1}],
                    },
                    2,
                ],
            ),
            Case(
                ("list", None),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"name": "chart-made-c8ce6c53"},
                        "spec": [None, {}],
                    },
                    2,
                ],
            ),
            Case(
                ("lazy", {"a": 1}),
                [
                    {"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}, "spec": {"a": 1}},
                    1,
                ],
            ),
            Case(
                ("kind", "Kind"),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 1],
                "a kind that is no string",
            ),
            Case(("name", "named"), [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "named"}}, 1]),
            Case(("name", None), [{"apiVersion": "v1", "kind": "Kind"}, 1]),
            Case(
                ("label", "a"),
                [
                    {
                        "apiVersion": "v1",
                        "kind": "Kind",
                        "metadata": {"labels": {"a": "a"}, "name": "chart-made-c8ce6c53"},
                    },
                    1,
                ],
            ),
            Case(
                ("label", None), [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 1]
            ),
            Case(("label", {}), [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 1]),
            Case(
                ("labels", {"a": "b"}),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 0],
                "labels or annotations that are no mapping",
            ),
            Case(
                ("metadata", {"a": "b"}),
                [{"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-made-c8ce6c53"}}, 0],
                "metadata that is no mapping",
            ),
        ),
    ),
    Table(
        own_object,
        (
            Case({}, [[{"path": "made", "manifest": {}}], [{}]]),
            Case(
                {"b": 1, "a": 2, "10": 3},
                [[{"path": "made", "manifest": {"10": 3, "b": 1, "a": 2}}], [{"10": 3, "b": 1, "a": 2}]],
            ),
            Case({"a": None, "b": [None]}, [[{"path": "made", "manifest": {"b": [None]}}], [{"b": [None]}]]),
            Case(
                marked,
                [
                    [
                        {
                            "path": "made",
                            "manifest": {
                                "10": 1,
                                "z": [None, {}],
                                "b": 1152921504606847000,
                                "apiVersion": "v1",
                                "kind": "Kind",
                                "metadata": {"name": "chart-made-c8ce6c53"},
                            },
                        }
                    ],
                    [
                        {
                            "10": 1,
                            "z": [None, {}],
                            "b": 1152921504606847000,
                            "apiVersion": "v1",
                            "kind": "Kind",
                            "metadata": {"name": "chart-made-c8ce6c53"},
                        }
                    ],
                ],
            ),
            Case(None, [[{"path": "made"}], [None]], "toJson that answers no mapping"),
            Case([], [[{"path": "made", "manifest": []}], [[]]], "toJson that answers no mapping"),
            Case("text", [[{"path": "made", "manifest": "text"}], ["text"]], "toJson that answers no mapping"),
            Case(failing, Raised("it failed"), "toJson raised ValueError"),
            Case(
                {"a": "\ud800"},
                [[{"path": "made", "manifest": {"a": "\ud800"}}], [{"a": "\ud800"}]],
                "a lone surrogate",
            ),
        ),
    ),
    Table(
        own_list,
        (
            Case([], []),
            Case([{}], [{"path": "a", "manifest": {}}]),
            Case(
                [{"b": 1, "1": 2}, {"a": None}],
                [{"path": "a", "manifest": {"1": 2, "b": 1}}, {"path": "b", "manifest": {}}],
            ),
            Case(
                reversed_,
                [
                    {
                        "path": "a",
                        "manifest": {"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-b-c8fac656"}},
                    },
                    {
                        "path": "b",
                        "manifest": {"apiVersion": "v1", "kind": "Kind", "metadata": {"name": "chart-a-c882e114"}},
                    },
                ],
            ),
            Case(
                doubled,
                Raised("TypeError: Cannot read properties of undefined (reading 'node')"),
                "a toJson that answers with other than its objects",
            ),
            Case([None], [{"path": "a"}], "a toJson that answers with other than its objects"),
            Case(["text"], [{"path": "a", "manifest": "text"}], "a toJson that answers with other than its objects"),
            Case(
                None,
                Raised("@jsii/kernel.SerializationError: Returned by callback method toJson: Una"),
                "toJson that answers no list",
            ),
            Case(failing, Raised("it failed"), "toJson raised ValueError"),
        ),
    ),
    Table(
        own_name,
        (
            Case("named", "named"),
            Case("", ""),
            Case("A b/\U0001f600", "A b/\U0001f600"),
            Case(doubled, "chart-made-c8ce6c53chart-made-c8ce6c53"),
            Case("\ud800", "\ud800", "a lone surrogate"),
            Case(
                None,
                Raised("Returned by callback method generateObjectName: Unable to deserialize va"),
                "a NoneType where a string is due",
            ),
            Case(
                5,
                Raised("Returned by callback method generateObjectName: Unable to deserialize va"),
                "a int where a string is due",
            ),
            Case(failing, Raised("it failed"), "generateObjectName raised ValueError"),
        ),
    ),
    Table(
        validated,
        (
            Case([], [[], 1]),
            Case(["bad"], Raised("Error: Validation failed with the following errors:"), "a validation that fails"),
            Case(
                None,
                Raised("@jsii/kernel.SerializationError: Returned by callback method validate: U"),
                "a validation that fails",
            ),
            Case(
                "text",
                Raised("@jsii/kernel.SerializationError: Returned by callback method validate: U"),
                "a validation that fails",
            ),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_what_python_says_is_rendered_as_javascript_has_it(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
