"""What must hold of an XR and its objects, with the names that users of aws-cdk-lib's assertions know.

A message that something does not match names what comes closest, and where it differs.
"""

import abc
import collections
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from cdk8s_function import objects, spelling
from cdk8s_function.objects import Json
from cdk8s_function.testing import match
from cdk8s_function.testing.lines import listed
from cdk8s_function.testing.match import Matcher

if TYPE_CHECKING:
    from cdk8s_function.testing.reconciles import Reconcile


class Assertions(abc.ABC):
    """Assertions on the last reconcile of a scenario; each raises AssertionError or returns the scenario."""

    @property
    @abc.abstractmethod
    def last(self) -> "Reconcile":
        """The last reconcile."""

    def has(self, kind: str, expected: Matcher | Mapping[str, object] | None = None, *, key: str = "") -> Self:
        """Expect an object.

        Args:
            kind: Its kind, `Deployment`, or with its apiVersion, `apps/v1/Deployment`.
            expected: What it must be like; a mapping is matched in part. Its
                metadata is that of the chart, and what Crossplane adds to it.
            key: Its composition-resource-name, if only one may match.
        """
        candidates = {name: each for name, each in self._of_kind(kind).items() if not key or name == key}
        if not candidates:
            wanted = f'{kind} "{key}"' if key else kind
            msg = f"no {wanted} is composed{self._hint(kind, key)}"
            raise AssertionError(msg)
        matcher = match.of(expected if expected is not None else {})
        found = {name: list(matcher.mismatches(each)) for name, each in candidates.items()}
        if all(found.values()):
            closest = min(found, key=lambda name: len(found[name]))
            what = f"{len(candidates)} {kind} are composed, and none matches" if len(candidates) > 1 else ""
            named = f'{kind} "{closest}" ({objects.name(candidates[closest])})'
            subject = f"{what}; the closest is {named}" if what else f"{named} does not match"
            msg = f"{subject}:{listed(found[closest])}"
            raise AssertionError(msg)
        return self

    def has_no(self, kind: str, expected: Matcher | Mapping[str, object] | None = None) -> Self:
        """Expect that there is no such object.

        Args:
            kind: The kind, as in `has`.
            expected: What it would be like.
        """
        matcher = match.of(expected if expected is not None else {})
        for name, each in self._of_kind(kind).items():
            if not list(matcher.mismatches(each)):
                msg = f'{kind} "{name}" ({objects.name(each)}) is composed; expected none such'
                raise AssertionError(msg)
        return self

    def count(self, kind: str, number: int) -> Self:
        """Expect that there are so many objects of a kind.

        Args:
            kind: The kind, as in `has`.
            number: How many.
        """
        found = self._of_kind(kind)
        if len(found) != number:
            named = f": {', '.join(found)}" if found else self._hint(kind, "")
            msg = f"expected {number} {kind}, found {len(found)}{named}"
            raise AssertionError(msg)
        return self

    def status(self, expected: Matcher | Mapping[str, object]) -> Self:
        """Expect the XR's status to be like that.

        Args:
            expected: What it must be like; a mapping is matched in part.
        """
        return self._check("the XR's status", expected, self.last.status)

    def conditions(self, expected: Mapping[str, str | Matcher | Mapping[str, object]]) -> Self:
        """Expect conditions of the XR.

        Args:
            expected: By type: the status "True", "False" or "Unknown", or what the condition must be like.
        """
        found = {each["type"]: each for each in self.last.conditions}
        wanted = {name: {"status": each} if isinstance(each, str) else each for name, each in expected.items()}
        return self._check("the XR's conditions", match.Match.partial(wanted), found)

    def ready(self, *, is_ready: bool = True) -> Self:
        """Expect the XR to be ready.

        Args:
            is_ready: False expects it not to be.
        """
        if self.last.ready != is_ready:
            said = [each for each in self.last.conditions if each["type"] == "Ready"]
            why = next((each.get("message") or each.get("reason") for each in said), "it has no condition Ready")
            msg = f"the XR is {'ready' if self.last.ready else 'not ready'}: {why}"
            raise AssertionError(msg)
        return self

    def events(self, *expected: str | Matcher | Mapping[str, object]) -> Self:
        """Expect events of the XR, each with severity, reason and message; there may be others.

        Args:
            *expected: For each event the text that its message holds, or what it must be like.
        """
        found: list[Mapping[str, Json]] = [
            {"severity": each.severity, "reason": each.reason, "message": each.message} for each in self.last.events
        ]
        for each in expected:
            if isinstance(each, str):
                is_there = any(each in event["message"] for event in found)
            else:
                is_there = any(not list(match.of(each).mismatches(event)) for event in found)
            if not is_there:
                said = [f"{event['severity']} {event['reason']}: {event['message']}" for event in found]
                msg = f"no event is like {match.described(each)}; there are:{listed(said or ['none'])}"
                raise AssertionError(msg)
        return self

    def requirements(self, expected: Matcher | Mapping[str, object]) -> Self:
        """Expect what the chart asks the cluster for, by requirement name.

        Args:
            expected: What each must be like: apiVersion, kind, matchName or matchLabels, and namespace.
        """
        return self._check("requirements", expected, dict(self.last.requirements))

    def _check(self, subject: str, expected: object, value: Any) -> Self:  # noqa: ANN401  # Any JSON.
        if found := list(match.of(expected).mismatches(value)):
            verb = "do" if subject.endswith("s") and not subject.endswith("status") else "does"
            msg = f"{subject} {verb} not match:{listed(found)}"
            raise AssertionError(msg)
        return self

    def _of_kind(self, kind: str) -> dict[str, Mapping[str, Json]]:
        # As Crossplane applies them: with the names that they have in the cluster.
        return {key: each for key, each in self.last.applied.items() if kind in _names(each)}

    def _hint(self, kind: str, key: str) -> str:
        composed = self.last.applied
        if not composed:
            return ": the chart composes no objects"
        counts = collections.Counter(each["kind"] for each in composed.values())
        there = ", ".join(f"{name} ({number})" for name, number in sorted(counts.items()))
        return f"{_suggestion(kind, counts) or _suggestion(key, composed)}; there are {there}"


def _names(manifest: Mapping[str, Json]) -> Sequence[str]:
    return manifest["kind"], f"{manifest['apiVersion']}/{manifest['kind']}"


def _suggestion(given: str, known: Collection[str]) -> str:
    return "" if given in known else spelling.hint(given.rpartition("/")[2], known)
