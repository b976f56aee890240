"""The cluster of a render: the objects it was given, and how Crossplane finds some of them.

It finds the same objects as Crossplane's in-memory client and requirement fetchers
(crossplane v2.3, internal/render/client.go, internal/xfn).
"""

import base64
import binascii
from collections.abc import Iterable, Mapping

import crossplane.function.proto.v1.run_function_pb2 as fnv1

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields
from cdk8s_function.reconcile.errors import RenderError

_Key = tuple[str, str, str, str]


class Cluster:
    """Objects by apiVersion, kind, namespace and name.

    Args:
        manifests: The objects. Of two with the same identity, the later one is kept.
    """

    def __init__(self, manifests: Iterable[Mapping[str, Json]]) -> None:
        """Hold the objects."""
        self._objects: dict[_Key, Mapping[str, Json]] = {}
        for manifest in manifests:
            self.put(manifest)

    def put(self, manifest: Mapping[str, Json]) -> None:
        """Add an object, or replace it."""
        key = (manifest["apiVersion"], manifest["kind"], objects.namespace(manifest), objects.name(manifest))
        self._objects[key] = manifest

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Mapping[str, Json] | None:
        """Return an object, None if there is none."""
        return self._objects.get((api_version, kind, namespace, name))

    def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """Return the data of a Secret, None if there is no such Secret."""
        found = self.get("v1", "Secret", namespace, name)
        if found is None:
            return None
        try:
            data: Mapping[str, str] = found.get("data") or {}
            return {key: base64.b64decode(value, validate=True) for key, value in data.items()}
        except (binascii.Error, TypeError, AttributeError, ValueError) as error:
            msg = f'Secret "{namespace}/{name}": data is not a map of base64 strings'
            raise RenderError(msg) from error

    def fetch(self, selector: fnv1.ResourceSelector) -> fnv1.Resources:
        """Return the objects that a requirement selects."""
        if selector.WhichOneof("match") == "match_name":
            one = self.get(selector.api_version, selector.kind, selector.namespace, selector.match_name)
            found = [] if one is None else [one]
        else:
            found = sorted(self._listed(selector), key=lambda item: f"{objects.namespace(item)}/{objects.name(item)}")
        resources = fnv1.Resources()
        for manifest in found:
            resources.items.add().resource.update(dict(manifest))
        return resources

    def _listed(self, selector: fnv1.ResourceSelector) -> Iterable[Mapping[str, Json]]:
        wanted = selector.match_labels.labels
        for (api_version, kind, where, _), manifest in self._objects.items():
            if (api_version, kind) != (selector.api_version, selector.kind.removesuffix("List") or selector.kind):
                continue
            if selector.namespace and where != selector.namespace:
                continue
            labels = fields.strings(fields.at(manifest, "metadata", "labels"))
            if all(labels.get(name) == value for name, value in wanted.items()):
                yield manifest
