"""A chart's view of its XR, and what it says back, without cdk8s and without Crossplane."""

import base64
import enum
import math
import re
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pydantic
import pytest
from cdk8s_function import ApiModel, Composite, InvalidFieldError, Metadata, Observed, View
from cdk8s_function.chart.statements import Statements
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import Condition, Event, ResourceRequirement, SchemaRequirement


class Spec(pydantic.BaseModel):
    size: int = 1


class Status(ApiModel):
    available_replicas: int | None = None
    url: str | None = None


class Plain(enum.Enum):
    READY = "Ready"


# All that is asked of a construct before the synthesis.
CONSTRUCT: Any = SimpleNamespace(node=None)


def composite(**fields: Any) -> Composite[Spec]:
    return Composite.of(Spec(), name="demo", **fields)


def test_a_composite_made_by_hand_holds_what_it_was_given() -> None:
    made = Composite.of(
        Spec(size=2),
        name="demo",
        namespace="team-a",
        observed={"config": {"kind": "ConfigMap"}},
        required={"nodes": [{"kind": "Node"}]},
        context={"key": "value"},
    )

    assert (made.api_version, made.kind) == ("", "")
    meta = made.metadata
    assert (meta.name, meta.namespace, meta.uid, meta.generation) == ("demo", "team-a", "", 0)
    assert (meta.labels, meta.annotations) == ({}, {})
    assert (made.name, made.namespace) == ("demo", "team-a")
    assert made.spec == Spec(size=2)
    assert made.observed == {"config": Observed(manifest=View.of({"kind": "ConfigMap"}))}
    assert made.required("nodes") == [{"kind": "Node"}]
    assert made.context == {"key": "value"}
    assert (made.status, made.connection, made.credentials) == ({}, {}, {})
    assert made.statements == Statements()


def test_a_composite_can_not_change_what_all_composites_share() -> None:
    with pytest.raises(TypeError):
        composite().context["key"] = "value"  # pyright: ignore[reportIndexIssue]


MANIFEST = {"metadata": {"name": "web-1"}, "status": {"ips": [{"ip": "10.0.0.1"}], "ready": False, "none": None}}


@pytest.mark.parametrize(
    ("path", "want"),
    [
        pytest.param(("status", "ips", 0, "ip"), "10.0.0.1", id="keys and indexes lead to a value"),
        pytest.param(("status", "ready"), False, id="a false value is a value"),
        pytest.param(("status", "none"), None, id="so is null"),
        pytest.param(("status", "ips", 1, "ip"), "absent", id="no such index"),
        pytest.param(("status", "port"), "absent", id="no such key"),
        pytest.param(("metadata", "name", "first"), "absent", id="a key of a text"),
        pytest.param(("status", "ips", "ip"), "absent", id="a key of a list"),
        pytest.param(("status", "ready", 0), "absent", id="an index of a bool"),
        pytest.param((), MANIFEST, id="no path is the object"),
    ],
)
def test_a_field_is_read_by_its_path(path: tuple[str | int, ...], want: object) -> None:
    assert Observed(manifest=View.of(MANIFEST)).field(*path, default="absent") == want


