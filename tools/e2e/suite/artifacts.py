"""What a run installs: images and packages of the project, and Crossplane."""

import pathlib
import subprocess
import tomllib

from cluster import images, tools
from cluster.images import Image
from cluster.layout import WORKSPACE

_IMAGES = ("crossplane", "dns-client", "external-dns", "function-cdk8s", "internal-dns-chart", "powerdns")
_PACKAGES = {
    "function-cdk8s": "apps/function-cdk8s",
    "function-internal-dns": "libs/internal-dns-xp",
    "internal-dns": "libs/internal-dns-xp",
}
"""Packages, and the projects whose versions they have."""

_CHART = "example-web-service"
_ORGANISATION = "function-cdk8s"


def build() -> list[Image]:
    """Return images and packages, built where they lack, under the names that people install."""
    named = {name: f"{_ORGANISATION}/{name}:v{_version(project)}" for name, project in _PACKAGES.items()}
    return [*images.build(_IMAGES), *images.packages(named)]


def chart_wheel(folder: pathlib.Path) -> pathlib.Path:
    """Build the wheel of the example chart into a folder, and return it."""
    command = [WORKSPACE / "bin/uv", "build", "--quiet", "--wheel", "--package", _CHART, "--out-dir", folder]
    subprocess.run(command, check=True, cwd=WORKSPACE)
    return next(folder.glob("*.whl"))


def crossplane_chart() -> pathlib.Path:
    """Return the folder of Crossplane's Helm chart, that of the module which Crossplane is built of."""
    module = tools.module_folder("crossplane-core", "github.com/crossplane/crossplane/v2")
    return module / "cluster/charts/crossplane"


def _version(project: str) -> str:
    text = (WORKSPACE / project / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["version"]
