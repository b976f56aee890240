"""The published charts: of each library with a folder `function`, the function with its chart, and the chart alone."""

import dataclasses
import functools
import re

from images import workspace

_SUFFIX = "-xp"
"""What the wheels of charts end with, and the charts' names don't."""


@dataclasses.dataclass(frozen=True)
class ChartLibrary:
    """A library of a chart.

    Attributes:
        name: Its name, of the folder as of the wheel: `internal-dns-xp`.
    """

    name: str

    @property
    def folder(self) -> str:
        """Its folder in the workspace."""
        return f"libs/{self.name}"

    @property
    def chart(self) -> str:
        """The chart's name, which is that of the configuration package too: `internal-dns`."""
        return self.name.removesuffix(_SUFFIX)

    @property
    def function(self) -> str:
        """The name of the function with the chart in it: `function-internal-dns`."""
        return f"function-{self.chart}"

    @property
    def image(self) -> str:
        """The name of the image with the chart alone: `internal-dns-chart`."""
        return f"{self.chart}-chart"

    @property
    def registry(self) -> str:
        """The registry and owner of its packages, where its configuration says that its function is."""
        text = (workspace.ROOT / self.folder / "package/crossplane.yaml").read_text(encoding="utf-8")
        found = re.search(rf"^ *package: (\S+)/{re.escape(self.function)}$", text, re.MULTILINE)
        if not found:
            msg = f"{self.folder}/package/crossplane.yaml does not depend on a package …/{self.function}"
            raise workspace.BuildError(msg)
        return found[1]


@functools.cache
def libraries() -> tuple[ChartLibrary, ...]:
    """Return the libraries, by name."""
    found = sorted((workspace.ROOT / "libs").glob("*/function/package/crossplane.yaml"))
    return tuple(ChartLibrary(file.parents[2].name) for file in found)
