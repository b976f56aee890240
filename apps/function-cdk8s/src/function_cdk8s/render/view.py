"""Print the outcome of a render, and save it."""

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
"""Exit status if the render differs from what it is compared with, as for the command diff."""

_COLOURS = {"-": "red", "+": "green", "@": "cyan"}

_Manifests = Sequence[Mapping[str, Json]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """What to print of a render, and how.

    Attributes:
        summary: Print tables instead of YAML.
        before: Manifests: print the difference from these instead of YAML.
        observed: Objects in the cluster: print the difference from these instead of YAML.
        save: A file to write the YAML to.
        results: Also print events.
        context: Also print the context.
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
            calls: Its calls of the function.
            full_xr: The XR from the input, to print it whole with the changes; None prints only the changes.

        Raises:
            RenderError: If the file can't be written.
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
    """Return the width of the terminal in characters; None if standard output is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _coloured(line: str) -> str:
    """Return a line of a diff, coloured on a terminal (https://no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line
    return click.style(line, fg=_COLOURS.get(line[0]))


def _write(path: pathlib.Path, text: str) -> None:
    """Write a file atomically. Only its owner can read it, as it may hold Secrets."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            made = pathlib.Path(file.name)
            try:
                file.write(text)
                file.flush()
                made.replace(path)
            finally:
                made.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}"
        raise RenderError(msg) from error
