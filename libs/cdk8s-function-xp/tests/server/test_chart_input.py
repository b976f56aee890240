"""The function input: what is accepted, and the message to a Composition's author otherwise."""

import dataclasses
from typing import Any

import pytest
from cdk8s_function import durations
from cdk8s_function.errors import FatalError
from cdk8s_function.server import chart_input

HEAD = {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput"}


def test_a_chart_name_is_enough() -> None:
    parsed = chart_input.parse({**HEAD, "chart": "web-service"})

    assert (parsed.chart, parsed.props, parsed.ttl_seconds, parsed.timeout_seconds) == ("web-service", {}, 60, 30)
    assert parsed.cache


def test_every_field_can_be_set() -> None:
    parsed = chart_input.parse(
        {
            **HEAD,
            "metadata": {"name": "ignored"},
            "chart": "example:web-service",
            "version": ">=1.4,<2",
            "digest": "sha256:" + 64 * "a",
            "props": {"image": "nginx"},
            "ttl": "1m30s",
            "timeout": "500ms",
            "cache": False,
        }
    )

    assert parsed.chart == "example:web-service"
    assert (parsed.version, parsed.digest) == (">=1.4,<2", "sha256:" + 64 * "a")
    assert parsed.props == {"image": "nginx"}
    assert (parsed.ttl_seconds, parsed.timeout_seconds) == (90, 0.5)
    assert not parsed.cache


@dataclasses.dataclass(frozen=True)
class Refused:
    """An input that is refused, and the line that says why."""

    name: str
    fields: dict[str, Any]
    want: str


REFUSED = [
    Refused(
        "a version that is none",
        {**HEAD, "chart": "a", "version": "newest"},
        "input.version: must be a version, or a range of versions like >=1.4,<2, not 'newest'",
    ),
    Refused(
        "no input at all",
        {},
        "input is missing; give an input of kind ChartInput, apiVersion cdk8s.fn.crossplane.io/v1alpha1, "
        "that names a chart",
    ),
    Refused(
        "a text for a boolean",
        {**HEAD, "chart": "a", "cache": "false"},
        "input.cache: input should be a valid boolean, not 'false'",
    ),
    Refused("no chart", HEAD, "input.chart: required field is missing"),
    Refused("an empty chart", {**HEAD, "chart": ""}, "input.chart: string should have at least 1 character, not ''"),
    Refused(
        "an unknown field", {**HEAD, "chart": "a", "chrat": "b"}, 'input.chrat: unknown field (did you mean "chart"?)'
    ),
    Refused(
        "two faults, in a stable order",
        {**HEAD, "chart": 1, "zeal": 1},
        "input.chart: input should be a valid string, not 1 (write it in quotes); input.zeal: unknown field",
    ),
    Refused(
        "another kind",
        {**HEAD, "kind": "Input", "chart": "a"},
        "input.kind: input should be 'ChartInput', not 'Input'",
    ),
    Refused(
        "another version",
        {**HEAD, "apiVersion": "cdk8s.fn.crossplane.io/v1", "chart": "a"},
        "input.apiVersion: input should be 'cdk8s.fn.crossplane.io/v1alpha1', not 'cdk8s.fn.crossplane.io/v1'",
    ),
    Refused(
        "a ttl that is a bare number",
        {**HEAD, "chart": "a", "ttl": 60},
        "input.ttl: input should be a valid string, not 60 (write it in quotes)",
    ),
    Refused(
        "a ttl beyond any clock",
        {**HEAD, "chart": "a", "ttl": "99999999999h"},
        "input.ttl: must be no longer than 8760h, not '99999999999h'",
    ),
    Refused(
        "a timeout beyond any clock",
        {**HEAD, "chart": "a", "timeout": "9999999999999h"},
        "input.timeout: must be no longer than 8760h, not '9999999999999h'",
    ),
    Refused(
        "a ttl without a unit",
        {**HEAD, "chart": "a", "ttl": "60"},
        f"input.ttl: string should match pattern '{durations.PATTERN}', not '60'",
    ),
    Refused(
        "a timeout of nothing",
        {**HEAD, "chart": "a", "timeout": "0s"},
        "input.timeout: must be longer than 0s, not '0s'",
    ),
    Refused(
        "props that are no object",
        {**HEAD, "chart": "a", "props": [1]},
        "input.props: input should be a valid dictionary",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Refused) -> None:
    with pytest.raises(FatalError) as refusal:
        chart_input.parse(case.fields)

    assert str(refusal.value) == case.want


@pytest.mark.parametrize(
    ("text", "want"),
    [("0s", 0), ("500ms", 0.5), ("90s", 90), ("1m30s", 90), ("1.5h", 5400), ("2h0m1s", 7201)],
)
def test_durations_are_read_as_go_reads_them(text: str, want: float) -> None:
    assert durations.seconds(text) == want
