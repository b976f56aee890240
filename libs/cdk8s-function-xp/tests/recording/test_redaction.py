"""A recorded request holds no secret, in clear or in base64, and has the shape it had."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function import objects
from cdk8s_function.protocol import structs
from cdk8s_function.protocol.messages import ChartRef, Secrecy
from cdk8s_function.recording import recording
from cdk8s_function.recording.placeholders import Placeholders
from cdk8s_function.recording.recording import Outcome, Recording
from cdk8s_function.recording.redaction import FIELDS, RESPONSE_FIELDS, Redaction
from cdk8s_function.recording.scrubbing import TooLargeError
from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

PLACEHOLDERS = Placeholders(b"key of the tests")
SECRECY = Secrecy(paths=(("spec", "token"), ("spec", "users", "*", "password"), ("status", "key")), words=("postgres",))
CHART = ChartRef(name="chart", dist="wheel", version="1", target="wheel:Chart")
XR = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "demo", "namespace": "team-a"}}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def secret(data: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "data": data, **more}


def struct(fields: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(fields)
    return made


def request(xr: dict[str, Any] | None = None, **observed: dict[str, Any]) -> fnv1.RunFunctionRequest:
    req = fnv1.RunFunctionRequest()
    req.observed.composite.resource.update({**XR, **(xr or {})})
    for key, manifest in observed.items():
        req.observed.resources[key].resource.update(manifest)
    return req


def redacted(req: fnv1.RunFunctionRequest, rsp: fnv1.RunFunctionResponse | None = None) -> Redaction:
    return Redaction(req, rsp or fnv1.RunFunctionResponse(), SECRECY, PLACEHOLDERS.of)


def stored(redaction: Redaction) -> bytes:
    """Return what would be stored, before it is compressed."""
    return Recording(
        at="2026-01-01T00:00:00Z",
        chart=CHART,
        versions=recording.versions(),
        secrecy=SECRECY,
        outcome=recording.outcome(redaction.response),
        request=redaction.request,
    ).encode()


def alike(text: str) -> str:
    """Return the stand-in for a text."""
    return PLACEHOLDERS.of(text.encode()).decode()


Place = Callable[[fnv1.RunFunctionRequest, str], None]


def _in_credentials(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.credentials["api"].credential_data.data["token"] = value.encode()


def _in_connection(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.composite.connection_details["token"] = value.encode()


def _in_observed_connection(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.resources["database"].connection_details["token"] = value.encode()


def _in_required_connection(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.required_resources["other"].items.add().connection_details["token"] = value.encode()


def _in_observed_secret(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.resources["login"].resource.update(secret({"token": b64(value)}))


def _in_desired_secret(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.desired.resources["earlier"].resource.update(secret({}, stringData={"token": value}))


def _in_required_secret(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.required_resources["secrets"].items.add().resource.update(secret({"token": b64(value)}))


def _in_extra_secret(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.extra_resources["secrets"].items.add().resource.update(secret({"token": b64(value)}))


def _in_an_object_of_provider_kubernetes(req: fnv1.RunFunctionRequest, value: str) -> None:
    manifest = secret({"token": b64(value)})
    wrapped = {"apiVersion": "kubernetes.crossplane.io/v1alpha2", "kind": "Object", "spec": {"manifest": manifest}}
    req.observed.resources["wrapped"].resource.update(wrapped)


def _in_a_sensitive_field(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.composite.resource.get_or_create_struct("spec")["token"] = value


def _in_a_sensitive_field_of_a_list(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.composite.resource.get_or_create_struct("spec").update({"users": [{"password": value}]})


def _in_a_sensitive_field_of_the_status(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.observed.composite.resource.get_or_create_struct("status")["key"] = value


def _in_props(req: fnv1.RunFunctionRequest, value: str) -> None:
    req.input.update({"chart": "chart", "props": {"token": value}})


PLACES: list[Place] = [
    _in_credentials,
    _in_connection,
    _in_observed_connection,
    _in_required_connection,
    _in_observed_secret,
    _in_desired_secret,
    _in_required_secret,
    _in_extra_secret,
    _in_an_object_of_provider_kubernetes,
    _in_a_sensitive_field,
    _in_a_sensitive_field_of_a_list,
    _in_a_sensitive_field_of_the_status,
    _in_props,
]

COPIES: list[Callable[[str], str]] = [
    lambda value: value,
    lambda value: f"--token={value}!",
    lambda value: json.dumps({"token": value}),
    b64,
    lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    lambda value: f"Basic {b64(f'demo:{value}')}",
    lambda value: b64(f"a{value}b"),
    lambda value: b64(json.dumps({"token": value}, ensure_ascii=False)),
]

SECRETS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Z")), min_size=6, max_size=24
).map(lambda text: f"{text}#7")


@st.composite
def requests(draw: st.DrawFn) -> tuple[fnv1.RunFunctionRequest, list[str]]:
    """Return a request, and the secrets in it; they are repeated in places that are not secret."""
    req = request()
    values: list[str] = []
    for put in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=5, unique=True)):
        value = draw(SECRETS)
        put(req, value)
        values.append(value)
    copies = [draw(st.sampled_from(COPIES))(draw(st.sampled_from(values))) for _ in range(draw(st.integers(0, 4)))]
    body = {"data": {"copies": copies, f"key {draw(st.sampled_from(values))}": "x", "deep": [[{"a": copies}]]}}
    req.observed.resources["config"].resource.update({"apiVersion": "v1", "kind": "ConfigMap", **body})
    req.context.update({"earlier": copies})
    noted = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(values), "note": " ".join(copies)}
    req.observed.composite.resource.get_or_create_struct("metadata").update({"annotations": noted})
    req.required_schemas["schema"].openapi_v3.update({"description": copies})
    return req, values


@settings(deadline=None, max_examples=300)
@given(requests())
def test_no_secret_is_in_what_is_stored_in_clear_or_in_base64(made: tuple[fnv1.RunFunctionRequest, list[str]]) -> None:
    req, values = made
    rsp = fnv1.RunFunctionResponse(desired=req.desired, context=req.context)
    rsp.results.add(message=" ".join(values), severity=fnv1.SEVERITY_FATAL)
    before = req.SerializeToString(deterministic=True)

    redaction = redacted(req, rsp)
    bytes_stored = stored(redaction)

    for value in values:
        for spelt in (value, json.dumps(value)[1:-1]):
            assert spelt.encode() not in bytes_stored
        for offset in range(3):
            # Wherever the value stands in what is encoded: the figures that are of it alone, if they are telling.
            encoded = b64(b"\0" * offset + value.encode())[4 if offset else 0 : -4]
            for spelt in (encoded, encoded.translate(str.maketrans("+/", "-_"))):
                assert len(spelt) < 8 or spelt.encode() not in bytes_stored
    assert not redaction.scrub.leaks(bytes_stored)
    assert req.SerializeToString(deterministic=True) == before


@settings(deadline=None)
@given(requests())
def test_the_same_request_is_redacted_the_same_and_a_redacted_one_has_nothing_more_to_redact(
    made: tuple[fnv1.RunFunctionRequest, list[str]],
) -> None:
    once = redacted(made[0]).request

    assert redacted(made[0]).request == once
    assert Redaction(once, fnv1.RunFunctionResponse(), SECRECY, bytes).request == once


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("hunter2hunter2", r"[a-z]{14}"),
        ("AKIAIOSFODNN7EXAMPLE", r"[A-Z]{20}"),
        ("5432", r"1\d{3}"),
        ("-12.50", r"-1\d\.\d\d"),
        ("db.example.org:5432", r"[a-z]{2}\.[a-z]{7}\.[a-z]{3}:1\d{3}"),
        ("postgres://u:pass@h:5432/d?a=b", r"postgres://[a-z]:[a-z]{4}@[a-z]:1\d{3}/[a-z]\?[a-z]=[a-z]"),
        ('{"auths": {"ghcr.io": {"n": 12, "b": true}}}', r'\{"auths": \{"ghcr.io": \{"n": 1\d, "b": true\}\}\}'),
        ("-----BEGIN KEY-----\nabc+/=\n-----END KEY-----\n", r"-----BEGIN KEY-----\n[a-z]{3}\+/=\n-----END KEY-----\n"),
        ("", r""),
    ],
)
def test_a_placeholder_has_the_shape_of_its_value(value: str, shape: str) -> None:
    made = alike(value)

    assert re.fullmatch(shape, made), made
    assert not value or made != value


def test_binary_data_becomes_other_data_of_the_same_length() -> None:
    data = bytes(range(128, 160))

    made = PLACEHOLDERS.of(data)

    assert len(made) == len(data)
    assert made != data


def test_a_secret_keeps_its_keys_and_each_value_its_shape() -> None:
    req = request(login=secret({"user": b64("app-user"), "port": b64("5432")}, stringData={"more": "text"}))

    manifest = structs.to_dict(redacted(req).request.observed.resources["login"].resource)

    assert manifest == secret(
        {"user": b64(alike("app-user")), "port": b64(alike("5432"))}, stringData={"more": alike("text")}
    )


def test_what_repeats_a_secret_has_its_placeholder_so_that_a_chart_still_finds_them_equal() -> None:
    password = "correct horse"
    copy = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"url": f"//me:{password}@db", "auth": b64(password)}}
    req = request(login=secret({"password": b64(password)}), copy=copy)

    made = redacted(req).request.observed.resources

    assert structs.to_dict(made["copy"].resource)["data"] == {
        "url": f"//me:{alike(password)}@db",
        "auth": b64(alike(password)),
    }


def test_names_types_words_of_the_schema_and_short_values_are_left_where_they_are_no_secret() -> None:
    data = {"user": "demo-database", "engine": "postgres", "port": "5432", "field": "password"}
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "demo-database"},
        "data": {"host": "demo-database.team-a", "image": "postgres:18", "port": "5432", "password": "see password"},
    }
    req = request(login=secret({key: b64(value) for key, value in data.items()}), config=config)

    made = redacted(req).request.observed.resources["config"].resource

    assert structs.to_dict(made) == config


def test_places_that_lie_in_one_another_are_replaced_once() -> None:
    secrecy = Secrecy(paths=(("spec", "users"), ("spec", "users", "*", "password")))
    req = request({"spec": {"users": [{"password": "hunter2hunter2"}]}})
    rsp = fnv1.RunFunctionResponse()
    rsp.desired.composite.resource.CopyFrom(req.observed.composite.resource)

    made = Redaction(req, rsp, secrecy, PLACEHOLDERS.of)

    for struct in (made.request.observed.composite.resource, made.response.desired.composite.resource):
        assert structs.to_dict(struct)["spec"] == {"users": [{"password": alike("hunter2hunter2")}]}


def test_annotations_that_repeat_their_object_and_managed_fields_are_left_out() -> None:
    repeating = dict.fromkeys(objects.REPEATING_ANNOTATIONS, "all of it")
    kept = {"crossplane.io/composition-resource-name": "login"}
    noise: list[dict[str, Any]] = [{"manager": "kubectl", "fieldsV1": {'v:"a secret of a set"': {}}}]
    metadata: dict[str, Any] = {
        "name": "a",
        "annotations": {**repeating, **kept, "example.org/copy": "H4sI"},
        "managedFields": noise,
    }
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    req = request(config=config, login={**secret({}), "metadata": metadata})

    made = redacted(req).request.observed.resources

    assert structs.to_dict(made["config"].resource)["metadata"] == {
        "name": "a",
        "annotations": {**kept, "example.org/copy": "H4sI"},
    }
    assert structs.to_dict(made["login"].resource)["metadata"] == {"name": "a", "annotations": kept}


def test_a_sensitive_number_becomes_another_number() -> None:
    req = request({"spec": {"token": 12345678, "other": 12345678, "small": 3}})

    spec = structs.to_dict(redacted(req).request.observed.composite.resource)["spec"]

    assert spec == {"token": int(alike("12345678")), "other": int(alike("12345678")), "small": 3}


def test_secrets_that_only_the_response_has_do_not_count() -> None:
    def outcome(password: str, text: str) -> Outcome:
        rsp = fnv1.RunFunctionResponse()
        rsp.desired.resources["login"].resource.update(secret({"a": b64("known value"), "b": b64(password)}))
        rsp.desired.resources["config"].resource.update({"kind": "ConfigMap", "data": {"a": f"known value {text}"}})
        response = redacted(request(login=secret({"a": b64("known value")})), rsp).response
        assert structs.to_dict(response.desired.resources["login"].resource)["data"] == {
            "a": b64(alike("known value")),
            "b": "",
        }
        return recording.outcome(response)

    assert outcome("made at random", "x") == outcome("made again", "x")
    assert outcome("made", "x").differences(outcome("made", "y")) == ['desired.resources["config"]']


def test_every_field_of_a_request_and_of_a_response_is_known() -> None:
    # A field that a new version of the SDK adds is dropped until redaction knows what is secret in it.
    assert {field.name for field in fnv1.RunFunctionRequest.DESCRIPTOR.fields} == FIELDS
    assert {field.name for field in fnv1.RunFunctionResponse.DESCRIPTOR.fields} == RESPONSE_FIELDS


def test_fields_of_a_later_protocol_are_dropped() -> None:
    later = request().SerializeToString() + b"\xa2\x06\x06secret"  # Field 100, of bytes.

    assert b"secret" not in redacted(fnv1.RunFunctionRequest.FromString(later)).request.SerializeToString()


def test_too_many_secrets_in_too_large_a_request_are_refused() -> None:
    many = {f"key{number}": b64(f"secret value {number}") for number in range(2_000)}

    with pytest.raises(TooLargeError):
        redacted(request({"spec": {"text": "x" * 1_000_000}}, login=secret(many)))
