"""`nx affected` picks the projects that a change can break, and no others.

Nx is asked which tasks it would run, in a clone of the working tree, and runs none.
"""

import json
import pathlib
from collections.abc import Mapping

import pytest
from scratch import WORKSPACE, Clone

TARGETS = ("lint", "typecheck", "test", "render")
EVERY_CHANGE = {"docs", "workspace"}
"""The projects that look at the whole workspace: its tests, and the links of its pages."""

CHART = {"internal-dns-xp", "internal-dns-stack", "images"}
FUNCTION = {"function-cdk8s", *CHART}
LIBRARY = {"cdk8s-function-xp", "example-web-service", "fixture-broken-charts", "fixture-charts", *FUNCTION}
EVERYTHING = {*LIBRARY, "advisories", "licences", "new-chart", "tools", "workflows"}

CASES = {
    # the changed project, and its dependents
    "libs/cdk8s-function-xp/src/cdk8s_function/pool/pool.py": LIBRARY,
    "libs/cdk8s-function-xp/tests/test_plain.py": LIBRARY,
    "libs/cdk8s-function-xp/README.md": LIBRARY,
    "apps/function-cdk8s/src/function_cdk8s/serve.py": FUNCTION,
    "apps/function-cdk8s/bench/function_bench/soak.py": FUNCTION,
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
    "tools/new-chart/template/pyproject.toml": {"new-chart"},
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
    "docs/errors.md": LIBRARY,
    "docs/design/packaging.md": {"images"},
    "docs/design/README.md": set[str](),
    "docs/design/jsii.md": set[str](),
    "SECURITY.md": set[str](),
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("clone"))


def targets() -> Mapping[str, set[str]]:
    """Return the targets of this test that each project has."""
    files = [path for path in WORKSPACE.glob("*/**/project.json") if "node_modules" not in path.parts]
    projects = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return {project["name"]: set(TARGETS) & project["targets"].keys() for project in projects}


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


def test_every_project_has_a_case() -> None:
    folders = [path.parent.relative_to(WORKSPACE) for path in WORKSPACE.glob("*/**/project.json")]

    changed = [pathlib.PurePath(name) for name in CASES]
    assert [str(folder) for folder in folders if not any(path.is_relative_to(folder) for path in changed)] == []


@pytest.mark.parametrize(("name", "projects"), CASES.items(), ids=CASES)
def test_a_change_runs_the_targets_of_what_it_can_break(clone: Clone, name: str, projects: set[str]) -> None:
    before = clone.read(name)
    clone.append(name)
    try:
        assert affected(clone) == {project: targets()[project] for project in projects | EVERY_CHANGE}
    finally:
        (clone.root / name).write_text(before, encoding="utf-8")


def test_no_change_runs_nothing(clone: Clone) -> None:
    assert affected(clone) == {}
