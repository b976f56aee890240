"""`nx release`: what commits make of versions, changelogs, tags, and of every place that names a version.

Each case commits to a clone whose projects were released at one version, and releases for real; nothing is published.
"""

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Mapping

import projects
import pytest
from images import catalog, charts
from release.published import REGISTRY
from scratch import WORKSPACE, Clone

RELEASED = [project for project in projects.read().values() if project.released]
FOLDERS = {project.name: str(project.folder) for project in RELEASED}
PACKAGES = {package: project.name for project in RELEASED for package in project.packages}
"""What is published, and the project whose version it has."""

MENTIONING = {
    "SECURITY.md",
    "apps/function-cdk8s/README.md",
    "apps/function-cdk8s/bench/chart/pyproject.toml",
    "apps/function-cdk8s/example/functions.yaml",
    "apps/function-cdk8s/pyproject.toml",
    "apps/function-cdk8s/src/function_cdk8s/template/repository/function/Dockerfile.jinja",
    "apps/function-cdk8s/src/function_cdk8s/template/repository/pyproject.toml.jinja",
    "apps/function-cdk8s/src/function_cdk8s/template/repository/{{ _copier_conf.answers_file }}.jinja",
    "docs/explanation/packaging.md",
    "docs/how-to/chart-repository.md",
    "libs/example-web-service/pyproject.toml",
    "libs/fixture-charts/pyproject.toml",
    "libs/internal-dns-xp/docs/quickstart.md",
    "libs/internal-dns-xp/function/Dockerfile",
    "libs/internal-dns-xp/package/apis/internaldns/composition.yaml",
    "libs/internal-dns-xp/package/crossplane.yaml",
    "libs/internal-dns-xp/pyproject.toml",
    "stacks/internal-dns/base/configuration.yaml",
    "stacks/internal-dns/base/function.yaml",
    "stacks/internal-dns/gitops/argocd/application.yaml",
    "stacks/internal-dns/gitops/flux/source.yaml",
    "stacks/internal-dns/e2e/72-versions/01-function.yaml",
}
"""Some of the files that name a version."""

LIBRARY = "libs/cdk8s-function-xp/src/cdk8s_function/pool/pool.py"
FUNCTION = "apps/function-cdk8s/src/function_cdk8s/serve.py"
CHART = "libs/internal-dns-xp/src/internal_dns/chart.py"
PACKAGE = re.compile(rf"{re.escape(REGISTRY)}/([\w-]+)(?::|\n +version: )v(\d+\.\d+\.\d+)")
PIN = re.compile(
    r'["`](cdk8s-function-[a-z]+|function-cdk8s|internal-dns-xp)(?:\[[\w,]+\])?(?:==|>=)(\d[^"`,]+)(?:,<([^"`]+))?["`]'
)
TAG = re.compile(r'(?:default\("|(?:rev|tag|targetRevision): "?)([\w-]+)@([^"\s]+)')
"""Where a repository that `function-cdk8s init` made says of which release its template and its hook are, and where
Argo CD and Flux take manifests from.
"""

WHEEL = re.compile(
    r"\b((?:cdk8s_function|function_cdk8s|internal_dns)\w*)-(\d+\.\d+\.\d+)(?:-py3-none-any\.whl|\.tar\.gz)"
)

