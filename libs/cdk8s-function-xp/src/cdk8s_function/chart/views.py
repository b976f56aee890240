"""What a chart sees of its XR and of the cluster, in mappings that log what it reads."""

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any, cast

from cdk8s_function.chart.read_log import ReadLog, View
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import ConditionStatus, Path

_OPENED = frozenset({"metadata", "status"})
"""Fields of an object that change by themselves (resourceVersion, managedFields, conditions).

Their keys are logged one by one; any other field counts as read whole.
"""


class Metadata:
    """The XR's metadata.

    Name, namespace and uid identify the XR and never change for it: reading
    them is not logged.

    Args:
        fields: `metadata` of the XR.
        log: Where reads are logged; None logs none.
    """

    def __init__(self, fields: Mapping[str, Json], log: ReadLog | None = None) -> None:
        """Show some metadata."""
        self._identity = fields
        self._fields = View(fields, log or ReadLog(), ("composite", "metadata"))

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self._identity["name"]

    @property
    def namespace(self) -> str | None:
        """`metadata.namespace`; None for a cluster-scoped XR."""
        return self._identity.get("namespace") or None

    @property
    def uid(self) -> str:
        """`metadata.uid`; "" if there is none, as in a render."""
        return self._identity.get("uid") or ""

    @property
    def generation(self) -> int:
        """`metadata.generation`; 0 if there is none."""
        return int(self._fields.get("generation") or 0)

    @property
    def labels(self) -> Mapping[str, str]:
        """`metadata.labels`."""
        return self._fields.get("labels") or {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """`metadata.annotations`."""
        return self._fields.get("annotations") or {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Observed:
    """A composed resource as it is in the cluster.

    Attributes:
        manifest: The object, a read-only mapping.
        connection: Its connection details.
    """

    manifest: View
    connection: Mapping[str, bytes] = dataclasses.field(default_factory=dict[str, bytes])

    def field(self, *path: str | int, default: Any = None) -> Any:  # noqa: ANN401  # A manifest's field can hold any JSON.
        """Return the value at a path, or a default if there is none.

        Args:
            *path: Keys and list indexes: `"status", "loadBalancer", "ingress", 0, "ip"`.
            default: What to return where there is no such field.
        """
        return self.manifest.at(path, default)

    def condition(self, type: str) -> ConditionStatus:  # noqa: A002  # The name Kubernetes gives it.
        """Return the status of one of its conditions, "Unknown" if it has no such condition."""
        for condition in self.manifest.each("status", "conditions"):
            if condition.get("type") == type:
                status = condition.get("status")
                return status if status in ("True", "False") else "Unknown"
        return "Unknown"


def status(fields: Mapping[str, Json], log: ReadLog) -> View:
    """Return the XR's status."""
    return View(fields, log, ("composite", "status"))


def context(fields: Mapping[str, Json], log: ReadLog) -> View:
    """Return the pipeline's context."""
    return View(fields, log, ("context",))


def connection(details: Mapping[str, str], log: ReadLog) -> View:
    """Return the XR's connection details."""
    return View(details, log, ("connection",), _raw)


def credentials(fields: Mapping[str, Mapping[str, str]], log: ReadLog) -> View:
    """Return the step's credentials, by name."""
    return View(fields, log, ("credentials",), _secret)


def observed(
    manifests: Mapping[str, Mapping[str, Json]], connections: Mapping[str, Mapping[str, str]], log: ReadLog
) -> View:
    """Return the composed resources that exist, by composition-resource-name."""

    def hand(manifest: Json, log: ReadLog, path: Path) -> Observed:
        key = cast("str", path[-1])
        details = connections.get(key, {})
        return Observed(
            manifest=_object(manifest, log, path),
            connection=View(details, log, ("observed_connection", key), _raw),
        )

    return View(manifests, log, ("observed",), hand)


def required(found: Mapping[str, list[Mapping[str, Json]]], log: ReadLog) -> View:
    """Return required resources, by the requirement's name."""
    return View(found, log, ("required",), _objects)


def schemas(found: Mapping[str, Mapping[str, Json]], log: ReadLog) -> View:
    """Return required schemas, by the requirement's name."""
    return View(found, log, ("schemas",))


def _object(manifest: Json, log: ReadLog, path: Path) -> View:
    log.note("shape", path)
    return View(manifest, log, path, _field)


def _objects(manifests: Json, log: ReadLog, path: Path) -> list[View]:
    log.note("keys", path)
    return [_object(manifest, log, (*path, index)) for index, manifest in enumerate(manifests)]


def _field(value: Json, log: ReadLog, path: Path) -> Json:
    if path[-1] in _OPENED and isinstance(value, Mapping):
        log.note("shape", path)
        return View(cast("Mapping[str, Json]", value), log, path)
    log.note("value", path)
    return value


def _raw(value: Json, log: ReadLog, path: Path) -> bytes:
    log.note("value", path)
    return base64.b64decode(value)


def _secret(values: Json, log: ReadLog, path: Path) -> View:
    log.note("shape", path)
    return View(values, log, path, _raw)
