"""What hosts and editors read of this repository: hooks, forms, containers. What these name is there."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from scratch import WORKSPACE

PAGES = "https://github.com/function-cdk8s/function-cdk8s/blob/main/"
FORMS = sorted((WORKSPACE / ".github/ISSUE_TEMPLATE").glob("*.yaml"))
EXTENSIONS = json.loads((WORKSPACE / ".vscode/extensions.json").read_text(encoding="utf-8"))["recommendations"]


def test_pre_commit_takes_its_configuration_and_finds_each_program() -> None:
    file = WORKSPACE / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", file], timeout=600, check=True)

    (repository,) = yaml.safe_load(file.read_text(encoding="utf-8"))["repos"]
    programs = [WORKSPACE / hook["entry"].split()[0] for hook in repository["hooks"]]
    assert programs
    assert [str(program) for program in programs if not program.is_file()] == []


def test_a_container_for_development_has_the_tools_and_extensions_that_are_recommended() -> None:
    text = (WORKSPACE / ".devcontainer/devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(re.sub(r"^//.*\n", "", text, flags=re.MULTILINE))
    program, *tools = container["postCreateCommand"].split()

    assert program == "bin/provision"
    assert [tool for tool in tools if not (WORKSPACE / "bin" / tool).is_file()] == []
    assert container["customizations"]["vscode"]["extensions"] == EXTENSIONS


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_for_issues_names_pages_that_are_there(form: pathlib.Path) -> None:
    text = form.read_text(encoding="utf-8")
    body = yaml.safe_load(text).get("body", [])

    asked = [each for each in body if each["type"] != "markdown"]
    assert len({each["id"] for each in asked}) == len(asked)
    assert all(each["attributes"]["label"] for each in asked)
    pages = re.findall(rf"{re.escape(PAGES)}(\S+)", text)
    assert [page for page in pages if not (WORKSPACE / page).is_file()] == []
