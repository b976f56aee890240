"""An XR's spec against its chart's model: what is merged, what is left out, what is refused and how."""

from typing import Annotated, Any, Literal, Self

import pydantic
import pytest
from cdk8s_function import ApiModel, CompositeType, objects
from cdk8s_function.chart import spec_validation
from cdk8s_function.errors import FatalError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field


class Port(ApiModel):
    number: Annotated[int, Field(ge=1, le=65535)]
    protocol: Literal["TCP", "UDP"] = "TCP"
    node_port: int | None = None


class Spec(ApiModel):
    image_name: str
    replicas: Annotated[int, Field(ge=1)] = 1
    ports: list[Port] = pydantic.Field(default_factory=list[Port])
    labels: dict[str, str] = pydantic.Field(default_factory=dict[str, str])

    @pydantic.model_validator(mode="after")
    def _few(self) -> Self:
        if self.replicas > len(self.ports) + 10:
            msg = "Too many replicas for the ports"
            raise ValueError(msg)
        return self


class Legacy(ApiModel):
    """A spec that has a field of a name Crossplane uses too."""

    resource_refs: list[str] = pydantic.Field(default_factory=list[str])


KIND = CompositeType(group="example.org", version="v1", kind="Web", spec=Spec)


@pytest.mark.parametrize("api_version", ["example.org/v1", "example.org/v2beta1"])
def test_an_xr_of_the_charts_kind_passes_in_any_version(api_version: str) -> None:
    spec_validation.check_kind(KIND, api_version=api_version, kind="Web")


@pytest.mark.parametrize(
    ("api_version", "kind", "named"),
    [
        pytest.param("example.org/v1", "Cache", "Cache.example.org", id="another kind"),
        pytest.param("example.com/v1", "Web", "Web.example.com", id="another group"),
        pytest.param("v1", "Web", "Web.", id="the core group"),
    ],
)
def test_an_xr_of_another_kind_is_refused(api_version: str, kind: str, named: str) -> None:
    with pytest.raises(FatalError) as caught:
        spec_validation.check_kind(KIND, api_version=api_version, kind=kind)

    assert str(caught.value) == (
        f"the chart composes Web.example.org, not {named}; correct compositeTypeRef or input.chart in the Composition"
    )


@pytest.mark.parametrize(
    ("props", "spec", "want"),
    [
        pytest.param({}, {"imageName": "a"}, Spec(image_name="a"), id="no props"),
        pytest.param({"imageName": "a", "replicas": 2}, {}, Spec(image_name="a", replicas=2), id="nothing but props"),
        pytest.param({"imageName": "a"}, {"imageName": "b"}, Spec(image_name="b"), id="the spec wins"),
        pytest.param(
            {"imageName": "a", "labels": {"x": "props", "y": "props"}},
            {"labels": {"y": "spec", "z": "spec"}},
            Spec(image_name="a", labels={"x": "props", "y": "spec", "z": "spec"}),
            id="objects merge field by field",
        ),
        pytest.param(
            {"imageName": "a", "ports": [{"number": 1}, {"number": 2}]},
            {"ports": [{"number": 3, "protocol": "UDP"}]},
            Spec(image_name="a", ports=[Port(number=3, protocol="UDP")]),
            id="lists replace one another",
        ),
        pytest.param(
            {},
            {
                "imageName": "a",
                "crossplane": {"compositionRef": {"name": "x"}},
                "claimRef": {},
                "compositionRef": {},
                "compositionRevisionRef": {},
                "compositionRevisionSelector": {},
                "compositionSelector": {},
                "compositionUpdatePolicy": "Automatic",
                "resourceRefs": [],
                "writeConnectionSecretToRef": {},
            },
            Spec(image_name="a"),
            id="what Crossplane adds is left out",
        ),
    ],
)
def test_a_spec_is_laid_over_the_props(props: dict[str, Any], spec: dict[str, Any], want: Spec) -> None:
    assert spec_validation.load(Spec, spec=spec, props=props) == want


def test_a_field_of_the_model_counts_even_where_crossplane_has_one_of_that_name() -> None:
    assert spec_validation.load(Legacy, spec={"resourceRefs": ["a"]}, props={}) == Legacy(resource_refs=["a"])


def test_props_have_the_names_of_the_xrd_too() -> None:
    with pytest.raises(FatalError) as caught:
        spec_validation.load(Port, spec={"number": 1}, props={"node_port": 2})

    assert str(caught.value) == 'spec.node_port: unknown field (did you mean "nodePort"?)'


def test_a_model_without_aliases_has_the_names_of_its_fields() -> None:
    class Plain(pydantic.BaseModel):
        max_size: int

    assert spec_validation.load(Plain, spec={"max_size": 1}, props={}) == Plain(max_size=1)


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        pytest.param({}, "spec.imageName: required field is missing", id="a field that is missing"),
        pytest.param(
            {"imageName": "a", "image": "b"},
            'spec.image: unknown field (did you mean "imageName"?)',
            id="a misspelt field",
        ),
        pytest.param(
            {"image_name": "a"},
            'spec.imageName: required field is missing; spec.image_name: unknown field (did you mean "imageName"?)',
            id="a field by its name in Python, which the XRD does not have",
        ),
        pytest.param(
            {"imageName": "a", "ports": [{"number": 1, "node_port": 2}]},
            'spec.ports[0].node_port: unknown field (did you mean "nodePort"?)',
            id="such a field deep inside",
        ),
        pytest.param(
            {"imageName": "a", "replicas": 0},
            "spec.replicas: input should be greater than or equal to 1, not 0",
            id="a number out of range",
        ),
        pytest.param(
            {"imageName": "a", "ports": [{"number": 1}, {"number": "many", "protocol": "SCTP"}]},
            "spec.ports[1].number: input should be a valid integer, unable to parse string as an integer, not 'many'; "
            "spec.ports[1].protocol: input should be 'TCP' or 'UDP', not 'SCTP'",
            id="two faults deep inside, in the order of their paths",
        ),
        pytest.param(
            {"imageName": "a", "replicas": 20},
            "spec: too many replicas for the ports",
            id="a rule over several fields",
        ),
        pytest.param(
            {"imageName": ["a"], "labels": None},
            "spec.imageName: input should be a valid string; spec.labels: input should be a valid dictionary",
            id="values too large to repeat",
        ),
        pytest.param(
            {"imageName": "a", **{f"x{number}": 1 for number in range(7)}},
            "spec.x0: unknown field; spec.x1: unknown field; spec.x2: unknown field; spec.x3: unknown field; "
            "spec.x4: unknown field; and 2 more",
            id="more faults than one line holds",
        ),
    ],
)
def test_a_spec_that_does_not_fit_is_refused_by_field(spec: dict[str, Any], refusal: str) -> None:
    with pytest.raises(FatalError) as caught:
        spec_validation.load(Spec, spec=spec, props={})

    assert str(caught.value) == refusal


OBJECTS = st.recursive(
    st.integers() | st.lists(st.integers()),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), OBJECTS)


@given(props=MAPPINGS, spec=MAPPINGS)
def test_merging_loses_nothing_of_the_spec_and_repeating_it_changes_nothing(
    props: dict[str, Any], spec: dict[str, Any]
) -> None:
    once = objects.merged(props, spec)

    assert objects.merged(once, spec) == once
    assert objects.merged({}, spec) == spec
    assert objects.merged(props, {}) == props
    assert once.keys() == props.keys() | spec.keys()
