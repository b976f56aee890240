"""Metadata of objects is what cdk8s makes of it: `ApiObjectMetadataDefinition`, and the labels of charts."""

from typing import Any

import cdk8s
import pytest
import tables
from tables import Case, Raised, Table

OWNER = {"api_version": "v1", "kind": "Pod", "name": "pod", "uid": "1"}


def plain_chart() -> cdk8s.Chart:
    return cdk8s.Chart(cdk8s.App(), "chart")


def of_an_object(given: Any) -> Any:
    """Metadata as ApiObject takes it."""
    options: dict[str, Any] = {**given}
    if "owner_references" in options:
        options["owner_references"] = [cdk8s.OwnerReference(**each) for each in options["owner_references"]]
    chart = plain_chart()
    metadata = cdk8s.ApiObjectMetadata(**options)
    cdk8s.ApiObject(chart, "made", api_version="v1", kind="Kind", metadata=metadata)
    return tables.objects(chart)[0]["manifest"]["metadata"]


def of_a_manifest(given: Any) -> Any:
    """Metadata of a whole manifest, where anything may be."""
    from cdk8s_function import Manifest

    chart = plain_chart()
    Manifest(chart, "made", {"apiVersion": "v1", "kind": "Kind", "metadata": given})
    return tables.objects(chart)[0]["manifest"].get("metadata", "none")


def added(given: Any) -> Any:
    """Metadata after calls of its methods, with what these return."""
    chart = plain_chart()
    made = cdk8s.ApiObject(chart, "made", api_version="v1", kind="Kind")
    said = [getattr(made.metadata, name)(*arguments) for name, *arguments in given]
    return [said, made.metadata.to_json()]


def of_a_chart(given: Any) -> Any:
    """A chart's labels and namespace, and what its object has of them."""
    chart = cdk8s.Chart(cdk8s.App(), "chart", **given)
    metadata = cdk8s.ApiObjectMetadata(labels={"a": "of the object", "9": ""}, annotations={"a": "b"})
    cdk8s.ApiObject(chart, "made", api_version="v1", kind="Kind", metadata=metadata)
    return [chart.labels, chart.namespace, tables.objects(chart)[0]["manifest"]["metadata"]]


