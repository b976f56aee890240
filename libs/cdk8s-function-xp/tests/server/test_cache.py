"""Answers given again: to the same XR alone, while nothing that was read has changed, within a bound of bytes."""

import base64
import dataclasses
import random
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.protocol.messages import ChartRef, ComposedResource, Condition, Read, SynthRequest, SynthResult
from cdk8s_function.server import cache, desired
from cdk8s_function.server.chart_output import ChartOutput
from cdk8s_function.sizes import MIB
from google.protobuf import json_format
from structlog.testing import capture_logs

CHART = ChartRef(name="web", dist="web-xp", version="1.2.3", target="web:Web")
READ = (Read(how="value", path=("observed", "web", "status", "phase")),)
INPUT_BYTES = b"the input"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def synth_request(
    phase: str = "Up", *, chart: ChartRef = CHART, api_version: str = "example.org/v1", **metadata: str
) -> Any:
    """Return a request of an XR whose chart reads the phase of a resource."""
    xr = {"apiVersion": api_version, "kind": "Web", "metadata": {"name": "demo", "namespace": "a", **metadata}}
    return SynthRequest(chart=chart, composite=xr, observed={"web": {"status": {"phase": phase}}})


def chart_output(text: str = "kept", **fields: Any) -> ChartOutput:
    """Return what a chart might say."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo"}, "data": {"text": text}}
    return desired.chart_output(
        synth_request(), SynthResult(resources=(ComposedResource(key="web", manifest=manifest),), **fields)
    )


def _noise(length: int) -> str:
    """Return a text that can't be compressed."""
    return base64.b85encode(random.Random(0).randbytes(length)).decode()[:length]


def keep(outputs: cache.Cache, request: SynthRequest, output: ChartOutput, *, input_bytes: bytes = INPUT_BYTES) -> None:
    key = outputs.key(request, input_bytes=input_bytes)
    assert key
    outputs.keep(key, request, output, read=READ)


def find(outputs: cache.Cache, request: SynthRequest, *, input_bytes: bytes = INPUT_BYTES) -> ChartOutput | None:
    key = outputs.key(request, input_bytes=input_bytes)
    return outputs.find(key, request) if key else None


def test_an_output_is_used_again_while_what_was_read_is_the_same() -> None:
    outputs = cache.Cache(cache.Options())
    keep(outputs, synth_request(), chart_output())
    noise = dataclasses.replace(synth_request(), observed={"web": {"status": {"phase": "Up", "at": "9:00"}}})

    assert find(outputs, synth_request()) == chart_output()
    assert find(outputs, noise) == chart_output()
    assert find(outputs, synth_request("Down")) is None


@pytest.mark.parametrize(
    ("request_", "input_bytes"),
    [
        pytest.param(synth_request(name="other"), INPUT_BYTES, id="name"),
        pytest.param(synth_request(namespace="b"), INPUT_BYTES, id="namespace"),
        pytest.param(synth_request(namespace=""), INPUT_BYTES, id="no namespace"),
        pytest.param(synth_request(uid="1"), INPUT_BYTES, id="uid: deleted and made anew"),
        pytest.param(synth_request(api_version="example.org/v2"), INPUT_BYTES, id="version of the XR"),
        pytest.param(synth_request(chart=dataclasses.replace(CHART, name="b")), INPUT_BYTES, id="chart"),
        pytest.param(synth_request(chart=dataclasses.replace(CHART, dist="b")), INPUT_BYTES, id="wheel"),
        pytest.param(
            dataclasses.replace(synth_request(), native=False), INPUT_BYTES, id="kernel: the native one is distrusted"
        ),
        pytest.param(
            synth_request(chart=dataclasses.replace(CHART, version="2")), INPUT_BYTES, id="version of the wheel"
        ),
        pytest.param(
            synth_request(chart=dataclasses.replace(CHART, record_digest="2")), INPUT_BYTES, id="content of the wheel"
        ),
        pytest.param(synth_request(), b"another input", id="function input"),
    ],
)
def test_an_output_is_used_for_its_own_input_alone(request_: SynthRequest, input_bytes: bytes) -> None:
    outputs = cache.Cache(cache.Options())
    keep(outputs, synth_request(), chart_output())

    assert find(outputs, request_, input_bytes=input_bytes) is None


