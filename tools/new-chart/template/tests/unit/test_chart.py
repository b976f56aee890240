"""The objects of a SampleChart."""

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from cdk8s_function.protocol.messages import SynthFailure, SynthResult
from syrupy.assertion import SnapshotAssertion

Synthesise = Callable[..., SynthResult | SynthFailure]

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*.yaml"))


def objects(outcome: SynthResult | SynthFailure) -> dict[str, dict[str, Any]]:
    """Return the composed objects by their composition-resource-names."""
    assert isinstance(outcome, SynthResult), outcome
    return {composed.key: composed.manifest for composed in outcome.resources}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_composes_as_before(
    example: pathlib.Path, synthesise: Synthesise, snapshot: SnapshotAssertion
) -> None:
    assert objects(synthesise(xr=yaml.safe_load(example.read_text(encoding="utf-8")))) == snapshot


def test_objects_keep_their_keys(synthesise: Synthesise) -> None:
    """Crossplane deletes an object whose key is gone, and makes another."""
    assert sorted(objects(synthesise())) == ["config"]


def test_the_config_map_has_the_text(synthesise: Synthesise) -> None:
    assert objects(synthesise(text="good morning"))["config"]["data"] == {"text": "good morning"}


@pytest.mark.parametrize("other", [{"name": "other"}, {"namespace": "other"}])
def test_two_share_no_object(synthesise: Synthesise, other: dict[str, str]) -> None:
    one, two = (
        {(each["kind"], each["metadata"]["name"]) for each in objects(outcome).values()}
        for outcome in (synthesise(), synthesise(**other))
    )
    assert not one & two


def test_the_status_names_the_config_map_once_it_exists(synthesise: Synthesise) -> None:
    name = objects(synthesise())["config"]["metadata"]["name"]
    exists = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}

    before, after = synthesise(), synthesise(observed={"config": exists})

    assert isinstance(before, SynthResult)
    assert isinstance(after, SynthResult)
    assert not (before.status or {}).get("configMap")
    assert after.status == {"configMap": name}


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        pytest.param({"text": ""}, "spec.text", id="an empty text"),
        pytest.param({"txt": "hello"}, "spec.txt", id="a misspelt field"),
    ],
)
def test_a_spec_is_refused_by_the_path_of_its_field(synthesise: Synthesise, spec: dict[str, Any], refused: str) -> None:
    outcome = synthesise(**spec)

    assert isinstance(outcome, SynthFailure), outcome
    assert outcome.message.startswith(f"{refused}: ")
