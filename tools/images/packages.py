"""The Crossplane packages of this project, made by `crossplane xpkg build`.

A function's package is its image with one more layer, the package's own manifests.
"""

import dataclasses
import hashlib
import pathlib
import shutil
from collections.abc import Iterator, Sequence

from images import catalog, charts, image, programs, store, workspace
from images.image import Built
from images.workspace import BuildError

_INPUT = "apps/function-cdk8s/package/input"
"""The schema of what a Composition gives the function."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Package:
    """A Crossplane package.

    Attributes:
        summary: What it is.
        manifests: Files and folders that its manifests are taken from.
        examples: A folder of examples.
        runtime: The image that runs it; "" for a configuration.
    """

    summary: str
    manifests: Sequence[str]
    examples: str
    runtime: str = ""


def _packages() -> Iterator[tuple[str, Package]]:
    yield (
        "function-cdk8s",
        Package(
            summary="the function, with no chart in it",
            manifests=["apps/function-cdk8s/package/crossplane.yaml", _INPUT],
            examples="apps/function-cdk8s/example",
            runtime="function-cdk8s",
        ),
    )
    for library in charts.libraries():
        yield (
            library.function,
            Package(
                summary=f"the function, with the {library.chart} chart in it",
                manifests=[f"{library.folder}/function/package/crossplane.yaml", _INPUT],
                examples=f"{library.folder}/examples",
                runtime=library.function,
            ),
        )
        yield (
            library.chart,
            Package(
                summary=f"the configuration: XRD and Composition of {library.chart}, and the function they depend on",
                manifests=[f"{library.folder}/package/crossplane.yaml", f"{library.folder}/package/apis"],
                examples=f"{library.folder}/examples",
            ),
        )


PACKAGES = dict(_packages())


def build(name: str, architecture: str) -> Built:
    """Return a package's file, built on first use, with the digest of the file.

    A configuration has nothing that runs: it is one file for every architecture.

    Raises:
        BuildError: If it cannot be built.
    """
    if name not in PACKAGES:
        msg = f'no package is called "{name}": there are {", ".join(PACKAGES)}'
        raise BuildError(msg)
    package = PACKAGES[name]
    file_name = f"{name}-{architecture}.xpkg" if package.runtime else f"{name}.xpkg"
    runtime = catalog.find(package.runtime) if package.runtime else None
    key = workspace.digest(
        name,
        workspace.sources("tools/images/packages.py", *package.manifests, package.examples),
        programs.inputs("crossplane"),
        image.key(runtime, architecture) if runtime else "",
    )

    def make(work: pathlib.Path) -> None:
        _assemble(package, work / "package")
        embedded = [f"--embed-runtime-image-tarball={image.build(runtime, architecture).file}"] if runtime else []
        file = work / file_name
        workspace.run(
            *("bin/crossplane", "xpkg", "build", f"--package-root={work}/package", f"--package-file={file}"),
            *(f"--examples-root={workspace.ROOT / package.examples}", *embedded),
        )
        shutil.rmtree(work / "package")
        (work / "digest").write_text(f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}", encoding="utf-8")

    folder = store.folder("packages", key, make)
    return Built(folder / file_name, (folder / "digest").read_text(encoding="utf-8"))


def _assemble(package: Package, folder: pathlib.Path) -> None:
    folder.mkdir()
    for path in package.manifests:
        source = workspace.ROOT / path
        if source.is_dir():
            shutil.copytree(source, folder / source.name)
        else:
            shutil.copy(source, folder)
