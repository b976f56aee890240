"""`nx affected` picks the projects that a change can break, and no others.

Nx prints which tasks it would run, in a clone of the working tree, and runs none.
"""

import json
import pathlib
from collections.abc import Mapping

import projects
import pytest
from scratch import Clone

TARGETS = ("lint", "typecheck", "test", "render", "slow")
EVERY_CHANGE = {"docs", "workspace"}
"""The projects that look at the whole workspace: its tests, and the links of its pages."""

CHART = projects.dependents("internal-dns-xp")
FUNCTION = projects.dependents("function-cdk8s")
LIBRARY = projects.dependents("cdk8s-function-xp")
EVERYTHING = set(projects.read())

CASES = {
    # the changed project, and its dependents
    "libs/cdk8s-function-xp/src/cdk8s_function/pool/pool.py": LIBRARY,
    "libs/cdk8s-function-xp/tests/chart/test_json_values.py": LIBRARY,
    "libs/cdk8s-function-xp/README.md": LIBRARY,
    "apps/function-cdk8s/src/function_cdk8s/serve.py": FUNCTION,
    "apps/function-cdk8s/bench/function_bench/runs.py": FUNCTION,
    "apps/function-cdk8s/package/crossplane.yaml": FUNCTION,
    "libs/internal-dns-xp/src/internal_dns/chart.py": CHART,
    "libs/internal-dns-xp/package/crossplane.yaml": CHART,
    "libs/internal-dns-xp/pyproject.toml": CHART,
    "libs/internal-dns-xp/project.json": CHART,
    "stacks/internal-dns/base/function.yaml": {"internal-dns-stack"},
    "stacks/internal-dns/client/probe.py": {"internal-dns-stack"},
    "tools/e2e/cluster/kind.py": {"tools"},
    "tools/provision/tools.txt": {"advisories", "new-chart", "tools"},
    "tools/tests/scratch.py": {"new-chart"},
    "tools/new-chart/new_chart/library.py": {"new-chart"},
    "tools/advisories/go.py": {"advisories"},
    "tools/docs/pages.py": {"new-chart"},
    "tools/workflows/tests/test_workflows.py": {"workflows"},
    "tools/licences/tests/test_licences.py": {"licences"},
    # Files outside a project that one of its targets reads. To Nx 23 the project has changed then, so its dependents
    # run too; that some run without need is the price of never missing one.
    # - the charts that the tests of the function and of its library run
    "libs/fixture-charts/src/fixture_charts/words.py": LIBRARY,
    "libs/fixture-broken-charts/pyproject.toml": LIBRARY,
    "libs/example-web-service/src/web_service/__init__.py": LIBRARY,
    # - what images are made with
    "tools/images/layers.py": {*FUNCTION, "new-chart"},
    "tools/images/tests/test_tree.py": {"images"},
    "third_party/debian/function-cdk8s.in": {*FUNCTION, "new-chart", "tools"},
    # - what every project is checked with
    "uv.lock": EVERYTHING,
    "pyproject.toml": EVERYTHING,
    "package-lock.json": EVERYTHING,
    "nx.json": EVERYTHING,
    "tools/lint-shell": EVERYTHING - {"workflows"},
    # - what some projects are checked with
    ".importlinter": FUNCTION,
    "third_party/go/crossplane/go.mod": {*FUNCTION, "new-chart", "tools"},
    "third_party/go/kuttl/go.mod": {"tools"},
    "third_party/python/bench/function-pythonic.txt": {"advisories", "tools"},
    "mkdocs.yml": {"new-chart"},
    "renovate.json5": CHART,
    "bin/cluster": {"new-chart", "tools", "workflows"},
    ".github/workflows/ci.yaml": {"workflows"},
    # - documentation, by the tests that read it
    "README.md": FUNCTION,
    "docs/reference/errors.md": LIBRARY,
    "docs/explanation/packaging.md": {"images"},
    "docs/explanation/README.md": set[str](),
    "docs/explanation/jsii.md": set[str](),
    "SECURITY.md": set[str](),
}


UNNAMED = {
    f"{project.folder}/project.json": projects.dependents(project.name)
    for project in projects.read().values()
    if not any(pathlib.PurePosixPath(name).is_relative_to(project.folder) for name in CASES)
}
"""A case for each project that no case above is about: a new one's dependents alone."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("clone"))


def targets(project: str) -> set[str]:
    """Return the targets of this test that a project has."""
    return projects.read()[project].targets.intersection(TARGETS)


def affected(clone: Clone) -> Mapping[str, set[str]]:
    """Return the tasks that Nx would run for the changes that are not committed, as targets of projects."""
    file = clone.root.parent / f"{clone.root.name}-tasks.json"
    clone.nx("affected", "--uncommitted", "--targets", ",".join(TARGETS), f"--graph={file}")
    tasks = json.loads(file.read_text(encoding="utf-8"))["tasks"]["tasks"]
    found: dict[str, set[str]] = {}
    for task in tasks.values():
        project, target = task["target"]["project"], task["target"]["target"]
        if target in TARGETS:
            found.setdefault(project, set()).add(target)
    return found


@pytest.mark.parametrize(("name", "broken"), (CASES | UNNAMED).items(), ids=CASES | UNNAMED)
def test_a_change_runs_the_targets_of_what_it_can_break(clone: Clone, name: str, broken: set[str]) -> None:
    before = clone.read(name)
    clone.append(name)
    try:
        assert affected(clone) == {project: targets(project) for project in broken | EVERY_CHANGE}
    finally:
        (clone.root / name).write_text(before, encoding="utf-8")


def test_no_change_runs_nothing(clone: Clone) -> None:
    assert affected(clone) == {}
