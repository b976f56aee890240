"""Write the schemas of Kubernetes' own kinds, as libs/cdk8s-function-schemas ships them.

    bin/nx run cdk8s-function-schemas:generate

Kubernetes publishes them as OpenAPI (`api/openapi-spec/swagger.json` of its Go
module, whose version third_party/go/kubernetes names). Of it is kept what says
which fields a kind has, and of which types: no descriptions, no lists, no paths.
"""

import argparse
import gzip
import json
import pathlib
import re
import subprocess
from collections.abc import Mapping
from typing import Any

WORKSPACE = pathlib.Path(__file__).parents[2]
DATA = WORKSPACE / "libs/cdk8s-function-schemas/src/cdk8s_function_schemas/data"
MODULE = "k8s.io/kubernetes"

_KEPT = ("type", "format", "enum")
_REFERENCE = "#/definitions/"

Schema = Mapping[str, Any]


def data(swagger: Schema) -> dict[str, Any]:
    """Return what is shipped of Kubernetes' OpenAPI document.

    Args:
        swagger: The document, an object of OpenAPI 2.0.
    """
    definitions: Mapping[str, Schema] = swagger["definitions"]
    kinds: dict[str, str] = {}
    for name, definition in sorted(definitions.items()):
        # Lists, options and the like have no metadata of an object, or several kinds.
        metadata = definition.get("properties", {}).get("metadata", {})
        types = definition.get("x-kubernetes-group-version-kind", [])
        if len(types) == 1 and metadata.get("$ref", "").endswith(".ObjectMeta"):
            group, version, kind = (types[0][part] for part in ("group", "version", "kind"))
            kinds[f"{group}/{version}/{kind}" if group else f"{version}/{kind}"] = name
    kept: dict[str, Any] = {}
    waiting = list(kinds.values())
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = _pruned(definitions[name], waiting)
    return {"version": swagger["info"]["version"], "kinds": kinds, "definitions": dict(sorted(kept.items()))}


def _pruned(schema: Schema, found: list[str]) -> dict[str, Any]:
    """Return the kept part of a schema, and add the definitions it refers to."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        found.append(name)
        return {"$ref": name}
    made: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in schema:
        made["properties"] = {name: _pruned(each, found) for name, each in schema["properties"].items()}
    if "required" in schema:
        made["required"] = schema["required"]
    for key in ("items", "additionalProperties"):
        if key in schema:
            made[key] = _pruned(schema[key], found)
    return made


def swagger() -> Schema:
    """Return the document of the Kubernetes version that the workspace pins."""
    command = [WORKSPACE / "tools/provision/go-module", "kubernetes", MODULE]
    folder = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return json.loads(pathlib.Path(folder, "api/openapi-spec/swagger.json").read_bytes())


def version() -> str:
    """Return the version that the workspace pins, such as v1.36.3."""
    pinned = (WORKSPACE / "third_party/go/kubernetes/go.mod").read_text(encoding="utf-8")
    [found] = re.findall(rf"^\s*(?:require )?{re.escape(MODULE)} (v\S+)", pinned, re.MULTILINE)
    return found


def main() -> None:
    """Write the file of the pinned version."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    # The document of a release says "unversioned".
    made = {**data(swagger()), "version": version()}
    text = json.dumps(made, separators=(",", ":"))
    minor = ".".join(made["version"].split(".")[:2])
    DATA.mkdir(exist_ok=True)
    for old in DATA.glob(f"{minor}.json.gz"):
        old.unlink()
    # Without the time, so that the same schemas are the same bytes.
    (DATA / f"{minor}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{minor}: {len(made['kinds'])} kinds, {len(made['definitions'])} definitions")


if __name__ == "__main__":
    main()
