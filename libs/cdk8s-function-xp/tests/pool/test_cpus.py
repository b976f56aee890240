"""There are as many workers as processors of the container, not of its node."""

import os
import pathlib
from collections.abc import Callable

import pytest
from cdk8s_function.pool import cpus

PRESENT = 8
UNLIMITED = 4
V1 = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")
V1_WITHOUT_LINKS = ("cpu,cpuacct/cpu.cfs_quota_us", "cpu,cpuacct/cpu.cfs_period_us")


def processors(*numbers: int) -> Callable[[int], set[int]]:
    """Return a sched_getaffinity that knows these processors."""
    return lambda _: set(numbers)


def v1(quota: int, period: int, names: tuple[str, str] = V1) -> dict[str, str]:
    return {names[0]: f"{quota}\n", names[1]: f"{period}\n"}


@pytest.mark.parametrize(
    ("files", "workers"),
    [
        pytest.param({}, UNLIMITED, id="no control group"),
        pytest.param({"cpu.max": "max 100000\n"}, UNLIMITED, id="v2, no quota"),
        pytest.param({"cpu.max": "200000 100000\n"}, 2, id="v2, two"),
        pytest.param({"cpu.max": "150000 100000\n"}, 2, id="v2, one and a half"),
        pytest.param({"cpu.max": "25000 100000\n"}, 1, id="v2, a quarter"),
        pytest.param({"cpu.max": "1600000 100000\n"}, PRESENT, id="v2, more than there are"),
        pytest.param({"cpu.max": "100000\n"}, UNLIMITED, id="v2, half a line"),
        pytest.param({"cpu.max": "many 100000\n"}, UNLIMITED, id="v2, no number"),
        pytest.param({"cpu.max": "100000 0\n"}, UNLIMITED, id="v2, no period"),
        pytest.param(v1(-1, 100_000), UNLIMITED, id="v1, no quota"),
        pytest.param(v1(300_000, 100_000), 3, id="v1, three"),
        pytest.param(v1(250_000, 100_000), 3, id="v1, two and a half"),
        pytest.param(v1(200_000, 100_000, V1_WITHOUT_LINKS), 2, id="v1, without the links to its controllers"),
        pytest.param({V1[0]: "200000\n"}, UNLIMITED, id="v1, one file of two"),
    ],
)
def test_the_quota_rounded_up(
    files: dict[str, str], workers: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", processors(*range(PRESENT)), raising=False)
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="ascii")

    assert cpus.workers(tmp_path) == workers


def test_processors_this_process_may_not_run_on_do_not_count(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text("400000 100000\n", encoding="ascii")
    monkeypatch.setattr(os, "sched_getaffinity", processors(5), raising=False)

    assert cpus.workers(tmp_path) == 1
