"""The project graph, as Nx has it, keeps to the boundaries that tags draw."""

import json
import pathlib
import subprocess

import pytest
from boundaries import violations
from scratch import WORKSPACE

Graph = tuple[dict[str, set[str]], dict[str, set[str]]]
"""The tags of each project, and what it depends on."""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    file = tmp_path_factory.mktemp("graph") / "graph.json"
    subprocess.run([WORKSPACE / "bin/nx", "graph", f"--file={file}"], capture_output=True, check=True, timeout=600)
    return read(file)


def read(file: pathlib.Path) -> Graph:
    written = json.loads(file.read_text(encoding="utf-8"))["graph"]
    tags = {name: set(node["data"].get("tags", [])) for name, node in written["nodes"].items()}
    return tags, {name: {edge["target"] for edge in edges} for name, edges in written["dependencies"].items()}


def test_no_project_depends_on_one_that_its_tags_do_not_allow(graph: Graph) -> None:
    tags, dependencies = graph

    assert dependencies["function-cdk8s"] == {"cdk8s-function-xp"}
    assert violations(tags, dependencies) == []


@pytest.mark.parametrize(
    ("project", "other", "found"),
    [
        (
            "cdk8s-function-xp",
            "function-cdk8s",
            ["cdk8s-function-xp (type:lib) may not depend on function-cdk8s, which has none of type:lib"],
        ),
        (
            "function-cdk8s",
            "images",
            [
                "function-cdk8s (scope:function) may not depend on images, which has none of scope:function",
                "function-cdk8s (type:app) may not depend on images, which has none of type:lib",
            ],
        ),
        (
            "internal-dns-xp",
            "fixture-charts",
            ["internal-dns-xp (type:chart) may not depend on fixture-charts, which has none of type:app, type:lib"],
        ),
        (
            "function-cdk8s",
            "internal-dns-xp",
            [
                "function-cdk8s (scope:function) may not depend on internal-dns-xp, which has none of scope:function",
                "function-cdk8s (type:app) may not depend on internal-dns-xp, which has none of type:lib",
            ],
        ),
    ],
)
def test_a_forbidden_dependency_is_found(graph: Graph, project: str, other: str, found: list[str]) -> None:
    tags, dependencies = graph

    assert violations(tags, {**dependencies, project: {*dependencies[project], other}}) == found


def test_a_project_without_a_tag_of_each_kind_is_found(graph: Graph) -> None:
    tags, dependencies = graph

    assert violations({**tags, "docs": {"scope:workspace"}}, dependencies) == [
        "docs has 0 of the tags type:lib, type:app, type:chart, type:fixture, type:stack, type:tool; a project has one"
    ]
