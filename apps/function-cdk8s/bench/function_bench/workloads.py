"""What is composed: the files of `workloads/`."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import yaml

FOLDER = pathlib.Path(__file__).parents[1] / "workloads"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What makes a changed reconcile.

    Attributes:
        field: The field of the XR's spec that gets a new value.
        value: That value; {} stands for the number of the reconcile.
    """

    field: str
    value: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of XR and how each contender composes it.

    Attributes:
        name: The file's name.
        title: What people call it.
        composite: The XR, without its metadata.
        changes: What makes a changed reconcile.
        objects: How many objects of each kind the right answer has.
        inputs: The function input by contender.
    """

    name: str
    title: str
    composite: Mapping[str, Any]
    changes: Change
    objects: Mapping[str, int]
    inputs: Mapping[str, Mapping[str, Any]]


def load(name: str) -> Workload:
    """Return the workload of that name."""
    fields: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    changes = Change(**fields.pop("changes"))
    return Workload(**fields, changes=changes)
