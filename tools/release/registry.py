"""Moves the project to another registry and owner: bin/python tools/release/registry.py ghcr.io/OWNER.

`config.registry` of package.json is the one setting. Tools read it; manifests, Dockerfiles and documentation spell it
out, since others read them as they are, and this rewrites them.
"""

import argparse
import pathlib
import re
import subprocess
import sys

from published import REGISTRY

WORKSPACE = pathlib.Path(__file__).parents[2]
_LOCAL = "registry.localhost:5000"
"""The registry of a cluster for tests, which has the same paths."""

_ADDRESS = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+")


def main() -> int:
    """Rewrite every address; returns the exit status."""
    parser = argparse.ArgumentParser(prog="registry", description=__doc__)
    parser.add_argument("address", help="registry and owner, like ghcr.io/OWNER")
    new: str = parser.parse_args().address
    if not _ADDRESS.fullmatch(new):
        print(f"{new!r} is not a registry with an owner, like ghcr.io/OWNER", file=sys.stderr)
        return 1
    old = REGISTRY
    moves = {old: new, f"{_LOCAL}/{old.partition('/')[2]}": f"{_LOCAL}/{new.partition('/')[2]}"}
    pattern = re.compile(rf"({'|'.join(map(re.escape, moves))})(?=[/\"'\s`,;]|$)", re.MULTILINE)
    # Crossplane names a function that it installs after the path of its repository.
    (before, after) = (each.partition("/")[2].replace("/", "-") for each in (old, new))
    function = re.compile(rf"(?<![\w-]){re.escape(before)}-function-(?=[a-z])")
    listed = subprocess.run(["git", "-C", WORKSPACE, "ls-files", "-z"], capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        file = WORKSPACE / name
        try:
            text = file.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        moved = function.sub(f"{after}-function-", pattern.sub(lambda found: moves[found[1]], text))
        if moved != text:
            file.write_text(moved, encoding="utf-8")
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
