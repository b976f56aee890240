"""What counts as read, and that an output stays right while nothing that was read changes."""

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pydantic
import pytest
from cdk8s_function import Composite, Metadata, Observed
from cdk8s_function.chart import views
from cdk8s_function.chart.read_log import ReadLog, View
from cdk8s_function.protocol import frames, structs
from cdk8s_function.protocol.messages import ChartRef, How, Path, Read, SynthRequest
from cdk8s_function.server import read_digest
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

CHART = ChartRef(name="web", dist="web-xp", version="1.2.3", target="web:Web")
SECRET = b"key of the digests"

MANIFEST: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "web-1", "resourceVersion": "7", "labels": {"a": "b"}},
    "spec": {"replicas": 2, "template": {"image": "nginx"}},
    "status": {
        "phase": "Up",
        "conditions": [
            {"type": "Synced", "status": "True", "lastTransitionTime": "8:00"},
            {"type": "Ready", "status": "False", "lastTransitionTime": "9:00"},
        ],
    },
}
REQUEST = SynthRequest(
    chart=CHART,
    composite={
        "apiVersion": "example.org/v1",
        "kind": "Web",
        "metadata": {"name": "demo", "generation": 3, "labels": {"team": "a"}},
        "status": {"phase": "Up", "ips": ["a"]},
    },
    connection={"user": "bWU="},
    observed={"web": MANIFEST, "other": {"kind": "Secret"}},
    observed_connection={"web": {"token": "b3Blbg=="}},
    required={"nodes": [{"metadata": {"name": "n1"}}, {"metadata": {"name": "n2"}}], "none": []},
    schemas={"pods": {"type": "object"}},
    context={"env": {"zone": "eu"}},
    credentials={"cloud": {"key": "b3Blbg=="}},
)


class Spec(pydantic.BaseModel):
    """Nothing; test_synth is about the spec."""


