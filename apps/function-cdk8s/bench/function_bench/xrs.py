"""What is composed: the requests Crossplane would send for a few XRs, and what is right in the answers."""

import collections
import dataclasses
import datetime
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format

from function_bench.calls import Reply

_CREATED = "2026-01-01T00:00:00Z"
_IDS = uuid.UUID("00000000-0000-4000-8000-000000000000")
_PYTHONIC = """
class ConfigMaps(BaseComposite):
  def compose(self):
    for index in range(int(self.spec.count)):
      config_map = self.resources[f'config-{index}']('ConfigMap', 'v1')
      config_map.data.index = str(index)
      config_map.data.message = self.spec.message
"""


@dataclasses.dataclass(frozen=True)
class Workload:
    """One kind of XR and how each contender composes it."""

    xr: tuple[str, str]  # Its apiVersion and kind.
    spec: Mapping[str, Any]
    objects: Mapping[str, int]  # How many objects of each kind the right answer has.
    inputs: Mapping[str, Mapping[str, Any]]  # The function input by contender.

    def changed(self, number: int) -> tuple[dict[str, Any], str]:
        """Return the spec of a changed reconcile, and a text that its answer has to hold."""
        field, value = next(iter(self.spec.items()))
        text = value.replace("0", str(number))
        return {**self.spec, field: text}, text


def _chart(name: str) -> dict[str, Mapping[str, Any]]:
    return {"function-cdk8s": {"apiVersion": "cdk8s.fn.crossplane.io/v1alpha1", "kind": "ChartInput", "chart": name}}


def _config_maps(count: int) -> Workload:
    pythonic = {"apiVersion": "pythonic.fn.crossplane.io/v1alpha1", "kind": "Composite", "composite": _PYTHONIC}
    inputs = {**_chart("config-maps"), "naive": {}, "function-pythonic": pythonic}
    return Workload((_BENCH, "ConfigMaps"), {**_MESSAGE, "count": count}, {"ConfigMap": count}, inputs)


_BENCH, _MESSAGE = "bench.example.org/v1alpha1", {"message": "reconcile 0"}
EIGHT, HUNDRED, IMPORTED, EXAMPLE = "eight-config-maps", "hundred-config-maps", "imported-classes", "web-service"
WORKLOADS = {
    EIGHT: _config_maps(8),
    HUNDRED: _config_maps(100),
    IMPORTED: Workload(
        (_BENCH, "ImportedClasses"),
        _MESSAGE,
        dict.fromkeys(("ServiceAccount", "ConfigMap", "Deployment", "Service", "Ingress"), 1),
        _chart(IMPORTED),
    ),
    EXAMPLE: Workload(
        ("example.org/v1alpha1", "WebService"),
        {"image": "registry.example.org/web:0", "replicas": 2, "host": "web.example.org"},
        dict.fromkeys(("Deployment", "Service", "Ingress"), 1),
        _chart(EXAMPLE),
    ),
}
"""Eight and a hundred ConfigMaps, five objects of the classes that `cdk8s import` makes, and the example chart."""

Work = tuple[bytes, str]
"""An encoded request, and a text that its answer has to hold."""


