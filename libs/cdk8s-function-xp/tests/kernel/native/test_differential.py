"""Both kernels answer random construct programs, and render generated classes, with the same bytes."""

import os
import pathlib
import subprocess
import sys

import cdk8s
import cdk8s_plus_34
import constructs
import differential
import pytest
from cdk8s_function.kernel.native import assemblies

HERE = pathlib.Path(__file__).parent
IMPORTS = HERE / "imports.zip"
"""What `cdk8s import --language python` of cdk8s-cli 2.207.60 makes of the files in `crds`."""


@pytest.mark.parametrize(
    ("programs", "classes"),
    [
        # `tests/slow` runs as many as the kernel is trusted for.
        pytest.param(300, [], id="programs"),
        pytest.param(175, ["cdk8s_plus_34.k8s"], id="each class of cdk8s-plus's k8s module"),
        pytest.param(60, ["imported_widgets", "imported_gauges", "imported_routes"], id="imported CRDs"),
    ],
)
def test_both_kernels_answer_the_same(programs: int, classes: list[str]) -> None:
    command = [sys.executable, HERE / "differential.py", "--programs", str(programs)]
    command += [argument for name in classes for argument in ("--classes", name)]
    environment = {**os.environ, "PYTHONPATH": str(IMPORTS)}

    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{programs} programs: 0 different []" in done.stdout


@pytest.mark.parametrize(
    ("different", "needless", "passed"),
    [
        pytest.param([], 0, True, id="all the same"),
        pytest.param([], 5, True, id="some are declined for nothing"),
        pytest.param([], 6, False, id="more than 5 % are"),
        pytest.param([7], 0, False, id="one differs"),
    ],
)
def test_what_passes(different: list[int], needless: int, passed: bool) -> None:
    counts = differential.Counts(programs=100, different=different, declined=30)
    counts.needless["a reason"] = needless

    assert counts.passed() is passed


@pytest.mark.parametrize("module", [cdk8s, cdk8s_plus_34, constructs])
def test_the_locked_releases_are_blessed(module: object) -> None:
    """If not: `bin/nx run cdk8s-function-xp:bless`, which compares the kernels first."""
    folder = pathlib.Path(str(getattr(module, "__file__", ""))).parent / "_jsii"

    [tarball] = folder.glob("*.tgz")

    assert assemblies.digest(tarball) in assemblies.blessed()