CHARTS = {
    chart: project.name
    for project in RELEASED
    for chart in tomllib.loads((WORKSPACE / project.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    .get("entry-points", {})
    .get("cdk8s_function.charts", {})
}
"""The charts that are released, and the project whose version each has."""

CHART_INPUT = re.compile(r'kind: ChartInput\n +chart: ([\w-]+)\n +version: "(\d+\.\d+\.\d+)"')
"""A step of a Composition that names a chart in a version, in quotes: others are of tests."""


FIRST = re.compile(r"bin/nx (release (\d+\.\d+\.\d+) --first-release --skip-publish)")


@dataclasses.dataclass(frozen=True)
class Case:
    """Commits since the release of every project at `start`, and what their release makes of them.

    Attributes:
        id: What the case shows.
        commits: Messages, each with the files it changes.
        versions: The new version of each project that is released.
        changelogs: Lines of the entry of each project that is released, in their order.
        start: The version before.
    """

    id: str
    commits: Mapping[str, list[str]]
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    changelogs: Mapping[str, list[str]] = dataclasses.field(default_factory=dict[str, list[str]])
    start: str = "0.1.0"


CASES = [
    Case(
        id="a fix of the chart is a release of the chart alone",
        commits={"fix(internal-dns-xp): keep a record": [CHART]},
        versions={"internal-dns-xp": "0.1.1"},
        changelogs={"internal-dns-xp": ["### Fixes", "- **internal-dns-xp:** keep a record"]},
    ),
    Case(
        id="a feature of the function is in the image of the chart",
        commits={"feat(function-cdk8s): serve twice": [FUNCTION]},
        versions={"function-cdk8s": "0.1.1", "internal-dns-xp": "0.1.1"},
        changelogs={
            "function-cdk8s": ["### Features", "- **function-cdk8s:** serve twice"],
            "internal-dns-xp": ["### 🧱 Updated Dependencies", "- Updated function-cdk8s to 0.1.1"],
        },
    ),
    Case(
        id="before 1.0.0 a breaking change of the library is a minor version",
        commits={"feat(cdk8s-function-xp)!: name charts twice\n\nBREAKING CHANGE: name it again": [LIBRARY]},
        versions={"cdk8s-function-xp": "0.2.0", "function-cdk8s": "0.1.1", "internal-dns-xp": "0.1.1"},
        changelogs={
            "cdk8s-function-xp": [
                "### Features",
                "- ⚠️  **cdk8s-function-xp:** name charts twice",
                "### ⚠️  Breaking Changes",
                "- **cdk8s-function-xp:** name charts twice",
                "name it again",
            ],
            "function-cdk8s": ["### 🧱 Updated Dependencies", "- Updated cdk8s-function-xp to 0.2.0"],
            "internal-dns-xp": [
                "### 🧱 Updated Dependencies",
                "- Updated cdk8s-function-xp to 0.2.0",
                "- Updated function-cdk8s to 0.1.1",
            ],
        },
    ),
    Case(
        id="from 1.0.0 on each kind of commit has its own part of the version",
        commits={
            "fix(cdk8s-function-xp): count workers": [LIBRARY],
            "feat(function-cdk8s): serve twice": [FUNCTION],
            "feat(internal-dns-xp)!: drop the spec": [CHART],
        },
        versions={"cdk8s-function-xp": "1.0.1", "function-cdk8s": "1.1.0", "internal-dns-xp": "2.0.0"},
        changelogs={
            "cdk8s-function-xp": ["### Fixes", "- **cdk8s-function-xp:** count workers"],
            "function-cdk8s": [
                "### Features",
                "- **function-cdk8s:** serve twice",
                "### 🧱 Updated Dependencies",
                "- Updated cdk8s-function-xp to 1.0.1",
            ],
            "internal-dns-xp": [
                "### Features",
                "- ⚠️  **internal-dns-xp:** drop the spec",
                "### ⚠️  Breaking Changes",
                "- **internal-dns-xp:** drop the spec",
                "### 🧱 Updated Dependencies",
                "- Updated cdk8s-function-xp to 1.0.1",
                "- Updated function-cdk8s to 1.1.0",
            ],
        },
        start="1.0.0",
    ),
    Case(
        id="a commit without a scope counts for what it changes, and those that depend on it",
        commits={"feat: say more": [FUNCTION, CHART]},
        versions={"function-cdk8s": "1.1.0", "internal-dns-xp": "1.1.0"},
        changelogs={
            "function-cdk8s": ["### Features", "- say more"],
            "internal-dns-xp": [
                "### Features",
                "- say more",
                "### 🧱 Updated Dependencies",
                "- Updated function-cdk8s to 1.1.0",
            ],
        },
        start="1.0.0",
    ),
    Case(
        id="a commit that is faster or undone is a patch, and the highest of several counts",
        commits={
            "perf(internal-dns-xp): ask less": [CHART],
            "feat(internal-dns-xp): ask more": [CHART],
            "revert(internal-dns-xp): ask once": [CHART],
        },
        versions={"internal-dns-xp": "1.1.0"},
        changelogs={
            "internal-dns-xp": [
                "### Features",
                "- **internal-dns-xp:** ask more",
                "### Performance",
                "- **internal-dns-xp:** ask less",
                "### Reverted",
                "- **internal-dns-xp:** ask once",
            ]
        },
        start="1.0.0",
    ),
    Case(
        id="a dependency that ships is in all images",
        commits={"fix(function-cdk8s): take click 8.5.2": ["apps/function-cdk8s/pyproject.toml", "uv.lock"]},
        versions={
            "cdk8s-function-schemas": "0.1.1",
            "cdk8s-function-xp": "0.1.1",
            "function-cdk8s": "0.1.1",
            "internal-dns-xp": "0.1.1",
        },
        changelogs={
            "cdk8s-function-schemas": [
                (
                    "This was a version bump only for cdk8s-function-schemas to align it with other projects, "
                    "there were no code changes."
                )
            ],
            "cdk8s-function-xp": ["### 🧱 Updated Dependencies", "- Updated cdk8s-function-schemas to 0.1.1"],
            "function-cdk8s": [
                "### Fixes",
                "- **function-cdk8s:** take click 8.5.2",
                "### 🧱 Updated Dependencies",
                "- Updated cdk8s-function-xp to 0.1.1",
            ],
            "internal-dns-xp": [
                "### 🧱 Updated Dependencies",
                "- Updated cdk8s-function-xp to 0.1.1",
                "- Updated function-cdk8s to 0.1.1",
            ],
        },
    ),
    Case(
        id="what users do not notice releases nothing",
        commits={
            "chore(deps): lock again": ["uv.lock", "package-lock.json", "pyproject.toml"],
            "build: run other targets": ["nx.json"],
            "ci(tools): check more": ["tools/provision/tools.txt"],
            "docs(internal-dns-xp): say more": ["libs/internal-dns-xp/README.md"],
            "refactor(cdk8s-function-xp): split a module": [LIBRARY],
            "style(function-cdk8s): sort": [FUNCTION],
            "test(fixture-charts): break otherwise": ["libs/fixture-charts/src/fixture_charts/words.py"],
            "no conventional commit": [CHART],
        },
    ),
    Case(
        id="the workspace's tools are nobody's release",
        commits={
            "feat(tools): provision more": ["tools/provision/tools.txt"],
            "fix(internal-dns-stack)!: install less": ["stacks/internal-dns/base/runtime.yaml"],
            "feat: begin elsewhere": ["tools/e2e/cluster/kind.py"],
        },
    ),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone(tmp_path_factory.mktemp("release"))
    # Nx writes into the entry of a version that a changelog has already, and the versions here are made up.
    if clone.git("ls-files", "*/CHANGELOG.md"):
        clone.git("rm", "--quiet", "*/CHANGELOG.md")
        clone.commit("chore: forget releases")
    clone.git("branch", "unreleased")
    clone.nx("release", "0.1.0", "--first-release", "--skip-publish")
    clone.git("branch", "0.1.0")
    clone.nx("release", "1.0.0", "--skip-publish")
    clone.git("branch", "1.0.0")
    return clone


@pytest.fixture
def released(clone: Clone) -> Iterator[Clone]:
    """Yield the clone; what a test releases there is undone."""
    tags = set(clone.git("tag").split())
    yield clone
    clone.git("checkout", "--quiet", "--force", "0.1.0")
    for tag in set(clone.git("tag").split()) - tags:
        clone.git("tag", "--delete", tag)


def begin(clone: Clone, version: str) -> None:
    """Go back to where every project was at a version, and to the tags of then."""
    clone.git("checkout", "--quiet", "-B", "main", version)
    assert versions(clone) == dict.fromkeys(FOLDERS, version)


def test_the_first_release_is_one_command(released: Clone) -> None:
    """That of the page, which says one version; here it is another than the projects have."""
    (documented,) = FIRST.findall((WORKSPACE / "docs/how-to/releasing.md").read_text(encoding="utf-8"))
    command = [part if part != documented[1] else "7.0.0" for part in documented[0].split()]
    released.git("checkout", "--quiet", "-B", "main", "unreleased")
    before = released.git("rev-parse", "HEAD")

    shown = released.nx(*command, "--dry-run").stdout
    assert '+ version = "7.0.0"' in shown
    assert (released.git("rev-parse", "HEAD"), released.git("status", "--porcelain")) == (before, "")
    released.nx(*command)

    assert versions(released) == dict.fromkeys(FOLDERS, "7.0.0")
    assert set(released.git("tag", "--points-at", "HEAD").split()) == {f"{name}@7.0.0" for name in FOLDERS}
    assert {name: entry(released, name)[0] for name in FOLDERS} == dict.fromkeys(FOLDERS, "7.0.0")
    assert [found for found in mentions(released) if found[2] != "7.0.0"] == []
    assert released.git("status", "--porcelain") == ""
    released.run("bin/uv", "lock", "--check")


def test_a_dry_run_shows_what_a_release_would_be_and_changes_nothing(released: Clone) -> None:
    begin(released, "0.1.0")
    released.commit("feat(internal-dns-xp)!: drop the spec", touch=[CHART])
    before = released.git("rev-parse", "HEAD")

    shown = released.nx("release", "--dry-run", "--skip-publish").stdout

    assert '+ version = "0.2.0"' in shown
    assert "internal-dns-xp@0.2.0" in shown
    assert "- ⚠️  **internal-dns-xp:** drop the spec" in shown
    assert (released.git("rev-parse", "HEAD"), released.git("status", "--porcelain")) == (before, "")
    assert "internal-dns-xp@0.2.0" not in released.git("tag").split()


def versions(clone: Clone) -> dict[str, str]:
    return {
        name: tomllib.loads(clone.read(f"{folder}/pyproject.toml"))["project"]["version"]
        for name, folder in FOLDERS.items()
    }


def entry(clone: Clone, project: str) -> tuple[str, list[str]]:
    """Return the version of the newest entry of a changelog, and its lines."""
    _, heading, text = re.split(
        r"^##? (\d\S+) \(\d{4}-\d\d-\d\d\)$",
        clone.read(f"{FOLDERS[project]}/CHANGELOG.md"),
        maxsplit=1,
        flags=re.MULTILINE,
    )
    newest = re.split(r"^##? \d", text, maxsplit=1, flags=re.MULTILINE)[0]
    return heading, [line.strip() for line in newest.splitlines() if line.strip()]


def mentions(clone: Clone) -> Iterator[tuple[str, str, str]]:
    """Yield each file that names a version of a released project, with the project and the version."""
    for file in clone.git("ls-files", "--", ":!*CHANGELOG.md", ":!*.lock").splitlines():
        path = clone.root / file
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for package, version in PACKAGE.findall(text):
            if package in PACKAGES:
                yield file, PACKAGES[package], version
        yield from ((file, *found) for found in TAG.findall(text))
        yield from ((file, name.replace("_", "-"), version) for name, version in WHEEL.findall(text))
        yield from ((file, CHARTS[chart], version) for chart, version in CHART_INPUT.findall(text) if chart in CHARTS)
        for project, version, end in PIN.findall(text):
            yield file, project, version if end in {"", next_breaking(version)} else f"{version},<{end}"


def next_breaking(version: str) -> str:
    major, minor, _ = map(int, version.split("."))
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def test_each_image_that_is_published_has_a_project() -> None:
    others = [library for library in charts.libraries() if library.name not in FOLDERS]
    unreleased = {name for library in others for name in (library.function, library.image)}
    images = [image for image in map(catalog.find, catalog.names()) if not image.stands_in]

    published = [image for image in images if image.name not in unreleased]
    repositories = {repository.rpartition("/")[2] for image in published for repository in image.repositories}
    assert {image.name for image in published} >= {"function-cdk8s", "function-internal-dns", "internal-dns-chart"}
    assert repositories | {image.name for image in published} <= PACKAGES.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_release(released: Clone, case: Case) -> None:
    begin(released, case.start)
    for message, files in case.commits.items():
        released.commit(message, touch=files)
    before = released.git("rev-parse", "HEAD")

    released.nx("release", "--skip-publish")

    now = dict.fromkeys(FOLDERS, case.start) | dict(case.versions)
    assert versions(released) == now
    assert set(released.git("tag", "--points-at", "HEAD").split()) == {f"{n}@{v}" for n, v in case.versions.items()}
    assert {project: entry(released, project) for project in case.versions} == {
        project: (case.versions[project], lines) for project, lines in case.changelogs.items()
    }
    found = list(mentions(released))
    assert {file for file, _, _ in found} >= MENTIONING
    assert [(file, project, version) for file, project, version in found if version != now[project]] == []
    assert (released.git("rev-parse", "HEAD") == before) == (not case.versions)
    assert released.git("status", "--porcelain") == ""
    released.run("bin/uv", "lock", "--check")
