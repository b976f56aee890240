"""Snapshots of what a chart composes, as YAML that people review: a file for each, beside the test."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from cdk8s_function.testing import snapshot_text
from cdk8s_function.testing.reconciles import Reconcile
from cdk8s_function.testing.scenarios import Scenario

_ALWAYS = frozenset({"Responsive", "Synced"})
"""Conditions of Crossplane that each XR has once it was reconciled."""


class YamlSnapshotExtension(SingleFileSnapshotExtension):
    """Keeps a snapshot as a YAML file (https://github.com/syrupy-project/syrupy).

    Of a scenario it keeps the XR's status, its conditions that say something,
    and the objects as the chart composes them, by composition-resource-name. What
    changes with each release, the chart's version, is left out. Any JSON value can
    be kept too.
    """

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: object, **_: Any) -> str:  # noqa: ANN401  # syrupy's filters, which this has no use for.
        """Return the text to keep, and to compare and show line by line."""
        return snapshot_text.of(_shown(data))


def _shown(data: object) -> Any:  # noqa: ANN401  # Any JSON.
    if isinstance(data, Scenario):
        data = data.last
    if not isinstance(data, Reconcile):
        return data
    conditions = [
        {key: each[key] for key in each if key != "lastTransitionTime"}
        for each in data.conditions
        if each["type"] not in _ALWAYS
    ]
    shown: Mapping[str, object] = {
        "conditions": conditions,
        "objects": dict(data.objects),
        "requirements": dict(data.requirements),
        "status": data.status,
    }
    return {name: value for name, value in shown.items() if cast("Sequence[object]", value)}
