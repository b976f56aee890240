"""The JSON schemas that the site publishes, so that an editor completes and checks YAML while it is typed.

A schema's address is that of catalogs of CRDs, `<group>/<kind>_<version>.json`, with the kind in lower case.
"""

import pathlib

import yaml
from cdk8s_function.server import chart_input
from function_cdk8s import editor_schemas


def published(workspace: pathlib.Path) -> dict[str, str]:
    """Return the text of each schema by its path on the site: of Compositions, of ChartInput and of every XRD."""
    made = {
        "composition.json": editor_schemas.of_composition(),
        _name(chart_input.GROUP, chart_input.KIND, chart_input.VERSION): editor_schemas.of_input(),
    }
    for path in sorted(workspace.glob("libs/*/package/apis/*/definition.yaml")):
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec = definition["spec"]
        name = _name(spec["group"], spec["names"]["kind"], spec["versions"][0]["name"])
        made[name] = editor_schemas.of_definition(definition)
    return {f"schemas/{name}": editor_schemas.text(schema) for name, schema in made.items()}


def _name(group: str, kind: str, version: str) -> str:
    return f"{group}/{kind.lower()}_{version}.json"
