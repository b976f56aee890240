"""What the pages of docs show works as it stands there: files, commands and what they print."""

import os
import pathlib
import re
import shutil
import subprocess
from typing import Any

import yaml
from cdk8s_function import ApiModel
from cdk8s_function.schema import structural
from cdk8s_function.testing import scenario
from sites import WORKSPACE

STACK = WORKSPACE / "stacks/internal-dns"


def read(page: str) -> str:
    return (WORKSPACE / "docs" / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(page), flags=re.DOTALL | re.MULTILINE)


def run(script: str, folder: pathlib.Path, *, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["/bin/sh", "-euc", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{WORKSPACE / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_the_chart_of_typed_objects_composes_what_a_cluster_takes() -> None:
    [chart] = blocks("how-to/typed-objects.md", "python")
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(chart, "typed-objects.md", "exec"), names)

    composed = scenario(names["Shop"], {"image": "example.org/shop:1"}).step().valid()

    assert {key: each["kind"] for key, each in composed.objects.items()} == {
        "deployment": "Deployment",
        "service": "Service",
    }


def test_the_quickstart_from_its_first_command_to_its_last(tmp_path: pathlib.Path) -> None:
    path, see, install, xrd = blocks("tutorials/quickstart.md", "sh")
    (project,) = blocks("tutorials/quickstart.md", "toml")
    (chart,) = blocks("tutorials/quickstart.md", "python")
    composition, xr, shown = blocks("tutorials/quickstart.md", "yaml")
    (refusal,) = blocks("tutorials/quickstart.md", "text")
    files = {"pyproject.toml": project, "greetings.py": chart, "composition.yaml": composition, "xr.yaml": xr}
    for name, text in files.items():
        assert f"`{name}`" in read("tutorials/quickstart.md")
        (tmp_path / name).write_text(text, encoding="utf-8")

    seen = run(path + see, WORKSPACE).stdout
    kinds = [document["kind"] for document in yaml.safe_load_all(seen)]
    assert kinds == ["WebService", "Deployment", "Ingress", "Service"]

    greeting, config = yaml.safe_load_all(run(install, tmp_path).stdout)
    assert greeting["kind"] == "Greeting"
    (owner,) = config["metadata"].pop("ownerReferences")
    assert owner["kind"] == "Greeting"
    assert config == yaml.safe_load(shown)

    folder_of_charts, render = install.splitlines()[1:]
    definition = yaml.safe_load(run(f"{folder_of_charts}\n{xrd}", tmp_path).stdout)
    assert definition["metadata"]["name"] == "greetings.example.org"

    (tmp_path / "xr.yaml").write_text(xr.replace("text: hi", 'text: ""'), encoding="utf-8")
    assert run(f"{folder_of_charts}\n{render}", tmp_path, status=1).stderr == refusal


def greeting(folder: pathlib.Path) -> None:
    """Write the project of the quickstart."""
    composition, xr, _ = blocks("tutorials/quickstart.md", "yaml")
    (project,) = blocks("tutorials/quickstart.md", "toml")
    (chart,) = blocks("tutorials/quickstart.md", "python")
    files = {"pyproject.toml": project, "greetings.py": chart, "composition.yaml": composition, "xr.yaml": xr}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_a_chart_takes_over_the_objects_of_another_function(tmp_path: pathlib.Path) -> None:
    greeting(tmp_path)
    (chart,) = blocks("how-to/migrate.md", "python")
    (tmp_path / "greetings.py").write_text(chart, encoding="utf-8")
    (tmp_path / "observed.yaml").write_text(blocks("how-to/migrate.md", "yaml")[-1], encoding="utf-8")
    (commands,) = blocks("how-to/migrate.md", "sh")
    (shown,) = blocks("how-to/migrate.md", "diff")

    assert run(commands, tmp_path, status=1).stdout == shown


def test_a_render_stops_at_a_breakpoint_of_the_debugging_page(tmp_path: pathlib.Path) -> None:
    greeting(tmp_path)
    chart = tmp_path / "greetings.py"
    stopping = re.sub(
        r"^( +)super\(\)", r"\1breakpoint()\n\1super()", chart.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    chart.write_text(stopping, encoding="utf-8")
    install, folder_of_charts, _ = blocks("tutorials/quickstart.md", "sh")[2].splitlines()
    (render,) = (block for block in blocks("how-to/debugging.md", "sh") if "--no-time-limit" in block)

    done = run(f"{install}\n{folder_of_charts}\nprintf 'p composite.spec\\nc\\n' | {render}", tmp_path)

    assert "(Pdb) GreetingSpec(text='hi')\n" in done.stderr
    assert "name: demo-config-" in done.stdout


def example(folder: pathlib.Path) -> None:
    """Copy the example's files."""
    for file in (WORKSPACE / "apps/function-cdk8s/example").glob("*.yaml"):
        shutil.copy(file, folder)


def test_the_summary_and_the_difference_of_the_command_line(tmp_path: pathlib.Path) -> None:
    example(tmp_path)
    summary, compared, _ = blocks("reference/command-line.md", "sh")[:3]
    xr = tmp_path / "xr.yaml"
    assert summary == blocks("how-to/debugging.md", "sh")[0]

    assert run(summary, tmp_path).stdout == blocks("reference/command-line.md", "text")[0]
    assert run(compared, tmp_path, status=1).stdout.startswith("--- /dev/null\n")
    assert run(compared, tmp_path).stdout == ""
    xr.write_text(f"{xr.read_text(encoding='utf-8')}  replicas: 3\n", encoding="utf-8")
    (shown,) = blocks("reference/command-line.md", "diff")
    assert run(compared, tmp_path, status=1).stdout == shown


def test_the_check_of_the_command_line(tmp_path: pathlib.Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(WORKSPACE / "libs/internal-dns-xp", repository, ignore=shutil.ignore_patterns("tests"))
    (check,) = [block for block in blocks("reference/command-line.md", "sh") if " check" in block]
    minimal = repository / "examples/minimal.yaml"
    hooks = yaml.safe_load((WORKSPACE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (configured,) = yaml.safe_load(blocks("reference/command-line.md", "yaml")[0])["repos"]

    assert run(check, repository).stdout == ""
    minimal.write_text(minimal.read_text(encoding="utf-8").replace("domain:", "domian:"), encoding="utf-8")
    assert run(check, repository, status=1).stdout == blocks("reference/command-line.md", "text")[-1]
    assert configured["hooks"] == [{"id": hook["id"]} for hook in hooks]


def test_the_tests_of_the_testing_page_pass(tmp_path: pathlib.Path) -> None:
    """They are of the example chart, in a project of its own."""
    project = (WORKSPACE / "libs/example-web-service/pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    tests = "\n".join(blocks("how-to/testing.md", "python"))
    (tmp_path / "test_shop.py").write_text(tests, encoding="utf-8")

    done = run(f"python -m pytest --rootdir={tmp_path} --snapshot-update -p no:cacheprovider -q {tmp_path}", tmp_path)

    assert f"{len(re.findall('^def test_', tests, flags=re.MULTILINE))} passed" in done.stdout


def test_the_function_of_the_deployment_runs_as_that_of_the_stack() -> None:
    """The stack's is what the suites run on a cluster."""
    function, runtime = yaml.safe_load_all(blocks("how-to/deployment.md", "yaml")[0])

    assert runtime == yaml.safe_load((STACK / "base/runtime.yaml").read_text(encoding="utf-8"))
    assert function["spec"]["runtimeConfigRef"] == {"name": runtime["metadata"]["name"]}


def test_the_commands_of_the_deployment() -> None:
    """Those for a cluster are in the suites, or are kubectl's own."""
    apply = blocks("how-to/deployment.md", "sh")[0]
    xrd, composition = apply.splitlines()
    suite = (STACK / "e2e/73-baked-chart/00-package.yaml").read_text(encoding="utf-8")

    assert xrd in suite
    definition = yaml.safe_load(run(xrd.partition(" | ")[0], WORKSPACE).stdout)
    composed = yaml.safe_load((WORKSPACE / composition.split()[-1]).read_text(encoding="utf-8"))
    kind = definition["spec"]["names"]["kind"], composed["spec"]["compositeTypeRef"]["kind"]
    assert kind == ("WebService", "WebService")


def test_each_field_of_the_data_model_becomes_that_schema() -> None:
    (listed,) = blocks("reference/data-model.md", "python")
    lines = [re.split(r" +# ", line) for line in listed.splitlines()]

    assert len(lines) > 5
    for field, schema in lines:
        names: dict[str, Any] = {"ApiModel": ApiModel}
        exec(f"from typing import *\nfrom pydantic import Field\nclass Spec(ApiModel):\n    {field}\n", names)
        name = field.partition(":")[0]
        made = structural.of(names["Spec"], "spec")
        assert made["properties"] == {name: yaml.safe_load(schema)}, field
        assert made.get("required", []) == ([] if " = " in field else [name]), field


def test_the_data_model_has_each_label_and_annotation() -> None:
    sources = (WORKSPACE / "libs/cdk8s-function-xp/src/cdk8s_function").rglob("*.py")
    constants = re.compile(r'^[A-Z_]+ = "(cdk8s\.fn\.crossplane\.io/[\w-]+)"$', re.MULTILINE)
    named = [name for source in sources for name in constants.findall(source.read_text(encoding="utf-8"))]

    rows = re.findall(
        r"^\|[^|]+\| `(cdk8s\.fn\.crossplane\.io/[\w-]+)` \|", read("reference/data-model.md"), re.MULTILINE
    )
    assert sorted(rows) == sorted(named)
