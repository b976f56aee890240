"""What a chart says becomes one result, the same from every worker and for every reconcile.

Each request goes to two workers, and their replies must be equal. The snapshots
hold the whole replies.
"""

import base64
import concurrent.futures
import dataclasses
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cdk8s_function.installed import registry
from cdk8s_function.pool import pool
from cdk8s_function.protocol.messages import SynthFailure, SynthRequest, SynthResult
from syrupy.assertion import SnapshotAssertion

CHARTS = registry.discover()
SECONDS = 60.0
NO_FORM = "has no JSON form; give text, a number, a bool, a list or a mapping"

Outcome = SynthResult | SynthFailure


class Pair:
    """Two workers that never share a request."""

    def __init__(self, one: pool.WorkerPool, other: pool.WorkerPool) -> None:
        self._pools = (one, other)

    def outcomes(self, request: SynthRequest) -> tuple[Outcome, Outcome]:
        """Return what each says."""
        deadline = time.monotonic() + SECONDS
        one, other = [workers.submit(request, deadline=deadline) for workers in self._pools]
        return one.result(SECONDS), other.result(SECONDS)

    def result(self, request: SynthRequest) -> SynthResult:
        """Return the result both give."""
        one, other = self.outcomes(request)
        assert isinstance(one, SynthResult), one
        assert one == other
        return one

    def failure(self, request: SynthRequest) -> str:
        """Return the line both fail with."""
        one, other = self.outcomes(request)
        assert isinstance(one, SynthFailure), one
        assert isinstance(other, SynthFailure), other
        assert one.message == other.message
        return one.message


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    options = pool.Options(workers=1)
    with pool.WorkerPool(options) as one, pool.WorkerPool(options) as other:
        yield Pair(one, other)


def synth_request(
    chart: str,
    *,
    name: str = "demo",
    namespace: str | None = "team-a",
    kind: str = "",
    version: str = "v1",
    spec: dict[str, Any] | None = None,
    **fields: Any,
) -> SynthRequest:
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    xr = {
        "apiVersion": f"fixtures.example.org/{version}",
        "kind": kind or chart.capitalize(),
        "metadata": metadata,
        "spec": spec or {},
    }
    return SynthRequest(chart=CHARTS.require(chart), composite=xr, **fields)


def without_reads(result: SynthResult) -> SynthResult:
    """Return a result without what the chart read: test_reads is about that."""
    assert result.reads
    return dataclasses.replace(result, reads=None)


def names(result: SynthResult) -> list[str]:
    return [resource.manifest["metadata"]["name"] for resource in result.resources]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(synth_request("good", spec={"token": "mine"}), id="plain objects"),
        pytest.param(synth_request("good", spec={}, props={"token": "props"}), id="props of the function input"),
        pytest.param(synth_request("good", namespace=None), id="a cluster-scoped XR"),
        pytest.param(synth_request("plus", spec={"token": "mine"}), id="constructs of cdk8s-plus"),
        pytest.param(synth_request("custom", spec={"token": "mine"}), id="a custom resource, after what it depends on"),
        pytest.param(
            synth_request("nested", spec={"token": "mine"}), id="a chart within a chart, before what depends on it"
        ),
    ],
)
def test_the_objects_of_a_chart(pair: Pair, request_: SynthRequest, snapshot: SnapshotAssertion) -> None:
    assert without_reads(pair.result(request_)) == snapshot


def _everything() -> SynthRequest:
    request = synth_request("talking", spec={"token": "mine"})
    metadata = {
        **request.composite["metadata"],
        "uid": "0e3f",
        "generation": 3.0,
        "labels": {"team": "a"},
        "annotations": {"note": "b"},
    }
    conditions = [{"type": "Ready", "status": "True"}]
    return dataclasses.replace(
        request,
        composite={**request.composite, "metadata": metadata, "status": {"former": True}},
        connection={"user": base64.b64encode(b"me").decode()},
        observed={
            "renamed": {"metadata": {"name": "as-it-was"}, "status": {"conditions": conditions}},
            "around/only": {"metadata": {"name": "demo-only"}},
        },
        observed_connection={"renamed": {"token": base64.b64encode(b"secret").decode()}},
        required={"by-step": [{"kind": "Pod"}], "nodes": [{"kind": "Node"}], "zone": []},
        schemas={"pods": {"type": "object"}},
        context={"example.org/zone": {"name": "eu"}},
        credentials={"cloud": {"key": base64.b64encode(b"open").decode()}},
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(synth_request("talking"), id="of a new XR"),
        pytest.param(_everything(), id="of an XR with all there can be"),
    ],
)
def test_all_that_a_chart_can_say(pair: Pair, request_: SynthRequest, snapshot: SnapshotAssertion) -> None:
    assert without_reads(pair.result(request_)) == snapshot


