"""Files of Debian packages, exactly those of a lock of third_party/debian.

A package is found by its path and proved by its SHA-256, which `bin/images lock` took from indices that apt had
verified. So nothing of apt or root is needed here, and any archive will do that has the file: the one this host's
apt uses, the one DEBIAN_ARCHIVE names, or one of every version there ever was, which DEBIAN_SNAPSHOT names.
"""

import dataclasses
import hashlib
import http
import io
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator

from images import store, tree, workspace
from images.workspace import BuildError

LOCKS = workspace.ROOT / "third_party/debian"

SNAPSHOT = "DEBIAN_SNAPSHOT"
"""The variable with the URL of an archive of the past, as Debian's snapshot service is: `{archive}` and `{date}` in it
stand for the archive's name and the time of the lock."""

_FILE = "package.deb"
_TIMEOUT_SECONDS = 60
PAUSES_SECONDS = (1.0, 5.0, 15.0)
"""How long it is waited before an archive that is not ready is asked again."""

_SERVICES = ("usr/lib/systemd", "usr/lib/tmpfiles.d")
_UNUSED = (
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/doc/*/changelog*",
    "usr/share/doc/*/NEWS*",
    "usr/share/doc/*/README*",
    "usr/share/doc/*/examples",
    "usr/share/doc-base",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "etc/init.d",
    "etc/cron*",
)
"""What a container has no use for; nor for services, unless a service manager runs in it. Copyrights stay."""


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    """A package of a lock.

    Attributes:
        name: Its name.
        version: Its version.
        sha256: Digest of its file.
        path: Its file, from the archive's folder on: `debian/pool/main/…`.
    """

    name: str
    version: str
    sha256: str
    path: str


@dataclasses.dataclass(frozen=True)
class Lock:
    """The packages of one image on one architecture.

    Attributes:
        date: When they were looked up, as Debian's snapshot service writes it: `20261124T000000Z`.
        packages: The packages.
    """

    date: str
    packages: tuple[Package, ...]

    def version(self, name: str) -> str:
        """Return the upstream version of a package: `5.1.5` of `1:5.1.5-1`."""
        for package in self.packages:
            if package.name == name:
                return package.version.rpartition(":")[2].rpartition("-")[0]
        msg = f"no package {name} in the lock: run bin/images lock"
        raise BuildError(msg)


def lock_file(name: str, architecture: str) -> pathlib.Path:
    """Return where a lock is."""
    return LOCKS / f"{name}.{architecture}.txt"


def read(file: pathlib.Path) -> Lock:
    """Read a lock.

    Raises:
        BuildError: If there is none.
    """
    if not file.exists():
        msg = f"{file.relative_to(workspace.ROOT)} is missing: run bin/images lock"
        raise BuildError(msg)
    date = ""
    packages: list[Package] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# date "):
            date = line.removeprefix("# date ")
        elif line and not line.startswith("#"):
            name, version, sha256, path = line.split()
            packages.append(Package(name, version, sha256, path))
    return Lock(date, tuple(packages))


def unpack(lock: Lock, *, services: bool = False) -> tree.Tree:
    """Return the files of all packages of a lock.

    Args:
        lock: The lock.
        services: Whether a service manager is among them, and gets its units.

    Raises:
        BuildError: If a package cannot be had.
    """
    dpkg_deb = shutil.which("dpkg-deb")
    if not dpkg_deb:
        msg = "dpkg-deb is missing: install the package dpkg"
        raise BuildError(msg)
    files = tree.Tree()
    for name in tree.MERGED:
        files.link(name, f"usr/{name}")
        files.folder(f"usr/{name}")
    for package in lock.packages:
        fetched = fetch(package, lock.date)
        unpacked = subprocess.run([dpkg_deb, "--fsys-tarfile", fetched], stdout=subprocess.PIPE, check=False)
        if unpacked.returncode:
            msg = f"dpkg-deb cannot read {fetched}"
            raise BuildError(msg)
        files.read(io.BytesIO(unpacked.stdout))
        # Where scanners look for the packages of an image without dpkg (github.com/GoogleContainerTools/distroless).
        files.file(f"var/lib/dpkg/status.d/{package.name}", workspace.run(dpkg_deb, "--field", fetched))
    files.remove(_UNUSED if services else (*_SERVICES, *_UNUSED))
    return files


def fetch(package: Package, date: str) -> pathlib.Path:
    """Return the file of a package, from the cache or an archive.

    Raises:
        GoneError: If no archive has it.
    """
    folder = store.folder("debian", package.sha256, lambda work: (work / _FILE).write_bytes(_downloaded(package, date)))
    return folder / _FILE


def _downloaded(package: Package, date: str) -> bytes:
    reasons: list[str] = []
    for url in _urls(package, date):
        try:
            content = _read(url)
        except OSError as error:
            reasons.append(f"{url}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() != package.sha256:
            reasons.append(f"{url}: it has another SHA-256")
            continue
        return content
    raise GoneError(package, reasons)


def _read(url: str) -> bytes:
    """Return what is at a URL; ask again where the archive, or the name server, is not ready just now."""
    pauses = list(PAUSES_SECONDS)
    while True:
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310  # http is proved by SHA-256.
                return response.read()
        except OSError as error:
            if not pauses or not _may_pass(error):
                raise
        time.sleep(pauses.pop(0))


def _may_pass(error: OSError) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    reason = getattr(error, "reason", None)
    return isinstance(reason, socket.gaierror) and reason.errno == socket.EAI_AGAIN


class GoneError(BuildError):
    """No archive has a package of a lock."""

    def __init__(self, package: Package, reasons: Iterable[str]) -> None:
        """Say what was tried."""
        super().__init__(
            f"{package.name} {package.version} cannot be had ({'; '.join(reasons)}): "
            "run bin/images lock, or set DEBIAN_ARCHIVE to the URL of a Debian archive that has it"
        )


def host_archive() -> str:
    """Return the URL of the Debian archive that DEBIAN_ARCHIVE or this host's own apt names; "" where neither does."""
    if chosen := os.environ.get("DEBIAN_ARCHIVE"):
        return chosen.rstrip("/") + "/"
    apt = shutil.which("apt-get")
    if not apt:
        return ""
    command = [apt, "indextargets", "--no-release-info", "--format", "$(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    archives = [uri.rstrip("/") + "/" for uri in done.stdout.split()]
    return next((uri for uri in archives if uri.endswith("/debian/")), "")


def _urls(package: Package, date: str) -> Iterator[str]:
    archive, _, path = package.path.partition("/")
    if own := host_archive():
        yield (own.removesuffix("debian/") + archive + "/" if own.endswith("/debian/") else own) + path
    if past := os.environ.get(SNAPSHOT):
        yield past.format(archive=archive, date=date).rstrip("/") + "/" + path
