"""Nothing that the workspace takes from elsewhere is left open: dependencies, locks, images, actions, tools."""

import pathlib
import subprocess

import pytest
from pins import unpinned
from scratch import WORKSPACE

DIGEST = "sha256:" + 64 * "0"
COMMIT = 40 * "0"

OPEN = [
    ("pyproject.toml", '[project]\ndependencies = ["click==8.5.1", "pyyaml>=6"]', ["pyyaml>=6"]),
    (
        "libs/a/pyproject.toml",
        '[project]\nname = "a"\n[project.optional-dependencies]\ntest = ["a[server]", "b[server]"]',
        ["b[server]"],
    ),
    ("libs/a/pyproject.toml", '[project.optional-dependencies]\nserver = ["grpcio"]', ["grpcio"]),
    ("libs/a/pyproject.toml", '[project]\ndependencies = ["grpcio<2"]', ["grpcio<2"]),
    ("libs/a/pyproject.toml", '[project]\ndependencies = ["grpcio>=1,!=1.5"]', ["grpcio>=1,!=1.5"]),
    ("libs/a/pyproject.toml", '[dependency-groups]\ndev = ["pytest~=9.2"]', ["pytest~=9.2"]),
    ("libs/a/pyproject.toml", '[build-system]\nrequires = ["hatchling"]', ["hatchling"]),
    ("pyproject.toml", '[tool.uv]\nrequired-version = ">=0.13"', ["required-version >=0.13"]),
    ("uv.lock", '[[package]]\nname = "a"\nsource = { git = "https://example.org/a" }', ["a"]),
    (
        "uv.lock",
        '[[package]]\nname = "a"\nsource = { registry = "https://example.org" }\nwheels = [{ url = "a.whl" }]',
        ["a"],
    ),
    ("package.json", '{"devDependencies": {"nx": "^23.2.1", "pyright": "1.1.414"}}', ["nx ^23.2.1"]),
    ("package-lock.json", '{"packages": {"": {}, "node_modules/nx": {"version": "1.0.0"}}}', ["node_modules/nx"]),
    ("third_party/python/toolchain/uv.txt", "uv==0.13.9\n", ["uv==0.13.9"]),
    ("third_party/python/toolchain/uv.txt", f"uv>=0.13 \\\n    --hash={DIGEST}\n", ["uv>=0.13"]),
    ("third_party/debian/a.amd64.txt", "# date\nbusybox 1.37 pool/a.deb\n", ["busybox 1.37 pool/a.deb"]),
    ("third_party/go/a/go.mod", "module a\n\nrequire (\n\texample.org/a master\n)\n", ["example.org/a master"]),
    ("stacks/a/base/a.yaml", "  package: example.org/a/b:v1.2.3\n", ["example.org/a/b:v1.2.3"]),
    ("stacks/a/base/a.yaml", "    - image: nginx:latest\n", ["nginx:latest", "nginx:latest"]),
    ("stacks/a/base/a.yaml", f"      image: example.org/a@{DIGEST}\n", [f"example.org/a@{DIGEST}"]),
    ("stacks/a/base/a.yaml", "  image: {reference: example.org/a}\n", ["example.org/a"]),
    (
        "libs/a/package/crossplane.yaml",
        "  - package: example.org/a/b\n    version: '>=v1'\n",
        ["example.org/a/b '>=v1'"],
    ),
    ("apps/a/example/a.yaml", "image: example.org/a\n", ["example.org/a"]),
    ("apps/a/Dockerfile", "FROM example.org/a:1 AS build\nFROM scratch\nCOPY --from=build / /\n", ["example.org/a:1"]),
    ("apps/a/Dockerfile", "FROM scratch\nCOPY --from=example.org/b:1 / /\n", ["example.org/b:1"]),
    (".github/workflows/a.yaml", "      - uses: actions/checkout@v6\n", ["actions/checkout@v6"]),
    (".github/workflows/a.yaml", f"      - uses: actions/checkout@{COMMIT}\n", [f"actions/checkout@{COMMIT}"]),
    (".github/workflows/a.yaml", "    runs-on: ubuntu-latest\n", ["runs-on: ubuntu-latest"]),
    ("bin/a", "go install example.org/a@latest\n", ["example.org/a@latest"]),
    ("bin/a", "npx --yes prettier .\n", ["prettier"]),
    ("a.sh", "uvx ruff check\n", ["ruff"]),
    ("a.sh", "curl -fsSL https://example.org/a | sh\n", ["curl -fsSL https://example.org/a | sh"]),
]

PINNED = [
    ("libs/a/pyproject.toml", '[project]\nname = "a"\ndependencies = ["b[c]>=1.2,<2", "d>=26.1"]'),
    ("apps/a/pyproject.toml", '[project]\nname = "a"\n[project.optional-dependencies]\ntest = ["a[server]", "d>=1"]'),
    ("pyproject.toml", '[project]\ndependencies = ["a[b]==1.2", "c==1 ; python_version < \'3.12\'"]'),
    ("stacks/a/base/a.yaml", f"  image: example.org/a:1.2@{DIGEST}\n"),
    ("stacks/a/base/a.yaml", "  package: ghcr.io/function-cdk8s/internal-dns:v0.2.0\n"),
    ("tools/e2e/manifests/a.yaml", "  image: example.org/a:v${version}\n"),
    ("apps/a/example/a.yaml", "image: nginx:1.29.3\n"),
    ("libs/a/package/crossplane.yaml", "  - package: example.org/a/b\n    version: v1.2.3\n"),
    (".github/workflows/a.yaml", f"  - uses: actions/checkout@{COMMIT} # v6.0.1\n  - uses: ./.github/actions/a\n"),
    ("package-lock.json", '{"packages": {"": {}, "node_modules/a": {"link": true}, "tools/a": {"name": "a"}}}'),
    ("bin/a", "go install example.org/a@v1.2.3\nnpx --yes prettier@3.6.2 .\n"),
]


def tracked() -> list[str]:
    command = ["git", "-C", str(WORKSPACE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [name for name in names if name and (WORKSPACE / name).is_file()]


@pytest.mark.parametrize(("path", "text", "found"), OPEN)
def test_what_is_left_open_is_found(path: str, text: str, found: list[str]) -> None:
    assert unpinned(path, text) == found


@pytest.mark.parametrize(("path", "text"), PINNED)
def test_what_is_pinned_is_not(path: str, text: str) -> None:
    assert unpinned(path, text) == []


def test_nothing_in_the_workspace_is_left_open() -> None:
    found: dict[str, list[str]] = {}
    for name in tracked():
        try:
            text = (WORKSPACE / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if left := unpinned(name, text):
            found[name] = left

    assert found == {}


def test_every_go_module_has_the_checksums_of_what_it_requires() -> None:
    modules = [WORKSPACE / name for name in tracked() if pathlib.PurePath(name).name == "go.mod"]

    requiring = [module for module in modules if "require" in module.read_text(encoding="utf-8")]
    assert requiring
    assert [str(module) for module in requiring if not module.with_name("go.sum").is_file()] == []