@pytest.mark.parametrize(
    ("manifest", "want"),
    [
        pytest.param({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, "True", id="true"),
        pytest.param(
            {"status": {"conditions": [{"type": "Synced", "status": "True"}, {"type": "Ready", "status": "False"}]}},
            "False",
            id="false, among others",
        ),
        pytest.param({"status": {"conditions": [{"type": "Ready"}]}}, "Unknown", id="a condition without a status"),
        pytest.param({"status": {"conditions": [{"type": "Ready", "status": True}]}}, "Unknown", id="no text"),
        pytest.param({"status": {"conditions": "Ready"}}, "Unknown", id="conditions that are no list"),
        pytest.param({"status": {"conditions": ["Ready"]}}, "Unknown", id="a condition that is no object"),
        pytest.param({"status": None}, "Unknown", id="no status"),
        pytest.param({}, "Unknown", id="an empty object"),
    ],
)
def test_a_condition_is_read_by_its_type(manifest: dict[str, Any], want: str) -> None:
    assert Observed(manifest=View.of(manifest)).condition("Ready") == want


def test_the_status_is_set_field_by_field() -> None:
    xr = composite()

    xr.set_status({"url": "http://a", "parts": (1, 2)})
    xr.set_status(Status(available_replicas=3))
    xr.set_status({"url": "http://b"})

    assert xr.statements == Statements(status={"url": "http://b", "parts": [1, 2], "availableReplicas": 3})


def test_an_empty_status_is_set_and_no_status_is_not() -> None:
    silent, brief = composite(), composite()

    brief.set_status(Status())

    assert (silent.statements.status, brief.statements.status) == (None, {})


def test_a_status_without_a_json_form_is_refused_and_changes_nothing() -> None:
    xr = composite()
    xr.set_status({"kept": True})

    with pytest.raises(TypeError, match=r"status\.a\.b: bytes has no JSON form"):
        xr.set_status({"kept": False, "a": {"b": b""}})

    assert xr.statements == Statements(status={"kept": True})


def test_a_condition_is_set_once_a_type() -> None:
    xr = composite()

    xr.set_condition("Up", False, reason="Starting", message="It starts.")
    xr.set_condition("Known", None, reason="Unsure", target="composite-and-claim")
    xr.set_condition("Up", True, reason="Works")

    assert list(xr.statements.conditions.values()) == [
        Condition(type="Up", status="True", reason="Works"),
        Condition(type="Known", status="Unknown", reason="Unsure", target="composite-and-claim"),
    ]


@pytest.mark.parametrize("type", ["Ready", "Synced", "Healthy"])
def test_crossplanes_own_conditions_are_refused(type: str) -> None:  # noqa: A002  # The name Kubernetes gives it.
    xr = composite()

    with pytest.raises(ValueError, match=f"condition '{type}' is Crossplane's own; use set_ready"):
        xr.set_condition(type, True, reason="Works")

    assert xr.statements == Statements()


def test_events_are_kept_in_order_and_as_often_as_they_are_emitted() -> None:
    xr = composite()

    xr.emit_event("it began")
    xr.emit_event("it hurt", reason="Pain", warning=True, target="composite-and-claim")
    xr.emit_event("it began")

    began = Event(severity="normal", message="it began")
    hurt = Event(severity="warning", message="it hurt", reason="Pain", target="composite-and-claim")
    assert xr.statements == Statements(events=[began, hurt, began])


@pytest.mark.parametrize(
    ("method", "args", "options", "fault"),
    [
        pytest.param(
            "set_condition",
            ("Up", True),
            {"reason": None},
            "condition[Up].reason: input should be a valid string",
            id="a condition's reason",
        ),
        pytest.param(
            "set_condition",
            ("Up", True),
            {"reason": "Works", "message": ValueError("no"), "target": "claim"},
            "condition[Up].message: input should be a valid string; "
            "condition[Up].target: input should be 'composite' or 'composite-and-claim'",
            id="a condition's message and target",
        ),
        pytest.param("emit_event", (3,), {}, "event.message: input should be a valid string", id="an event's message"),
        pytest.param(
            "set_condition",
            ("Up", "False"),
            {"reason": "Works"},
            "condition[Up].status must be True or False, not str",
            id="a condition's status in Kubernetes' words",
        ),
        pytest.param(
            "set_condition",
            (Plain.READY, True),
            {"reason": "Works"},
            "a condition's type must be text, not Plain",
            id="a condition's type",
        ),
        pytest.param(
            "set_condition",
            ("Up", True),
            {"reason": b"Works", "message": Plain.READY},
            "condition[Up].message: input should be a valid string; "
            "condition[Up].reason: input should be a valid string",
            id="what pydantic would make text of",
        ),
        pytest.param(
            "emit_event",
            ("it began",),
            {"warning": "False"},
            "event.warning must be True or False, not str",
            id="an event's severity",
        ),
        pytest.param("set_ready", ("False",), {}, "ready must be True or False, not str", id="a readiness"),
        pytest.param(
            "set_ready", (True,), {"of": "job"}, "of must be a construct, not str", id="the construct of a readiness"
        ),
        pytest.param(
            "moved",
            ("job",),
            {"from_key": "old"},
            "construct must be a construct, not str",
            id="the construct of a move",
        ),
        pytest.param(
            "set_status", ([1],), {}, "status must be a mapping or a model, not list", id="a status that is a list"
        ),
        pytest.param(
            "set_connection_details",
            ([1],),
            {},
            "connection details must be a mapping, not list",
            id="connection details that are a list",
        ),
        pytest.param(
            "require",
            ("pods", "v1", "Pod"),
            {"match_labels": ()},
            "requirement[pods].match_labels: input should be a valid dictionary",
            id="labels of a requirement that are no mapping",
        ),
        pytest.param("set_ttl", (True,), {}, "ttl must be a number of seconds, not bool", id="a TTL"),
        pytest.param("observed_name", (1,), {}, "key must be text, not int", id="the key of an object"),
        pytest.param("generate_once", (Plain.READY, "a", str), {}, "key must be text, not Plain", id="a Secret's key"),
        pytest.param("generate_once", ("a", 1, str), {}, "entry must be text, not int", id="a Secret's entry"),
        pytest.param("required", (1,), {}, "a requirement's name must be text, not int", id="a step's requirement"),
        pytest.param(
            "moved", (CONSTRUCT,), {"from_key": None}, "from_key must be text, not NoneType", id="the key of a move"
        ),
        pytest.param(
            "set_connection_details",
            ({"port": 80},),
            {},
            "connection[port] must be text, not int",
            id="a connection detail",
        ),
        pytest.param(
            "set_connection_details",
            ({1: "a"},),
            {},
            "a connection detail's key must be text, not int",
            id="a connection detail's key",
        ),
        pytest.param(
            "require",
            ("pods", "v1", "Pod"),
            {"match_labels": {"tier": 1}},
            "requirement[pods].match_labels.tier: input should be a valid string",
            id="a label of a requirement",
        ),
        pytest.param(
            "require",
            (None, "v1", "Pod"),
            {},
            "a requirement's name must be text, not NoneType",
            id="a requirement's name",
        ),
        pytest.param(
            "require_schema",
            ("pods", "v1", None),
            {},
            "schema[pods].kind: input should be a valid string",
            id="a schema's kind",
        ),
        pytest.param("set_context", (1, "a"), {}, "a context key must be text, not int", id="a context key"),
    ],
)
def test_a_statement_of_another_type_is_refused_and_changes_nothing(
    method: str, args: tuple[object, ...], options: dict[str, object], fault: str
) -> None:
    xr = composite()

    with pytest.raises(TypeError) as refused:
        getattr(xr, method)(*args, **options)

    assert (str(refused.value), xr.statements) == (fault, Statements())


def test_members_of_enumerations_and_views_are_stated_as_text() -> None:
    class Word(enum.StrEnum):
        UP = "Up"

    xr = composite()

    xr.set_condition(Word.UP, True, reason=Word.UP)
    xr.require("pods", "v1", "Pod", match_labels=MappingProxyType({"app": "web"}))

    assert xr.statements == Statements(
        conditions={"Up": Condition(type="Up", status="True", reason="Up")},
        requirements={"pods": ResourceRequirement(api_version="v1", kind="Pod", match_labels={"app": "web"})},
    )
    assert type(xr.statements.conditions["Up"].reason) is str


def test_readiness_is_of_the_xr_or_of_a_construct() -> None:
    xr = composite()

    xr.set_ready(False)
    xr.set_ready(True, of=CONSTRUCT)
    xr.moved(CONSTRUCT, from_key="old")

    assert xr.statements == Statements(ready=False, resource_ready=[(CONSTRUCT, True)], moves=[(CONSTRUCT, "old")])


def test_connection_details_are_kept_as_base64() -> None:
    xr = composite()

    xr.set_connection_details({"user": "mé", "key": b"\xff"})
    xr.set_connection_details({"key": b"\x00"})

    assert xr.statements == Statements(connection={"user": "bcOp", "key": "AA=="})


@pytest.mark.parametrize(
    ("required", "want"),
    [
        pytest.param({}, None, id="not looked for yet"),
        pytest.param({"zone": []}, [], id="not found"),
        pytest.param({"zone": [{"kind": "ConfigMap"}], "other": []}, [{"kind": "ConfigMap"}], id="found"),
    ],
)
def test_required_resources_are_asked_for_and_returned_once_there(
    required: dict[str, list[Any]], want: list[Any] | None
) -> None:
    xr = composite(required=required)

    assert xr.require("zone", "v1", "ConfigMap", match_name="zone", namespace="kube-system") == want
    assert xr.required("zone") == want
    assert xr.statements == Statements(
        requirements={
            "zone": ResourceRequirement(api_version="v1", kind="ConfigMap", match_name="zone", namespace="kube-system")
        }
    )


def test_a_requirement_by_name_and_by_labels_is_refused() -> None:
    xr = composite()

    with pytest.raises(ValueError, match="requirement 'zone': give match_name or match_labels, not both"):
        xr.require("zone", "v1", "ConfigMap", match_name="zone", match_labels={})

    assert xr.statements == Statements()


def test_a_step_may_require_what_the_chart_does_not_ask_for() -> None:
    xr = composite(required={"by-step": [{"kind": "Node"}]})

    assert xr.required("by-step") == [{"kind": "Node"}]
    assert xr.statements == Statements()


def test_a_schema_is_required_and_returned_once_there() -> None:
    silent = composite()
    with_schema = Composite(
        api_version="a/v1",
        kind="B",
        metadata=Metadata({"name": "demo"}),
        spec=Spec(),
        schemas={"pods": {"type": "object"}},
    )

    assert silent.require_schema("pods", "v1", "Pod") is None
    assert with_schema.require_schema("pods", "v1", "Pod") == {"type": "object"}
    assert (
        silent.statements
        == with_schema.statements
        == Statements(schemas={"pods": SchemaRequirement(api_version="v1", kind="Pod")})
    )


def test_the_context_takes_any_json_value() -> None:
    xr = composite()

    xr.set_context("example.org/a", Status(url="x"))
    xr.set_context("example.org/b", (1, 2))

    assert xr.statements == Statements(context={"example.org/a": {"url": "x"}, "example.org/b": [1, 2]})
    with pytest.raises(ValueError, match=r"context\[example\.org/c\]: inf has no JSON form"):
        xr.set_context("example.org/c", math.inf)


def test_a_ttl_is_zero_or_more_seconds() -> None:
    xr = composite()

    xr.set_ttl(0)
    xr.set_ttl(2.5)

    assert xr.statements == Statements(ttl_seconds=2.5)


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, 31_536_001])
def test_an_invalid_ttl_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=f"ttl must be from 0 to 31536000 seconds, not {seconds}"):
        composite().set_ttl(seconds)


