"""Faults of composed objects that Crossplane does not notice before it applies them.

These are rules of the API server for all objects, and the schema of an object's kind
if it is known. Add a rule to `RULES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from cdk8s_function import objects
from cdk8s_function.object_schemas import catalog
from cdk8s_function.object_schemas import faults as schema_faults
from cdk8s_function.objects import Json
from cdk8s_function.reconcile import fields

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")


def faults(manifest: Mapping[str, Json], known: catalog.Catalog | None) -> Iterator[str]:
    """Return what is wrong, a line each that begins with the field.

    Args:
        manifest: The object, as Crossplane would apply it.
        known: The schemas of kinds, None if there are none.
    """
    for rule in RULES:
        yield from rule(manifest)
    schema = known.find(manifest) if known else None
    if schema:
        yield from schema_faults.faults(manifest, schema)


def _type(manifest: Mapping[str, Json]) -> Iterator[str]:
    for field, pattern, like in (("apiVersion", _API_VERSION, "apps/v1"), ("kind", _KIND, "Deployment")):
        if not pattern.fullmatch(str(manifest.get(field) or "")):
            yield f"{field}: is not of the form of {like}"


def _service_name(manifest: Mapping[str, Json]) -> Iterator[str]:
    # https://kubernetes.io/docs/concepts/services-networking/service/
    if (manifest.get("apiVersion"), manifest.get("kind")) != ("v1", "Service"):
        return
    if not _SERVICE.fullmatch(objects.name(manifest)):
        yield "metadata.name: of a Service is a DNS label of at most 63 characters that begins with a letter"


def _labels(manifest: Mapping[str, Json]) -> Iterator[str]:
    for field in ("labels", "annotations"):
        for key, value in sorted(fields.mapping(manifest, "metadata", field).items()):
            if not _is_key(key if field == "labels" else key.lower()):
                yield f'metadata.{field}["{key}"]: is not a name or prefix/name of letters, digits, -, _ and .'
            if field == "labels" and value and not _PART.fullmatch(str(value)):
                yield f'metadata.labels["{key}"]: must be at most 63 letters, digits, -, _ and .'


def _is_key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return (not slash or objects.is_subdomain(prefix)) and bool(_PART.fullmatch(name))


RULES: tuple[Callable[[Mapping[str, Json]], Iterator[str]], ...] = (_type, _service_name, _labels)
"""Rules for objects of all kinds; each yields a line for a fault."""
