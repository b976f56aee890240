"""The README's first screen works as it stands there: its chart and its Composition."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

WORKSPACE = pathlib.Path(__file__).parents[3]
README = (WORKSPACE / "README.md").read_text(encoding="utf-8")
EXAMPLE = WORKSPACE / "apps/function-cdk8s/example"
FUNCTION = pathlib.Path(sys.executable).parent / "function-cdk8s"


def block(language: str) -> str:
    """Return the README's first code block in a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    assert found
    return found[1]


def test_the_chart_and_the_composition_render(tmp_path: pathlib.Path) -> None:
    info = tmp_path / "greetings-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\n", encoding="utf-8")
    composition = block("yaml")
    entry_point = re.search(r"# (\[project\.entry-points\.\"(.+)\"\]) (\w+) = \"(.+)\"", composition)
    assert entry_point
    points = f"[{entry_point[2]}]\n{entry_point[3]} = {entry_point[4]}\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    (tmp_path / "greetings.py").write_text(block("python"), encoding="utf-8")
    (tmp_path / "composition.yaml").write_text(composition, encoding="utf-8")
    xr = "apiVersion: example.org/v1\nkind: Greeting\nmetadata: {name: demo, namespace: a}\nspec: {text: hi}\n"
    (tmp_path / "xr.yaml").write_text(xr, encoding="utf-8")

    done = subprocess.run(
        [FUNCTION, "render", tmp_path / "xr.yaml", tmp_path / "composition.yaml"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    _, config = yaml.safe_load_all(done.stdout)
    assert (config["kind"], config["data"]) == ("ConfigMap", {"text": "hi"})


def test_the_first_command_of_the_example() -> None:
    command = re.search(r"^function-cdk8s (render .+)$", (EXAMPLE / "README.md").read_text("utf-8"), re.MULTILINE)
    assert command

    done = subprocess.run(
        [FUNCTION, *command[1].split()], cwd=EXAMPLE, capture_output=True, text=True, check=True, timeout=60
    )

    assert [document["kind"] for document in yaml.safe_load_all(done.stdout)] == [
        "WebService",
        "Deployment",
        "Ingress",
        "Service",
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rendr"], "No such command 'rendr'. Did you mean 'render'?"),
        (["cook"], "No such command 'cook'."),
        (["render", "--sumary"], "No such option '--sumary'. Did you mean '--summary'?"),
        (["xrd", "web-servise"], 'unknown chart "web-servise" (did you mean "web-service"?); known charts: '),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest(arguments: list[str], says: str) -> None:
    done = subprocess.run([FUNCTION, *arguments], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode in {1, 2}
    assert done.stderr.splitlines()[-1].startswith(f"Error: {says}")


def test_the_help_lists_each_command_in_a_whole_line() -> None:
    done = subprocess.run([FUNCTION, "--help"], capture_output=True, text=True, check=True, timeout=60)

    names = re.findall(r"^  (\w+) +[A-Z].*\.$", done.stdout.partition("Commands:\n")[2], flags=re.MULTILINE)
    assert names == ["charts", "check", "init", "pack", "plan", "render", "serve", "xrd"]
    assert all(importlib.util.find_spec(f"function_cdk8s.{name}") for name in names)


def test_the_input_schema_is_the_models() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "function_cdk8s.input_schema"], capture_output=True, text=True, check=True, timeout=60
    )

    file = WORKSPACE / "apps/function-cdk8s/package/input/cdk8s.fn.crossplane.io_chartinputs.yaml"
    assert file.read_text(encoding="utf-8") == done.stdout, "run: nx run function-cdk8s:generate"


def test_the_charts_command_lists_what_is_installed() -> None:
    done = subprocess.run([FUNCTION, "charts"], capture_output=True, text=True, check=True, timeout=60)

    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["NAME", "CLASS", "WHEEL", "VERSION", "KERNEL"]
    assert ["web-service", "web_service:WebService", "example-web-service", "0.1.0", "native"] in lines


def test_the_xrd_command_prints_an_xrd() -> None:
    done = subprocess.run([FUNCTION, "xrd", "web-service"], capture_output=True, text=True, check=True, timeout=60)

    xrd = yaml.safe_load(done.stdout)
    assert (xrd["apiVersion"], xrd["kind"]) == ("apiextensions.crossplane.io/v2", "CompositeResourceDefinition")
    assert xrd["spec"]["names"]["kind"] == "WebService"


def test_the_xrd_command_refuses_an_unknown_chart() -> None:
    done = subprocess.run([FUNCTION, "xrd", "nothing"], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert done.stderr.startswith('Error: unknown chart "nothing"; known charts: ')


@pytest.mark.parametrize(
    "arguments",
    [
        ["charts"],
        ["xrd", "web-service"],
        ["render", str(EXAMPLE / "xr.yaml"), str(EXAMPLE / "composition.yaml")],
        ["serve", "--insecure", "--address", "127.0.0.1:0"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_runs_charts_that_contradict_each_other(arguments: list[str], tmp_path: pathlib.Path) -> None:
    info = tmp_path / "example_web_service-9.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: example-web-service\nVersion: 9.0.0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text("[cdk8s_function.charts]\nweb = web_service:WebService\n", encoding="utf-8")

    done = subprocess.run(
        [FUNCTION, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "CHARTS_DIR": str(tmp_path)},
    )

    assert done.returncode == 1
    assert re.fullmatch(
        r"Error: the installed charts contradict each other: wheel example-web-service is installed as 0\.1\.0 in \S.* "
        rf"and as 9\.0\.0 in {re.escape(str(tmp_path))}; remove one of them",
        done.stderr.strip().splitlines()[-1],
    )


def test_the_xrd_command_names_a_field_that_no_xrd_can_have(tmp_path: pathlib.Path) -> None:
    info = tmp_path / "loose-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loose\nVersion: 1.0.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[cdk8s_function.charts]\nloose = loose:Loose\n", encoding="utf-8")
    (tmp_path / "loose.py").write_text(
        "from cdk8s_function import ApiModel, CompositeType\n"
        "class Spec(ApiModel):\n    pair: tuple[int, str]\n"
        "class Loose:\n"
        "    composite_type = CompositeType(group='example.org', version='v1', kind='Loose', spec=Spec)\n",
        encoding="utf-8",
    )

    done = subprocess.run(
        [FUNCTION, "xrd", "loose"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "CHARTS_DIR": str(tmp_path)},
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: chart loose: spec\.pair: .+\n", done.stderr), done.stderr
