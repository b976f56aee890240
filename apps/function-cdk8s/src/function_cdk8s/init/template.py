"""Write the files of a chart repository: copier renders the template in this package.

copier runs in a separate process, so that the other commands need neither copier
nor its dependencies.
"""

import dataclasses
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

from function_cdk8s.init.names import Names

FOLDER = pathlib.Path(__file__).parents[1] / "template"


class TemplateError(Exception):
    """The files cannot be written. The message is one line with the reason and the remedy."""


def write(names: Names, folder: pathlib.Path, *, workspace: bool = False) -> None:
    """Write the files of a chart's repository.

    Args:
        names: The names of its parts.
        folder: Where to write them; it is empty, or does not exist yet.
        workspace: Whether the chart is a library in the workspace of this package,
            and is built and tested by its tools.

    Raises:
        TemplateError: If copier is not installed, or fails.
    """
    if importlib.util.find_spec("copier") is None:
        msg = "init needs copier, which is not installed; install function-cdk8s[init] instead of function-cdk8s"
        raise TemplateError(msg)
    with tempfile.TemporaryDirectory(prefix="function-cdk8s-") as scratch:
        answers = pathlib.Path(scratch) / "answers.yaml"
        answers.write_text(json.dumps({**dataclasses.asdict(names), "workspace": workspace}), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--data-file", answers, FOLDER, folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = " ".join(done.stderr.split())
        msg = f"copier could not write {str(folder)!r}: {said}"
        raise TemplateError(msg)
