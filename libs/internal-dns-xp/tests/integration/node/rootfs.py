"""The root file system of the PowerDNS container.

The image itself cannot be pulled where only package registries are at hand, so it
is the stand-in of tools/images: the same software, unpacked from Debian's packages.
"""

import pathlib
import subprocess

_WORKSPACE = pathlib.Path(__file__).parents[5]


class UnavailableError(Exception):
    """The packages cannot be had here."""


def powerdns() -> pathlib.Path:
    """Return the root file system, made on first use.

    Raises:
        UnavailableError: If the packages cannot be had.
    """
    command = [_WORKSPACE / "bin/images", "root", "powerdns"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(done.stderr.strip())
    return pathlib.Path(done.stdout.strip())


def version(root: pathlib.Path) -> str:
    """Return the version of PowerDNS in a root file system."""
    done = subprocess.run(
        ["chroot", root, "pdns_server", "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    return (done.stdout + done.stderr).partition("PowerDNS Authoritative Server ")[2].split()[0]