def seen(request: SynthRequest) -> tuple[Composite[Any], ReadLog]:
    """Return what a chart gets of a request, and where its reads are noted."""
    log = ReadLog()
    xr = request.composite
    composite = Composite(
        api_version="example.org/v1",
        kind="Web",
        metadata=Metadata(xr["metadata"], log),
        spec=Spec(),
        status=views.status(xr.get("status") or {}, log),
        connection=views.connection(request.connection, log),
        observed=views.observed(request.observed, request.observed_connection, log),
        required=views.required(request.required, log),
        schemas=views.schemas(request.schemas, log),
        context=views.context(request.context, log),
        credentials=views.credentials(request.credentials, log),
        log=log,
    )
    return composite, log


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing a chart may do, what it gets, and what that reads."""

    act: Callable[[Composite[Any]], object]
    got: object
    reads: dict[Path, How]


def manifest(composite: Composite[Any]) -> View:
    return composite.observed["web"].manifest


WEB: dict[Path, How] = {("observed", "web"): "shape"}
STATUS: dict[Path, How] = {**WEB, ("observed", "web", "status"): "shape"}
METADATA: dict[Path, How] = {**WEB, ("observed", "web", "metadata"): "shape"}

CASES = {
    "nothing": Case(lambda _: None, None, {}),
    "the XR's name": Case(lambda c: c.name, "demo", {}),
    "its namespace and uid": Case(lambda c: (c.namespace, c.metadata.uid), (None, ""), {}),
    "its generation": Case(lambda c: c.metadata.generation, 3, {("composite", "metadata", "generation"): "value"}),
    "its labels": Case(lambda c: c.metadata.labels, {"team": "a"}, {("composite", "metadata", "labels"): "value"}),
    "annotations it has not": Case(
        lambda c: c.metadata.annotations, {}, {("composite", "metadata", "annotations"): "shape"}
    ),
    "a field of its status": Case(lambda c: c.status["ips"], ["a"], {("composite", "status", "ips"): "value"}),
    "all of its status": Case(
        lambda c: dict(c.status),
        {"phase": "Up", "ips": ["a"]},
        {
            ("composite", "status"): "keys",
            ("composite", "status", "phase"): "value",
            ("composite", "status", "ips"): "value",
        },
    ),
    "a connection detail": Case(lambda c: c.connection["user"], b"me", {("connection", "user"): "value"}),
    "whether a resource is there": Case(lambda c: "web" in c.observed, True, WEB),
    "one that is not there": Case(lambda c: c.observed.get("db"), None, {("observed", "db"): "shape"}),
    "which are there": Case(lambda c: sorted(c.observed), ["other", "web"], {("observed",): "keys"}),
    "how many are there": Case(lambda c: len(c.observed), 2, {("observed",): "keys"}),
    "whether any is there": Case(lambda c: bool(c.observed), True, {("observed",): "keys"}),
    "all that are there": Case(
        lambda c: len(list(c.observed.items())),
        2,
        {("observed",): "keys", ("observed", "web"): "shape", ("observed", "other"): "shape"},
    ),
    "a field": Case(
        lambda c: c.observed["web"].field("status", "phase"),
        "Up",
        {**WEB, ("observed", "web", "status", "phase"): "value"},
    ),
    "a field that is not there": Case(
        lambda c: c.observed["web"].field("status", "port", default=80),
        80,
        {**WEB, ("observed", "web", "status", "port"): "value"},
    ),
    "a place in a list": Case(
        lambda c: c.observed["web"].field("status", "conditions", 0, "type"),
        "Synced",
        {**WEB, ("observed", "web", "status", "conditions", 0, "type"): "value"},
    ),
    "a path of what no message can hold": Case(
        lambda c: c.observed["web"].field("status", slice(1), "x"),  # pyright: ignore[reportArgumentType]
        None,
        {**WEB, ("observed", "web", "status"): "value"},
    ),
    "a key that no message can hold": Case(lambda c: c.status.get("\ud800"), None, {("composite", "status"): "value"}),
    "a resource's name": Case(
        lambda c: c.observed_name("web"), "web-1", {**WEB, ("observed", "web", "metadata", "name"): "value"}
    ),
    "a condition": Case(
        lambda c: c.observed["web"].condition("Ready"),
        "False",
        {
            **WEB,
            ("observed", "web", "status", "conditions"): "keys",
            ("observed", "web", "status", "conditions", 0): "shape",
            ("observed", "web", "status", "conditions", 1): "shape",
            ("observed", "web", "status", "conditions", 0, "type"): "value",
            ("observed", "web", "status", "conditions", 1, "type"): "value",
            ("observed", "web", "status", "conditions", 1, "status"): "value",
        },
    ),
    "a condition it has not": Case(
        lambda c: c.observed["other"].condition("Ready"),
        "Unknown",
        {("observed", "other"): "shape", ("observed", "other", "status", "conditions"): "keys"},
    ),
    "a status by subscript": Case(
        lambda c: manifest(c)["status"]["phase"], "Up", {**STATUS, ("observed", "web", "status", "phase"): "value"}
    ),
    "a label by subscript": Case(
        lambda c: manifest(c)["metadata"]["labels"]["a"],
        "b",
        {**METADATA, ("observed", "web", "metadata", "labels"): "value"},
    ),
    "a spec, which is a plain dict": Case(
        lambda c: json.dumps(manifest(c)["spec"]),
        json.dumps(MANIFEST["spec"]),
        {**WEB, ("observed", "web", "spec"): "value"},
    ),
    "the keys of an object": Case(lambda c: list(manifest(c)), list(MANIFEST), {**WEB, ("observed", "web"): "keys"}),
    "an object by a pattern": Case(
        lambda c: _matched(manifest(c)),
        "Deployment",
        {("observed", "web"): "keys", ("observed", "web", "kind"): "value"},
    ),
    "a resource's connection detail": Case(
        lambda c: c.observed["web"].connection["token"],
        b"open",
        {**WEB, ("observed_connection", "web", "token"): "value"},
    ),
    "a credential": Case(
        lambda c: c.credentials["cloud"]["key"],
        b"open",
        {("credentials", "cloud"): "shape", ("credentials", "cloud", "key"): "value"},
    ),
    "the context": Case(lambda c: c.context["env"]["zone"], "eu", {("context", "env"): "value"}),
    "a context that is not there": Case(lambda c: c.context.get("x"), None, {("context", "x"): "shape"}),
    "required resources": Case(
        lambda c: [item["metadata"]["name"] for item in c.required("nodes") or ()],
        ["n1", "n2"],
        {
            ("required", "nodes"): "keys",
            ("required", "nodes", 0): "shape",
            ("required", "nodes", 1): "shape",
            ("required", "nodes", 0, "metadata"): "shape",
            ("required", "nodes", 1, "metadata"): "shape",
            ("required", "nodes", 0, "metadata", "name"): "value",
            ("required", "nodes", 1, "metadata", "name"): "value",
        },
    ),
    "required resources of which there are none": Case(
        lambda c: c.require("none", "v1", "Node"), [], {("required", "none"): "keys"}
    ),
    "required resources nobody looked for": Case(
        lambda c: c.require("new", "v1", "Node"), None, {("required", "new"): "shape"}
    ),
    "a schema": Case(
        lambda c: c.require_schema("pods", "v1", "Pod"), {"type": "object"}, {("schemas", "pods"): "value"}
    ),
}

WHOLE: dict[str, Callable[[View], object]] = {
    "to_dict": View.to_dict,
    "dict": lambda view: json.loads(json.dumps(dict(view), default=View.to_dict)),
    "comparison": lambda view: MANIFEST if view == MANIFEST else None,
    "repr": lambda view: eval(repr(view)),
    "deepcopy": copy.deepcopy,
    "pickle": lambda view: pickle.loads(pickle.dumps(view)),
}


def _matched(fields: Mapping[str, Any]) -> str:
    match fields:
        case {"kind": kind}:
            return kind
        case _:
            return ""


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_what_a_chart_reads_is_noted(case: Case) -> None:
    composite, log = seen(REQUEST)

    assert case.act(composite) == case.got

    noted = log.reads()
    assert noted is not None
    assert {read.path: read.how for read in noted} == case.reads


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, act in WHOLE.items()])
def test_whoever_takes_an_object_whole_reads_all_of_it(act: Callable[[View], object]) -> None:
    composite, log = seen(REQUEST)

    assert act(manifest(composite)) == MANIFEST

    noted = log.reads()
    assert noted is not None
    assert changes_seen(noted) == {"kind", "name", "resourceVersion", "labels", "spec", "phase", "time", "gone", "new"}


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "kind": lambda m: m.update(kind="Other"),
    "name": lambda m: m["metadata"].update(name="other"),
    "resourceVersion": lambda m: m["metadata"].update(resourceVersion="8"),
    "labels": lambda m: m["metadata"]["labels"].update(c="d"),
    "spec": lambda m: m["spec"]["template"].update(image="other"),
    "phase": lambda m: m["status"].update(phase="Down"),
    "time": lambda m: m["status"]["conditions"][1].update(lastTransitionTime="10:00"),
    "gone": lambda m: m.pop("spec"),
    "new": lambda m: m.update(new=None),
}


def digest(request: SynthRequest, read: tuple[Read, ...]) -> bytes:
    taken = read_digest.digest(request, read, secret=SECRET)
    assert taken
    return taken


def changes_seen(read: tuple[Read, ...]) -> set[str]:
    """Return which changes of an observed object a digest of these reads notices."""
    before = digest(REQUEST, read)
    noticed: set[str] = set()
    for name, change in CHANGES.items():
        changed = copy.deepcopy(MANIFEST)
        change(changed)
        if digest(dataclasses.replace(REQUEST, observed={**REQUEST.observed, "web": changed}), read) != before:
            noticed.add(name)
    return noticed


NOTICED: dict[str, tuple[Callable[[Composite[Any]], object], set[str]]] = {
    "presence": (lambda c: "web" in c.observed, set[str]()),
    "name": (lambda c: c.observed_name("web"), {"name"}),
    "condition": (lambda c: c.observed["web"].condition("Ready"), set[str]()),
    "field": (lambda c: c.observed["web"].field("status", "phase"), {"phase"}),
    "keys": (lambda c: list(manifest(c)), {"gone", "new"}),
    "a list, whole": (lambda c: manifest(c)["status"]["conditions"], {"time"}),
    "a key that is not there": (lambda c: "new" in manifest(c), {"new"}),
    "labels": (lambda c: manifest(c)["metadata"]["labels"]["a"], {"labels"}),
}


@pytest.mark.parametrize(("act", "noticed"), [pytest.param(*case, id=name) for name, case in NOTICED.items()])
def test_a_change_is_noticed_where_it_was_read_and_nowhere_else(
    act: Callable[[Composite[Any]], object], noticed: set[str]
) -> None:
    composite, log = seen(REQUEST)
    act(composite)

    noted = log.reads()
    assert noted is not None
    assert changes_seen(noted) == noticed


def test_an_output_with_a_value_generated_just_now_has_no_reads() -> None:
    composite, log = seen(REQUEST)

    assert composite.generate_once("web", "password", lambda: "made") == "made"

    assert log.reads() is None


@pytest.mark.parametrize("path", [(), ("chart", "name"), ("props",), ("encode",), ("__class__",)])
def test_a_read_of_anything_but_the_world_has_no_digest(path: Path) -> None:
    assert read_digest.digest(REQUEST, [Read(how="value", path=path)], secret=SECRET) is None


def test_a_digest_says_nothing_without_its_key() -> None:
    read = [Read(how="value", path=("credentials", "cloud", "key"))]

    assert read_digest.digest(REQUEST, read, secret=b"one") != read_digest.digest(REQUEST, read, secret=b"other")


def test_observed_resources_made_by_hand_can_be_read() -> None:
    observed = Observed(manifest=View.of(MANIFEST))

    assert observed.field("spec", "replicas") == 2
    assert observed.condition("Synced") == "True"


LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "True"])
KEYS = st.sampled_from(["metadata", "status", "spec", "a"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
CONDITIONS = st.lists(
    st.dictionaries(st.sampled_from(["type", "status"]), st.sampled_from(["Ready", "True", "x"]), max_size=2) | LEAVES,
    max_size=2,
)
OBJECTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=3) | st.fixed_dictionaries(
    {"status": st.fixed_dictionaries({"conditions": CONDITIONS})}
)
DETAILS = st.dictionaries(KEYS, st.sampled_from(["", "b3Blbg=="]), min_size=1, max_size=2)
NAMES = st.sampled_from(["web", "db"])
WORLDS = st.fixed_dictionaries(
    {
        "observed": st.dictionaries(NAMES, OBJECTS, min_size=1, max_size=2),
        "observed_connection": st.dictionaries(NAMES, DETAILS, max_size=1),
        "context": OBJECTS,
        "required": st.dictionaries(NAMES, st.lists(OBJECTS, max_size=2), min_size=1, max_size=2),
        "credentials": st.dictionaries(NAMES, DETAILS, min_size=1, max_size=2),
    }
)
World = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Statement:
    """One thing a chart does with what it is given."""

    part: str
    key: str
    path: tuple[str | int, ...]
    end: str

    def run(self, composite: Composite[Any]) -> object:
        """Do it, and return what came of it."""
        match self.part:
            case "context" | "credentials":
                return self._take(getattr(composite, self.part))
            case "required":
                found = composite.required(self.key)
                return None if found is None else [self._take(item) for item in found]
            case "observed":
                return self._take(composite.observed)
            case _:
                observed = composite.observed.get(self.key)
        match self.part:
            case _ if observed is None:
                return None
            case "field":
                return observed.field(*self.path, default="default")
            case "condition":
                return observed.condition("Ready")
            case "connection":
                return self._take(observed.connection)
            case _:
                return self._take(observed.manifest)

    def _take(self, value: Any) -> object:
        for step in self.path:
            if not isinstance(value, Mapping):
                break
            value = cast("Mapping[Any, Any]", value).get(step, "default")
        if not isinstance(value, Mapping):
            return value
        found = cast("Mapping[str, Any]", value)
        ends: dict[str, Callable[[], object]] = {
            "in": lambda: self.key in found or "a" in found,
            "keys": lambda: sorted(found),
            "len": lambda: len(found),
            "index": lambda: found["a"] if "a" in list(found) else "none",
            "type": lambda: "a mapping",
            "whole": lambda: {key: repr(below) for key, below in found.items()},
        }
        return ends[self.end]()


def paths(value: Any) -> list[tuple[str | int, ...]]:
    """Return the paths of all there is in a value."""
    found: list[tuple[str | int, ...]] = [()]
    for step, below in items(value):
        found.extend((step, *path) for path in paths(below))
    return found


def items(value: Any) -> Iterable[tuple[str | int, Any]]:
    """Return what is in a value, if it is a dict or a list."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).items()
    return enumerate(cast("list[Any]", value)) if isinstance(value, list) else ()


