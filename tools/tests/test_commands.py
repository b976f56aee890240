"""Each command of bin/ that is the workspace's own explains itself."""

import os
import pathlib
import re
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


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_provisions_nothing(command: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(WORKSPACE / "bin", tmp_path / "bin")
    shutil.copytree(WORKSPACE / "tools/provision", tmp_path / "tools/provision")
    before = set(tmp_path.rglob("*"))

    assert shown(tmp_path / "bin" / command, "--help") == shown(WORKSPACE / "bin" / command, "--help")
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"help", "provision"}))
def test_a_command_whose_tools_cannot_be_installed_says_so_last(command: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(WORKSPACE / "bin", tmp_path / "bin")
    shutil.copytree(WORKSPACE / "tools/provision", tmp_path / "tools/provision")  # and no lock file

    done = subprocess.run(
        [tmp_path / "bin" / command, "x"],
        env={**os.environ, "FUNCTION_CDK8S_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("cannot provision ")


@pytest.mark.parametrize(
    ("command", "path", "imported", "parser"),
    [
        ("cluster", "tools/e2e:tools", "cluster.cli", "cli.main"),
        ("e2e", "tools/e2e:tools", "suite.cli", "cli.main"),
        ("with-docker", "tools/e2e:tools", "cluster.docker", "docker.main"),
        ("images", "tools", "images.cli", "cli._parser()"),
        ("new-chart", "tools/new-chart:tools", "new_chart.cli", "cli._parser()"),
    ],
)
def test_help_lists_what_the_program_accepts(command: str, path: str, imported: str, parser: str) -> None:
    package, module = imported.split(".")
    script = f"""
import argparse
from {package} import {module}
parser = {parser}
if isinstance(parser, argparse.ArgumentParser):
    for action in parser._actions:
        print(*action.option_strings, *(action.choices or ()))
else:
    print(*getattr(parser, "commands", ()))
    for option in parser.params:
        if not getattr(option, "hidden", False) and option.param_type_name == "option":
            print(*option.opts)
"""
    done = subprocess.run(
        [WORKSPACE / "bin/python", "-P", "-c", script],
        env={**os.environ, "PYTHONPATH": ":".join(str(WORKSPACE / each) for each in path.split(":"))},
        capture_output=True,
        text=True,
        check=True,
    )
    accepted = {word for word in done.stdout.split() if word != "-h"}

    words = set(re.findall(r"[-a-z]+", shown(WORKSPACE / "bin" / command, "--help")))
    assert accepted
    assert accepted - words == set()


@pytest.mark.parametrize("command", ["provision", "test"])
def test_an_unknown_option_is_refused(command: str) -> None:
    done = subprocess.run([WORKSPACE / "bin" / command, "--none"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bin/{command}: unknown option --none; bin/{command} --help lists the options\n"


def test_a_misspelt_project_does_not_pass_for_one_without_faults() -> None:
    done = subprocess.run(
        [WORKSPACE / "bin/test", "internal-dns-xp", "no-such"],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    said = "bin/test: no project is called no-such; bin/nx show projects lists them\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
