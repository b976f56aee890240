"""Roll one replica at a time: which Deployments wait, and how.

Both Deployments are composed in one reconcile, and nothing is remembered between
reconciles. So each reconcile decides by what it observes. A Deployment that has to
wait gets the new pod template too, and `spec.paused`: the Deployment controller
then starts no pod with the new template, and keeps the old pod running.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence

from cdk8s_function import Json, Observed

TEMPLATE_ANNOTATION = "dns.internal/template-hash"
"""Annotation of a Deployment: the digest of its pod template, as this chart made it.

It tells which template a Deployment was given: the API server adds defaults to the template itself.
"""

WAITING_SECONDS = 10
"""Seconds until the next look at a replica that waits.

Crossplane reconciles at each change of an object, but it passes on only one change in 30 s of an XR with many
(crossplane v2.3, internal/circuit).
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """What is observed of one replica's Deployment and pod.

    Attributes:
        answers: Whether its pod answers completely; None while that is unknown.
        is_available: Whether its pod is also fresh, and not about to be replaced.
        is_current: Whether it has been given its desired template, and is not paused.
    """

    answers: bool | None
    is_available: bool
    is_current: bool


def digest(manifest: Json) -> str:
    """Return the digest of a Deployment's pod template."""
    text = json.dumps(manifest["spec"]["template"], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state(manifest: Json, observed: Observed | None, *, answers: bool | None) -> State:
    """Return the state of a replica.

    Args:
        manifest: The desired Deployment.
        observed: The observed one; None before there is one.
        answers: Whether its pod answers completely, though it is not available; None if that is unknown.
    """
    if observed is None:
        return State(answers=False, is_available=False, is_current=False)
    is_seen = observed.field("status", "observedGeneration", default=0) == observed.field("metadata", "generation")
    has_pod = observed.field("status", "availableReplicas", default=0) > 0
    is_paused = observed.field("spec", "paused", default=False)
    # A rollout begins while the old pod still counts as available; a paused Deployment has only the old pod.
    updated = observed.field("status", "updatedReplicas", default=0)
    is_rolled_out = 0 < updated == observed.field("status", "replicas", default=0)
    is_available = is_seen and has_pod and (is_rolled_out or is_paused)
    given = observed.field("metadata", "annotations", default={}).get(TEMPLATE_ANNOTATION)
    return State(
        answers=is_available or (answers if is_seen and not has_pod else None),
        is_available=is_available,
        is_current=given == digest(manifest) and not is_paused,
    )


def waits(first: State, second: State) -> tuple[bool, bool]:
    """Return whether the first and the second replica have to wait with a new template.

    A replica that does not answer never waits: it has nothing to lose, and the new
    template may be what repairs it. Any other waits for its turn: the first until the
    second answers, the second until the first is available with its new template. So
    at least one keeps answering, and no state makes both wait for each other for good.
    """
    return (
        first.answers is not False and not first.is_current and second.answers is not True,
        second.answers is not False and not second.is_current and not (first.is_available and first.is_current),
    )


def in_turn(
    manifests: Sequence[Json], observed: Sequence[Observed | None], answers: Sequence[bool | None]
) -> list[Json]:
    """Return Deployments so that only one of two is rolled at a time.

    Args:
        manifests: The desired Deployments, of one replica or two.
        observed: The observed one of each; None before there is one.
        answers: Whether the pod of each answers completely; None if that is unknown.
    """
    if len(manifests) == 1:
        return list(manifests)
    found = zip(manifests, observed, answers, strict=True)
    first, second = (state(manifest, there, answers=each) for manifest, there, each in found)
    return [_held(manifest, waits=each) for manifest, each in zip(manifests, waits(first, second), strict=True)]


def is_waiting(manifest: Json) -> bool:
    """Return whether a Deployment waits for its turn."""
    return manifest["spec"].get("paused", False)


def _held(manifest: Json, *, waits: bool) -> Json:
    annotated = {**manifest, "metadata": {"annotations": {TEMPLATE_ANNOTATION: digest(manifest)}}}
    return {**annotated, "spec": {**manifest["spec"], "paused": True}} if waits else annotated
