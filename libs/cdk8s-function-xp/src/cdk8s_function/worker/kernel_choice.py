"""Which kernel a chart is synthesised on first, from what this worker has seen of it."""

import collections

from cdk8s_function.protocol.messages import ChartRef

_DECLINES = 2
"""How many declined syntheses in a row send a chart to Node.js at once."""

_RETRY = 100
"""After how many requests the native kernel is tried again: another XR may need nothing that it declines."""


class KernelChoice:
    """What this worker remembers of its charts."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._imports: dict[tuple[str, str], str] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._declined = collections.Counter[tuple[str, str]]()
        self._passed_over = collections.Counter[tuple[str, str]]()

    def imported(self, chart: ChartRef, reason: str) -> None:
        """Note that a chart has been imported.

        Args:
            chart: The chart.
            reason: Why its import needed Node.js, "" if it did not.
        """
        self._imports[_key(chart)] = reason

    def attempted(self, chart: ChartRef, reason: str) -> None:
        """Note what came of a synthesis on the native kernel.

        Args:
            chart: The chart.
            reason: Why it was declined, "" if it was not.
        """
        key = _key(chart)
        self._passed_over[key] = 0
        self._reasons[key] = reason
        self._declined[key] = self._declined[key] + 1 if reason else 0

    def why_node(self, chart: ChartRef) -> str:
        """Return why Node.js imported the chart, or synthesised it the last time, "" if the native kernel did.

        Args:
            chart: The chart.
        """
        key = _key(chart)
        return self._imports.get(key) or self._reasons.get(key, "")

    def node_reason(self, chart: ChartRef) -> str:
        """Return why the next synthesis is Node.js's at once, "" if the native kernel is to be asked.

        Args:
            chart: The chart.
        """
        key = _key(chart)
        if self._imports.get(key):
            return self._imports[key]
        if self._declined[key] < _DECLINES:
            return ""
        self._passed_over[key] += 1
        return "" if self._passed_over[key] % _RETRY == 0 else self._reasons[key]


def _key(chart: ChartRef) -> tuple[str, str]:
    return chart.dist, chart.name