def mixed(draw: st.DrawFn, one: Any, other: Any) -> Any:
    """Return a value that is like one in most places."""
    if not isinstance(one, dict) or not isinstance(other, dict) or draw(st.integers(0, 9)) == 0:
        choices: list[Any] = [one, one, one, other]
        return draw(st.sampled_from(choices))
    ours, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
    both = {**theirs, **ours}
    kept = [key for key in sorted(both) if draw(st.integers(0, 9)) > (0 if key in ours else 7)]
    return {key: mixed(draw, ours[key], theirs[key]) if key in ours and key in theirs else both[key] for key in kept}


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, World, list[Statement]]:
    """Two worlds that are the same in many places, and what a chart does in them."""
    one, other = draw(WORLDS), draw(WORLDS)
    other = mixed(draw, one, other)
    parts = st.sampled_from(["observed", "field", "field", "manifest", "manifest", "condition", "connection"])
    program: list[Statement] = []
    for _ in range(draw(st.integers(1, 2))):
        part = draw(parts | st.sampled_from(["context", "required", "credentials"]))
        key = draw(NAMES)
        there: Any = one["observed"].get(key) if part in {"field", "manifest"} else one.get(part)
        listed = there.get(key) if part == "required" else None
        path = draw(st.sampled_from(paths(listed[0] if listed else there)))
        extra = draw(st.lists(KEYS | st.integers(-2, 2), max_size=1))
        end = draw(st.sampled_from(["in", "keys", "len", "index", "type", "whole"]))
        program.append(Statement(part, key, (*path, *extra), end))
    return one, other, program