TABLES = (
    Table(
        of_an_object,
        (
            Case({}, {"name": "chart-made-c8ce6c53"}),
            Case({"name": "x"}, {"name": "x"}),
            Case({"name": ""}, {"name": ""}),
            Case({"namespace": ""}, {"name": "chart-made-c8ce6c53", "namespace": ""}),
            Case({"labels": {}}, {"name": "chart-made-c8ce6c53"}),
            Case(
                {"labels": {"team": "b", "2": "c", "z": "d", "a": "e"}},
                {"labels": {"2": "c", "a": "e", "team": "b", "z": "d"}, "name": "chart-made-c8ce6c53"},
            ),
            Case(
                {"annotations": {"\U0001f600": "1", "\ue000": "2", "9": "3"}},
                {"annotations": {"9": "3", "\U0001f600": "1", "\ue000": "2"}, "name": "chart-made-c8ce6c53"},
            ),
            Case({"finalizers": []}, {"name": "chart-made-c8ce6c53"}),
            Case({"finalizers": ["b", "a"]}, {"finalizers": ["b", "a"], "name": "chart-made-c8ce6c53"}),
            Case(
                {"owner_references": [OWNER]},
                {
                    "name": "chart-made-c8ce6c53",
                    "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "pod", "uid": "1"}],
                },
            ),
            Case(
                {"owner_references": [{**OWNER, "controller": False, "block_owner_deletion": True}]},
                {
                    "name": "chart-made-c8ce6c53",
                    "ownerReferences": [
                        {
                            "apiVersion": "v1",
                            "blockOwnerDeletion": True,
                            "controller": False,
                            "kind": "Pod",
                            "name": "pod",
                            "uid": "1",
                        }
                    ],
                },
            ),
            Case(
                {"labels": {"a": None}},
                Raised("Passed to parameter props of new cdk8s.ApiObject: Unable to deserialize "),
                "a NoneType where a string is due",
            ),
            Case(
                {"annotations": {"a": None}},
                Raised("Passed to parameter props of new cdk8s.ApiObject: Unable to deserialize "),
                "a NoneType where a string is due",
            ),
            Case(
                {"labels": {"constructor": "a"}},
                Raised("Error: Failed serializing construct at path 'chart/made' with name 'char"),
                "a key 'constructor'",
            ),
            Case({"name": "\ud800"}, {"name": "\ud800"}, "a lone surrogate"),
        ),
    ),
    Table(
        of_a_manifest,
        (
            Case({}, {"name": "chart-made-c8ce6c53"}),
            Case(None, {"name": "chart-made-c8ce6c53"}),
            Case({"name": None}, {"name": "chart-made-c8ce6c53"}),
            Case({"name": 5}, {"name": 5}),
            Case({"name": ""}, {"name": ""}),
            Case({"namespace": None}, {"name": "chart-made-c8ce6c53"}),
            Case({"namespace": ""}, {"name": "chart-made-c8ce6c53", "namespace": ""}),
            Case({"generateName": "x-"}, {"generateName": "x-", "name": "chart-made-c8ce6c53"}),
            Case({"creationTimestamp": None}, {"name": "chart-made-c8ce6c53"}),
            Case({"labels": None}, {"name": "chart-made-c8ce6c53"}),
            Case({"labels": {"a": None, "b": 5}}, {"labels": {"b": 5}, "name": "chart-made-c8ce6c53"}),
            Case({"labels": "ab"}, Raised("manifest.metadata.labels must be a mapping, not str")),
            Case({"labels": ["a"]}, Raised("manifest.metadata.labels must be a mapping, not list")),
            Case({"annotations": {"a": {}}}, {"name": "chart-made-c8ce6c53"}),
            Case({"finalizers": "abc"}, Raised("manifest.metadata.finalizers must be a list, not str")),
            Case({"finalizers": 0}, Raised("manifest.metadata.finalizers must be a list, not int")),
            Case({"finalizers": [None, [], {}]}, {"finalizers": [None, None, None], "name": "chart-made-c8ce6c53"}),
            Case(
                {"ownerReferences": [{"kind": "x", "apiVersion": "v1", "uid": None}]},
                {"name": "chart-made-c8ce6c53", "ownerReferences": [{"apiVersion": "v1", "kind": "x"}]},
            ),
            Case(
                {"z": {}, "y": [], "x": [[]], "w": [{}], "v": {"u": {"t": []}}},
                {"name": "chart-made-c8ce6c53", "w": [None], "x": [None]},
            ),
            Case(
                {"9": 1, "1": 2, "b": 0, "a": "", "c": False},
                {"1": 2, "9": 1, "a": "", "b": 0, "c": False, "name": "chart-made-c8ce6c53"},
            ),
            Case({"apiObject": "x", "z": 1}, {"name": "chart-made-c8ce6c53", "z": 1}),
            Case([], Raised("manifest.metadata must be a mapping, not list")),
            Case("ab", Raised("manifest.metadata must be a mapping, not str")),
            Case(False, Raised("manifest.metadata must be a mapping, not bool")),
        ),
    ),
    Table(
        added,
        (
            Case([("add", "key", "value")], [[None], {"key": "value", "name": "chart-made-c8ce6c53"}]),
            Case([("add", "key", {"z": None, "e": {}, "a": []})], [[None], {"name": "chart-made-c8ce6c53"}]),
            Case([("add", "key", 0)], [[None], {"key": 0, "name": "chart-made-c8ce6c53"}]),
            Case([("add", "key", None)], [[None], {"name": "chart-made-c8ce6c53"}], "metadata that is undefined"),
            Case([("add", "name", "x")], [[None], {"name": "chart-made-c8ce6c53"}]),
            Case([("add", "labels", {"a": "b"})], [[None], {"name": "chart-made-c8ce6c53"}]),
            Case([("add", "10", 1), ("add", "2", 2)], [[None, None], {"2": 2, "10": 1, "name": "chart-made-c8ce6c53"}]),
            Case([("add", "__proto__", 1)], [[None], {"name": "chart-made-c8ce6c53"}], "a key '__proto__'"),
            Case(
                [("add_label", "a", "b"), ("add_label", "a", "c"), ("get_label", "a"), ("get_label", "none")],
                [[None, None, "c", None], {"labels": {"a": "c"}, "name": "chart-made-c8ce6c53"}],
            ),
            Case(
                [("add_label", "2", "b"), ("add_label", "", "")],
                [[None, None], {"labels": {"2": "b", "": ""}, "name": "chart-made-c8ce6c53"}],
            ),
            Case(
                [("add_label", "constructor", "b")],
                Raised("Error: can't render non-simple object of type 'undefined'"),
                "a key 'constructor'",
            ),
            Case(
                [("add_annotation", "b", "1"), ("add_annotation", "a", "2")],
                [[None, None], {"annotations": {"a": "2", "b": "1"}, "name": "chart-made-c8ce6c53"}],
            ),
            Case(
                [("add_finalizers", "b", "a"), ("add_finalizers",)],
                [[None, None], {"finalizers": ["b", "a"], "name": "chart-made-c8ce6c53"}],
            ),
            Case([("get_label", "a")], [[None], {"name": "chart-made-c8ce6c53"}]),
        ),
    ),
    Table(
        of_a_chart,
        (
            Case(
                {},
                [
                    {},
                    None,
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "a": "of the object"},
                        "name": "chart-made-c8ce6c53",
                    },
                ],
            ),
            Case(
                {"namespace": ""},
                [
                    {},
                    "",
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "a": "of the object"},
                        "name": "chart-made-c8ce6c53",
                        "namespace": "",
                    },
                ],
            ),
            Case(
                {"labels": {}},
                [
                    {},
                    None,
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "a": "of the object"},
                        "name": "chart-made-c8ce6c53",
                    },
                ],
            ),
            Case(
                {"labels": {"b": "1", "10": "2", "9": "3", "a": "4"}, "namespace": "team"},
                [
                    {"9": "3", "10": "2", "b": "1", "a": "4"},
                    "team",
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "10": "2", "a": "of the object", "b": "1"},
                        "name": "chart-made-c8ce6c53",
                        "namespace": "team",
                    },
                ],
            ),
            Case(
                {"labels": {"a": ""}},
                [
                    {"a": ""},
                    None,
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "a": "of the object"},
                        "name": "chart-made-c8ce6c53",
                    },
                ],
            ),
            Case(
                {"labels": {"a": None}},
                Raised("Passed to parameter props of new cdk8s.Chart: Unable to deserialize valu"),
                "a NoneType where a string is due",
            ),
            Case(
                {"labels": {"toString": "x"}},
                [
                    {"toString": "x"},
                    None,
                    {
                        "annotations": {"a": "b"},
                        "labels": {"9": "", "a": "of the object", "toString": "x"},
                        "name": "chart-made-c8ce6c53",
                    },
                ],
                "a key 'toString'",
            ),
            Case(
                {"disable_resource_name_hashes": True},
                [
                    {},
                    None,
                    {"annotations": {"a": "b"}, "labels": {"9": "", "a": "of the object"}, "name": "chart-made"},
                ],
            ),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_metadata_is_what_cdk8s_makes_of_it(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
