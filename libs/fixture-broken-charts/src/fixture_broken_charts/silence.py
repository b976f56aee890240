"""Takes the streams and the search path from its process when it is imported. Its chart is sound."""

import sys

from fixture_broken_charts.twin import Twin


class Chart(Twin):
    """One Secret."""


sys.stdout = None
sys.stderr.close()
sys.path.clear()
