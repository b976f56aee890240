"""What is made from code and figures: the Python API, schemas for editors, and plots."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import bs4
import cdk8s_function
import cdk8s_function.testing
import jsonschema
import plots
import pytest
import yaml
from sites import WORKSPACE
from test_examples import blocks, read, run

SITE = "https://function-cdk8s.github.io/function-cdk8s/"
DNS = "dns.internal/internaldns_v1alpha1.json"
INPUT = "cdk8s.fn.crossplane.io/chartinput_v1alpha1.json"


def test_each_public_name_is_in_the_reference_with_its_docstring(site: pathlib.Path) -> None:
    page = bs4.BeautifulSoup((site / "reference/api/index.html").read_text(encoding="utf-8"), "html.parser")
    parts = {str(heading["id"]): heading.find_parent(class_="doc-object") for heading in page.select(".doc-heading")}

    names = [
        f"{module.__name__}.{name}" for module in (cdk8s_function, cdk8s_function.testing) for name in module.__all__
    ]
    assert [name for name in names if name not in parts] == []
    # A type alias has no docstring of its own.
    silent = [name for name in names if not (part := parts[name]) or not part.select_one(".doc-contents p")]
    assert [name for name in silent if name != "cdk8s_function.Json"] == []


def schema(site: pathlib.Path, name: str) -> Any:
    return json.loads((site / "schemas" / name).read_text(encoding="utf-8"))


def step(path: str) -> Any:
    composition = yaml.safe_load((WORKSPACE / path).read_text(encoding="utf-8"))
    return composition["spec"]["pipeline"][0]["input"]


def test_a_schema_takes_what_is_right_and_finds_a_misspelt_field(site: pathlib.Path) -> None:
    xr = yaml.safe_load((WORKSPACE / "libs/internal-dns-xp/examples/minimal.yaml").read_text(encoding="utf-8"))
    chart_input = step("libs/internal-dns-xp/package/apis/internaldns/composition.yaml")

    for name, right in ((DNS, xr), (INPUT, chart_input)):
        jsonschema.validate(right, schema(site, name))
    with pytest.raises(jsonschema.ValidationError, match="domian"):
        jsonschema.validate({**xr, "spec": {"domian": "internal.example.org"}}, schema(site, DNS))
    with pytest.raises(jsonschema.ValidationError, match="chrat"):
        jsonschema.validate({**chart_input, "chrat": "internal-dns"}, schema(site, INPUT))


def test_the_page_of_schemas_names_each_and_its_example_is_right(site: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (example,) = blocks("reference/schemas.md", "yaml")
    (command,) = blocks("reference/schemas.md", "sh")
    rows = re.findall(r"^\| `(schemas/\S+)` \|", read("reference/schemas.md"), re.MULTILINE)

    assert sorted(rows) == sorted(path.relative_to(site).as_posix() for path in (site / "schemas").rglob("*.json"))
    name = example.splitlines()[0].removeprefix(f"# yaml-language-server: $schema={SITE}schemas/")
    jsonschema.validate(yaml.safe_load(example), schema(site, name))
    run(command, tmp_path)
    (made,) = tmp_path.iterdir()
    assert json.loads(made.read_text(encoding="utf-8"))["properties"]["kind"] == {"const": "WebService"}


def silent(schema: dict[str, Any], path: str) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        if not field.get("description") and name not in {"apiVersion", "kind", "metadata"}:
            yield f"{path}.{name}"
        yield from silent(field, f"{path}.{name}")
        yield from silent(field.get("items", {}), f"{path}.{name}[]")


@pytest.mark.parametrize("name", [DNS, INPUT])
def test_a_schema_describes_each_field(site: pathlib.Path, name: str) -> None:
    assert list(silent(schema(site, name), "")) == []


@pytest.mark.parametrize("name", plots.PLOTS)
def test_a_plot_has_the_figures_of_the_performance_page(name: str) -> None:
    path = WORKSPACE / f"docs/explanation/{name}.svg"

    assert path.read_text(encoding="utf-8") == plots.drawn(*plots.PLOTS[name]), "run: bin/python tools/docs/plots.py"


FIGURES = {
    "an unchanged reconcile, CPU ms": ("An unchanged reconcile: 8 ConfigMaps", "CPU ms/request"),
    "a changed reconcile of 8 objects, CPU ms": ("A changed reconcile: 8 ConfigMaps", "CPU ms/request"),
    "a changed reconcile of 100 objects, CPU ms": (
        "A changed reconcile: 100 ConfigMaps, a caller each",
        "CPU ms/request",
    ),
    "first answer after a cold start, s": ("Start and memory", "cold start s"),
    "memory when warm, PSS MiB": ("Start and memory", "PSS MiB, warm"),
    "largest memory in 20,000 reconciles, PSS MiB": (
        "20,000 changed reconciles, as many callers as workers",
        "largest",
    ),
}
CONTENDERS = ("function-cdk8s, 1 worker", "function-pythonic 0.6.3", "naive in-process cdk8s")


def test_the_readme_has_the_figures_of_the_performance_page() -> None:
    readme = (WORKSPACE / "README.md").read_text(encoding="utf-8")
    shown = {name: re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", readme, re.MULTILINE) for name in FIGURES}

    for name, (section, column) in FIGURES.items():
        figures = plots.figures(section, column)
        measured = [figures[each] for each in CONTENDERS]
        assert shown[name], name
        assert [float(cell.strip("* ")) for cell in shown[name][0].split("|")] == measured, name
        (best,) = (float(cell.strip("* ")) for cell in shown[name][0].split("|") if "**" in cell)
        assert best == min(measured), name
