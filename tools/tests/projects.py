"""The projects of the workspace, as their project.json files have them."""

import dataclasses
import functools
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from scratch import WORKSPACE


@dataclasses.dataclass(frozen=True)
class Project:
    """A project.

    Attributes:
        name: Its name.
        folder: Where it is in the workspace.
        settings: What its project.json says.
    """

    name: str
    folder: pathlib.PurePosixPath
    settings: Mapping[str, Any]

    @property
    def targets(self) -> set[str]:
        """The names of its targets."""
        return set(self.settings["targets"])

    @property
    def released(self) -> bool:
        """Whether it has versions, tags and changelogs."""
        return "released" in self.settings.get("tags", [])

    @property
    def packages(self) -> list[str]:
        """The images and packages that are published of it."""
        options = self.settings.get("release", {}).get("version", {}).get("versionActionsOptions", {})
        return options.get("packages", [])


@functools.cache
def read() -> Mapping[str, Project]:
    """Return all projects by name."""
    found: dict[str, Project] = {}
    for top in ("apps", "libs", "stacks", "tools"):
        for file in sorted((WORKSPACE / top).glob("**/project.json")):
            if not {"node_modules", "template", ".venv"} & set(file.parts):
                settings = json.loads(file.read_text(encoding="utf-8"))
                folder = pathlib.PurePosixPath(file.parent.relative_to(WORKSPACE))
                found[settings["name"]] = Project(settings["name"], folder, settings)
    return found


def dependents(name: str) -> set[str]:
    """Return a project, and all that depend on it by what their project.json says."""
    found = {name}
    while (
        more := {each.name for each in read().values() if found & set(each.settings.get("implicitDependencies", []))}
        - found
    ):
        found |= more
    return found


def owner(file: pathlib.PurePosixPath) -> Project:
    """Return the project that a file of the workspace belongs to: that of the innermost folder."""
    return max(
        (each for each in read().values() if file.is_relative_to(each.folder)), key=lambda each: len(each.folder.parts)
    )
