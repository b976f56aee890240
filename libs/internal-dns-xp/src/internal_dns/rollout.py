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


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """What is observed of one replica's Deployment.

    Attributes:
        is_serving: Whether its pod is known to be available, and not about to be replaced.
        is_down: Whether it is known to have no available pod. Neither is known until the Deployment controller has
            seen the last change.
        is_current: Whether it has been given its desired template, and is not paused.
    """

    is_serving: bool
    is_down: bool
    is_current: bool


def digest(manifest: Json) -> str:
    """Return the digest of a Deployment's pod template."""
    text = json.dumps(manifest["spec"]["template"], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def state(manifest: Json, observed: Observed | None) -> State:
    """Return the state of a Deployment.

    Args:
        manifest: The desired Deployment.
        observed: The observed one; None before there is one.
    """
    if observed is None:
        return State(is_serving=False, is_down=True, is_current=False)
    is_seen = observed.field("status", "observedGeneration", default=0) == observed.field("metadata", "generation")
    is_available = observed.field("status", "availableReplicas", default=0) > 0
    is_paused = observed.field("spec", "paused", default=False)
    # A rollout begins while the old pod still counts as available; a paused Deployment has only the old pod.
    updated = observed.field("status", "updatedReplicas", default=0)
    is_rolled_out = 0 < updated == observed.field("status", "replicas", default=0)
    given = observed.field("metadata", "annotations", default={}).get(TEMPLATE_ANNOTATION)
    return State(
        is_serving=is_seen and is_available and (is_rolled_out or is_paused),
        is_down=is_seen and not is_available,
        is_current=given == digest(manifest) and not is_paused,
    )


def waits(first: State, second: State) -> tuple[bool, bool]:
    """Return whether the first and the second replica have to wait with a new template.

    A replica that is down never waits: it has nothing to lose, and the new template
    may be what repairs it. Any other waits for its turn: the first until the second
    serves, the second until the first serves with its new template. So at least one
    keeps serving, and no state makes both wait for each other for good.
    """
    return (
        not first.is_down and not first.is_current and not second.is_serving,
        not second.is_down and not second.is_current and not (first.is_serving and first.is_current),
    )


def in_turn(manifests: Sequence[Json], observed: Sequence[Observed | None]) -> list[Json]:
    """Return Deployments so that only one of two is rolled at a time.

    Args:
        manifests: The desired Deployments, of one replica or two.
        observed: The observed one of each; None before there is one.
    """
    if len(manifests) == 1:
        return list(manifests)
    first, second = map(state, manifests, observed)
    return [_held(manifest, waits=each) for manifest, each in zip(manifests, waits(first, second), strict=True)]


def _held(manifest: Json, *, waits: bool) -> Json:
    annotated = {**manifest, "metadata": {"annotations": {TEMPLATE_ANNOTATION: digest(manifest)}}}
    return {**annotated, "spec": {**manifest["spec"], "paused": True}} if waits else annotated
