"""Write the schemas of others' custom resources into third_party/crds, of the modules that sources.txt there names.

    bin/nx run internal-dns-stack:generate

Of a CustomResourceDefinition is kept what says which fields people write, and with which values: no descriptions, no
status, no rules in CEL. Go's checksum database vouches for what is downloaded.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from typing import Any

import yaml

WORKSPACE = pathlib.Path(__file__).parents[2]
FOLDER = WORKSPACE / "third_party/crds"
_DROPPED = {"description", "x-kubernetes-validations"}


def main() -> int:
    """Write the files; returns the exit status."""
    parser = argparse.ArgumentParser(prog="custom_resources", description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER, help="the folder to write into")
    folder: pathlib.Path = parser.parse_args().out
    for line in (FOLDER / "sources.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            module, version, path = line.split()
            with zipfile.ZipFile(_download(module, version)) as archive:
                original = archive.read(f"{module}@{version}/{path}")
            made = _kept(yaml.safe_load(original))
            text = f"# {module} {version} {path}\n# sha256:{hashlib.sha256(original).hexdigest()}\n"
            text += yaml.safe_dump(made, sort_keys=False, width=120)
            (folder / f"{made['metadata']['name']}.yaml").write_text(text, encoding="utf-8")
    return 0


def _download(module: str, version: str) -> str:
    """Return the file of a module; one that only a newer Go can build is downloaded too."""
    with tempfile.TemporaryDirectory() as outside:  # not the module of a go.mod
        command = [WORKSPACE / "bin/go", "-C", outside, "mod", "download", "-json", f"{module}@{version}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    answer = json.loads(done.stdout or "{}")
    if "Zip" not in answer:
        sys.exit(f"cannot download {module}@{version}: {answer.get('Error', 'the message of Go is above')}")
    return answer["Zip"]


def _kept(definition: dict[str, Any]) -> dict[str, Any]:
    spec = definition["spec"]
    versions = [
        {"name": each["name"], "schema": {"openAPIV3Schema": _pruned(each["schema"]["openAPIV3Schema"])}}
        for each in spec["versions"]
        if each["served"]
    ]
    for each in versions:
        each["schema"]["openAPIV3Schema"]["properties"].pop("status", None)
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {"name": definition["metadata"]["name"]},
        "spec": {"group": spec["group"], "names": {"kind": spec["names"]["kind"]}, "versions": versions},
    }


def _pruned(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without what is dropped."""
    made = {key: each for key, each in schema.items() if key not in _DROPPED}
    if "properties" in made:
        made["properties"] = {name: _pruned(each) for name, each in made["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(made.get(key), dict):
            made[key] = _pruned(made[key])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in made:
            made[key] = [_pruned(each) for each in made[key]]
    return made


if __name__ == "__main__":
    sys.exit(main())
