"""Makes the modules beside the tests, and those they test, importable, and builds the site once."""

import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the folder of the workspace's own site."""
    from sites import WORKSPACE, build

    folder = tmp_path_factory.mktemp("site")
    done = build(WORKSPACE / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr
    return folder
