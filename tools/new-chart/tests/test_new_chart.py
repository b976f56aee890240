"""The names that bin/new-chart takes, and those that it refuses."""

import pathlib
import subprocess

import pytest
from function_cdk8s.init import names, template
from function_cdk8s.init.names import NameRefusedError
from new_chart import library
from release.published import REGISTRY

WORKSPACE = pathlib.Path(__file__).parents[3]


def run(*command: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [WORKSPACE / command[0], *command[1:]], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        pytest.param(
            ("json",), "NAME 'json': Python has 'json' already; choose another, like 'json-chart'", id="a module"
        ),
        pytest.param(
            ("internal-dns-xp",),
            "NAME 'internal-dns-xp': libs/internal-dns-xp exists; choose another name, or remove it first",
            id="a library",
        ),
    ],
)
def test_a_refusal_is_one_line(arguments: tuple[str, ...], refusal: str) -> None:
    done = run("bin/new-chart", *arguments, status=1)

    assert (done.stdout, done.stderr) == ("", f"bin/new-chart: {refusal}\n")


def test_nx_generates_what_bin_new_chart_makes() -> None:
    planned = run("bin/nx", "g", "chart", "web-cache", "--group=web.example.net", "--dry-run")
    refused = run("bin/nx", "g", "chart", "Web", status=1)

    assert "bin/new-chart --group web.example.net web-cache" in planned.stdout.splitlines()
    assert not (WORKSPACE / "libs/web-cache").exists()
    refusal = "bin/new-chart: NAME 'Web' is not words of a-z and 0-9 joined by hyphens, like 'web-cache'"
    assert refusal in refused.stderr.splitlines()


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("function-cdk8s", "uv.lock has a package of that name"),
        ("pydantic", "uv.lock has a package of that name"),
        ("internal-dns", "libs/internal-dns-xp has a chart 'internal-dns'"),
    ],
)
def test_a_name_that_is_taken_is_refused(name: str, refusal: str) -> None:
    with pytest.raises(NameRefusedError, match=refusal):
        library.check_free(names.of(name, group="example.org", kind="", registry=REGISTRY), WORKSPACE)


def test_a_library_here_is_the_repository_that_init_makes_but_for_what_the_workspace_has(
    tmp_path: pathlib.Path,
) -> None:
    chosen = names.of("web-cache", group="example.org", kind="", registry=REGISTRY)
    alone, here = (tmp_path / name for name in ("alone", "here"))
    template.write(chosen, alone)
    template.write(chosen, here, workspace=True)

    in_alone, in_here = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (alone, here)
    )

    assert sorted(in_alone.keys() - in_here.keys()) == [
        ".copier-answers.yml",
        ".github/workflows/ci.yaml",
        ".gitignore",
        ".pre-commit-config.yaml",
        ".vscode/extensions.json",
        ".vscode/launch.json",
        ".vscode/schemas/composition.json",
        ".vscode/schemas/web-cache.json",
        ".vscode/settings.json",
        "functions.yaml",
    ]
    assert sorted(in_here.keys() - in_alone.keys()) == ["project.json", "tests/render/test_render.py"]
    assert sorted(name for name in in_alone.keys() & in_here.keys() if in_alone[name] != in_here[name]) == [
        "README.md",
        "function/Dockerfile",
        "function/package/crossplane.yaml",
        "package/crossplane.yaml",
        "pyproject.toml",
        "tests/test_package.py",
    ]
