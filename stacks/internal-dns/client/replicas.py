"""Print what two scrapes tell of the calls between them, as JSON like probe.py's.

    replicas.py spread MEASURE BEFORE AFTER    the function's: calls of each, and how many its cache answered
    replicas.py calls MEASURE BEFORE AFTER     Crossplane's: calls, how many took long, and how many Crossplane repeats

BEFORE and AFTER are files with metrics, each line after its pod's name.
"""

import collections
import json
import pathlib
import re
import sys

_Counts = collections.Counter[tuple[str, str]]
_SAMPLE = re.compile(r"^(\S+) (\w+)\{(.*)\} ([0-9.e+]+)$", re.MULTILINE)
_FUNCTION = 'function_name="function-replicas"'


def counted(file: str, metric: str) -> _Counts:
    """Return the samples of a counter, by pod and labels."""
    text = pathlib.Path(file).read_text(encoding="utf-8")
    samples = ((pod, labels, value) for pod, name, labels, value in _SAMPLE.findall(text) if name == metric)
    return collections.Counter({(pod, labels): int(float(value)) for pod, labels, value in samples})


def spread(before: str, after: str) -> str:
    """Return what each replica had.

    Raises:
        SystemExit: If there are no replicas, or one had no call.
    """
    metric = "function_cdk8s_cache_requests_total"
    now = counted(after, metric)
    calls = now - counted(before, metric)
    texts: list[str] = []
    for pod in sorted({pod for pod, _ in now}):
        total = sum(count for (each, _), count in calls.items() if each == pod)
        hits = sum(count for (each, labels), count in calls.items() if each == pod and 'result="hit"' in labels)
        if not total:
            sys.exit(f"{pod} had no call")
        texts.append(f"{total} calls, {100 * hits // total} % from the cache")
    if not texts:
        sys.exit("there are no replicas")
    return "; ".join(texts)


def calls(before: str, after: str) -> str:
    """Return how many calls Crossplane made.

    A call that reaches a replica in the moment in which that closes its connections ends as Canceled (gRPC's server
    shutdown), fails its reconcile, and is repeated a second later.

    Raises:
        SystemExit: If it made none, or one failed otherwise, or a reconcile failed without it.
    """

    def more(metric: str) -> _Counts:
        return counted(after, metric) - counted(before, metric)

    total = cancelled = 0
    failed: list[str] = []
    for (_, labels), count in more("function_run_function_response_total").items():
        if _FUNCTION in labels:
            total += count
            if 'grpc_code="Canceled"' in labels:
                cancelled += count
            elif 'grpc_code="OK"' not in labels or 'result_severity="Fatal"' in labels:
                failed.append(labels)
    for (_, labels), count in more("controller_runtime_reconcile_errors_total").items():
        if '"composite/' in labels and count > cancelled:
            failed.append(labels)
    if failed or not total:
        sys.exit("\n".join(failed) or "Crossplane made no call")
    buckets = more("function_run_function_seconds_bucket")
    fast = {
        bound: sum(count for (_, labels), count in buckets.items() if _FUNCTION in labels and f'le="{bound}"' in labels)
        for bound in ("1", "10")
    }
    return f"{total} calls, {cancelled} repeated, {total - fast['1']} took over 1 s, {total - fast['10']} over 10 s"


def main(command: str, measure: str, before: str, after: str) -> None:
    """Print it."""
    text = {"spread": spread, "calls": calls}[command](before, after)
    print(json.dumps({"case": "76-replicas", "measure": measure, "text": text}))


if __name__ == "__main__":
    main(*sys.argv[1:])