def test_a_chart_of_one_object_can_be_named_for_it(pair: Pair) -> None:
    (resource,) = pair.result(synth_request("twin", spec={"mode": "ready"})).resources

    assert (resource.key, resource.ready) == ("config", True)


def test_a_thousand_objects_come_whole(pair: Pair) -> None:
    result = pair.result(synth_request("huge"))

    assert [resource.key for resource in result.resources] == [f"config-{number}" for number in range(999)] + ["config"]
    assert len(set(names(result))) == 1000
    assert all(r.manifest["data"] == {"payload": "x" * 4500} for r in result.resources[:-1])
    assert len(json.dumps([resource.manifest for resource in result.resources])) > 4 << 20


def test_a_secret_is_made_once_and_then_kept(pair: Pair) -> None:
    request = synth_request("secret")
    first, other = pair.outcomes(request)
    assert isinstance(first, SynthResult)
    assert first != other, "each worker makes another"

    secret = first.resources[0]
    later = dataclasses.replace(request, observed={secret.key: secret.manifest})

    assert first.reads is None, "what one worker made must not be given again"
    assert without_reads(pair.result(later)) == first


def test_a_random_value_changes_the_object_and_not_its_name(pair: Pair) -> None:
    one, other = pair.outcomes(synth_request("random"))

    assert isinstance(one, SynthResult)
    assert isinstance(other, SynthResult)
    assert one != other
    assert names(one) == names(other)
    assert [resource.key for resource in one.resources] == [resource.key for resource in other.resources]


def test_no_two_xrs_share_a_name(pair: Pair) -> None:
    results = [
        pair.result(synth_request("twin")),
        pair.result(synth_request("twin", name="demo2")),
        pair.result(synth_request("twin", name="demo-config")),
        pair.result(synth_request("twin", namespace="team-b")),
        pair.result(synth_request("twin", namespace=None)),
        pair.result(synth_request("good")),
    ]

    every = [name for result in results for name in names(result)]
    assert len(set(every)) == len(every) == 5 + 8


def test_another_version_of_the_api_renames_nothing(pair: Pair) -> None:
    assert pair.result(synth_request("good", version="v2beta1")) == pair.result(synth_request("good"))


