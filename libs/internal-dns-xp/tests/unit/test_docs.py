"""The documentation: its manifests compose, and its data model is the one of the models."""

import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

PROJECT = pathlib.Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^( *)```yaml\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def manifests() -> Iterator[Any]:
    for page in PAGES:
        for number, (_, block) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), start=1):
            for manifest in yaml.safe_load_all(block):
                if manifest["kind"] == "InternalDNS":
                    yield pytest.param(manifest, id=f"{page.stem} {number}")


@pytest.mark.parametrize("manifest", list(manifests()))
def test_each_internal_dns_in_the_documentation_composes(manifest: dict[str, Any], compose: Callable[..., Any]) -> None:
    assert compose(xr=manifest).objects


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_command_that_waits_gives_a_pod_more_than_the_30_seconds_of_kubectl(page: pathlib.Path) -> None:
    waits = [line for line in page.read_text(encoding="utf-8").splitlines() if "kubectl wait " in line]
    assert [line for line in waits if "--timeout=" not in line] == []


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, field in schema.get("properties", {}).items():
        below = f"{path}{name}"
        yield below, field
        yield from fields(field, f"{below}.")
        yield from fields(field.get("items", {}), f"{below}[].")


def test_the_data_model_has_each_field_with_its_default_and_description() -> None:
    definition = yaml.safe_load((PROJECT / "package/apis/internaldns/definition.yaml").read_text(encoding="utf-8"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    rows = dict(
        re.findall(
            r"^\| `((?:spec|status)[^`]*)` \| ([^|]*\|.*) \|$",
            (PROJECT / "docs/data-model.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    declared = dict(fields(schema, ""))
    assert rows.keys() == declared.keys()
    for path, field in declared.items():
        default, _, meaning = rows[path].partition("|")
        amounts = path.startswith("spec.resources.") and path.endswith((".requests", ".limits"))
        if amounts:
            shown = ", ".join(f"{name}: {amount}" for name, amount in field["default"].items())
            assert default.strip("` ") == f"{{{shown}}}", path
        elif isinstance(field.get("default"), str | int) and field["default"] != "":
            shown = str(field["default"])
            assert default.strip("` ") == (shown.lower() if isinstance(field["default"], bool) else shown), path
        assert meaning.strip().startswith(" ".join(field["description"].split())), path
