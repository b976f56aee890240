"""The files of a chart are replaced while it is served: no response is of two versions, and the function ends."""

import pathlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import grpc
import pytest

Start = Callable[..., AbstractContextManager[Any]]

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


def install(folder: pathlib.Path, version: str) -> None:
    """Lay out a version of the wheel as pip does: each file is put in place of the old one, RECORD last."""
    for old in folder.glob("swapped-*.dist-info/*"):
        old.unlink()
    for old in folder.glob("swapped-*.dist-info"):
        old.rmdir()
    info = f"swapped-{version}.dist-info"
    files = {
        "swapped/__init__.py": CHART.format(version=version),
        "swapped/late.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: swapped\nVersion: {version}\n",
        f"{info}/entry_points.txt": "[cdk8s_function.charts]\nswapped = swapped:Swapped\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},sha256={version},1\n" for name in files) + f"{info}/RECORD,,\n"
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / "new").write_text(text, encoding="utf-8")
        (folder / "new").replace(folder / name)


def versions(response: Any) -> dict[str, str]:
    """Return what the chart says its two modules are of."""
    data = response.desired.resources["config"].resource["data"]
    return {name: data[name] for name in data}


@pytest.fixture
def charts(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "charts"
    folder.mkdir()
    install(folder, "1.0.0")
    return folder


def test_a_new_version_is_taken_up_whole_by_the_next_server(charts: pathlib.Path, start: Start) -> None:
    arguments = ("--insecure", "--workers=1", "--metrics-address=")
    with start(*arguments, env={"CHARTS_DIR": str(charts)}) as function:
        assert versions(function.run("swapped")) == {"early": "1.0.0", "late": "1.0.0"}
        install(charts, "2.0.0")

        with pytest.raises(grpc.RpcError) as caught:
            function.run("swapped")

        error: Any = caught.value
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        assert error.details() == (
            'cannot compose Echo "team-a/one" with chart "swapped": the files of its wheel, swapped, were replaced; '
            "the function starts again with the new ones"
        )
        function.await_entry("the files of a chart were replaced")
        assert function.process.wait(60) == 0
    with start(*arguments, env={"CHARTS_DIR": str(charts)}) as function:
        assert versions(function.run("swapped")) == {"early": "2.0.0", "late": "2.0.0"}


def test_a_response_for_which_files_were_replaced_meanwhile_is_none(
    charts: pathlib.Path, tmp_path: pathlib.Path, start: Start
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    with start("--insecure", "--workers=1", "--metrics-address=", env={"CHARTS_DIR": str(charts)}) as function:
        call = function.begin("swapped", spec={"begun": str(begun), "waitFor": str(go)})
        while not begun.exists():
            assert not call.done(), call.exception()
        install(charts, "2.0.0")
        go.touch()

        error: Any = call.exception()

    assert error.code() == grpc.StatusCode.UNAVAILABLE
    assert error.details() == (
        'cannot compose Echo "team-a/one" with chart "swapped": '
        "its worker was lost: the files of its chart were replaced"
    )