def test_what_other_xrs_did_before_does_not_show(pair: Pair) -> None:
    request = synth_request("good", spec={"token": "mine"})
    before = pair.result(request)

    for other in ("nested", "custom", "duplicate", "talking"):
        pair.outcomes(synth_request(other, spec={"token": "theirs"}))

    assert pair.result(request) == before


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        pytest.param(
            synth_request("good", spec={"tokn": "a", "mode": 1}),
            "spec.mode: input should be a valid string, not 1 (write it in quotes); "
            'spec.tokn: unknown field (did you mean "token"?)',
            id="a spec that does not fit",
        ),
        pytest.param(
            synth_request("good", kind="Twin"),
            "the chart composes Good.fixtures.example.org, not Twin.fixtures.example.org; "
            "correct compositeTypeRef or input.chart in the Composition",
            id="an XR of another kind",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "validation"}),
            "Validation failed with the following errors: [demo/database/settings] size must be positive; "
            "[demo/database/settings] name is taken",
            id="two constructs' validations",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "broken-validation"}),
            "the validation itself failed",
            id="a validation that fails",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "same-id"}),
            "There is already a Construct with name 'twice' in Chart [demo]",
            id="one id twice",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "cycle"}),
            "Dependency cycle detected: demo/first => demo/second => demo/first",
            id="a cycle of dependencies",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "script"}),
            "TypeError: a construct failed; on two lines",
            id="an exception in Node.js",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "other"}),
            'spec.mode: "other" is not a mode of this chart',
            id="a field the chart refuses",
        ),
        pytest.param(
            synth_request("duplicate"),
            'constructs "Default/config" and "config" share the composition-resource-name "config"; rename one of them',
            id="one key twice",
        ),
        pytest.param(
            synth_request("unserialisable", spec={"mode": "condition object"}),
            "TypeError: condition[Custom].reason: input should be a valid string (faults.py:<line>)",
            id="a statement of another type",
        ),
        pytest.param(
            synth_request("unserialisable", spec={"mode": "manifest bytes"}),
            f"TypeError: manifest.spec.deep[0].value: bytes {NO_FORM} (faults.py:<line>)",
            id="bytes in a manifest",
        ),
        pytest.param(
            synth_request("unserialisable", spec={"mode": "manifest nan"}),
            "ValueError: manifest.spec.deep[0].value: nan has no JSON form (faults.py:<line>)",
            id="a number that is none in a manifest",
        ),
        pytest.param(
            synth_request("unserialisable", spec={"mode": "manifest object"}),
            f"TypeError: manifest.spec.deep[0].value: object {NO_FORM} (faults.py:<line>)",
            id="an object in a manifest",
        ),
        pytest.param(
            synth_request("unserialisable", spec={"mode": "manifest key"}),
            "TypeError: manifest.spec.deep[0].value: the key 1 is not text (faults.py:<line>)",
            id="a key in a manifest",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "include"}),
            "unable to determine protocol from url: absent.yaml",
            id="an included file that is not there",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "include url"}),
            "http error: connect ECONNREFUSED 127.0.0.1:1",
            id="an included URL that is not there",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "helm talking"}),
            "open template -f <scratch>/cdk8s-helm-…/overrides.yaml demo-chart-c899d192 ./absent: no such file",
            id="a failing Helm",
        ),
        pytest.param(
            synth_request("invalid", spec={"mode": "helm"}),
            "RuntimeError (faults.py:<line>)",
            id="a Helm that fails without a word",
        ),
    ],
)
def test_a_fault_is_one_line(pair: Pair, request_: SynthRequest, line: str) -> None:
    assert re.sub(r"\.py:\d+", ".py:<line>", pair.failure(request_)) == line


def test_a_manifest_takes_what_a_status_takes_and_what_cdk8s_knows(pair: Pair) -> None:
    there = {"metadata": {"name": "it"}, "spec": {"a": [1, {"b": True}]}}
    result = pair.result(synth_request("rich", observed={"there": there}))
    (rich, _) = result.resources

    assert rich.manifest == {
        "apiVersion": "example.org/v1",
        "kind": "Rich",
        "metadata": {"name": "demo-rich-c8628fa5", "labels": {"a": "b"}},
        "spec": {
            "port": {"targetPort": 80},
            "ports": [{"targetPort": 1, "nodePort": 2}],
            "colour": "red",
            "day": "2026-01-02",
            "ratio": 0.5,
            "labels": {},
            "seen": there,
            "late": {"made": "late"},
            "enum": 2,
        },
    }


def test_a_manifest_may_be_a_model(pair: Pair) -> None:
    (rich, _) = pair.result(synth_request("rich", spec={"mode": "model"})).resources

    assert (rich.manifest["apiVersion"], rich.manifest["kind"]) == ("example.org/v1", "Rich")
    assert rich.manifest["ports"] == [{"targetPort": 80}]


def test_a_set_is_iterated_in_the_same_order_in_each_worker(pair: Pair) -> None:
    # The pair compares what its two workers say.
    composed, _ = pair.result(synth_request("custom", spec={"mode": "set"})).resources

    assert sorted(composed.manifest["data"]["order"].split()) == sorted(f"item-{number}" for number in range(50))


def test_many_xrs_at_once_each_get_their_own(pair: Pair) -> None:
    requests = [synth_request("good", name=f"demo-{number}", spec={"token": f"token-{number}"}) for number in range(40)]

    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as threads:
        results = list(threads.map(pair.result, requests))

    assert [{r.manifest["data"]["token"] for r in result.resources} for result in results] == [
        {f"token-{number}"} for number in range(40)
    ]
