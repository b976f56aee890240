"""Which fields Kubernetes' own kinds have, and of which types: its OpenAPI document, without what only people read.

`types` has the same as types for editors and type checkers. Both are generated
from the Kubernetes release that the workspace pins, by
`bin/nx run cdk8s-function-schemas:generate`.
"""

import functools
import pathlib
from typing import Any

__all__ = ["load", "versions"]

_DATA = pathlib.Path(__file__).parent / "data"
_ENDING = ".json.gz"


def versions() -> tuple[str, ...]:
    """Return the minor versions of Kubernetes that are there, such as v1.36, the newest last."""
    names = (file.name.removesuffix(_ENDING) for file in _DATA.glob(f"*{_ENDING}"))
    return tuple(sorted(names, key=lambda name: [int(part) for part in name.removeprefix("v").split(".")]))


@functools.cache
def load(version: str = "") -> dict[str, Any]:
    """Return the schemas of one version.

    Args:
        version: A minor version, as `versions` returns it; the newest by default.

    Returns:
        `version`, the release, such as v1.36.3; `kinds`, the name of each kind's
        definition by `group/version/Kind`, or `version/Kind` of the core group;
        and `definitions`, OpenAPI schemas by name, in which `$ref` is a name.

    Raises:
        LookupError: If there is no such version; the text names those there are.
    """
    # Charts that import only `types` do not wait for these.
    import gzip  # noqa: PLC0415
    import json  # noqa: PLC0415

    known = versions()
    if version and version not in known:
        msg = f"no schemas of Kubernetes {version}; there are those of {', '.join(known)}"
        raise LookupError(msg)
    return json.loads(gzip.decompress((_DATA / f"{version or known[-1]}{_ENDING}").read_bytes()))
