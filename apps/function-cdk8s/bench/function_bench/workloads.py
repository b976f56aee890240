"""What is composed: the files of `workloads/`."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import yaml

FOLDER = pathlib.Path(__file__).parents[1] / "workloads"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What makes a changed reconcile."""

    field: str  # The field of the XR's spec that gets a new value.
    value: str  # That value; {} stands for the number of the reconcile.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """One kind of XR and how each contender composes it."""

    name: str  # The file's name.
    title: str  # What people call it.
    composite: Mapping[str, Any]  # The XR, without its metadata.
    changes: Change  # What makes a changed reconcile.
    objects: Mapping[str, int]  # How many objects of each kind the right answer has.
    inputs: Mapping[str, Mapping[str, Any]]  # The function input by contender.


def load(name: str) -> Workload:
    """Return the workload of that name."""
    fields: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    changes = Change(**fields.pop("changes"))
    return Workload(**fields, changes=changes)
