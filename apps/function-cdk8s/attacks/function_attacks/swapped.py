"""A chart in two modules whose wheel is replaced while it is served."""

import base64
import hashlib
import os
import pathlib
import shutil
from typing import Any

_SECOND = 1_700_000_000_000_000_000

CHART = """
import importlib
import pathlib
import time
from cdk8s import Chart
from cdk8s_function import ApiModel, CompositeType, Manifest

VERSION = "{version}"


class Spec(ApiModel):
    begun: str = ""
    wait_for: str = ""


class Swapped(Chart):
    composite_type = CompositeType(group="echo.example.org", version="v1", kind="Echo", spec=Spec, cache=False)

    def __init__(self, scope, id, composite):
        super().__init__(scope, id)
        if composite.spec.begun:
            pathlib.Path(composite.spec.begun).touch()
            while not pathlib.Path(composite.spec.wait_for).exists():
                time.sleep(0.01)
        late = importlib.import_module("swapped.late")
        data = {{"early": VERSION, "late": late.VERSION}}
        Manifest(self, "config", {{"apiVersion": "v1", "kind": "ConfigMap", "data": data}})
"""


def install(folder: pathlib.Path, version: str, *, at: int | None = None) -> None:
    """Lay out a version of the wheel as pip does: each file is put in place of the old one, RECORD last.

    Args:
        folder: Where to.
        version: The version.
        at: Nanoseconds within one fixed second at which the files are said to be written; None for now.
    """
    for old in folder.glob("swapped-*.dist-info"):
        shutil.rmtree(old)
    info = f"swapped-{version}.dist-info"
    files = {
        "swapped/__init__.py": CHART.format(version=version),
        "swapped/late.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: swapped\nVersion: {version}\n",
        f"{info}/entry_points.txt": "[cdk8s_function.charts]\nswapped = swapped:Swapped\n",
    }
    rows = [f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items()]
    files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / "new").write_text(text, encoding="utf-8")
        if at is not None:
            os.utime(folder / "new", ns=(_SECOND + at, _SECOND + at))
        (folder / "new").replace(folder / name)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def versions(response: Any) -> dict[str, str]:
    """Return what the chart says its two modules are of."""
    data = response.desired.resources["config"].resource["data"]
    return {name: data[name] for name in data}
