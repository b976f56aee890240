"""What is released carries its licence."""

import pathlib
import subprocess
import zipfile

import projects
import pytest
from projects import Project
from scratch import WORKSPACE


@pytest.mark.parametrize("project", [each for each in projects.read().values() if each.released], ids=lambda p: p.name)
def test_what_is_released_carries_its_licence(project: Project, tmp_path: pathlib.Path) -> None:
    """Apache-2.0, section 4 (a): whoever gets a copy gets the licence."""
    build = [WORKSPACE / "bin/uv", "build", "--quiet", "--wheel", "--package", project.name, "--out-dir", tmp_path]
    subprocess.run(build, cwd=WORKSPACE, check=True, timeout=300)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        licences = [files.read(name) for name in files.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert licences == [(WORKSPACE / "LICENSE").read_bytes()]
