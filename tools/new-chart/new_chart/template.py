"""The files of a new library: those of the template, which is a whole chart library, with other names in them.

The versions the template depends on are the workspace's: `nx release` writes them there as everywhere.
"""

import pathlib
import re
from collections.abc import Mapping

from release.published import REGISTRY

from new_chart.names import Names

FOLDER = pathlib.Path(__file__).parents[1] / "template"

_BUILT = {"__pycache__"}


def write(names: Names, folder: pathlib.Path) -> None:
    """Write the files of a library.

    Args:
        names: The names of its parts.
        folder: Where to write them; it does not exist yet.
    """
    words = {
        f"{REGISTRY}/function-sample-chart": f"{names.registry}/function-{names.chart}",
        f"{REGISTRY}/sample-chart-chart": f"{names.registry}/{names.chart}-chart",
        # Crossplane names a function after the path of its repository.
        f"{_path(REGISTRY)}-function-sample-chart": f"{_path(names.registry)}-function-{names.chart}",
        "sample-chart-xp": names.library,
        "sample-chart": names.chart,
        "sample_chart": names.module,
        "samplecharts": names.plural,
        "SampleChart": names.kind,
        "example.org": names.group,
        "nx-project.json": "project.json",  # Nx would take the template for a project of the workspace.
    }
    for source in sorted(FOLDER.rglob("*")):
        if source.is_file() and not _BUILT & set(source.parts):
            target = folder / _replaced(str(source.relative_to(FOLDER)), words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_replaced(source.read_text(encoding="utf-8"), words), encoding="utf-8")


def _path(registry: str) -> str:
    return registry.partition("/")[2].replace("/", "-")


def _replaced(text: str, words: Mapping[str, str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda match: words[match[0]], text)
