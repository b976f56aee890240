"""The messages between the server and its worker processes.

Every message is a frozen dataclass of JSON values, so that a worker, which runs
users' code, can send nothing executable to the server.

    RunFunctionRequest -> SynthRequest -> [worker process] -> SynthResult | SynthFailure
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Literal, NamedTuple

from cdk8s_function.objects import Json

LOADING_MARK = "loading"
"""Name of the file in a worker's scratch folder that names the chart it is importing."""

OUT_OF_MEMORY_STATUS = 12
"""Exit status of a worker that has no memory left: ENOMEM, see errno(3)."""

FILES_REPLACED_STATUS = 13
"""Exit status of a worker whose charts' files were replaced while it ran."""

How = Literal["shape", "keys", "value"]
"""How a chart read what a request holds somewhere, see `cdk8s_function.chart.read_log`."""

Path = tuple[str | int, ...]
"""Keys and list indexes that lead to a value."""

Kernel = Literal["native", "node"]
"""What answers a chart's constructs: the kernel in Python, or Node.js."""

Verification = Literal["same", "different", "undecided"]
"""What Node.js made of a synthesis that the native kernel had done; `undecided` if that can't be told."""

Target = Literal["composite", "composite-and-claim"]
Severity = Literal["normal", "warning"]
ConditionStatus = Literal["True", "False", "Unknown"]


class Environment(NamedTuple):
    """What a worker imports from.

    Attributes:
        folder: The folder that comes before what the function itself has installed; "" for none.
        digest: Digest of the files in the folder, or in those behind; "" for none.
        behind: The folders that come after what the function itself has installed, as in PYTHONPATH; "" for none.
    """

    folder: str = ""
    digest: str = ""
    behind: str = ""


IMAGE = Environment()
"""The environment of the function itself, and of charts installed in it, if there is no flat folder behind it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartRef:
    """One chart entry point of one installed wheel.

    Attributes:
        name: The entry point's name, as a function input gives it.
        dist: The distribution (wheel) that offers it.
        version: That distribution's version.
        target: The import path, `module:Class`.
        record_digest: Digest of the wheel's RECORD, which lists the digests of its
            files; "" where it has none. Of a chart with a folder of its own, the
            digest of all files of that: `sha256:…`.
        folder: The folder `<charts>/<distribution>/<version>` that it runs from;
            "" for a chart that is installed in the function, or in a folder behind it.
        behind: For such a chart the flat folders behind what is installed, as in PYTHONPATH; "" for none.
        behind_digest: Digest of the files in those.
    """

    name: str
    dist: str
    version: str
    target: str
    record_digest: str = ""
    folder: str = ""
    behind: str = ""
    behind_digest: str = ""

    @functools.cached_property
    def environment(self) -> Environment:
        """The environment that its workers are of."""
        if self.folder:
            return Environment(self.folder, self.record_digest)
        return Environment(digest=self.behind_digest, behind=self.behind)

    @property
    def digest(self) -> str:
        """The digest by which a function input may name it, `sha256:…`; "" for a chart without a folder of its own."""
        return self.record_digest if self.folder else ""


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
        asks_secrecy: Whether to return only the secrets that the chart's models
            declare, and synthesise nothing.
        validate: What to do about objects that do not fit the schemas of their
            kinds: `warn`, `refuse`, or "" to check nothing.
        can_require_schemas: Whether Crossplane sends schemas that are asked for.
        native: Whether the native kernel may be asked.
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
    validate: str = ""
    can_require_schemas: bool = False
    native: bool = True


class ComposedResource(NamedTuple):
    """One object the chart wants.

    Attributes:
        key: The composition-resource-name.
        manifest: The object, as Kubernetes JSON.
        ready: Its readiness as the chart set it; None leaves that to the rule of its kind.
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


class Read(NamedTuple):
    """A part of a request that a chart read.

    Attributes:
        how: How it was read.
        path: Where, from a field of SynthRequest.
    """

    how: How
    path: Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Secrecy:
    """The secrets that a chart's models declare.

    Attributes:
        paths: Where an XR has values that must not be shown, from `spec` or
            `status`; `*` stands for any key or index.
        words: Strings that are not secret: the XRD contains them.
    """

    paths: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class SynthResult:
    """All that a chart set for one XR.

    Attributes:
        resources: The objects it wants, in dependency order.
        status: The XR's desired status; None if the chart set none.
        ready: Whether the XR is ready; None leaves that to its resources.
        connection: Connection details of the XR, base64 values (legacy XRs only).
        conditions: Conditions of the XR.
        events: Events of the XR.
        requirements: Resources to fetch, by name.
        schemas: Schemas to fetch, by name.
        context: Values to set in the pipeline's context.
        ttl_seconds: When Crossplane should call again; None leaves that to the input.
        reads: What the chart read of the request: while none of it changes, its
            output is the same. None if the output must not be cached.
        secrecy: The secrets that its models declare, if the request asks for them; None if they have no JSON schema.
    """

    resources: tuple[ComposedResource, ...] = ()
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
    """A worker's first message: its charts are imported and jsii is warm.

    Attributes:
        unloadable: Charts that could not be imported, by `dist:name`, each with why.
        altering: Charts whose import altered what all charts share, by `dist:name`, each with how.
        on_node: Charts that are left to Node.js whatever their XR, by `dist:name`, each with why.
    """

    unloadable: Mapping[str, str]
    altering: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    on_node: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Synthesised:
    """How an outcome was made.

    Attributes:
        kernel: The kernel it is of.
        verification: What came of its verification; None if there was none.
        difference: The path of the first difference if the kernels' outcomes differ, "" if they don't.
    """

    kernel: Kernel
    verification: Verification | None = None
    difference: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """A worker's reply to one `SynthRequest`.

    Attributes:
        outcome: The result or the chart's fault.
        synthesised: How it was made; None if nothing was synthesised.
        spoiled: Why the worker must not serve another XR ("" if it may): the
            chart forked, left threads running, or broke the jsii kernel.
    """

    outcome: SynthResult | SynthFailure
    synthesised: Synthesised | None = None
    spoiled: str = ""
