"""For which charts the native kernel is asked, as the verifications of this server's workers have shown.

Kept in the server: a worker forgets when it is replaced, and does not know what another has found.
"""

import collections

from cdk8s_function.protocol.messages import ChartRef, Verification


class NativeTrust:
    """The verifications so far. Any thread may use it.

    Attributes:
        counts: How many there were, by chart and by what came of them.
    """

    def __init__(self) -> None:
        """Trust the native kernel with every chart."""
        self.counts = collections.Counter[tuple[ChartRef, Verification]]()
        self._lost: set[ChartRef] = set()

    def holds(self, chart: ChartRef) -> bool:
        """Return whether the native kernel is asked for a chart."""
        return chart not in self._lost

    def note(self, chart: ChartRef, verification: Verification) -> None:
        """Note a verification; after a difference all of the chart is Node.js's, until the server ends.

        Args:
            chart: The chart.
            verification: What came of it.
        """
        self.counts[chart, verification] += 1
        if verification == "different":
            self._lost.add(chart)
