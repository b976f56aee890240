"""Objects and charts are in the order of their dependencies, as `DependencyGraph` and `App` of cdk8s have it."""

import itertools
import json
from typing import Any

import cdk8s
import constructs
import pytest
import tables
from tables import Case, Raised, Table

FLAT = "c:chart c/a c/b c/d c/e"
GROUPS = "c:chart c/g:group c/g/a c/g/b c/h:group c/h/a c/h/b c/z"
CHARTS = "c:chart c/i:chart c/i/a c/j:chart c/j/a c/top c/i/k:chart c/i/k/a"
NUMBERS = "c:chart c/10 c/9 c/b c/01 c/1:group c/1/x"
NESTED = "c:chart c/a c/a/b c/a/b/c c/d"


def tree(layout: str, edges: str) -> dict[str, constructs.Construct]:
    """Constructs by path, with dependencies like `c/a>c/b`; objects if no kind is said."""
    made: dict[str, constructs.Construct] = {"": cdk8s.App()}
    for word in layout.split():
        path, _, kind = word.partition(":")
        above, _, id = path.rpartition("/")
        if kind == "chart":
            made[path] = cdk8s.Chart(made[above], id)
        elif kind == "group":
            made[path] = constructs.Construct(made[above], id)
        else:
            made[path] = cdk8s.ApiObject(made[above], id, api_version="v1", kind="Kind")
    for edge in edges.split():
        source, *targets = edge.split(">")
        made[source].node.add_dependency(*[made[target] for target in targets])
    return made


def order(given: Any) -> Any:
    """The objects of a chart and the charts in it, dependencies first."""
    return [each["path"] for each in tables.objects(tree(*given)["c"])]


def topology(given: Any) -> Any:
    """All constructs of an app and its charts, dependencies first."""
    app = tree(*given)[""]
    found = cdk8s.DependencyGraph(app.node).topology(), cdk8s.App.of(app).charts
    return [[each.node.path for each in constructs] for constructs in found]


def own(given: Any) -> Any:
    """Names of a chart's own objects as it renders them; its objects, and its dependencies after that."""
    made = tree(*given)
    chart: Any = made["c"]
    names = [each["metadata"]["name"] for each in chart.to_json()]
    resolved = {path: [each.node.path for each in it.node.dependencies] for path, it in made.items()}
    return [
        names,
        [each.node.path for each in chart.api_objects],
        {path: found for path, found in resolved.items() if found},
    ]


def group(given: Any) -> Any:
    """What an object depends on by a group, which gets members later too."""
    made = tree(FLAT, "")
    first, later = given
    some = constructs.DependencyGroup(*[made[path] for path in first.split()])
    made["c/a"].node.add_dependency(constructs.DependencyGroup(some))
    some.add(*[made[path] for path in later.split()])
    return [
        [each.node.path for each in made["c/a"].node.dependencies],
        [each["path"] for each in tables.objects(made["c"])],
    ]


def replaced(given: Any) -> Any:
    """The order where an object was removed, and the one in its place depends on both."""
    made = tree("c:chart c/a c/b", "")
    chart, old = made["c"], made["c/a"]
    chart.node.try_remove_child("a")
    new = cdk8s.ApiObject(chart, "a", api_version="v1", kind="Kind")
    new.node.add_dependency(*[{"old": old, "new": new, "other": made["c/b"]}[each] for each in given])
    return [each["path"] for each in tables.objects(chart)]


