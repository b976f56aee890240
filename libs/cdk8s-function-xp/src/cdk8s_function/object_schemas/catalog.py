"""Find the schema of a kind."""

import dataclasses
from collections.abc import Iterable, Mapping

from cdk8s_function.objects import Json, mapping

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schema:
    """The schema of one kind.

    Attributes:
        root: An OpenAPI schema.
        definitions: The schemas that `$ref` in it names.
    """

    root: Mapping[str, Json]
    definitions: Mapping[str, Mapping[str, Json]]


class Catalog:
    """The schemas of Kubernetes' own kinds, and of custom resources.

    Args:
        kubernetes: A minor version, such as v1.36; the newest that there is by default.

    Attributes:
        kubernetes: The release whose kinds it knows, such as v1.36.3.
    """

    def __init__(self, kubernetes: str = "") -> None:
        """Read the schemas of Kubernetes.

        Raises:
            LookupError: If that version is not there, or the extra `schemas` is not installed.
        """
        try:
            import cdk8s_function_schemas  # noqa: PLC0415  # An extra.
        except ModuleNotFoundError as error:
            msg = "the schemas of Kubernetes are not installed: pip install 'cdk8s-function-xp[schemas]'"
            raise LookupError(msg) from error
        data = cdk8s_function_schemas.load(kubernetes)
        self.kubernetes: str = data["version"]
        self._definitions: Mapping[str, Mapping[str, Json]] = data["definitions"]
        self._roots: dict[tuple[str, str], Mapping[str, Json]] = {}
        for type_, name in data["kinds"].items():
            api_version, _, kind = type_.rpartition("/")
            self._roots[api_version, kind] = self._definitions[name]

    def add(self, manifests: Iterable[Mapping[str, Json]]) -> None:
        """Add what CustomResourceDefinitions, and CompositeResourceDefinitions, among some objects define.

        Args:
            manifests: The objects; those of other kinds are passed over.
        """
        for manifest in manifests:
            kind = manifest.get("kind")
            if kind not in {"CustomResourceDefinition", "CompositeResourceDefinition"}:
                continue
            is_composite = kind == "CompositeResourceDefinition"
            spec = mapping(manifest.get("spec"))
            names = [
                mapping(spec.get("names")).get("kind"),
                mapping(spec.get("claimNames")).get("kind"),
            ]
            for version in spec.get("versions") or ():
                given = mapping(mapping(version.get("schema")).get("openAPIV3Schema"))
                root = self._custom(given, is_composite=is_composite)
                for name in filter(None, names):
                    self._roots[f"{spec.get('group')}/{version.get('name')}", name] = root

    def find(self, manifest: Mapping[str, Json]) -> Schema | None:
        """Return the schema of an object's kind, None if it is not known."""
        root = self._roots.get((manifest.get("apiVersion", ""), manifest.get("kind", "")))
        return None if root is None else Schema(root=root, definitions=self._definitions)

    def _custom(self, root: Mapping[str, Json], *, is_composite: bool) -> Mapping[str, Json]:
        """Return a custom resource's schema with what Kubernetes, and Crossplane for an XR, adds to it."""
        text = {"type": "string"}
        added: dict[str, Json] = {"apiVersion": text, "kind": text, "metadata": {"$ref": _OBJECT_META}}
        properties = {**mapping(root.get("properties")), **added}
        if is_composite:
            # Fields of Crossplane's own in every XR: `internal/xcrd/schemas.go`.
            spec = mapping(properties.get("spec"))
            properties["spec"] = {**spec, "x-kubernetes-preserve-unknown-fields": True}
            properties["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        return {**root, "type": "object", "properties": properties}
