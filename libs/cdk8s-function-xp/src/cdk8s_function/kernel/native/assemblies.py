"""The jsii assemblies a process has loaded, and which of them this kernel may stand in for."""

import hashlib
import json
import pathlib

JSII_VERSION = "1.142.0"
"""The jsii whose calls this kernel answers."""

CORE = ("constructs", "cdk8s")
"""Assemblies that this kernel stands in for wholly, if their digest is known."""

_BLESSED = pathlib.Path(__file__).with_name("blessed.json")

LOADED: dict[str, pathlib.Path] = {}
"""The tarballs of assemblies, by name."""


def digest(tarball: pathlib.Path) -> str:
    """Return the SHA-256 of an assembly's tarball, which a release of it never changes.

    Args:
        tarball: The file in the assembly's wheel.
    """
    return hashlib.sha256(tarball.read_bytes()).hexdigest()


def blessed() -> dict[str, str]:
    """Return the assemblies for which the differential fuzz has passed: `name@version` by digest."""
    return json.loads(_BLESSED.read_text(encoding="utf-8"))


def note(name: str, version: str, tarball: str) -> str:
    """Note that an assembly is loaded.

    Args:
        name: The assembly.
        version: Its version.
        tarball: Its file.

    Returns:
        Why this kernel can't be used with it, "" if it can.
    """
    file = pathlib.Path(tarball)
    LOADED[name] = file
    if name in CORE and digest(file) not in blessed():
        return f"{name} {version} is not blessed"
    return ""