@pytest.mark.parametrize(
    ("observed", "want"),
    [
        pytest.param({}, "new", id="no Secret yet"),
        pytest.param({"password": {"data": {"value": "b2xk"}}}, "old", id="a Secret that has the value"),
        pytest.param({"password": {"data": {"value": ""}}}, "new", id="an empty value"),
        pytest.param({"password": {"data": {"other": "b2xk"}}}, "new", id="a Secret with other values"),
        pytest.param({"password": {"data": None}}, "new", id="a Secret without data"),
        pytest.param({"other": {"data": {"value": "b2xk"}}}, "new", id="another Secret"),
    ],
)
def test_a_secret_is_made_once(observed: dict[str, Any], want: str) -> None:
    assert composite(observed=observed).generate_once("password", "value", lambda: "new") == want


def test_a_secret_that_exists_is_not_made_again() -> None:
    def make() -> str:
        raise AssertionError

    existing = {"password": {"data": {"value": base64.b64encode("ünï".encode()).decode()}}}

    assert composite(observed=existing).generate_once("password", "value", make) == "ünï"


def test_a_secret_of_bytes_is_refused_and_not_made_again() -> None:
    existing = {"password": {"data": {"value": base64.b64encode(b"\xff").decode()}}}

    with pytest.raises(ValueError, match="^" + re.escape('observed["password"].data["value"] holds no text')):
        composite(observed=existing).generate_once("password", "value", str)


@pytest.mark.parametrize(
    ("observed", "want"),
    [
        pytest.param({"web": {"metadata": {"name": "web-1"}}}, "web-1", id="an object that exists"),
        pytest.param({"web": {}}, None, id="an object without a name"),
        pytest.param({}, None, id="no object"),
    ],
)
def test_an_observed_name_is_that_of_the_object(observed: dict[str, Any], want: str | None) -> None:
    assert composite(observed=observed).observed_name("web") == want


def test_a_refused_field_is_the_users_fault() -> None:
    fault = InvalidFieldError("spec.size", "must be even")

    assert isinstance(fault, FatalError)
    assert str(fault) == "spec.size: must be even"
