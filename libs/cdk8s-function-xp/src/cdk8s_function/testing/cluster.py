"""The composed resources of a simulated cluster: what is applied becomes observed, and controllers act on it.

The first reconcile after an object was applied observes it as it was applied, and
later ones as its controllers leave it. So a chart sees each state that it sees in a
cluster: absent, not ready, ready.
"""

import copy
import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

from cdk8s_function import objects
from cdk8s_function.objects import Json
from cdk8s_function.testing import controllers

_RECONCILES_UNTIL_SETTLED = 2
_NO_UID = uuid.UUID(int=0)

Manifest = dict[str, Any]


@dataclasses.dataclass(kw_only=True)
class _Stored:
    """An object: what was applied, and what the cluster adds to it.

    `before` has the fields of an object that was there before anything was applied;
    until something is, `is_adopted` is false.
    """

    applied: Manifest
    generation: int = 1
    version: int = 1
    acts_in: int = _RECONCILES_UNTIL_SETTLED
    allocated: Manifest = dataclasses.field(default_factory=dict[str, Any])
    written: Manifest = dataclasses.field(default_factory=dict[str, Any])
    before: Manifest = dataclasses.field(default_factory=dict[str, Any])
    is_adopted: bool = True


class Cluster:
    """Composed resources by their composition-resource-names."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._stored: dict[str, _Stored] = {}
        self._by_hand: dict[str, Manifest] = {}
        self._held: set[str] = set()

    @property
    def applied(self) -> dict[str, Manifest]:
        """What was applied last, without what the cluster adds."""
        return {key: stored.applied for key, stored in self._stored.items()}

    def set(self, key: str, by_hand: Mapping[str, Json]) -> None:
        """Show an object with these fields, whatever is applied and whatever its controllers do."""
        self._by_hand[key] = objects.merged(self._by_hand.get(key, {}), by_hand)

    def place(self, manifests: Mapping[str, Mapping[str, Json]]) -> None:
        """Take objects that exist before anything is applied; one with a status keeps that.

        Args:
            manifests: The objects, by key.
        """
        for key, manifest in manifests.items():
            acts_in = 0 if "status" in manifest else _RECONCILES_UNTIL_SETTLED
            placed = copy.deepcopy(dict(manifest))
            self._stored[key] = _Stored(applied=placed, before=placed, acts_in=acts_in, is_adopted=False)

    def hold(self, key: str) -> None:
        """Keep controllers from acting on an object."""
        self._held.add(key)
        if key in self._stored:
            self._stored[key].written = {}

    def release(self, key: str) -> None:
        """Let controllers act on an object again."""
        self._held.discard(key)
        if key in self._stored:
            self._stored[key].acts_in = 1

    def advance(self) -> bool:
        """Let controllers act, before the next reconcile; return whether some object changed or is yet to."""
        changed = False
        for key, stored in self._stored.items():
            if stored.acts_in and key not in self._held:
                stored.acts_in -= 1
                changed = True
                if not stored.acts_in:
                    stored.written = controllers.settled(self._shown(key))
                    stored.version += 1
        return changed

    def observed(self) -> dict[str, Manifest]:
        """Return the objects as a reconcile observes them."""
        return {key: self._shown(key) for key in self._stored}

    def apply(self, composed: Mapping[str, Mapping[str, Json]]) -> None:
        """Take what a reconcile applies; what it does not apply is deleted.

        Args:
            composed: The objects as Crossplane applies them, by key.
        """
        for key in [key for key in self._stored if key not in composed]:
            del self._stored[key]
        for key, manifest in composed.items():
            self._put(key, copy.deepcopy(objects.as_stored(manifest)))

    def _put(self, key: str, applied: Manifest) -> None:
        stored = self._stored.get(key)
        if stored is None:
            self._stored[key] = _Stored(applied=applied, allocated=controllers.allocated(applied))
            return
        if not stored.is_adopted:
            stored.applied, stored.is_adopted = applied, True
            return
        if stored.applied == applied:
            return
        stored.version += 1
        if _without_metadata(stored.applied) != _without_metadata(applied):
            stored.generation += 1
            stored.acts_in = _RECONCILES_UNTIL_SETTLED
        stored.applied = applied

    def _shown(self, key: str) -> Manifest:
        stored = self._stored[key]
        applied = stored.applied
        identity = "\0".join((applied["apiVersion"], applied["kind"], objects.full_name(applied)))
        added = {
            "uid": str(uuid.uuid5(_NO_UID, identity)),
            "generation": stored.generation,
            "resourceVersion": str(stored.version),
            "creationTimestamp": controllers.TIME,
        }
        shown: Manifest = {"metadata": added}
        for layer in (stored.allocated, stored.written, stored.before, applied, self._by_hand.get(key, {})):
            shown = objects.merged(shown, layer)
        return copy.deepcopy(shown)


def _without_metadata(manifest: Mapping[str, Json]) -> Manifest:
    return {field: value for field, value in manifest.items() if field != "metadata"}
