"""The function's Dockerfile, as written, gives what bin/images gives: by Docker, and by buildah.

Its base cannot be pulled everywhere. The image `python` of bin/images takes its place, under the name that the
Dockerfile has for it, with this host's certificates, settings of registries, and crane, which takes a minute to build:
nothing of it gets into the image.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator

import pytest
from image_contents import files, settings
from images import catalog, image, programs, workspace

ROOT = workspace.ROOT
DOCKERFILE = ROOT / "apps/function-cdk8s/Dockerfile"
TRUSTED = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
REGISTRIES = (
    *("DEBIAN_ARCHIVE", "DEBIAN_SNAPSHOT", "GONOSUMDB", "GOPROXY", "GOSUMDB", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
)
"""Variables that say where packages come from."""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not TRUSTED.exists(),
    reason=f"a build without a Docker daemon of the host needs root on Linux, and {TRUSTED}",
)


def base_name() -> str:
    """Return the base as the Dockerfile names it."""
    (name,) = re.findall(r"^FROM (\S+) AS build$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    return name


@pytest.fixture
def ours() -> pathlib.Path:
    """The archive of `bin/images build --locked`."""
    command = [ROOT / "bin/images", "build", "--locked", "function-cdk8s"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "cannot be had" in done.stderr:
        pytest.skip(f"the Dockerfile takes locked packages alone, and the archive dropped one: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.rpartition(" ")[0])


@pytest.fixture
def work() -> Generator[pathlib.Path]:
    """A folder that goes with the test, which fills it with a gigabyte."""
    with tempfile.TemporaryDirectory() as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def base(work: pathlib.Path) -> pathlib.Path:
    """A folder with a Dockerfile that adds to the image `python` what it has of this host."""
    folder = work / "base"
    folder.mkdir()
    shutil.copyfile(TRUSTED, folder / TRUSTED.name)
    crane = programs.executable("crane")
    shutil.copy2(crane, folder / "crane")
    given = {name: os.environ[name] for name in REGISTRIES if name in os.environ}
    given |= {"SSL_CERT_FILE": str(TRUSTED), "PIP_CERT": str(TRUSTED), "FUNCTION_CDK8S_CACHE": "/cache"}
    (python,) = catalog.find("python").references
    lines = [f"FROM {python}", f"COPY {TRUSTED.name} {TRUSTED}"]
    lines += [f"COPY crane /cache/crane/{crane.parent.name}/crane"]
    lines += [f"ENV {name}={json.dumps(value)}" for name, value in given.items()]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run(*command: str | pathlib.Path) -> None:
    """Run a command in the workspace, and show all it printed if it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:]


def built_by_docker(base: pathlib.Path, target: pathlib.Path) -> None:
    """Build by a Docker daemon, whose BuildKit takes another image for a base that is named."""
    script = """
        docker load --quiet --input "$1"
        docker build --quiet --tag localhost/base "$2"
        docker build --network=host --build-context "$3=docker-image://localhost/base" --file "$4" --tag built .
        docker save --output "$5" built
    """
    python = image.build(catalog.find("python"), workspace.architecture()).file
    run(ROOT / "bin/with-docker", "sh", "-euc", script, "sh", python, base, base_name(), DOCKERFILE, target)


def built_by_buildah(base: pathlib.Path, target: pathlib.Path) -> None:
    """Build by buildah, with a store of the test's own."""
    if not shutil.which("buildah"):
        pytest.skip("needs buildah: apt-get install buildah")
    folder = base.parent
    buildah = ("buildah", "--storage-driver=vfs", f"--root={folder}/root", f"--runroot={folder}/run")
    build = ("build", "--isolation=chroot", "--network=host")
    python = image.build(catalog.find("python"), workspace.architecture())
    (reference,) = catalog.find("python").references
    run(*buildah, "pull", "--quiet", f"docker-archive:{python.file}:{reference}")
    run(*buildah, *build, "--tag=localhost/base", base)
    context = f"--build-context={base_name()}=container-image://localhost/base"
    run(*buildah, *build, "--squash", context, f"--file={DOCKERFILE}", "--tag=localhost/built", ROOT)
    run(*buildah, "push", "localhost/built", f"docker-archive:{target}")


@pytest.mark.parametrize("build", [built_by_docker, built_by_buildah])
def test_the_dockerfile_gives_what_bin_images_gives(
    build: Callable[[pathlib.Path, pathlib.Path], None], base: pathlib.Path, ours: pathlib.Path, work: pathlib.Path
) -> None:
    theirs = work / "built.tar"

    build(base, theirs)

    assert settings(theirs) == settings(ours)
    assert files(theirs) == files(ours)
