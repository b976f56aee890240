"""Read dnsperf's output and print what it measured, as one line of JSON like probe.py's.

load.py CASE FILE
"""

import json
import pathlib
import re
import sys

_BUCKET = re.compile(r"^\s*([0-9.]+)\s*-\s*([0-9.]+):\s*(\d+)\s*$", re.MULTILINE)
"""A row of the latency histogram: from, to, both in seconds, and a count."""


def quantile(buckets: list[tuple[float, int]], share: float) -> float:
    """Return the upper end, in milliseconds, of the bucket that a share of all answers reaches."""
    wanted = share * sum(count for _, count in buckets)
    reached = 0
    for end, count in buckets:
        reached += count
        if reached >= wanted:
            return round(end * 1000, 3)
    msg = "dnsperf printed no latency histogram"
    raise ValueError(msg)


def main(case: str, file: str) -> None:
    """Print it.

    Raises:
        SystemExit: If an answer was lost.
    """
    text = pathlib.Path(file).read_text(encoding="utf-8")
    lost = int(re.findall(r"Queries lost:\s+(\d+)", text)[0])
    if lost:
        sys.exit(f"{lost} queries had no answer")
    buckets = [(float(end), int(count)) for _, end, count in _BUCKET.findall(text)]
    rate = float(re.findall(r"Queries per second:\s+([0-9.]+)", text)[0])
    latencies = {"p50": quantile(buckets, 0.5), "p99": quantile(buckets, 0.99)}
    print(json.dumps({"case": case, "measure": "load", "qps": round(rate), "milliseconds": latencies}))


if __name__ == "__main__":
    main(*sys.argv[1:])
