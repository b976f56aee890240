"""Render the examples of a repository, each with the Compositions that are for it."""

import copy
import dataclasses
import pathlib
import time
from collections.abc import Iterator, Sequence

from cdk8s_function import objects
from cdk8s_function.object_schemas import xr_status
from cdk8s_function.object_schemas.catalog import Catalog
from cdk8s_function.reconcile import composed, composition, defaults, reconcile
from cdk8s_function.reconcile.composition import Composition
from cdk8s_function.reconcile.errors import RenderError
from cdk8s_function.reconcile.inputs import Inputs

from function_cdk8s.check import composed_objects, definitions
from function_cdk8s.check.faults import Fault
from function_cdk8s.check.kinds import Kind
from function_cdk8s.check.repository import Document
from function_cdk8s.render import in_process, inputs

COMPOSITION = "Composition"


@dataclasses.dataclass
class Counts:
    """What was checked.

    Attributes:
        examples: Rendered examples.
        objects: Composed objects.
        unknown: Kinds of which no schema is known.
        skipped: Compositions with steps of other functions, by file.
    """

    examples: int = 0
    objects: int = 0
    unknown: set[str] = dataclasses.field(default_factory=set[str])
    skipped: set[str] = dataclasses.field(default_factory=set[str])


class Examples:
    """The examples of a repository.

    Args:
        kinds: The kinds of its charts.
        documents: The objects in its files, XRDs and Compositions among them.
        scratch: A folder that only this process uses.
        timeout_seconds: How long one render may take.
    """

    def __init__(
        self, kinds: Sequence[Kind], documents: Sequence[Document], scratch: pathlib.Path, *, timeout_seconds: float
    ) -> None:
        """Take what is rendered, and with what."""
        self.counts = Counts()
        self._kinds = {kind.name: kind for kind in kinds}
        self._documents = documents
        self._scratch = scratch
        self._timeout_seconds = timeout_seconds
        self._schemas = _schemas(documents)
        self._compositions: list[tuple[Document, Composition]] = []

    def faults(self, examples: Sequence[Document]) -> Iterator[Fault]:
        """Render examples, and return what is wrong with them and with what they compose.

        Args:
            examples: Objects of which XRs of the charts are rendered.
        """
        yield from self._read_compositions()
        for document in examples:
            kind = self._kinds.get(_type_of(document))
            if kind:
                yield from self._example(document, kind)

    def _read_compositions(self) -> Iterator[Fault]:
        for document in self._documents:
            if document.manifest["kind"] != COMPOSITION:
                continue
            try:
                self._compositions.append((document, composition.parse(document.manifest)))
            except RenderError as error:
                yield _fault(document, str(error))

    def _example(self, document: Document, kind: Kind) -> Iterator[Fault]:
        try:
            xr = inputs.checked_composite(copy.deepcopy(document.manifest))
        except RenderError as error:
            yield _fault(document, str(error))
            return
        definition = next((each.manifest for each in self._documents if definitions.is_of(each, kind)), kind.definition)
        reasons: list[str] = []
        rendered = 0
        for source, found in self._compositions:
            wanted = found.spec.composite_type_ref
            if (objects.group_of(wanted.api_version), wanted.kind) != kind.name:
                continue
            if not all(step.is_ours for step in found.spec.pipeline):
                self.counts.skipped.add(source.file)
                rendered += 1
                continue
            try:
                composition.check(found, xr)
            except RenderError as error:
                reasons.append(f"{source.file}: {error}")
                continue
            rendered += 1
            yield from self._rendered(document, copy.deepcopy(xr), found, definition)
        if not rendered:
            why = f": {reasons[0]}" if reasons else ""
            yield _fault(document, f"no Composition here is for this {kind.type.kind}{why}")

    def _rendered(
        self, document: Document, xr: dict[str, object], found: Composition, definition: dict[str, object]
    ) -> Iterator[Fault]:
        deadline = time.monotonic() + self._timeout_seconds
        self.counts.examples += 1
        try:
            defaults.apply(xr, definition)
            given = Inputs(xr=xr, composition=found, xrd=definition)
            outcome = reconcile.render(given, in_process.Charts(self._scratch, deadline=deadline).run)
        except RenderError as error:
            yield _fault(document, str(error))
            return
        for manifest in outcome.composed:
            self.counts.objects += 1
            if self._schemas and not self._schemas.find(manifest):
                self.counts.unknown.add(f"{manifest.get('kind')} ({manifest.get('apiVersion')})")
            for line in composed_objects.faults(manifest, self._schemas):
                yield _fault(document, f'composes "{composed.key_of(manifest)}", a {manifest.get("kind")}: {line}')
        for line in xr_status.faults(outcome.xr, definition):
            yield _fault(document, f"sets {line}")


def _type_of(document: Document) -> tuple[str, str]:
    return objects.group_of(str(document.manifest["apiVersion"])), str(document.manifest["kind"])


def _fault(document: Document, message: str) -> Fault:
    return Fault(file=document.file, field=document.place, message=message)


def _schemas(documents: Sequence[Document]) -> Catalog | None:
    """Return the schemas of Kubernetes and of definitions among the documents, None without the extra `schemas`."""
    try:
        made = Catalog()
    except LookupError:
        return None
    made.add(document.manifest for document in documents)
    return made