class Reconciles:
    """The reconciles of some XRs of one workload."""

    def __init__(self, workload: Workload, contender: str, xrs: int) -> None:
        self._workload = workload
        self._number = 0
        # No XR of another workload has the same name.
        names = [f"xr-of-{sum(workload.objects.values())}-{place}" for place in range(xrs)]
        # Encoded: a thousand XRs of a hundred objects would take gigabytes as messages.
        self._steady = [self._first(contender, name).SerializeToString() for name in names]

    def steady(self, start: int = 0, count: int | None = None) -> list[Work]:
        """Return the requests of some XRs as they are: the first ones until `observe` was called."""
        return [(request, self._workload.changed(0)[1]) for request in self._steady[start:][:count]]

    def observe(self, replies: Sequence[Reply], start: int = 0) -> None:
        """Let Crossplane apply what the first requests were answered."""
        for place, reply in enumerate(replies, start):
            req = fnv1.RunFunctionRequest.FromString(self._steady[place])
            xr = json_format.MessageToDict(req.observed.composite.resource)
            for key, desired in reply.response.desired.resources.items():
                applied = _applied(json_format.MessageToDict(desired.resource), key, xr)
                req.observed.resources[key].resource.update(applied)
            self._steady[place] = req.SerializeToString()

    def fault(self, reply: Reply, text: str) -> str:
        """Return what is wrong with a reply, "" if nothing is."""
        if reply.details or reply.fatal:
            return f"{reply.code}: {reply.details}{reply.fatal}"
        kinds = collections.Counter(str(each.resource["kind"]) for each in reply.response.desired.resources.values())
        if kinds != self._workload.objects:
            return f"it composed {dict(kinds)}, not {dict(self._workload.objects)}"
        return "" if text.encode() in reply.encoded else f'it does not say "{text}"'

    def changed(self) -> Work:
        """Return a request that is like no other, the XRs in turn."""
        req = self._next()
        xr: Any = req.observed.composite.resource
        spec, text = self._workload.changed(self._number)
        xr.update({"spec": spec})
        xr["metadata"]["generation"] = 1 + self._number
        return req.SerializeToString(), text

    def unchanged(self) -> Work:
        """Return a request like a steady one but for what changes by itself, the XRs in turn."""
        req = self._next()
        at = datetime.datetime.fromtimestamp(self._number, datetime.UTC).isoformat().replace("+00:00", "Z")
        condition = {"status": "True", "reason": "Available", "lastTransitionTime": at}
        xr = req.observed.composite.resource
        xr.update({"status": {"conditions": [{"type": name, **condition} for name in ("Ready", "Synced")]}})
        for manifest in (xr, *(resource.resource for resource in req.observed.resources.values())):
            metadata = cast("Any", manifest["metadata"])
            metadata["resourceVersion"] = str(self._number)
            for manager in metadata.get_or_create_list("managedFields").items():
                manager["time"] = at
        return req.SerializeToString(), self._workload.changed(0)[1]

    def _first(self, contender: str, name: str) -> fnv1.RunFunctionRequest:
        metadata = {
            "name": name,
            "namespace": "default",
            "uid": str(uuid.uuid5(_IDS, name)),
            "generation": 1,
            "creationTimestamp": _CREATED,
            "labels": {"crossplane.io/composite": name},
            "finalizers": ["composite.apiextensions.crossplane.io"],
        }
        api_version, kind = self._workload.xr
        req = fnv1.RunFunctionRequest(meta=fnv1.RequestMeta(tag=name))
        req.input.update(dict(self._workload.inputs[contender]))
        xr = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": dict(self._workload.spec)}
        req.observed.composite.resource.update(xr)
        return req

    def _next(self) -> fnv1.RunFunctionRequest:
        self._number += 1
        req = fnv1.RunFunctionRequest.FromString(self._steady[self._number % len(self._steady)])
        req.meta.tag = f"{req.meta.tag}-{self._number}"
        return req


def content(reply: Reply) -> str:
    """Return the objects of an answer without their metadata, to compare contenders by."""
    manifests = [json_format.MessageToDict(each.resource) for each in reply.response.desired.resources.values()]
    bodies = [{key: value for key, value in manifest.items() if key != "metadata"} for manifest in manifests]
    return json.dumps(sorted(bodies, key=json.dumps), sort_keys=True)


def _applied(manifest: dict[str, Any], key: str, xr: dict[str, Any]) -> dict[str, Any]:
    """Return a desired object as Crossplane observes it a reconcile later."""
    composite, given = xr["metadata"]["name"], manifest.get("metadata", {})
    owner = {"apiVersion": xr["apiVersion"], "kind": xr["kind"], "name": composite, "uid": xr["metadata"]["uid"]}
    fields = _managed({name: manifest[name] for name in manifest.keys() - {"apiVersion", "kind"}})
    managed = {"manager": "apiextensions.crossplane.io/composed", "operation": "Apply", "time": _CREATED}
    metadata = {
        "name": f"{composite}-{key}",
        "namespace": "default",
        "generateName": f"{composite}-",
        **given,
        "labels": {**given.get("labels", {}), "crossplane.io/composite": composite},
        "annotations": {**given.get("annotations", {}), "crossplane.io/composition-resource-name": key},
        "uid": str(uuid.uuid5(_IDS, f"{composite}-{key}")),
        "resourceVersion": "1",
        "creationTimestamp": _CREATED,
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
        "managedFields": [
            {**managed, "apiVersion": manifest["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields}
        ],
    }
    return {**manifest, "metadata": metadata}


def _managed(value: object) -> dict[str, Any]:
    fields = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return {f"f:{key}": _managed(item) for key, item in fields.items()}