def test_an_xr_has_as_many_outputs_as_a_reconcile_takes() -> None:
    outputs = cache.Cache(cache.Options())
    for phase in "abcd":
        keep(outputs, synth_request(phase), chart_output(phase))
    size_bytes = outputs.size_bytes

    assert [find(outputs, synth_request(phase)) for phase in "abcd"] == [chart_output(phase) for phase in "abcd"]

    keep(outputs, synth_request("e"), chart_output("e"))

    assert find(outputs, synth_request("a")) is None, "the one not given for longest"
    assert [find(outputs, synth_request(phase)) for phase in "bcde"] == [chart_output(phase) for phase in "bcde"]
    assert outputs.size_bytes == size_bytes


def test_an_output_kept_again_replaces_the_former() -> None:
    outputs = cache.Cache(cache.Options())
    keep(outputs, synth_request(), chart_output())
    size_bytes = outputs.size_bytes
    keep(outputs, synth_request(), chart_output())

    assert outputs.size_bytes == size_bytes


def test_the_longest_unused_outputs_make_room() -> None:
    outputs = cache.Cache(cache.Options(size_mib=1))
    long = _noise(400_000)
    for name in ("one", "two", "three"):
        keep(outputs, synth_request(name=name), chart_output(long))
    assert find(outputs, synth_request(name="one"))

    keep(outputs, synth_request(name="four"), chart_output(long))

    assert [bool(find(outputs, synth_request(name=name))) for name in ("one", "two", "three", "four")] == [
        True,
        False,
        True,
        True,
    ]
    assert outputs.size_bytes <= MIB


def test_a_thousand_outputs_of_a_hundred_objects_are_kept() -> None:
    def large(name: str) -> ChartOutput:
        manifests = {
            f"config-{number}": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"{name}-{number}", "labels": {"app": name}},
                "data": {"number": str(number), "message": f"of {name}"},
            }
            for number in range(100)
        }
        resources = tuple(ComposedResource(key=key, manifest=manifest) for key, manifest in manifests.items())
        return desired.chart_output(synth_request(), SynthResult(resources=resources))

    outputs = cache.Cache(cache.Options())
    names = [f"xr-{number}" for number in range(1_000)]
    for name in names:
        keep(outputs, synth_request(name=name), large(name))

    assert all(find(outputs, synth_request(name=name)) for name in names)
    assert find(outputs, synth_request(name="xr-7")) == large("xr-7")


def test_an_output_larger_than_the_cache_is_not_kept_and_drives_none_out() -> None:
    outputs = cache.Cache(cache.Options(size_mib=1))
    keep(outputs, synth_request(), chart_output())

    keep(outputs, synth_request(name="huge"), chart_output(_noise(2 * MIB)))

    assert find(outputs, synth_request(name="huge")) is None
    assert find(outputs, synth_request()) == chart_output()


def test_a_cache_of_size_0_stores_nothing() -> None:
    assert cache.Cache(cache.Options(size_mib=0)).key(synth_request(), input_bytes=INPUT_BYTES) is None


def test_the_outputs_of_an_xr_without_calls_are_dropped() -> None:
    clock = Clock()
    outputs = cache.Cache(cache.Options(), clock=clock)
    keep(outputs, synth_request(name="gone"), chart_output())
    clock.now = 3601
    keep(outputs, synth_request(), chart_output())

    assert find(outputs, synth_request(name="gone")) is None
    assert find(outputs, synth_request()) == chart_output()


def test_a_look_for_another_xr_drops_the_outputs_of_one_without_calls() -> None:
    clock = Clock()
    outputs = cache.Cache(cache.Options(), clock=clock)
    keep(outputs, synth_request(name="gone"), chart_output())

    clock.now = 3600
    assert find(outputs, synth_request()) is None
    assert outputs.size_bytes > 0
    clock.now = 3601
    assert find(outputs, synth_request()) is None
    assert outputs.size_bytes == 0


def test_a_chart_that_says_when_to_be_asked_again_is_asked_again_then() -> None:
    clock = Clock()
    outputs = cache.Cache(cache.Options(), clock=clock)
    keep(outputs, synth_request(), chart_output(ttl_seconds=30.0))
    keep(outputs, synth_request(name="other"), chart_output(ttl_seconds=0.0))

    clock.now = 29
    assert find(outputs, synth_request())
    clock.now = 30
    assert find(outputs, synth_request()) is None
    assert find(outputs, synth_request(name="other")), "0 means: only when something changes"