TABLES = (
    Table(
        order,
        (
            Case((FLAT, ""), ["a", "b", "d", "e"]),
            Case((FLAT, "c/a>c/b"), ["b", "a", "d", "e"]),
            Case((FLAT, "c/a>c/e c/e>c/b"), ["b", "e", "a", "d"]),
            Case((FLAT, "c/a>c/d>c/b"), ["d", "b", "a", "e"]),
            Case((FLAT, "c/e>c/a c/d>c/a c/b>c/e"), ["a", "e", "b", "d"]),
            Case(
                (FLAT, "c/a>c/b c/b>c/a"),
                Raised("Error: Dependency cycle detected: c/a => c/b => c/a"),
                "a cycle of dependencies",
            ),
            Case(
                (FLAT, "c/a>c/b c/b>c/d c/d>c/a"),
                Raised("Error: Dependency cycle detected: c/a => c/b => c/d => c/a"),
                "a cycle of dependencies",
            ),
            Case((FLAT, "c/a>c/a"), ["b", "d", "e"]),
            Case((FLAT, "c/a>c/a c/a>c/b c/d>c/e"), ["e", "d"]),
            Case((FLAT, "c/a>c/b c/a>c/a c/d>c/b"), ["b", "d", "e"]),
            Case(
                (FLAT, "c/b>c/b c/a>c/b"),
                Raised("RangeError: Maximum call stack size exceeded"),
                "a dependency on a construct that depends on itself",
            ),
            Case(
                (FLAT, "c/a>c/a c/a>c/b c/b>c/d c/d>c/b"),
                Raised("Error: Dependency cycle detected: c/b => c/d => c/b"),
                "a cycle of dependencies",
            ),
            Case((FLAT, "c/a>c/d c/b>c/d c/d>c/e c/b>c/e"), ["e", "d", "a", "b"]),
            Case((FLAT, "c/a>c"), ["b", "d", "e", "a"]),
            Case((FLAT, "c>c/a"), ["a", "b", "d", "e"]),
            Case((GROUPS, ""), ["g/a", "g/b", "h/a", "h/b", "z"]),
            Case((GROUPS, "c/g>c/h"), ["h/a", "h/b", "g/a", "g/b", "z"]),
            Case((GROUPS, "c/h>c/g"), ["g/a", "g/b", "h/a", "h/b", "z"]),
            Case((GROUPS, "c/g/a>c/h"), ["h/a", "h/b", "g/a", "g/b", "z"]),
            Case((GROUPS, "c/g>c/h/b"), ["h/b", "g/a", "g/b", "h/a", "z"]),
            Case((GROUPS, "c/g>c/z"), ["z", "g/a", "g/b", "h/a", "h/b"]),
            Case((GROUPS, "c/g>c/h c/h/a>c/z"), ["z", "h/a", "h/b", "g/a", "g/b"]),
            Case(
                (GROUPS, "c/g>c/h c/h>c/g"),
                Raised("Error: Dependency cycle detected: c/g => c/h => c/g"),
                "a cycle of dependencies",
            ),
            Case((GROUPS, "c/g>c/g/a"), ["g/a", "g/b", "h/a", "h/b", "z"]),
            Case((GROUPS, "c/g/a>c/g"), ["g/b", "g/a", "h/a", "h/b", "z"]),
            Case((CHARTS, ""), ["i/k/a", "i/a", "j/a", "top"]),
            Case((CHARTS, "c/i>c/j"), ["j/a", "i/k/a", "i/a", "top"]),
            Case((CHARTS, "c/j>c/i"), ["i/k/a", "i/a", "j/a", "top"]),
            Case((CHARTS, "c/i/a>c/j/a"), ["i/k/a", "j/a", "i/a", "top"]),
            Case((CHARTS, "c/top>c/j/a"), ["i/k/a", "i/a", "j/a", "top"]),
            Case(
                (CHARTS, "c/j/a>c/top"),
                Raised("Error: Dependency cycle detected: c => c/j => c"),
                "a cycle of dependencies",
            ),
            Case((CHARTS, "c/j>c/i/k"), ["i/k/a", "i/a", "j/a", "top"]),
            Case((CHARTS, "c/i/k/a>c/j/a"), ["j/a", "i/k/a", "i/a", "top"]),
            Case((CHARTS, "c/i/a>c/i/k/a"), ["i/k/a", "i/a", "j/a", "top"]),
            Case(
                (CHARTS, "c/i/k/a>c/i/a"),
                Raised("Error: Dependency cycle detected: c/i => c/i/k => c/i"),
                "a cycle of dependencies",
            ),
            Case(
                (CHARTS, "c/i>c"), Raised("Error: Dependency cycle detected: c => c/i => c"), "a cycle of dependencies"
            ),
            Case((NUMBERS, ""), ["1/x", "9", "10", "b", "01"]),
            Case((NUMBERS, "c/9>c/10"), ["1/x", "10", "9", "b", "01"]),
            Case((NUMBERS, "c/9>c/b c/b>c/01"), ["1/x", "01", "b", "9", "10"]),
            Case((NUMBERS, "c/10>c/1/x c/1>c/b"), ["b", "9", "1/x", "10", "01"]),
            Case(("10:chart c:chart c/2 c/1", ""), ["1", "2"]),
            Case((NESTED, ""), ["a", "a/b", "a/b/c", "d"]),
            Case((NESTED, "c/a>c/d"), ["d", "a", "a/b", "a/b/c"]),
            Case((NESTED, "c/d>c/a"), ["a", "a/b", "a/b/c", "d"]),
            Case(
                (NESTED, "c/a>c/a/b"),
                Raised("Error: Dependency cycle detected: c/a/b => c/a/b/c => c/a/b"),
                "a cycle of dependencies",
            ),
            Case(
                (NESTED, "c/a/b>c/a"),
                Raised("Error: Dependency cycle detected: c/a/b => c/a/b/c => c/a/b"),
                "a cycle of dependencies",
            ),
            Case((NESTED, "c/d>c/a/b"), ["a", "a/b", "a/b/c", "d"]),
        ),
    ),
    Table(
        replaced,
        (
            Case([], ["b", "a"]),
            Case(["old"], ["b"]),
            Case(["new"], ["b"]),
            Case(
                ["old", "new"],
                Raised("Error: Dependency cycle detected: c/a => c/a => c/a"),
                "a construct that depends on itself twice",
            ),
            Case(["other"], ["b", "a"]),
            Case(["old", "other"], []),
        ),
    ),
    Table(
        topology,
        (
            Case((FLAT, "c/a>c/b"), [["", "c", "c/b", "c/a", "c/d", "c/e"], ["c"]]),
            Case((FLAT, "c/a>c/a"), [["", "c", "c/b", "c/d", "c/e"], ["c"]]),
            Case((FLAT, ">c"), [["c", "", "c/a", "c/b", "c/d", "c/e"], ["c"]]),
            Case((FLAT, "c/a>"), [["c", "", "c/a", "c/b", "c/d", "c/e"], ["c"]]),
            Case((GROUPS, "c/g>c/h"), [["", "c", "c/h", "c/g", "c/g/a", "c/g/b", "c/h/a", "c/h/b", "c/z"], ["c"]]),
            Case(
                (CHARTS, "c/i>c/j"),
                [["", "c", "c/j", "c/i", "c/i/a", "c/i/k", "c/i/k/a", "c/j/a", "c/top"], ["c", "c/j", "c/i", "c/i/k"]],
            ),
            Case(
                (CHARTS, "c/i/a>c/j/a"),
                [["", "c", "c/i", "c/j/a", "c/i/a", "c/i/k", "c/i/k/a", "c/j", "c/top"], ["c", "c/i", "c/i/k", "c/j"]],
            ),
            Case((NUMBERS, "c/9>c/10"), [["", "c", "c/1", "c/1/x", "c/10", "c/9", "c/b", "c/01"], ["c"]]),
            Case(
                ("10:chart 9:chart 10/2 10/1 c:chart", "9>c"), [["c", "9", "10", "", "10/1", "10/2"], ["c", "9", "10"]]
            ),
            Case((NESTED, "c/a/b>c/d"), [["", "c", "c/a", "c/d", "c/a/b", "c/a/b/c"], ["c"]]),
        ),
    ),
    Table(
        own,
        (
            Case(
                (FLAT, "c/a>c/b"),
                [
                    ["c-b-c8a096bc", "c-a-c85ca9af", "c-d-c8c7743a", "c-e-c8515a0d"],
                    ["c/a", "c/b", "c/d", "c/e"],
                    {"c/a": ["c/b"]},
                ],
            ),
            Case(
                (GROUPS, "c/g>c/h"),
                [
                    ["c-h-a-c864ab82", "c-h-b-c82667c1", "c-g-a-c80fbe08", "c-g-b-c8bff159", "c-z-c8f59f7e"],
                    ["c/z"],
                    {"c/g": ["c/h"], "c/g/a": ["c/h/a", "c/h/b"], "c/g/b": ["c/h/a", "c/h/b"]},
                ],
            ),
            Case(
                (CHARTS, "c/i/a>c/j/a"),
                [
                    ["c-top-c8c98940"],
                    ["c/top"],
                    {
                        "c": ["c/i", "c/j"],
                        "c/i": ["c/i/k", "c/j"],
                        "c/i/a": ["c/j/a", "c/i/k/a"],
                        "c/top": ["c/i/a", "c/j/a"],
                    },
                ],
            ),
            Case(
                (NUMBERS, "c/9>c/b"),
                [
                    ["c-1-x-c8a543d4", "c-b-c8a096bc", "c-9-c8367c59", "c-10-c8e9d927", "c-01-c875f461"],
                    ["c/9", "c/10", "c/b", "c/01"],
                    {"c/9": ["c/b"]},
                ],
            ),
        ),
    ),
    Table(
        group,
        (
            Case(("c/d", ""), [["c/d"], ["d", "a", "b", "e"]]),
            Case(("c/e c/d", "c/b"), [["c/e", "c/d", "c/b"], ["e", "d", "b", "a"]]),
            Case(("", "c/e"), [["c/e"], ["e", "a", "b", "d"]]),
            Case(("c/d c/d", ""), [["c/d", "c/d"], ["d", "a", "b", "e"]]),
            Case(("", ""), [[], ["a", "b", "d", "e"]]),
            Case(("c/a", ""), [["c/a"], ["b", "d", "e"]]),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_what_others_depend_on_comes_first(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)


def test_many_dependencies_are_ordered_in_a_time_that_is_in_proportion() -> None:
    """Each of 120 objects depends on all before it: 2^120 ways, which Node.js would follow."""

    def ordered(_given: Any) -> Any:
        chart = cdk8s.Chart(cdk8s.App(), "chart")
        made: list[cdk8s.ApiObject] = []
        for number in range(120):
            made.append(cdk8s.ApiObject(chart, f"made-{number}", api_version="v1", kind="Kind"))
            made[-1].node.add_dependency(*made[:-1][::-1])
        return [each["path"] for each in tables.objects(chart)]

    assert tables.native(ordered, None) == json.dumps([f"made-{number}" for number in range(120)])


def test_a_long_way_of_dependencies_is_ordered() -> None:
    def ordered(_given: Any) -> Any:
        chart = cdk8s.Chart(cdk8s.App(), "chart")
        made = [cdk8s.ApiObject(chart, f"made-{number}", api_version="v1", kind="Kind") for number in range(1100)]
        for one, other in itertools.pairwise(made):
            one.node.add_dependency(other)
        return [each["path"] for each in tables.objects(chart)]

    assert tables.native(ordered, None) == json.dumps([f"made-{number}" for number in reversed(range(1100))])
