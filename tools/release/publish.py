"""Publishes what `nx build` made of a released project: run by `nx release publish`, after the build.

Wheel and sdist go to UV_PUBLISH_URL, images and Crossplane packages to the registry that package.json names. A tag that
is there already stays as it is, so that a run that broke off can run again, and no version ever becomes another.

What runs is one file an architecture, and one index in the registry (https://github.com/opencontainers/image-spec/blob/main/image-index.md):
a kubelet takes the manifest of its node, and Crossplane, which reads no more of a package than its manifests, that of
linux/amd64 (go-containerregistry's default). So the index gets its tag last, and never lacks amd64.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping

from published import REGISTRY

_ARCHITECTURES = ("amd64", "arm64")

WORKSPACE = pathlib.Path(__file__).parents[2]
_BIN = WORKSPACE / "bin"


class PublishError(Exception):
    """Something cannot be published; one line with the remedy."""


def main() -> int:
    """Publish the project that the arguments name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="publish", description=__doc__)
    parser.add_argument("project", type=pathlib.Path, help="the project's folder, with what was built in dist")
    project = parser.parse_args().project
    try:
        publish(WORKSPACE / project, environment=os.environ)
    except PublishError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def publish(project: pathlib.Path, *, environment: Mapping[str, str]) -> None:
    """Publish a project's distributions, images and packages, those first that others need.

    Args:
        project: The project's folder.
        environment: UV_PUBLISH_URL, and UV_PUBLISH_TOKEN outside of GitHub's workflow; IMAGES_LOCKED=1, with which the
            images were built; PUBLISH_REGISTRY for another registry than package.json names; NX_DRY_RUN=true to print
            what would be published.

    Raises:
        PublishError: If a destination is not set, something was not built at the project's version, or a push fails.
    """
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    options = json.loads((project / "project.json").read_text(encoding="utf-8")).get("release", {}).get("version", {})
    packages = options.get("versionActionsOptions", {}).get("packages", [])
    version, dist = settings["version"], project / "dist"
    stem = f"{settings['name'].replace('-', '_')}-{version}"
    distributions = [dist / f"{stem}.tar.gz", dist / f"{stem}-py3-none-any.whl"]
    artifacts = {name: _artifacts(dist, name) for name in sorted(packages)}
    if lacking := [file for file in [*distributions, *itertools.chain(*artifacts.values())] if not file.exists()]:
        msg = f"{lacking[0]} is not there: run bin/nx build {settings['name']}"
        raise PublishError(msg)

    index = _destination(environment, "UV_PUBLISH_URL", "https://index.example.org/legacy/")
    registry = _registry(environment) if packages else ""
    dry = environment.get("NX_DRY_RUN") == "true"
    print(f"{settings['name']} {version} goes to {index}", flush=True)
    if not dry:
        # Without a token GitHub vouches for the workflow (https://docs.pypi.org/trusted-publishers/).
        trusted = environment.get("GITHUB_ACTIONS") == "true" and not environment.get("UV_PUBLISH_TOKEN")
        _run("uv", "publish", *(["--trusted-publishing=always"] if trusted else []), *distributions)
    for name, files in artifacts.items():
        _push(files, f"{registry}/{name}:v{version}", built_as=f"/{name}:v{version}", dry=dry)


def _artifacts(dist: pathlib.Path, package: str) -> list[pathlib.Path]:
    """Return the files of a package: those of an image which runs a package have the package's name."""
    images = [dist / f"{package.removesuffix('-runtime')}-{architecture}.tar" for architecture in _ARCHITECTURES]
    functions = [image.with_suffix(".xpkg") for image in images]
    if package.endswith("-runtime"):
        return images
    if any(file.exists() for file in functions):
        return functions
    return images if any(file.exists() for file in images) else [dist / f"{package}.xpkg"]


def _registry(environment: Mapping[str, str]) -> str:
    """Return the registry and owner to push to: PUBLISH_REGISTRY, or the one that package.json names."""
    if not environment.get("IMAGES_LOCKED"):
        msg = "IMAGES_LOCKED=1 is not set: what is published is built of nothing but locked Debian packages"
        raise PublishError(msg)
    return (environment.get("PUBLISH_REGISTRY") or REGISTRY).rstrip("/")


def _destination(environment: Mapping[str, str], name: str, example: str) -> str:
    if not environment.get(name):
        msg = f"{name} says where to publish, like {example}, and is not set"
        raise PublishError(msg)
    return environment[name].rstrip("/")


def _push(files: list[pathlib.Path], reference: str, *, built_as: str, dry: bool) -> None:
    images = [file for file in files if file.suffix == ".tar"]
    for file in images:
        if not any(name.endswith(built_as) for name in _names(file)):
            msg = f"{file} is {', '.join(_names(file))}, not {built_as[1:]}: run the build again"
            raise PublishError(msg)
    if not dry and _exists(reference):
        print(f"{reference} is there already", flush=True)
        return
    print(f"{' and '.join(file.name for file in files)} {'go' if files[1:] else 'goes'} to {reference}", flush=True)
    if dry:
        return
    if images:
        _push_index(images, reference)
    else:
        _run("crossplane", "xpkg", "push", f"--package-files={','.join(map(str, files))}", reference)


def _push_index(images: list[pathlib.Path], reference: str) -> None:
    """Push images by their digests, then the index of them by its tag."""
    repository = reference.rpartition(":")[0]
    manifests: list[str] = []
    for image in images:
        manifest = f"{repository}@{_asked('crane', 'digest', '--tarball', image)}"
        _run("crane", "push", image, manifest)
        manifests.append(f"--manifest={manifest}")
    _run("crane", "index", "append", *manifests, f"--tag={reference}")


def _names(archive: pathlib.Path) -> list[str]:
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        return json.load(manifest)[0]["RepoTags"] if manifest else []


def _exists(reference: str) -> bool:
    repository, _, tag = reference.rpartition(":")
    listed = subprocess.run([_BIN / "crane", "ls", repository], capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return tag in listed.stdout.split()
    if "NAME_UNKNOWN" in listed.stderr or "404" in listed.stderr:
        return False
    msg = f"cannot ask for {repository}: {' '.join(listed.stderr.split())}"
    raise PublishError(msg)


def _asked(tool: str, *arguments: str | pathlib.Path) -> str:
    done = subprocess.run([_BIN / tool, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        msg = f"{tool} {arguments[0]} ended with {done.returncode}, and says why above"
        raise PublishError(msg)
    return done.stdout.strip()


def _run(tool: str, *arguments: str | pathlib.Path) -> None:
    status = subprocess.run([_BIN / tool, *arguments], check=False).returncode
    if status:
        msg = f"{tool} {arguments[0]} ended with {status}, and says why above"
        raise PublishError(msg)


if __name__ == "__main__":
    sys.exit(main())
