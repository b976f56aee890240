"""What the server and its worker processes say to each other.

Every message is a frozen dataclass of JSON values, so that a worker, which runs
users' code, can hand nothing executable to the server.

    RunFunctionRequest -> SynthRequest -> [worker process] -> SynthResult | SynthFailure
"""

import abc
import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast, get_args

Json = Any
"""A value `json.dumps` accepts: None, bool, int, float, str, list or dict with str keys."""

LOADING_MARK = "loading"
"""Name of the file in a worker's scratch folder that names the chart it imports just now."""

OUT_OF_MEMORY_STATUS = 12
"""Exit status of a worker that has no memory left: ENOMEM, see errno(3)."""

How = Literal["shape", "keys", "value"]
"""How a chart read what a request holds somewhere, see `cdk8s_function.reads`."""

Path = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""

Target = Literal["composite", "composite-and-claim"]
Severity = Literal["normal", "warning"]
ConditionStatus = Literal["True", "False", "Unknown"]


class Packed(Mapping[str, Json]):
    """A mapping that crosses to a worker in a form of its own, since most of it will never be looked at."""

    __slots__ = ()

    @abc.abstractmethod
    def pack(self) -> bytes:
        """Return that form."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartRef:
    """One chart entry point of one installed wheel.

    Attributes:
        name: The entry point's name, as a function input gives it.
        dist: The distribution (wheel) that offers it.
        version: That distribution's version.
        target: The import path, `module:Class`.
        record: Digest of the wheel's RECORD, which lists the digests of its
            files; "" where it has none.
    """

    name: str
    dist: str
    version: str
    target: str
    record: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SynthRequest:
    """One XR to synthesise.

    Binary values (connection details, credentials) are base64 text here, as in
    the JSON form of a Kubernetes Secret.

    Attributes:
        chart: Which chart to synthesise.
        props: Static spec values of the function input, merged under the XR's spec.
        composite: The observed XR.
        connection: The observed XR's connection details.
        observed: Observed composed resources, by composition-resource-name.
        observed_connection: Connection details of those, by the same names.
        required: Required resources by requirement name. A name with an empty
            list was looked for and not found; a missing name was not looked for.
        schemas: OpenAPI v3 schemas by requirement name.
        context: The pipeline's context.
        credentials: The function's credentials by name.
        asks_secrecy: Whether only what the chart's models say of secrets is
            asked, and nothing to be synthesised.
    """

    chart: ChartRef
    props: Mapping[str, Json] = dataclasses.field(default_factory=dict[str, Json])
    composite: Mapping[str, Json] = dataclasses.field(default_factory=dict[str, Json])
    connection: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    observed: Mapping[str, Mapping[str, Json]] = dataclasses.field(default_factory=dict[str, Mapping[str, Json]])
    observed_connection: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict[str, Mapping[str, str]]
    )
    required: Mapping[str, list[Mapping[str, Json]]] = dataclasses.field(
        default_factory=dict[str, list[Mapping[str, Json]]]
    )
    schemas: Mapping[str, Mapping[str, Json]] = dataclasses.field(default_factory=dict[str, Mapping[str, Json]])
    context: Mapping[str, Json] = dataclasses.field(default_factory=dict[str, Json])
    credentials: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict[str, Mapping[str, str]])
    asks_secrecy: bool = False

    def encode(self) -> bytes:
        """Return the wire form."""
        return json.dumps(self, default=_fields).encode()

    @classmethod
    def decode(cls, frame: bytes | bytearray, *, unpack: Callable[[bytes], Mapping[str, Json]]) -> "SynthRequest":
        """Return the request in a frame made by `encode`.

        Args:
            frame: The frame.
            unpack: Opens what `Packed.pack` made.
        """

        def opened(value: str | Mapping[str, Json]) -> Mapping[str, Json]:
            return unpack(base64.b64decode(value)) if isinstance(value, str) else value

        fields: dict[str, Any] = json.loads(frame)
        return cls(
            chart=ChartRef(**fields.pop("chart")),
            composite=opened(fields.pop("composite")),
            observed={key: opened(manifest) for key, manifest in fields.pop("observed").items()},
            required={name: [opened(each) for each in found] for name, found in fields.pop("required").items()},
            schemas={name: opened(schema) for name, schema in fields.pop("schemas").items()},
            context=opened(fields.pop("context")),
            **fields,
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Composed:
    """One object the chart wants.

    Attributes:
        key: The composition-resource-name.
        manifest: The object, as Kubernetes JSON.
        ready: What the chart says of its readiness; None leaves that to the kind.
        moved_from: Keys under which earlier versions of the chart had this object.
    """

    key: str
    manifest: dict[str, Json]
    ready: bool | None = None
    moved_from: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """A status condition the chart sets on its XR."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""
    target: Target = "composite"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """A Kubernetes event the chart wants recorded for its XR."""

    severity: Severity
    message: str
    reason: str = ""
    target: Target = "composite"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResourceRequirement:
    """Resources the chart wants to see, by name or by labels (neither: all of the kind)."""

    api_version: str
    kind: str
    match_name: str | None = None
    match_labels: Mapping[str, str] | None = None
    namespace: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class SchemaRequirement:
    """A kind whose OpenAPI schema the chart wants to see."""

    api_version: str
    kind: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """Something of a request that a chart looked at.

    Attributes:
        how: How it looked.
        path: Where, from a field of SynthRequest.
    """

    how: How
    path: Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Secrecy:
    """What a chart's models say of secrets.

    Attributes:
        paths: Where an XR has values that must not be shown, from `spec` or
            `status`; `*` stands for any key or index.
        words: Texts that are no secret: its XRD spells them out.
    """

    paths: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, fields: Mapping[str, Json]) -> "Secrecy":
        """Return the Secrecy whose fields went through JSON."""
        return cls(paths=tuple(tuple(path) for path in fields["paths"]), words=tuple(fields["words"]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class SynthResult:
    """All a chart said of one XR.

    Attributes:
        resources: The objects it wants, in dependency order.
        status: The XR's desired status; None says nothing.
        ready: Whether the XR is ready; None leaves that to its resources.
        connection: Connection details of the XR, base64 values (legacy XRs only).
        conditions: Conditions of the XR.
        events: Events of the XR.
        requirements: Resources to fetch, by name.
        schemas: Schemas to fetch, by name.
        context: Values to set in the pipeline's context.
        ttl_seconds: When Crossplane should ask again; None leaves that to the input.
        reads: What of the request the chart looked at: with nothing else
            changed, it would say the same again. None if it might not.
        secrecy: What its models say of secrets, if that was asked; None if they can't tell.
    """

    resources: tuple[Composed, ...] = ()
    status: dict[str, Json] | None = None
    ready: bool | None = None
    connection: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    conditions: tuple[Condition, ...] = ()
    events: tuple[Event, ...] = ()
    requirements: Mapping[str, ResourceRequirement] = dataclasses.field(default_factory=dict[str, ResourceRequirement])
    schemas: Mapping[str, SchemaRequirement] = dataclasses.field(default_factory=dict[str, SchemaRequirement])
    context: Mapping[str, Json] = dataclasses.field(default_factory=dict[str, Json])
    ttl_seconds: float | None = None
    reads: tuple[Read, ...] | None = None
    secrecy: Secrecy | None = None

    @classmethod
    def from_json(cls, fields: dict[str, Json]) -> "SynthResult":
        """Return the result whose fields went through JSON."""
        return cls(
            resources=tuple(_composed(resource) for resource in fields["resources"]),
            status=fields["status"],
            ready=fields["ready"],
            connection=fields["connection"],
            conditions=tuple(Condition(**c) for c in fields["conditions"]),
            events=tuple(Event(**e) for e in fields["events"]),
            requirements={name: ResourceRequirement(**r) for name, r in fields["requirements"].items()},
            schemas={name: SchemaRequirement(**s) for name, s in fields["schemas"].items()},
            context=fields["context"],
            ttl_seconds=fields["ttl_seconds"],
            reads=None if fields["reads"] is None else tuple(_read(**r) for r in fields["reads"]),
            secrecy=None if fields["secrecy"] is None else Secrecy.from_json(fields["secrecy"]),
        )


def _composed(fields: dict[str, Any]) -> Composed:
    moved_from = tuple(fields.pop("moved_from"))
    return Composed(**fields, moved_from=moved_from)


def _read(how: object, path: list[object]) -> Read:
    if how not in get_args(How) or not all(isinstance(step, str | int) for step in path):
        msg = f"no read: {how!r} of {path!r}"
        raise ValueError(msg)
    return Read(how=how, path=tuple(path))  # pyright: ignore[reportArgumentType]  # Checked just now.


@dataclasses.dataclass(frozen=True, kw_only=True)
class SynthFailure:
    """Why a chart could not be synthesised, by its author's or user's fault.

    Attributes:
        message: One deterministic line that names the field or construct path.
        traceback: The chart's Python traceback for the log, or "".
    """

    message: str
    traceback: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ready:
    """A worker's first word: its charts are imported and jsii is warm.

    Attributes:
        unloadable: Charts that could not be imported, by `dist:name`, each with why.
    """

    unloadable: Mapping[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """A worker's answer to one `SynthRequest`.

    Attributes:
        outcome: The result or the chart's fault.
        spoiled: Why the worker must not serve another XR ("" if it may): the
            chart forked, left threads running, or broke the jsii kernel.
    """

    outcome: SynthResult | SynthFailure
    spoiled: str = ""


def _fields(message: object) -> Mapping[str, Any] | str:
    if isinstance(message, Packed):
        return base64.b64encode(message.pack()).decode()
    if isinstance(message, Mapping):
        return dict(cast("Mapping[str, Json]", message))
    # dataclasses.asdict copies every manifest deeply, which costs more than the encoding.
    if not dataclasses.is_dataclass(message):
        msg = f"Object of type {type(message).__name__} is not JSON serializable"
        raise TypeError(msg)
    return {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}


def encode_from_worker(message: Ready | Reply) -> bytes:
    """Return the wire form of what a worker says."""
    failed = isinstance(message, Reply) and isinstance(message.outcome, SynthFailure)
    # Text with lone surrogates is no Unicode: protobuf would refuse it later, encode() does now.
    text = json.dumps([type(message).__name__, failed, message], default=_fields, allow_nan=False, ensure_ascii=False)
    return text.encode()


def decode_from_worker(frame: bytes | bytearray) -> Ready | Reply:
    """Return the message in a frame made by `encode_from_worker`.

    Raises:
        ValueError: If the frame holds nothing of the kind.
    """
    try:
        kind, failed, body = json.loads(frame)
        if kind == Ready.__name__:
            return Ready(**body)
        said: dict[str, Any] = body["outcome"]
        outcome = SynthFailure(**said) if failed else SynthResult.from_json(said)
        return Reply(outcome=outcome, spoiled=body["spoiled"])
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"not a worker's message: {error!r}"
        raise ValueError(msg) from error
