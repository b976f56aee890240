"""The composite resource (XR) as a chart sees it, and what the chart sets on it.

A chart receives one `Composite`. It reads the XR and the state of the cluster
from it, builds constructs, and may set a status, conditions, events, readiness,
requirements and more. Nothing here needs Crossplane or gRPC: outside
the function, `Composite.of` makes one for plain cdk8s and for tests.
"""

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

import pydantic

from cdk8s_function import durations
from cdk8s_function.chart import json_values, views
from cdk8s_function.chart.composite_type import SpecT
from cdk8s_function.chart.read_log import ReadLog, View
from cdk8s_function.chart.statements import Statements, stated
from cdk8s_function.chart.views import Metadata, Observed
from cdk8s_function.objects import Json
from cdk8s_function.protocol.messages import (
    Condition,
    ConditionStatus,
    Event,
    ResourceRequirement,
    SchemaRequirement,
    Target,
)

if TYPE_CHECKING:
    from constructs import IConstruct

SYSTEM_CONDITIONS = frozenset({"Healthy", "Ready", "Responsive", "Synced", "UpToDate"})
"""Condition types Crossplane sets itself and silently ignores from functions (apis/core/v2/condition.go)."""

ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)


class Composite(Generic[SpecT]):
    """One XR: its spec, the state of the cluster, and what its chart sets.

    Attributes:
        api_version: The XR's apiVersion.
        kind: The XR's kind.
        metadata: The XR's metadata.
        spec: The XR's spec over the function input's props, validated by the
            chart's model.
        status: The XR's status as last written.
        connection: The XR's connection details.
        observed: Composed resources that exist, by composition-resource-name.
        context: The pipeline's context.
        credentials: Credentials the Composition gives this step, by name.
    """

    def __init__(
        self,
        *,
        api_version: str,
        kind: str,
        metadata: Metadata,
        spec: SpecT,
        status: Mapping[str, Json] = MappingProxyType({}),
        connection: Mapping[str, bytes] = MappingProxyType({}),
        observed: Mapping[str, Observed] = MappingProxyType({}),
        required: Mapping[str, list[View]] = MappingProxyType({}),
        schemas: Mapping[str, Mapping[str, Json]] = MappingProxyType({}),
        context: Mapping[str, Json] = MappingProxyType({}),
        credentials: Mapping[str, Mapping[str, bytes]] = MappingProxyType({}),
        log: ReadLog | None = None,
    ) -> None:
        """Hold one XR; the function and `Composite.of` call this."""
        self.api_version = api_version
        self.kind = kind
        self.metadata = metadata
        self.spec = spec
        self.status = status
        self.connection = connection
        self.observed = observed
        self.context = context
        self.credentials = credentials
        self._required = required
        self._schemas = schemas
        self._log = log or ReadLog()
        self.statements = Statements()
        """What the chart set; the synthesis reads it, charts do not."""

    @staticmethod
    def of(
        spec: ModelT,
        *,
        name: str,
        namespace: str | None = None,
        observed: Mapping[str, Mapping[str, Json]] = MappingProxyType({}),
        required: Mapping[str, list[Mapping[str, Json]]] = MappingProxyType({}),
        context: Mapping[str, Json] = MappingProxyType({}),
    ) -> "Composite[ModelT]":
        """Return a composite made by hand, for plain cdk8s apps and unit tests.

        Args:
            spec: The spec.
            name: The XR's name.
            namespace: The XR's namespace; None for a cluster-scoped XR.
            observed: Composed resources that exist, by composition-resource-name.
            required: Required resources by requirement name.
            context: The pipeline's context.
        """
        log = ReadLog()
        return Composite(
            api_version="",
            kind="",
            metadata=Metadata({"name": name, "namespace": namespace}),
            spec=spec,
            observed=views.observed(observed, {}, log),
            required=views.required(required, log),
            context=views.context(context, log),
            log=log,
        )

    @property
    def name(self) -> str:
        """The XR's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        """The XR's namespace; None for a cluster-scoped XR."""
        return self.metadata.namespace

    def observed_name(self, key: str) -> str | None:
        """Return the name of a composed resource that exists, None if there is none.

        Crossplane never renames an object. Give this as `metadata.name` to one
        whose construct path, and with it the name cdk8s makes, has changed.

        Args:
            key: Its composition-resource-name.

        Raises:
            TypeError: If the key is no text.
        """
        resource = self.observed.get(json_values.text(key, "key"))
        return resource.field("metadata", "name") if resource else None

    def set_status(self, status: Mapping[str, object] | pydantic.BaseModel) -> None:
        """Set fields of the XR's status; a later call wins field by field.

        Args:
            status: A model or mapping of top-level status fields. Fields that
                are None in a model are left out.

        Raises:
            TypeError: If a value has no JSON form.
            ValueError: If a number has no JSON form, or the whole nests too deep.
        """
        fields = json_values.to_json(status, "status")
        if not isinstance(fields, dict):
            msg = f"status must be a mapping or a model, not {type(status).__name__}"
            raise TypeError(msg)
        self.statements.status = {**(self.statements.status or {}), **fields}

    def set_condition(
        self,
        type: str,  # noqa: A002  # The name Kubernetes gives it.
        status: bool | None,  # noqa: FBT001  # A condition's status reads well by place: set_condition("Synced", True, …).
        *,
        reason: str,
        message: str = "",
        target: Target = "composite",
    ) -> None:
        """Set a status condition on the XR.

        Keep reason and message the same from one reconcile to the next: a message
        that changes each time makes the condition flap.

        Args:
            type: The condition's type, for example `DatabaseReady`.
            status: True, False, or None for Unknown.
            reason: One CamelCase word on why.
            message: A sentence for people.
            target: Who gets it: the XR, or its claim too (legacy XRs).

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If the type is one Crossplane sets itself, or text has no JSON form.
        """
        type = json_values.text(type, "a condition's type")  # noqa: A001  # As above.
        if type in SYSTEM_CONDITIONS:
            msg = (
                f"condition {type!r} is Crossplane's own; "
                "use set_ready for the XR's readiness, or another type for the chart's condition"
            )
            raise ValueError(msg)
        word: ConditionStatus = "Unknown"
        if status is not None:
            word = "True" if json_values.flag(status, f"condition[{type}].status") else "False"
        self.statements.conditions[type] = stated(
            Condition, f"condition[{type}]", type=type, status=word, reason=reason, message=message, target=target
        )

    def emit_event(
        self,
        message: str,
        *,
        reason: str = "",
        warning: bool = False,
        target: Target = "composite",
    ) -> None:
        """Record a Kubernetes event for the XR.

        Emit when something happened and not on each reconcile, as Crossplane's
        function specification asks.

        Args:
            message: What happened.
            reason: One CamelCase word on why.
            warning: A Warning and not a Normal event.
            target: Who gets it: the XR, or its claim too (legacy XRs).

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If text has no JSON form.
        """
        severity = "warning" if json_values.flag(warning, "event.warning") else "normal"
        event = stated(Event, "event", severity=severity, message=message, reason=reason, target=target)
        self.statements.events.append(event)

    def set_ready(self, ready: bool, *, of: "IConstruct | None" = None) -> None:  # noqa: FBT001  # set_ready(True, of=job) reads well.
        """Set whether an object, or the XR itself, is ready.

        If the chart does not set it, an object is ready by the rule of its kind
        (`cdk8s_function.server.readiness`), and the XR is ready when all its
        objects are.

        Args:
            ready: Whether it is ready.
            of: The ApiObject, or a construct around just one; the XR if not given.

        Raises:
            TypeError: If `ready` is no bool, or `of` no construct.
        """
        ready = json_values.flag(ready, "ready")
        if of is None:
            self.statements.ready = ready
        else:
            self.statements.resource_ready.append((_construct(of, "of"), ready))

    def moved(self, construct: "IConstruct", *, from_key: str) -> None:
        """Declare that an object is the one that earlier versions of the chart had at another path.

        An object's identity is its construct path; renaming a construct would
        delete the object and make another. With this, the object at its new
        path keeps the old composition-resource-name in XRs that have the old
        object. It must keep its name too: see `observed_name`.

        Args:
            construct: The ApiObject at its new path, or a construct around just one.
            from_key: The old composition-resource-name.

        Raises:
            TypeError: If `construct` is none, or `from_key` no text.
        """
        self.statements.moves.append((_construct(construct, "construct"), json_values.text(from_key, "from_key")))

    def set_connection_details(self, details: Mapping[str, str | bytes]) -> None:
        """Set connection details of a legacy XR; XRs of Crossplane v2 compose a Secret instead.

        Args:
            details: Values by key; text is encoded as UTF-8.

        Raises:
            TypeError: If the details are no mapping, a key is no text, or a value neither text nor bytes.
        """
        if not isinstance(details, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # Charts need not be checked.
            msg = f"connection details must be a mapping, not {type(details).__name__}"
            raise TypeError(msg)
        for key, value in details.items():
            raw = value if isinstance(value, bytes) else json_values.text(value, f"connection[{key}]").encode()
            name = json_values.text(key, "a connection detail's key")
            self.statements.connection[name] = base64.b64encode(raw).decode()

    def require(
        self,
        name: str,
        api_version: str,
        kind: str,
        *,
        match_name: str | None = None,
        match_labels: Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> list[View] | None:
        """Ask for resources of the cluster, and return those Crossplane has sent.

        Crossplane calls the function again with the resources, until the
        requirements no longer change (at most five times), and applies nothing
        before that: a chart may build what it can while this is None.

        Args:
            name: The chart's name for this requirement.
            api_version: The resources' apiVersion.
            kind: The resources' kind.
            match_name: Only the one of this name.
            match_labels: Only those with these labels.
            namespace: Only those in this namespace.

        Returns:
            The resources; an empty list if there are none; None until Crossplane
            has looked them up.

        Raises:
            TypeError: If an argument is of another type.
            ValueError: If both match_name and match_labels are given.
        """
        name = json_values.text(name, "a requirement's name")
        if match_name is not None and match_labels is not None:
            msg = f"requirement {name!r}: give match_name or match_labels, not both"
            raise ValueError(msg)
        self.statements.requirements[name] = stated(
            ResourceRequirement,
            f"requirement[{name}]",
            api_version=api_version,
            kind=kind,
            match_name=match_name,
            match_labels=match_labels,
            namespace=namespace,
        )
        return self._required.get(name)

    def required(self, name: str) -> list[View] | None:
        """Return resources the Composition's step requires by itself (`requirements.requiredResources`).

        Args:
            name: The requirement's name in the Composition.

        Returns:
            The resources, or None if the step has no requirement of that name.

        Raises:
            TypeError: If the name is no text.
        """
        return self._required.get(json_values.text(name, "a requirement's name"))

    def require_schema(self, name: str, api_version: str, kind: str) -> Mapping[str, Json] | None:
        """Ask for the OpenAPI v3 schema of a kind, and return it once Crossplane has sent it.

        Args:
            name: The chart's name for this requirement.
            api_version: The kind's apiVersion.
            kind: The kind.

        Returns:
            The schema, empty if the cluster has none; None until Crossplane has
            looked it up (before Crossplane 2.2 it never does).

        Raises:
            TypeError: If an argument is of another type.
        """
        name = json_values.text(name, "a schema's name")
        self.statements.schemas[name] = stated(SchemaRequirement, f"schema[{name}]", api_version=api_version, kind=kind)
        return self._schemas.get(name)

    def set_context(self, key: str, value: object) -> None:
        """Set a value in the pipeline's context, for later steps.

        Args:
            key: The context key.
            value: Any value with a JSON form. It must be the same on each call
                of one reconcile.

        Raises:
            TypeError: If the key is no text, or the value has no JSON form.
            ValueError: If a number has no JSON form, or the whole nests too deep.
        """
        key = json_values.text(key, "a context key")
        self.statements.context[key] = json_values.to_json(value, f"context[{key}]")

    def set_ttl(self, seconds: float) -> None:
        """Set when Crossplane should call again, instead of the function input's ttl.

        Args:
            seconds: Seconds from now; 0 means only when something changes.

        Raises:
            TypeError: If it is no number.
            ValueError: If seconds is negative, or more than a year.
        """
        # isinstance would take a bool for an int.
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]  # As above.
            msg = f"ttl must be a number of seconds, not {type(seconds).__name__}"
            raise TypeError(msg)
        if not 0 <= seconds <= durations.LONGEST_SECONDS:
            msg = f"ttl must be from 0 to {durations.LONGEST_SECONDS:.0f} seconds, not {seconds}"
            raise ValueError(msg)
        self.statements.ttl_seconds = float(seconds)

    def generate_once(self, key: str, entry: str, make: Callable[[], str]) -> str:
        """Return the value a composed Secret already holds, or a new one for it to hold.

        A random value made on each reconcile would rotate a password each time.
        Put the value this returns into the Secret under the same key and entry.

        Args:
            key: The composition-resource-name of the Secret in this chart.
            entry: The key in the Secret's data.
            make: Makes the value the first time.

        Returns:
            The value as text.

        Raises:
            TypeError: If `key` or `entry` is no text.
            ValueError: If the Secret holds something else than text there.
        """
        key, entry = json_values.text(key, "key"), json_values.text(entry, "entry")
        secret = self.observed.get(key)
        encoded = secret.field("data", entry) if secret else None
        if isinstance(encoded, str) and encoded:
            try:
                return base64.b64decode(encoded).decode()
            except ValueError:
                msg = f'observed["{key}"].data["{entry}"] holds no text; generate_once keeps only text'
                raise ValueError(msg) from None
        self._log.spoil()
        return make()


def _construct(value: "IConstruct", name: str) -> "IConstruct":
    if not hasattr(value, "node"):
        msg = f"{name} must be a construct, not {type(value).__name__}"
        raise TypeError(msg)
    return value