def test_what_was_read_is_kept_as_a_digest() -> None:
    outputs = cache.Cache(cache.Options())
    keep(outputs, synth_request("secret-value"), chart_output())

    assert "secret-value" not in repr(vars(outputs)["_kept"])


def test_a_read_of_what_no_chart_can_read_is_not_kept() -> None:
    outputs = cache.Cache(cache.Options())
    key = outputs.key(synth_request(), input_bytes=INPUT_BYTES)
    assert key
    outputs.keep(key, synth_request(), chart_output(), read=(Read(how="value", path=("chart",)),))

    assert outputs.size_bytes == 0


def test_a_distrusted_chart_is_named_once_and_cached_no_more() -> None:
    outputs = cache.Cache(cache.Options())
    other = dataclasses.replace(CHART, name="other")
    keep(outputs, synth_request(), chart_output())
    keep(outputs, synth_request(chart=other), chart_output())
    key = outputs.key(synth_request(), input_bytes=INPUT_BYTES)
    assert key

    with capture_logs() as logs:
        outputs.distrust(key, xr="a/demo", path="resources.web.manifest.data.text")
        outputs.distrust(key, xr="a/another", path="ttl")

    assert logs == [
        {
            "log_level": "warning",
            "event": "the chart's output differs though nothing it read has changed; its outputs are no longer cached",
            "chart": "web-xp:web",
            "xr": "a/demo",
            "path": "resources.web.manifest.data.text",
            "remedy": "make it depend on its composite alone, or give its CompositeType cache=False",
        }
    ]
    outputs.keep(key, synth_request(), chart_output(), read=READ)
    assert outputs.find(key, synth_request()) is None, "not even one that was on its way"
    assert outputs.key(synth_request(), input_bytes=INPUT_BYTES) is None
    assert find(outputs, synth_request(chart=other)) == chart_output()


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        pytest.param(chart_output(), "", id="none"),
        pytest.param(chart_output("other"), "resources.web.manifest.data.text", id="a value"),
        pytest.param(chart_output(status={"at": ["8:00"]}), "status", id="a status"),
        pytest.param(chart_output(ttl_seconds=5.0), "ttl", id="the ttl"),
        pytest.param(
            chart_output(conditions=(Condition(type="Up", status="True", reason="Yes"),)),
            "conditions",
            id="a condition",
        ),
        pytest.param(dataclasses.replace(chart_output(), resources=()), "resources.web", id="a resource"),
        pytest.param(chart_output(context={"example.org/a b": 1}), "context", id="the context"),
    ],
)
def test_the_first_difference_of_two_outputs_is_named_by_its_path(changed: ChartOutput, path: str) -> None:
    assert chart_output().difference(changed) == path
    assert changed.difference(chart_output()) == path


def test_a_difference_inside_a_list_is_named_by_its_place() -> None:
    one, other = chart_output(status={"ips": ["a", {"b/c": 1}]}), chart_output(status={"ips": ["a", {"b/c": 2}]})

    assert one.difference(other) == 'status.ips[1]["b/c"]'
    assert one.difference(chart_output(status={"ips": ["a"]})) == "status.ips[1]"


def test_chart_output_merges_with_what_earlier_steps_desire() -> None:
    output = chart_output(
        status={"ours": {"new": 1}}, context={"both": {"new": 1}, "ours": 1}, connection={"ours": "bmV3"}
    )
    rsp = fnv1.RunFunctionResponse()
    rsp.desired.composite.resource.update({"status": {"theirs": 1, "ours": {"old": 1}}})
    rsp.desired.composite.connection_details["theirs"] = b"old"
    rsp.context.update({"both": {"old": 1}, "theirs": 1})

    rsp.ParseFromString(desired.compose(rsp, dataclasses.replace(synth_request(), observed={}), output))

    assert json_format.MessageToDict(rsp.desired.composite) == {
        "resource": {"status": {"theirs": 1, "ours": {"new": 1}}},
        "connectionDetails": {"ours": "bmV3", "theirs": "b2xk"},
    }
    assert json_format.MessageToDict(rsp.context) == {"both": {"new": 1}, "ours": 1, "theirs": 1}
