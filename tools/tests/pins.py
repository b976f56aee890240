"""What a file of the workspace takes from elsewhere without saying exactly which.

A dependency is pinned by an exact version; what a lock names, by a digest as well. What a distribution of apps or libs
requires may be a range with a lower bound, as others install it: uv.lock says what runs here. An image that is pulled
has a tag and a digest. A tag is enough for this project's own, which have no digest before they are built, for those
made on the spot (localhost/), and where an example or a benchmark shows one.
"""

import itertools
import json
import pathlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_REQUIREMENT = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+(\s*;.*)?")
_RANGE = re.compile(r"[\w.-]+(\[[\w,-]+\])?>=[\w.]+(,<[\w.]+)?(\s*;.*)?")
_EXACT = re.compile(r"\d+\.\d+\.\d+(-[\w.]+)?")
_LOCKED_LINE = re.compile(r"[\w.+-]+ \S+ [0-9a-f]{64} \S+")
_GO_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_TAG = re.compile(r":(?!latest\b)[\w$][\w.${}-]*$")
_TEMPLATE_TAG = re.compile(r":v?\$\{\w+\}$")
_REGISTRY: str = json.loads((pathlib.Path(__file__).parents[2] / "package.json").read_text(encoding="utf-8"))["config"][
    "registry"
]
_OWN = (f"{_REGISTRY}/", "localhost/")
_SHOWN = {"bench", "docs", "example", "examples", "tests"}
_REFERENCE = re.compile(
    r"^[ -]*(?:\w+: *\{ *)?(?:image|package|reference): *[\"']?([\w.-]+(?:[./:](?:\$\{\w+\}|[^\s\"'}])+)+)",
    re.MULTILINE,
)
_DEPENDENCY = re.compile(r"^[ -]*package: (\S+)\n *version: (.+)$", re.MULTILINE)
_FROM = re.compile(r"^(?:FROM|COPY) (?:--platform=\S+ )?(?:--from=)?(\S+)(?:.*? AS (\w+))?", re.MULTILINE)
_ACTION = re.compile(r"^[ -]*uses: *(\S+)(.*)$", re.MULTILINE)
_PINNED_ACTION = re.compile(r"[\w./-]+@[0-9a-f]{40}")
_RUNNER = re.compile(r"^ *runs-on: *.*-latest.*$", re.MULTILINE)
_NEWEST = re.compile(r"[\w./-]+[:@]latest\b")
_FETCHED_AND_RUN = re.compile(r"(?:curl|wget)\b[^\n|]*\| *(?:sudo +)?(?:ba)?sh\b")
_RUN_BY_NAME = re.compile(r"(?<![\w/-])(?:npx|uvx|pipx run)((?: +--?[\w-]+)*) +([@\w][\w./@=-]*)")


def unpinned(path: str, text: str) -> list[str]:
    """Return what a file leaves open, as the file says it; none for a file that takes nothing from elsewhere.

    Args:
        path: Where the file is in the workspace.
        text: What it says.
    """
    return [found for applies, check in _CHECKS if applies(pathlib.PurePosixPath(path)) for found in check(path, text)]


def _pyproject(path: str, text: str) -> Iterator[str]:
    settings = tomllib.loads(text)
    project = settings.get("project", {})
    uv = settings.get("tool", {}).get("uv", {})
    installed = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    own = f"{project.get('name')}["
    for each in itertools.chain(*installed):
        ranged = set(pathlib.PurePosixPath(path).parts) & {"apps", "libs"} and _RANGE.fullmatch(each)
        if not (_REQUIREMENT.fullmatch(each) or ranged or each.startswith(own)):
            yield each
    groups: list[Iterable[Any]] = [
        *settings.get("dependency-groups", {}).values(),
        settings.get("build-system", {}).get("requires", []),
        uv.get("build-constraint-dependencies", []),
    ]
    # An extra that builds on another names its own project, of which there is one version.
    own = re.compile(rf"{re.escape(str(project.get('name')))}\[[a-z0-9,-]+\]")
    yield from (
        each
        for group in groups
        for each in group
        if not _REQUIREMENT.fullmatch(str(each)) and not own.fullmatch(str(each))
    )
    if not str(uv.get("required-version", "==")).startswith("=="):
        yield f"required-version {uv['required-version']}"


