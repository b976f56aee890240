"""Builds sites as `bin/nx build docs` does."""

import os
import pathlib
import subprocess

WORKSPACE = pathlib.Path(__file__).parents[3]


def build(config: pathlib.Path, site: pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the site of a configuration into a folder."""
    return subprocess.run(
        [WORKSPACE / "bin/mkdocs", "build", "--strict", "--config-file", config, "--site-dir", site],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
