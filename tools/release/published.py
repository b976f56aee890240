"""Where this project's images and packages are published, as package.json says."""

import json
import pathlib

REGISTRY: str = json.loads((pathlib.Path(__file__).parents[2] / "package.json").read_text(encoding="utf-8"))["config"][
    "registry"
]
"""Registry and owner, like ghcr.io/OWNER; `tools/release/registry.py` changes it."""
