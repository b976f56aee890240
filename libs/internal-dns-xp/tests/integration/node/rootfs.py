"""The root file system of the PowerDNS container, unpacked from Debian's packages.

The project's registries are the package ones: an image cannot be pulled, but its
contents can be put together. apt resolves, downloads and verifies the packages of
a suite that has PowerDNS 5; nothing of this host's own packages is touched.
"""

import fcntl
import os
import pathlib
import platform
import shutil
import subprocess

_PACKAGES = ("coreutils", "dash", "pdns-backend-sqlite3", "pdns-server", "python3", "sqlite3")
_SUITE = "forky"
"""The first suite with PowerDNS 5.1."""

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}
_MERGED = ("bin", "lib", "lib64", "sbin")
_MOUNT_POINTS = ("dev", "etc", "opt", "proc", "run", "tmp", "var/lib/powerdns", "var/run")


class UnavailableError(Exception):
    """The packages cannot be had here."""


def powerdns() -> pathlib.Path:
    """Return the root file system, made on first use.

    Raises:
        UnavailableError: If the packages cannot be had.
    """
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "function-cdk8s"
    folder = cache / "powerdns-rootfs" / _SUITE
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            work = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(work, ignore_errors=True)
            _unpack(_download(work), work / "root")
            (work / "root").rename(folder)
            shutil.rmtree(work)
    return folder


def version(root: pathlib.Path) -> str:
    """Return the version of PowerDNS in a root file system."""
    done = subprocess.run(
        ["chroot", root, "pdns_server", "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    return (done.stdout + done.stderr).partition("PowerDNS Authoritative Server ")[2].split()[0]


def _download(work: pathlib.Path) -> list[pathlib.Path]:
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            msg = f"{tool} is missing: PowerDNS 5 is taken from Debian's packages"
            raise UnavailableError(msg)
    architecture = _ARCHITECTURES[platform.machine()]
    for name in ("lists/partial", "archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(
        f"deb [arch={architecture} signed-by={_KEYRING} check-valid-until=no] {_mirror()} {_SUITE} main\n",
        encoding="utf-8",
    )
    settings = work / "apt.conf"
    settings.write_text(
        f'Dir::State "{work}";\nDir::State::lists "{work}/lists";\nDir::State::status "{work}/status";\n'
        f'Dir::Cache "{work}";\nDir::Cache::archives "{work}/archives";\n'
        f'Dir::Etc::sourcelist "{work}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
        f'APT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        f'APT::Sandbox::User "";\nAcquire::Languages "none";\n'
        'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\nDebug::NoLocking "1";\n',
        encoding="utf-8",
    )
    _apt(settings, "update")
    _apt(settings, "install", "--yes", "--no-install-recommends", "--download-only", *_PACKAGES)
    return sorted((work / "archives").glob("*.deb"))


def _mirror() -> str:
    """Return where this host's own apt gets Debian's packages."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    archives = [uri for uri in done.stdout.split() if uri.rstrip("/").endswith("/debian")]
    if not archives:
        msg = "this host's apt has no Debian archive: PowerDNS 5 is taken from Debian's packages"
        raise UnavailableError(msg)
    return archives[0]


def _apt(settings: pathlib.Path, *arguments: str) -> None:
    environment = {**os.environ, "APT_CONFIG": str(settings), "LC_ALL": "C"}
    done = subprocess.run(
        ["apt-get", "--quiet=2", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        msg = f"apt-get {arguments[0]} failed: {' '.join(done.stderr.split())[-300:]}"
        raise UnavailableError(msg)


def _unpack(packages: list[pathlib.Path], root: pathlib.Path) -> None:
    root.mkdir()
    for package in packages:
        subprocess.run(["dpkg-deb", "--extract", package, root], check=True, timeout=120)
    for name in _MERGED:
        # What base-files has in an installed system: the packages themselves hold no files there.
        if (root / "usr" / name).exists() and not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    for name in _MOUNT_POINTS:
        (root / name).mkdir(parents=True, exist_ok=True)
