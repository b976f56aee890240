"""What is secret in an XR is what its chart's models say."""

import time
from typing import Any, Literal

import pydantic
import pytest
from cdk8s_function import ApiModel, CompositeType
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.protocol.messages import Secrecy, SynthFailure, SynthRequest, SynthResult
from cdk8s_function.schema import sensitive_fields
from pydantic import Field


class _User(ApiModel):
    name: str
    password: pydantic.SecretStr


class _Spec(ApiModel):
    engine: Literal["postgres", "mysql"] = "postgres"
    region: str = "eu-west"
    api_token: pydantic.SecretStr | None = None
    pin: str = Field(default="0000", json_schema_extra={"format": "password"})
    whole: dict[str, str] = Field(default_factory=dict[str, str], json_schema_extra={"writeOnly": True})
    users: list[_User] = []
    by_name: dict[str, _User] = {}
    either: _User | str | None = None


class _Status(ApiModel):
    key: pydantic.SecretStr


class _Tree(ApiModel):
    secret: pydantic.SecretStr
    below: "list[_Tree]" = []


class _Anything(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    value: object = Field(default_factory=object)
    other: pytest.MonkeyPatch


def declared(spec: type[pydantic.BaseModel], status: type[pydantic.BaseModel] | None = None) -> CompositeType[Any]:
    return CompositeType(group="example.org", version="v1", kind="Thing", spec=spec, status=status)


def test_sensitive_fields_and_words_come_from_the_models() -> None:
    assert sensitive_fields.of(declared(_Spec, _Status)) == Secrecy(
        paths=(
            ("spec", "apiToken"),
            ("spec", "byName", "*", "password"),
            ("spec", "either", "password"),
            ("spec", "pin"),
            ("spec", "users", "*", "password"),
            ("spec", "whole"),
            ("status", "key"),
        ),
        words=("eu-west", "mysql", "postgres"),
    )


def test_a_model_that_holds_itself_is_sensitive_below_its_second_level() -> None:
    found = sensitive_fields.of(declared(_Tree))

    assert found is not None
    assert found.paths == (("spec", "below", "*"), ("spec", "secret"))


def test_a_model_without_a_schema_tells_nothing() -> None:
    assert sensitive_fields.of(declared(_Anything)) is None


def test_a_worker_reports_the_sensitive_fields_of_a_chart() -> None:
    charts = registry.discover()

    def declared(name: str) -> object:
        request = SynthRequest(chart=charts.require(name), asks_secrecy=True)
        return workers.submit(request, deadline=time.monotonic() + 60).result(60)

    with pool.WorkerPool(pool.Options(workers=1)) as workers:
        assert declared("web-service") == SynthResult(secrecy=Secrecy())
        assert declared("undeclared") == SynthFailure(
            message="Undeclared declares no composite_type (a cdk8s_function.CompositeType)"
        )
