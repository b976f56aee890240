"""The options of `render`, and which of them go together."""

import dataclasses
import pathlib

import click

from function_cdk8s.render.option_values import pairs, split


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments and options of one command line, as `function-cdk8s render --help` describes them."""

    composite_resource: pathlib.Path | None
    composition: pathlib.Path | None
    context_files: tuple[str, ...]
    context_values: tuple[str, ...]
    include_function_results: bool
    include_full_xr: bool
    include_context: bool
    observed_resources: pathlib.Path | None
    required_resources: tuple[str, ...]
    required_schemas: pathlib.Path | None
    function_credentials: pathlib.Path | None
    summary: bool
    diff_with: pathlib.Path | None
    diff_observed: bool
    save: pathlib.Path | None
    watch: bool
    list_sources: pathlib.Path | None
    schemas: bool
    crds: tuple[pathlib.Path, ...]
    xrd: pathlib.Path | None
    replay: pathlib.Path | None
    recording: str | None
    verify: bool
    timeout: float
    no_time_limit: bool

    @property
    def prints_difference(self) -> bool:
        """Whether a difference is printed, so that the exit status is that of the command diff."""
        return self.diff_with is not None or self.diff_observed

    def check(self) -> None:
        """Check that the options go together.

        Raises:
            click.UsageError: If they do not.
        """
        has_files = self.composite_resource is not None and self.composition is not None
        faults = (
            (
                self.summary + (self.diff_with is not None) + self.diff_observed > 1,
                "give only one of --summary, --diff and --diff-observed",
            ),
            (
                self.replay and self.composite_resource,
                "--replay takes no XR and no Composition: the recording has both",
            ),
            (self.recording and not self.replay, "--recording needs --replay"),
            (self.watch and not has_files, "--watch needs an XR and a Composition"),
            (self.diff_observed and not self.observed_resources, "--diff-observed needs --observed-resources"),
        )
        for is_fault, message in faults:
            if is_fault:
                raise click.UsageError(message)

    def required_files(self) -> list[pathlib.Path]:
        """Return the files and folders of --required-resources."""
        return [pathlib.Path(path) for path in split(self.required_resources, ",")]

    def context_file_paths(self) -> dict[str, pathlib.Path]:
        """Return the files of --context-files, by context key.

        Raises:
            click.BadParameter: If a value is not KEY=PATH.
        """
        return {key: pathlib.Path(path) for key, path in pairs(self.context_files, "--context-files").items()}

    def files(self) -> list[pathlib.Path]:
        """Return all files and folders that the render reads, to watch them."""
        given = [
            self.composite_resource,
            self.composition,
            self.observed_resources,
            self.required_schemas,
            self.function_credentials,
            self.xrd,
            # A file of both --diff and --save changes with each render.
            self.diff_with if self.diff_with != self.save else None,
        ]
        return [*filter(None, given), *self.crds, *self.required_files(), *self.context_file_paths().values()]
