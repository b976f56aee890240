"""A worker may take its share of the container's memory, so that it is ended before the container is."""

import pathlib

import pytest
from cdk8s_function.pool import memory
from cdk8s_function.sizes import MIB
from structlog.testing import capture_logs

V1 = "memory/memory.limit_in_bytes"


@pytest.mark.parametrize(
    ("files", "workers", "mib"),
    [
        pytest.param({}, 2, 512, id="no control group"),
        pytest.param({"memory.max": "max\n"}, 2, 512, id="v2, no limit"),
        pytest.param({"memory.max": f"{768 * MIB}\n"}, 2, 304, id="v2, two workers"),
        pytest.param({"memory.max": f"{768 * MIB}\n"}, 1, 512, id="v2, one worker takes no more than is of use"),
        pytest.param({"memory.max": f"{512 * MIB}\n"}, 2, 176, id="v2, a small container"),
        pytest.param({"memory.max": f"{256 * MIB}\n"}, 4, 128, id="v2, too small for its workers"),
        pytest.param({"memory.max": "many\n"}, 2, 512, id="v2, no number"),
        pytest.param({V1: f"{768 * MIB}\n"}, 2, 304, id="v1"),
        pytest.param({V1: "9223372036854771712\n"}, 2, 512, id="v1, no limit"),
    ],
)
def test_a_worker_may_take_its_share(tmp_path: pathlib.Path, files: dict[str, str], workers: int, mib: int) -> None:
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="ascii")

    assert memory.worker_mib(workers=workers, cache_mib=32, root=tmp_path) == mib


@pytest.mark.parametrize(("limit_mib", "warnings"), [(767, 1), (768, 0)])
def test_a_container_that_is_too_small_for_its_workers_is_warned_of(
    tmp_path: pathlib.Path, limit_mib: int, warnings: int
) -> None:
    (tmp_path / "memory.max").write_text(f"{limit_mib * MIB}\n", encoding="ascii")
    with capture_logs() as logs:
        memory.warn_if_too_small(workers=2, worker_mib=304, cache_mib=32, root=tmp_path)

    assert [entry["needed_mib"] for entry in logs] == [768] * warnings
