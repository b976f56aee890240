"""The list of tools agrees with the files it points at."""

import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest

WORKSPACE = pathlib.Path(__file__).parents[3]
THIRD_PARTY = WORKSPACE / "third_party"


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    kind: str
    package: str
    entry: str


def read_tools() -> list[Tool]:
    lines = (WORKSPACE / "tools/provision/tools.txt").read_text(encoding="utf-8").splitlines()
    return [Tool(*line.split(maxsplit=4)[:4]) for line in lines if not line.startswith("#")]


TOOLS = read_tools()


def test_every_wrapper_is_as_written_by_the_list(tmp_path: pathlib.Path) -> None:
    shutil.copytree(WORKSPACE / "tools/provision", tmp_path / "tools/provision")
    (tmp_path / "bin").mkdir()
    subprocess.run([tmp_path / "tools/provision/write-wrappers"], check=True)

    written = {path.name: (path.read_text(encoding="utf-8"), path.stat().st_mode) for path in tmp_path.glob("bin/*")}

    assert {tool.name for tool in TOOLS} == set(written)
    assert {
        name: ((WORKSPACE / "bin" / name).read_text(encoding="utf-8"), (WORKSPACE / "bin" / name).stat().st_mode)
        for name in written
    } == written


def test_help_tells_what_every_file_of_bin_is() -> None:
    output = subprocess.run([WORKSPACE / "bin/help"], capture_output=True, text=True, check=True).stdout
    commands, tools = output.removeprefix("Commands\n").split("Tools, provisioned on first use\n")

    command_lines = [line.split(maxsplit=1) for line in commands.splitlines()]
    tool_lines = [line.split(maxsplit=2) for line in tools.splitlines()]
    assert {line[0] for line in command_lines + tool_lines} == {path.name for path in (WORKSPACE / "bin").iterdir()}
    assert all(len(line) == 2 for line in command_lines)
    assert all(re.fullmatch(r"(v|>=)?\d+(\.\d+)+", line[1]) for line in tool_lines), tools


@pytest.mark.parametrize("module", sorted(path.name for path in (THIRD_PARTY / "go").iterdir() if path.is_dir()))
def test_a_go_module_names_the_tools_that_are_built_from_it(module: str) -> None:
    go_mod = json.loads(
        subprocess.run(
            [WORKSPACE / "bin/go", "mod", "edit", "-json", THIRD_PARTY / "go" / module / "go.mod"],
            capture_output=True,
            check=True,
        ).stdout
    )

    assert {tool["Path"] for tool in go_mod["Tool"]} == {tool.entry for tool in TOOLS if tool.package == module}


@pytest.mark.parametrize("requirement", sorted((THIRD_PARTY / "python/toolchain").glob("*.txt")), ids=lambda p: p.stem)
def test_a_toolchain_wheel_is_pinned_with_hashes(requirement: pathlib.Path) -> None:
    text = requirement.read_text(encoding="utf-8")

    assert re.fullmatch(r"[a-z-]+==[0-9.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", text)


def test_the_workspace_requires_the_uv_that_is_provisioned() -> None:
    settings = tomllib.loads((WORKSPACE / "pyproject.toml").read_text(encoding="utf-8"))
    requirement = (THIRD_PARTY / "python/toolchain/uv.txt").read_text(encoding="utf-8").split()[0]

    assert requirement == f"uv{settings['tool']['uv']['required-version']}"
