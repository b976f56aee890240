"""Changes of identity: which pass, and which would lose an object and are refused."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from cdk8s_function.errors import FatalError
from cdk8s_function.protocol.messages import ChartRef, ComposedResource
from cdk8s_function.server import pipeline_steps, replacement_guard

NEW = ChartRef(name="store", dist="store-xp", version="2.0.0", target="store:Store")


def claim(name: str, *, kind: str = "PersistentVolumeClaim") -> dict[str, Any]:
    """Return what a chart wants."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}


def there(
    name: str,
    *,
    kind: str = "PersistentVolumeClaim",
    version: str = "1.0.0",
    chart: str = "store",
    step: str = "",
    digest: str = "",
) -> dict[str, Any]:
    """Return an object composed by a version of a chart."""
    metadata = {
        "name": name,
        "labels": {pipeline_steps.CHART_LABEL: chart} | ({pipeline_steps.STEP_LABEL: step} if step else {}),
        "annotations": {replacement_guard.VERSION_ANNOTATION: version}
        | ({replacement_guard.DIGEST_ANNOTATION: digest} if digest else {}),
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """A set of wanted resources beside the observed ones."""

    name: str
    wanted: list[ComposedResource]
    observed: Mapping[str, Mapping[str, Any]]
    others: list[str] = dataclasses.field(default_factory=list[str])
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    keys: list[str] = dataclasses.field(default_factory=list[str])
    refusal: str = ""
    chart: ChartRef = NEW


OLD = dataclasses.replace(NEW, version="1.10.0")
IN_FOLDER = dataclasses.replace(NEW, folder="/charts/store-xp/2.0.0", record_digest="sha256:b")

CASES = [
    Case(
        name="back to a version before a construct was renamed",
        chart=OLD,
        wanted=[ComposedResource(key="data", manifest=claim("b"))],
        observed={"store/data": there("a", version="2.0.0")},
        refusal='version 1.10.0 would delete "store/data" (PersistentVolumeClaim a), which version 2.0.0 composed, and '
        'make "data" in its place; name version 2.0.0 or a later one in the Composition; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: store/data",
    ),
    Case(
        name="forward by version, not by alphabet",
        chart=OLD,
        wanted=[ComposedResource(key="data", manifest=claim("b"))],
        observed={"old": there("a", version="1.9.0"), "x": there("c", version="1.9.0", kind="Secret")},
        refusal='version 1.10.0 would delete "old" (PersistentVolumeClaim a) and make "data" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="old") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: old; if it is a later step's, add this step before "
        "the chart's new version",
    ),
    Case(
        name="back to a version before a construct was moved, in an XR that has the old one still",
        chart=OLD,
        wanted=[ComposedResource(key="data", manifest=claim("a"))],
        observed={"data": there("a", version="2.0.0")},
        keys=["data"],
    ),
    Case(
        name="back to an older version, as the XR allows it",
        chart=OLD,
        wanted=[ComposedResource(key="data", manifest=claim("b"))],
        observed={"store/data": there("a", version="2.0.0")},
        annotations={replacement_guard.REPLACE_ANNOTATION: "store/data"},
        keys=["data"],
    ),
    Case(
        name="another set from the same version in the same folder",
        chart=IN_FOLDER,
        wanted=[ComposedResource(key="user-b", manifest=claim("b"))],
        observed={"user-a": there("a", version="2.0.0", digest="sha256:b")},
        keys=["user-b"],
    ),
    Case(
        name="another set from the same version, whose folder was made anew",
        chart=IN_FOLDER,
        wanted=[ComposedResource(key="user-b", manifest=claim("b"))],
        observed={"user-a": there("a", version="2.0.0", digest="sha256:a")},
        refusal='version 2.0.0 would delete "user-a" (PersistentVolumeClaim a) and make "user-b" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="user-a") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: user-a; if it is a later step's, add this step "
        "before the chart's new version",
    ),
    Case(
        name="a step that gains an object beside those of a later step",
        wanted=[ComposedResource(key="data", manifest=claim("a")), ComposedResource(key="more", manifest=claim("b"))],
        observed={"data": there("a"), "second/data": there("c", step="2")},
        keys=["data", "more"],
    ),
    Case(
        name="a later step that gains an object beside those of the first",
        wanted=[
            ComposedResource(key="second/data", manifest=claim("c")),
            ComposedResource(key="x", manifest=claim("b")),
        ],
        observed={"data": there("a"), "second/data": there("c", step="2")},
        keys=["second/data", "x"],
    ),
    Case(
        name="a renamed construct beside one that stays, in one of two steps",
        wanted=[ComposedResource(key="data", manifest=claim("a")), ComposedResource(key="new", manifest=claim("b"))],
        observed={"data": there("a"), "old": there("b"), "second/data": there("c", step="2")},
        refusal='version 2.0.0 would delete "old" (PersistentVolumeClaim b) and make "new" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="old") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: old",
    ),
    Case(
        name="a new step after one that has lost an object",
        wanted=[ComposedResource(key="second/data", manifest=claim("c"))],
        observed={"data": there("a"), "gone": there("b")},
        others=["data"],
        keys=["second/data"],
    ),
    Case(
        name="a step all of whose constructs are renamed, after one that has objects",
        wanted=[ComposedResource(key="second/new", manifest=claim("c"))],
        observed={"data": there("a"), "old": there("b", step="2")},
        others=["data"],
        refusal='version 2.0.0 would delete "old" (PersistentVolumeClaim b) and make "second/new" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="old") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: old; if it is a later step's, add this step before "
        "the chart's new version",
    ),
    Case(
        name="a step all of whose constructs are renamed, after a new one",
        wanted=[ComposedResource(key="second/new", manifest=claim("c"))],
        observed={"old": there("b")},
        others=["first/data"],
        refusal='version 2.0.0 would delete "old" (PersistentVolumeClaim b) and make "second/new" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="old") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: old; if it is a later step's, add this step before "
        "the chart's new version",
    ),
    Case(
        name="a step all of whose constructs are renamed",
        wanted=[ComposedResource(key="new", manifest=claim("b"))],
        observed={"old": there("c", step="2")},
        refusal='version 2.0.0 would delete "old" (PersistentVolumeClaim c) and make "new" in its place; if its '
        'construct was renamed, call composite.moved(construct, from_key="old") in the chart; to let it be deleted, '
        "annotate the XR with cdk8s.fn.crossplane.io/allow-replace: old; if it is a later step's, add this step before "
        "the chart's new version",
    ),
    Case(
        name="nothing exists yet",
        wanted=[ComposedResource(key="data", manifest=claim("a"))],
        observed={},
        keys=["data"],
    ),
    Case(
        name="the same object again",
        wanted=[ComposedResource(key="data", manifest=claim("a"))],
        observed={"data": there("a")},
        keys=["data"],
    ),
    Case(
        name="a renamed construct",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"))],
        observed={"data": there("a")},
        refusal='version 2.0.0 would delete "data" (PersistentVolumeClaim a) and make "store/data" in its place; '
        'if its construct was renamed, call composite.moved(construct, from_key="data") in the chart; '
        "to let it be deleted, annotate the XR with cdk8s.fn.crossplane.io/allow-replace: data; if it is a later "
        "step's, add this step before the chart's new version",
    ),
    Case(
        name="a renamed construct the chart names as moved",
        wanted=[ComposedResource(key="store/data", manifest=claim("a"), moved_from=("data",))],
        observed={"data": there("a")},
        keys=["data"],
    ),
    Case(
        name="a move where the XR has the new one already",
        wanted=[ComposedResource(key="store/data", manifest=claim("a"), moved_from=("data",))],
        observed={"store/data": there("a")},
        keys=["store/data"],
    ),
    Case(
        name="a move on an XR that has neither",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"), moved_from=("data",))],
        observed={},
        keys=["store/data"],
    ),
    Case(
        name="a move that forgot the name",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"), moved_from=("data",))],
        observed={"data": there("a")},
        refusal='"data" is named "a" in the cluster and cannot be renamed to "b"; set its metadata.name to '
        'composite.observed_name("data"), or give its construct another id',
    ),
    Case(
        name="two moves to one place",
        wanted=[
            ComposedResource(key="x", manifest=claim("a"), moved_from=("data",)),
            ComposedResource(key="y", manifest=claim("a"), moved_from=("data",)),
        ],
        observed={"data": there("a")},
        refusal='"y" and "x" would both take the place of "data"; correct moved()',
    ),
    Case(
        name="a replacement the XR allows",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"))],
        observed={"data": there("a")},
        annotations={replacement_guard.REPLACE_ANNOTATION: "other, data"},
        keys=["store/data"],
    ),
    Case(
        name="another set from the same version of the chart",
        wanted=[ComposedResource(key="user-b", manifest=claim("b"))],
        observed={"user-a": there("a", version="2.0.0")},
        keys=["user-b"],
    ),
    Case(
        name="one object less",
        wanted=[ComposedResource(key="data", manifest=claim("a"))],
        observed={"data": there("a"), "cache": there("c")},
        keys=["data"],
    ),
    Case(
        name="a new one of another kind",
        wanted=[ComposedResource(key="settings", manifest=claim("b", kind="ConfigMap"))],
        observed={"data": there("a")},
        keys=["settings"],
    ),
    Case(
        name="an object of an earlier step",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"))],
        observed={"data": there("a")},
        others=["data"],
        keys=["store/data"],
    ),
    Case(
        name="an object of another chart",
        wanted=[ComposedResource(key="store/data", manifest=claim("b"))],
        observed={"data": there("a", chart="other")},
        keys=["store/data"],
    ),
    Case(
        name="another name for an object that exists",
        wanted=[ComposedResource(key="data", manifest=claim("b"))],
        observed={"data": there("a", version="2.0.0")},
        refusal='"data" is named "a" in the cluster and cannot be renamed to "b"; set its metadata.name to '
        'composite.observed_name("data"), or give its construct another id',
    ),
    Case(
        name="another kind for a key that exists",
        wanted=[ComposedResource(key="data", manifest=claim("a", kind="ConfigMap"))],
        observed={"data": there("a", version="2.0.0")},
        refusal='"data" is a PersistentVolumeClaim in the cluster and cannot become a ConfigMap; '
        "give the new object's construct another id",
    ),
    Case(
        name="another version of the same kind",
        wanted=[ComposedResource(key="job", manifest={**claim("a", kind="CronJob"), "apiVersion": "batch/v1"})],
        observed={"job": {**there("a", kind="CronJob"), "apiVersion": "batch/v1beta1"}},
        keys=["job"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_identity(case: Case) -> None:
    def settle() -> list[str]:
        settled = replacement_guard.settled_keys(case.wanted, case.observed)
        replacement_guard.check(
            chart=case.chart,
            settled=settled,
            others=case.others,
            steps=pipeline_steps.own(NEW.name, settled, case.observed),
            observed=case.observed,
            xr_annotations=case.annotations,
        )
        return list(settled)

    if not case.refusal:
        assert settle() == case.keys
        return
    with pytest.raises(FatalError) as refusal:
        settle()
    assert str(refusal.value) == case.refusal