def _uv_lock(_: str, text: str) -> Iterator[str]:
    for package in tomllib.loads(text)["package"]:
        if package["source"].keys() & {"editable", "virtual"}:
            continue
        files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
        if "registry" not in package["source"] or not files or not all(each.get("hash") for each in files):
            yield package["name"]


def _package_json(_: str, text: str) -> Iterator[str]:
    settings = json.loads(text)
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        for name, version in settings.get(kind, {}).items():
            if not _EXACT.fullmatch(version):
                yield f"{name} {version}"


def _package_lock(_: str, text: str) -> Iterator[str]:
    for name, package in json.loads(text)["packages"].items():
        own = package.get("link") or not name.startswith("node_modules/")
        if not own and not (package.get("version") and package.get("integrity", "").startswith("sha512-")):
            yield name


def _requirements(_: str, text: str) -> Iterator[str]:
    for requirement in re.sub(r"\\\n", "", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)).splitlines():
        name, *hashes = re.split(r" +--hash=", requirement.strip())
        if name and not (hashes and _REQUIREMENT.fullmatch(name.strip())):
            yield name


def _debian(_: str, text: str) -> Iterator[str]:
    yield from (line for line in text.splitlines() if not line.startswith("#") and not _LOCKED_LINE.fullmatch(line))


def _go_mod(_: str, text: str) -> Iterator[str]:
    for line in re.findall(r"^(?:require |replace |\t)(?!\()(.+?)(?: *//.*)?$", text, re.MULTILINE):
        target = line.partition(" => ")[2] or line
        if " " in target and not _GO_VERSION.fullmatch(target.split()[-1]):
            yield line


def _images(path: str, text: str) -> Iterator[str]:
    dependencies = dict(_DEPENDENCY.findall(text))
    for reference in _REFERENCE.findall(text):
        if reference in dependencies:
            if not _GO_VERSION.fullmatch(dependencies[reference]):
                yield f"{reference} {dependencies[reference]}"
        elif not _pinned(path, reference):
            yield reference


def _dockerfile(path: str, text: str) -> Iterator[str]:
    stages = {"scratch"}
    for line, (reference, stage) in zip(_FROM.finditer(text), _FROM.findall(text), strict=True):
        taken = line[0].startswith("FROM") or "--from=" in line[0]
        if taken and reference not in stages and not _pinned(path, reference):
            yield reference
        stages.add(stage)


def _pinned(path: str, reference: str) -> bool:
    if _DIGEST.search(reference):
        return bool(_TAG.search(_DIGEST.sub("", reference)))
    shown = _SHOWN & set(pathlib.PurePosixPath(path).parts)
    return bool(_TAG.search(reference)) and bool(shown or reference.startswith(_OWN) or _TEMPLATE_TAG.search(reference))


def _workflow(_: str, text: str) -> Iterator[str]:
    for action, comment in _ACTION.findall(text):
        if action.startswith("./"):
            continue
        if not (_PINNED_ACTION.fullmatch(action) and re.fullmatch(r" +# v?\d\S*", comment)):
            yield action
    yield from (line.strip() for line in _RUNNER.findall(text))


def _commands(_: str, text: str) -> Iterator[str]:
    yield from _NEWEST.findall(text)
    yield from _FETCHED_AND_RUN.findall(text)
    for _options, name in _RUN_BY_NAME.findall(text):
        if not re.search(r"(?:.@|==)\d", name):
            yield name


def _named(*names: str) -> Callable[[pathlib.PurePosixPath], bool]:
    return lambda path: path.name in names


_CHECKS: list[tuple[Callable[[pathlib.PurePosixPath], bool], Callable[[str, str], Iterator[str]]]] = [
    (_named("pyproject.toml"), _pyproject),
    (_named("uv.lock"), _uv_lock),
    (_named("package.json"), _package_json),
    (_named("package-lock.json"), _package_lock),
    (_named("go.mod"), _go_mod),
    (lambda path: path.match("third_party/python/*/*.txt"), _requirements),
    (lambda path: path.match("third_party/debian/*.txt"), _debian),
    (lambda path: path.suffix in {".yaml", ".yml"}, _images),
    (lambda path: path.name.startswith("Dockerfile") and path.suffix not in {".dockerignore", ".jinja"}, _dockerfile),
    (lambda path: path.match(".github/**/*.y*ml") or path.match("action.y*ml"), _workflow),
    (lambda path: path.suffix in {"", ".sh", ".yaml", ".yml", ".json"} and path.name != "tools.txt", _commands),
]
