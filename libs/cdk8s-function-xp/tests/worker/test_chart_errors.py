"""The message for a chart that raises is one line, the same in every worker, without the XR's secrets."""

import pathlib
from typing import Any

import pytest
from cdk8s_function import ApiModel, CompositeType
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import ChartRef, SynthFailure, SynthRequest
from cdk8s_function.worker import chart_errors
from pydantic import SecretStr

SCRATCH = "/tmp/cdk8s-function-ab12/worker-cd34"
MANY = 20_000_000
"""So many that what takes more than a step for each would not come to an end."""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n  b:\n c", "a; b: c"),
        (f"no file {SCRATCH}/chart.yaml", "no file <scratch>/chart.yaml"),
        (f"'{SCRATCH}/a' and '{SCRATCH}/b'", "'<scratch>/a' and '<scratch>/b'"),
        (f"{SCRATCH}/cdk8s-helm-k3X9a1/x.yaml: gone", "<scratch>/cdk8s-helm-…/x.yaml: gone"),
        (f"{SCRATCH}/tmpk3x_9a1c: gone", "<scratch>/…: gone"),
        (f"{SCRATCH}/settings-current: gone", "<scratch>/settings-current: gone"),
        (f"{SCRATCH}", "<scratch>"),
        ("<object at 0x7f00aa11bb22>", "<object at 0x…>"),
        ("x" * 3_000, "x" * 2_000 + "…"),
        ("\udc80", "?"),
    ],
)
def test_a_text_becomes_one_line(text: str, line: str) -> None:
    assert chart_errors.one_line(text) == line


@pytest.mark.parametrize(
    "text", ["A" + "/" * MANY, "/cdk8s-function-" * (MANY // 16), " " * MANY, "0x" * (MANY // 2), "\n" * MANY]
)
def test_a_text_of_any_size_is_looked_at_no_further_than_a_line_needs(text: str) -> None:
    assert len(chart_errors.one_line(text)) <= 2_001


class Spec(ApiModel):
    password: SecretStr = SecretStr("")
    keys: dict[str, SecretStr] = {}
    name: str = ""


KIND = CompositeType(group="example.org", version="v1", kind="Login", spec=Spec)


@pytest.mark.parametrize(
    ("spec", "props", "text", "line"),
    [
        ({"password": "hunter2pw"}, {}, "hunter2pw is weak", "<withheld> is weak"),
        ({}, {"password": "hunter2pw"}, "hunter2pw is weak", "<withheld> is weak"),
        ({"keys": {"a": "one-key", "b": "one-key-more"}}, {}, "one-key-more, one-key", "<withheld>, <withheld>"),
        ({"password": "it's\nmine"}, {}, repr("it's\nmine"), '"<withheld>"'),
        ({"name": "hunter2pw"}, {}, "hunter2pw is weak", "hunter2pw is weak"),
        ({"password": "is"}, {}, "this is weak", "this is weak"),
        ({"password": "one-line\nother-line"}, {}, "bad one-line\nother-line", "bad <withheld>"),
        ({"password": "one-line\n other-line"}, {}, "bad other-line", "bad <withheld>"),
        ({"password": "hunter2-" + "q" * 22}, {}, "x" * 1_966 + "hunter2-" + "q" * 22, "x" * 1_966 + "<withheld>"),
        (
            {"password": "hunter2-" + "q" * 22},
            {},
            " " * 15_980 + "x hunter2-" + "q" * 22 + "y" * 9_000,
            "x <withheld>" + "y" * 8,
        ),
    ],
)
def test_the_values_of_sensitive_fields_are_withheld(
    spec: dict[str, Any], props: dict[str, Any], text: str, line: str
) -> None:
    chart = ChartRef(name="login", dist="login", version="1", target="login:Login")
    request = SynthRequest(chart=chart, composite={"spec": spec}, props=props)
    secrets = chart_errors.secrets_of(KIND, request)

    failure = chart_errors.failure(
        ValueError(text), scope="", source=pathlib.Path("/x"), from_construct=True, secrets=secrets
    )

    assert failure.message == line
    withheld = chart_errors.refusal(FatalError(text), scope="", secrets=secrets)
    assert withheld == SynthFailure(message=line)
    for value in (*spec.values(), *props.values()):
        if spec.keys() != {"name"} and isinstance(value, str) and len(value) > 2:
            assert value not in failure.traceback
