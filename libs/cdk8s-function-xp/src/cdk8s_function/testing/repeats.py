"""Run the same calls again in other processes: what a chart composes must not depend on the process."""

import contextlib
from collections.abc import Sequence
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
from google.protobuf import json_format

from cdk8s_function.installed.registry import Registry
from cdk8s_function.testing import chart_processes, lines
from cdk8s_function.testing.chart_processes import Anywhere
from cdk8s_function.testing.chart_runs import Function, Ran

SEEDS = (1, 2, 3)
"""Hash seeds: with several, the order of a small set probably differs in one of them."""


def differing(charts: Registry, own: Anywhere, calls: Sequence[Ran], seeds: Sequence[int]) -> list[str]:
    """Return a line for each field in which a call's response differs from process to process.

    Args:
        charts: The charts.
        own: Runs them as the test does, which is compared with the others.
        calls: The calls.
        seeds: The hash seed of each other process; Node.js alone answers cdk8s in the last one.
    """
    expected = [_response(Function(charts, own), call) for call in calls]
    with contextlib.ExitStack() as all_of_them:
        # All are started before the first is asked.
        processes = {
            seed: all_of_them.enter_context(chart_processes.elsewhere(hash_seed=seed, node=seed == seeds[-1]))
            for seed in seeds
        }
        for seed, process in processes.items():
            where = f"in a process with hash seed {seed}{' and Node.js' if seed == seeds[-1] else ''}"
            for call, one in zip(calls, expected, strict=True):
                other = _response(Function(charts, process), call)
                if one.SerializeToString(deterministic=True) != other.SerializeToString(deterministic=True):
                    found = lines.changes(_plain(one), _plain(other), "response")
                    return [f"{line} {where}" for line in found] or [f"the bytes of the response {where}"]
    return []


def _response(function: Function, call: Ran) -> fnv1.RunFunctionResponse:
    asked = fnv1.RunFunctionRequest()
    asked.CopyFrom(call.request)
    return function.run(call.step, asked)


def _plain(response: fnv1.RunFunctionResponse) -> Any:  # noqa: ANN401  # Any JSON.
    return json_format.MessageToDict(response)
