"""What a render prints of its outcome, and keeps."""

import dataclasses
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence

import click
from cdk8s_function.objects import Json
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.reconcile import Rendered

from function_cdk8s.render import diff, documents
from function_cdk8s.render import summary as summaries
from function_cdk8s.render.calls import Calls

DIFFERENT = 1
"""Exit status of a render that differs from what it is compared with, as diff has it."""

_COLOURS = {"-": "red", "+": "green", "@": "cyan"}

_Manifests = Sequence[Mapping[str, Json]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """What of a render is printed, and how.

    Attributes:
        summary: Tables instead of YAML.
        before: Manifests, to print the difference from them instead of YAML.
        observed: Objects of the cluster, to print the difference from them instead of YAML.
        save: A file to write the YAML to.
        results: Events too.
        context: The context too.
    """

    summary: bool = False
    before: _Manifests | None = None
    observed: _Manifests | None = None
    save: pathlib.Path | None = None
    results: bool = False
    context: bool = False

    def show(self, rendered: Rendered, calls: Calls, *, full_xr: Mapping[str, Json] | None = None) -> int:
        """Print a render; return the exit status.

        Args:
            rendered: The outcome of the reconcile.
            calls: The calls it made.
            full_xr: The XR that was given, to print whole with what changed; None prints only that.

        Raises:
            RenderError: If it can't be saved.
        """
        text = documents.text(rendered, full_xr=full_xr, include_results=self.results, include_context=self.context)
        if self.save:
            _write(self.save, text)
        found: str | None = None
        if self.before is not None:
            found = diff.with_file(rendered, self.before)
        elif self.observed is not None:
            found = diff.with_observed(rendered, self.observed)
        if found is not None:
            click.echo("".join(map(_coloured, found.splitlines(keepends=True))), nl=False)
            return DIFFERENT if found else 0
        click.echo(summaries.text(rendered, calls, width=_width()) if self.summary else text, nl=False)
        return 0


def _width() -> int | None:
    """Return the characters a line of the terminal has, None where standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _coloured(line: str) -> str:
    """Return a line of a diff in its colour, where somebody sees it (https://no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line
    return click.style(line, fg=_COLOURS.get(line[0]))


def _write(path: pathlib.Path, text: str) -> None:
    """Put a file in place at once, which only its owner can read: there may be Secrets in it."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        pathlib.Path(file.name).replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}"
        raise RenderError(msg) from error
