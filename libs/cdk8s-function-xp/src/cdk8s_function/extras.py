"""Check that an extra of the library, or Node.js, is installed before code that needs it is imported."""

import importlib.util
import os
import shutil


def require(extra: str, *packages: str) -> None:
    """Check that an extra of the library is installed, before what needs it is imported.

    Args:
        extra: The extra, as pip names it.
        packages: Top-level packages that come with it.

    Raises:
        ImportError: If one is not there; names it and the command that installs it.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            msg = f"{package} is not installed: pip install 'cdk8s-function-xp[{extra}]'"
            raise ImportError(msg, name=package)


def require_node() -> None:
    """Check that there is a Node.js for cdk8s to start.

    Raises:
        ImportError: If there is none; says what to install.
    """
    if not (os.environ.get("JSII_NODE") or shutil.which("node")):
        msg = "cdk8s needs Node.js: install a program `node` of version 22 or later, or name one by JSII_NODE"
        raise ImportError(msg)
