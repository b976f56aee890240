"""Each command of bin/ that is the workspace's own explains itself."""

import pathlib
import shutil
import subprocess

import pytest
from scratch import WORKSPACE

LISTED = (WORKSPACE / "tools/provision/tools.txt").read_text(encoding="utf-8").splitlines()
TOOLS = {line.split()[0] for line in LISTED if not line.startswith("#")}
COMMANDS = sorted(path.name for path in (WORKSPACE / "bin").iterdir() if path.name not in TOOLS)
SECONDS = 600


def shown(command: pathlib.Path, option: str) -> str:
    done = subprocess.run([command, option], capture_output=True, text=True, check=False, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_a_commands_name_what_it_does_and_its_environment_variables(command: str, option: str) -> None:
    first, *more = shown(WORKSPACE / "bin" / command, option).splitlines()

    assert first.lower().startswith(f"usage: bin/{command}")
    assert any("environment variables:" in line.lower() for line in more)


@pytest.mark.parametrize("command", ["help", "provision", "test"])
def test_help_of_what_a_newcomer_asks_first_provisions_nothing(command: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(WORKSPACE / "bin", tmp_path / "bin")
    shutil.copytree(WORKSPACE / "tools/provision", tmp_path / "tools/provision")
    before = set(tmp_path.rglob("*"))

    assert shown(tmp_path / "bin" / command, "--help") == shown(WORKSPACE / "bin" / command, "--help")
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["provision", "test"])
def test_an_option_that_is_none_is_refused(command: str) -> None:
    done = subprocess.run([WORKSPACE / "bin" / command, "--none"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bin/{command}: no option is called --none: bin/{command} --help lists them\n"
