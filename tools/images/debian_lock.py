"""Which packages an image needs, as apt resolves them: writes the locks of third_party/debian.

`NAME.in` there names a suite and packages. apt looks them and all they depend on up in indices whose signatures it
verifies, with a state of its own: nothing of this host's packages is read or changed.
"""

import datetime
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse

from images import debian
from images.workspace import BuildError

_KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def names() -> list[str]:
    """Return the images that have packages."""
    return sorted(path.stem for path in debian.LOCKS.glob("*.in"))


def resolve(name: str, architecture: str) -> str:
    """Return the text of a lock.

    Args:
        name: A file `NAME.in` of third_party/debian.
        architecture: As Debian names it.

    Raises:
        BuildError: If apt cannot resolve it.
    """
    suites, packages, left_out = _request(name)
    apt = shutil.which("apt-get")
    if not apt or not _KEYRING.exists():
        msg = "packages are resolved by apt-get with the keyring of debian-archive-keyring: install both"
        raise BuildError(msg)
    archive = debian.host_archive()
    if not archive:
        msg = "this host's apt has no Debian archive: set DEBIAN_ARCHIVE to the URL of one"
        raise BuildError(msg)
    with tempfile.TemporaryDirectory() as work:
        settings = _settings(pathlib.Path(work), architecture, archive, suites, left_out)
        _apt(apt, settings, "update")
        found = _apt(apt, settings, "install", "--yes", "--no-install-recommends", "--print-uris", *packages)
    lines = sorted(_line(line) for line in found.splitlines() if line.startswith("'"))
    date = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"# Written by bin/images lock: name, version, SHA-256, file.\n# date {date}\n" + "".join(lines)


def update(file: pathlib.Path, text: str) -> None:
    """Write a lock, unless it differs by nothing but its date.

    Args:
        file: The lock.
        text: What `resolve` returned.
    """
    if not file.exists() or _packages(file.read_text(encoding="utf-8")) != _packages(text):
        file.write_text(text, encoding="utf-8")


def _packages(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def _request(name: str) -> tuple[list[str], list[str], list[str]]:
    suites: list[str] = []
    packages: list[str] = []
    left_out: list[str] = []
    for line in (debian.LOCKS / f"{name}.in").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        {"suite": suites, "without": left_out}.get(word, packages).extend(rest.split() or [word])
    return suites, packages, left_out


def _settings(
    work: pathlib.Path, architecture: str, archive: str, suites: list[str], left_out: list[str]
) -> pathlib.Path:
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True)
    # What apt takes for installed, it brings neither it nor what it depends on.
    status = (
        "Package: {}\nStatus: install ok installed\nArchitecture: all\nVersion: 9999\nMaintainer: -\nDescription: -\n"
    )
    (work / "status").write_text("\n".join(status.format(each) for each in left_out), encoding="utf-8")
    options = f"[arch={architecture} signed-by={_KEYRING} check-valid-until=no]"
    (work / "sources.list").write_text(
        "".join(f"deb {options} {_repository(archive, suite)} {suite} main\n" for suite in suites), encoding="utf-8"
    )
    settings = work / "apt.conf"
    settings.write_text(
        f'Dir::State "{work}";\nDir::State::lists "{work}/lists";\nDir::State::status "{work}/status";\n'
        f'Dir::Cache "{work}";\nDir::Cache::archives "{work}/archives";\n'
        f'Dir::Etc::sourcelist "{work}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
        f'APT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        'APT::Sandbox::User "";\nAcquire::Languages "none";\nAcquire::ForceHash "SHA256";\nDebug::NoLocking "1";\n',
        encoding="utf-8",
    )
    return settings


def _repository(archive: str, suite: str) -> str:
    return archive.replace("/debian/", "/debian-security/") if suite.endswith("-security") else archive


def _apt(apt: str, settings: pathlib.Path, *arguments: str) -> str:
    done = subprocess.run(
        [apt, "--quiet=2", *arguments],
        env={**os.environ, "APT_CONFIG": str(settings), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        msg = f"apt-get {arguments[0]} failed: {' '.join(done.stderr.split())[-600:]}"
        raise BuildError(msg)
    return done.stdout


def _line(printed: str) -> str:
    """Return a lock's line for a line of `apt-get --print-uris`: 'URI' FILE SIZE SHA256:DIGEST."""
    uri, file, _, sha256 = printed.split()
    name, version, _ = urllib.parse.unquote(file).split("_")
    path = urllib.parse.urlsplit(uri.strip("'")).path
    archive = "debian-security" if "/debian-security/" in path else "debian"
    return f"{name} {version} {sha256.removeprefix('SHA256:')} {archive}/pool/{path.partition('/pool/')[2]}\n"
