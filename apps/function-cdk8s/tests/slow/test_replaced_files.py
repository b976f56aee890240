"""The files of a chart are replaced while it is served: no response is of two versions, and the new one is taken up."""

import contextlib
import pathlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import grpc
import pytest
from function_attacks.swapped import install, versions

MOST_CALLS = 1_200
Start = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def charts(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "charts"
    folder.mkdir()
    install(folder, "1.0.0", at=0)
    return folder


def test_a_new_version_of_an_installed_chart_is_taken_up_whole_by_the_next_server(
    charts: pathlib.Path, environment: dict[str, str], start: Start
) -> None:
    arguments = ("--insecure", "--workers=1", "--metrics-address=")
    installed = {"PYTHONPATH": f"{environment['PYTHONPATH']}:{charts}"}
    with start(*arguments, env=installed) as function:
        assert versions(function.run("swapped")) == {"early": "1.0.0", "late": "1.0.0"}
        # Written within one second, and of one size: Python takes bytecode of the old module for the new one's.
        install(charts, "2.0.0", at=1)

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
    with start(*arguments, env=installed) as function:
        assert versions(function.run("swapped")) == {"early": "2.0.0", "late": "2.0.0"}


def test_a_new_version_in_a_flat_folder_is_taken_up_whole_by_the_same_server(
    charts: pathlib.Path, start: Start
) -> None:
    with start("--insecure", "--workers=1", env={"CHARTS_DIR": str(charts)}) as function:
        assert versions(function.run("swapped")) == {"early": "1.0.0", "late": "1.0.0"}
        install(charts, "2.0.0", at=1)
        found: list[dict[str, str]] = []
        for _ in range(MOST_CALLS):
            with contextlib.suppress(grpc.RpcError):
                response = function.run("swapped")
                if not response.results:
                    found.append(versions(response))
                    break
            time.sleep(0.05)

        assert found == [{"early": "2.0.0", "late": "2.0.0"}]
        assert function.process.poll() is None


def test_a_response_is_discarded_if_files_were_replaced_meanwhile(
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
