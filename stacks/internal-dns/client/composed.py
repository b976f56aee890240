"""Read objects, and print of each composed one what a cluster keeps of it: its name, and the data of a ConfigMap.

They are documents of YAML, as a render prints them, or a List, as kubectl does.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import yaml

_KEY = "crossplane.io/composition-resource-name"


def main() -> None:
    """Print a line for each object with a key, in the order of the keys."""
    for key, each in sorted(_composed(), key=lambda found: found[0]):
        line = f"{key} {each['apiVersion']} {each['kind']} {each['metadata']['namespace']}/{each['metadata']['name']}"
        print(f"{line} {_digest(each['data'])}" if each["kind"] == "ConfigMap" else line)


def _composed() -> Iterator[tuple[str, dict[str, Any]]]:
    for document in yaml.safe_load_all(sys.stdin):
        for each in document["items"] if document["kind"] == "List" else [document]:
            key = each["metadata"].get("annotations", {}).get(_KEY)
            if key:
                yield key, each


def _digest(data: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    main()