def sent(world: World) -> SynthRequest:
    """Return a request as the server has it: read off protobuf messages."""
    return dataclasses.replace(
        REQUEST,
        observed={key: struct(item) for key, item in world.get("observed", {}).items()},
        observed_connection=world.get("observed_connection", {}),
        required={key: [struct(item) for item in items] for key, items in world.get("required", {}).items()},
        context=struct(world.get("context", {})),
        credentials=world.get("credentials", {}),
    )


def struct(fields: dict[str, Any]) -> structs.Fields:
    made = struct_pb2.Struct()
    made.update(fields)
    return structs.Fields(made)


def run(program: list[Statement], request: SynthRequest) -> tuple[str, tuple[Read, ...]]:
    """Return what came of a program in a worker, and what it read."""
    composite, log = seen(frames.decode_request(frames.encode_request(request), unpack=structs.unpack))
    outcome = repr([statement.run(composite) for statement in program])
    noted = log.reads()
    assert noted is not None
    return outcome, noted


@settings(deadline=None, max_examples=300)
@given(case=cases())
def test_where_nothing_read_has_changed_a_chart_says_the_same(case: tuple[World, World, list[Statement]]) -> None:
    one, other, program = case
    first, read = run(program, sent(one))
    assert digest(sent(one), read) == digest(sent(one), read)

    if digest(sent(other), read) == digest(sent(one), read):
        assert run(program, sent(other))[0] == first
