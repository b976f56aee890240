"""The requests Crossplane would send for a few XRs, and what is right in the answers."""

import collections
import datetime
import json
import uuid
from collections.abc import Sequence
from typing import Any, cast

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format

from function_bench.workloads import Workload

NAMESPACE = "default"

_CREATED = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_CREATED_TEXT = _CREATED.isoformat().replace("+00:00", "Z")
_IDS = uuid.UUID("00000000-0000-4000-8000-000000000000")


class Reconciles:
    """The reconciles of some XRs of one workload."""

    def __init__(self, workload: Workload, contender: str, xrs: int) -> None:
        self._workload = workload
        self._number = 0
        # Encoded: a thousand XRs of a hundred objects would take gigabytes as messages.
        self._steady = [self._first(contender, f"xr-{place}").SerializeToString() for place in range(xrs)]

    def steady(self) -> list[bytes]:
        """Return each XR's request, as it is: the first one until `observe` was called."""
        return list(self._steady)

    def observe(self, answers: Sequence[bytes], *, start: int = 0) -> None:
        """Let Crossplane apply what the first requests were answered."""
        for place, answer in enumerate(answers, start):
            req = fnv1.RunFunctionRequest.FromString(self._steady[place])
            rsp = fnv1.RunFunctionResponse.FromString(answer)
            xr = json_format.MessageToDict(req.observed.composite.resource)
            for key, desired in rsp.desired.resources.items():
                applied = _applied(json_format.MessageToDict(desired.resource), key, xr)
                req.observed.resources[key].resource.update(applied)
            self._steady[place] = req.SerializeToString()

    def first(self, start: int, count: int) -> list[tuple[bytes, str]]:
        """Return the requests of some XRs as they are, and a text each answer has to hold."""
        return [(request, self._text) for request in self._steady[start : start + count]]

    def changed(self, count: int) -> list[tuple[bytes, str]]:
        """Return requests no two of which are the same, the XRs in turn, and a text each answer has to hold."""
        return [self._changed() for _ in range(count)]

    def unchanged(self, count: int) -> list[tuple[bytes, str]]:
        """Return requests like the steady ones but for what changes by itself, the XRs in turn, and a text as above."""
        return [(self._unchanged(), self._text) for _ in range(count)]

    def content(self, answer: bytes) -> str:
        """Return the objects of an answer without their metadata, to compare contenders by."""
        rsp = fnv1.RunFunctionResponse.FromString(answer)
        manifests = [json_format.MessageToDict(desired.resource) for desired in rsp.desired.resources.values()]
        bodies = [{key: value for key, value in manifest.items() if key != "metadata"} for manifest in manifests]
        return json.dumps(sorted(bodies, key=json.dumps), sort_keys=True)

    def fault(self, answer: bytes, text: str) -> str:
        """Return what is wrong with an answer, "" if nothing is."""
        rsp = fnv1.RunFunctionResponse.FromString(answer)
        for result in rsp.results:
            if result.severity == fnv1.SEVERITY_FATAL:
                return result.message
        kinds = collections.Counter[str](
            cast("str", desired.resource["kind"]) for desired in rsp.desired.resources.values()
        )
        if kinds != self._workload.objects:
            return f"it composed {dict(kinds)}, not {dict(self._workload.objects)}"
        return "" if text.encode() in answer else f'it does not say "{text}"'

    @property
    def _text(self) -> str:
        return self._workload.composite["spec"][self._workload.changes.field]

    def _first(self, contender: str, name: str) -> fnv1.RunFunctionRequest:
        workload = self._workload
        metadata = {
            "name": name,
            "namespace": NAMESPACE,
            "uid": str(uuid.uuid5(_IDS, name)),
            "generation": 1,
            "creationTimestamp": _CREATED_TEXT,
            "labels": {"crossplane.io/composite": name},
            "finalizers": ["composite.apiextensions.crossplane.io"],
        }
        req = fnv1.RunFunctionRequest(meta=fnv1.RequestMeta(tag=name))
        req.input.update(dict(workload.inputs[contender]))
        req.observed.composite.resource.update({**workload.composite, "metadata": metadata})
        return req

    def _changed(self) -> tuple[bytes, str]:
        self._number += 1
        req = fnv1.RunFunctionRequest.FromString(self._steady[self._number % len(self._steady)])
        text = self._workload.changes.value.format(self._number)
        xr = req.observed.composite.resource
        cast("Any", xr["spec"])[self._workload.changes.field] = text
        cast("Any", xr["metadata"])["generation"] = 1 + self._number
        req.meta.tag = f"{req.meta.tag}-{self._number}"
        return req.SerializeToString(), text

    def _unchanged(self) -> bytes:
        self._number += 1
        req = fnv1.RunFunctionRequest.FromString(self._steady[self._number % len(self._steady)])
        req.meta.tag = f"{req.meta.tag}-{self._number}"
        at = (_CREATED + datetime.timedelta(seconds=self._number)).isoformat().replace("+00:00", "Z")
        xr = req.observed.composite.resource
        xr.update({"status": {"conditions": [_condition(name, at) for name in ("Ready", "Synced")]}})
        for manifest in (xr, *(resource.resource for resource in req.observed.resources.values())):
            metadata = cast("Any", manifest["metadata"])
            metadata["resourceVersion"] = str(self._number)
            for manager in metadata.get_or_create_list("managedFields").items():
                manager["time"] = at
        return req.SerializeToString()


def _condition(name: str, at: str) -> dict[str, str]:
    return {"type": name, "status": "True", "reason": "Available", "lastTransitionTime": at}


def _applied(manifest: dict[str, Any], key: str, xr: dict[str, Any]) -> dict[str, Any]:
    """Return a desired object as Crossplane observes it a reconcile later."""
    name = f"{xr['metadata']['name']}-{key}"
    metadata = dict(manifest.get("metadata") or {})
    metadata.setdefault("name", name)
    metadata["labels"] = {**metadata.get("labels", {}), "crossplane.io/composite": xr["metadata"]["name"]}
    metadata["annotations"] = {
        **metadata.get("annotations", {}),
        "crossplane.io/composition-resource-name": key,
    }
    owner = {"apiVersion": xr["apiVersion"], "kind": xr["kind"], "name": xr["metadata"]["name"], "controller": True}
    metadata |= {
        "namespace": NAMESPACE,
        "generateName": f"{xr['metadata']['name']}-",
        "uid": str(uuid.uuid5(_IDS, name)),
        "resourceVersion": "1",
        "creationTimestamp": _CREATED_TEXT,
        "ownerReferences": [{**owner, "uid": xr["metadata"]["uid"], "blockOwnerDeletion": True}],
        "managedFields": [_managed_fields(manifest)],
    }
    return {**manifest, "metadata": metadata}


def _managed_fields(manifest: dict[str, Any]) -> dict[str, Any]:
    body = {f"f:{key}": _fields(value) for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    return {
        "manager": "apiextensions.crossplane.io/composed",
        "operation": "Apply",
        "apiVersion": manifest["apiVersion"],
        "time": _CREATED_TEXT,
        "fieldsType": "FieldsV1",
        "fieldsV1": body,
    }


def _fields(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {f"f:{key}": _fields(item) for key, item in cast("dict[str, object]", value).items()}
