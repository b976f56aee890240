"""Run the cases of a suite with kuttl, each on its own, in the order of their numbers."""

import dataclasses
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from cluster import tools
from cluster.api import Cluster
from cluster.layout import WORKSPACE

SUITE = WORKSPACE / "stacks/internal-dns/e2e"

FOUNDATION = 5
"""So many first cases make what the others test: if one fails, the rest is not run."""

_CASE_SECONDS = 900


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a case.

    Attributes:
        name: The case.
        passed: Whether all of its steps did.
        seconds: How long it took.
        log: What kuttl and the steps printed.
    """

    name: str
    passed: bool
    seconds: float
    log: pathlib.Path


def names() -> list[str]:
    """Return the cases, in their order."""
    return sorted(path.name for path in SUITE.iterdir() if path.is_dir())


def run(
    cluster: Cluster, chosen: Sequence[str], *, reports: pathlib.Path, environment: Mapping[str, str]
) -> Iterator[Outcome]:
    """Run cases, and yield what came of each.

    Args:
        cluster: Where they run.
        chosen: The cases, in their order.
        reports: The folder for logs.
        environment: What their steps need besides the cluster's.
    """
    kuttl = tools.executable("kuttl")
    foundation = names()[:FOUNDATION]
    surroundings = {
        **os.environ,
        **cluster.environment(),
        **environment,
        "PATH": f"{WORKSPACE / 'bin'}:{os.environ['PATH']}",
    }
    for name in chosen:
        log = reports / f"{name}.log"
        began = time.monotonic()
        command = [kuttl, "test", "--config=kuttl-test.yaml", f"--test={name}", f"--artifacts-dir={reports}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                cluster.enter(command),
                cwd=SUITE,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                status = process.wait(_CASE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
        outcome = Outcome(name=name, passed=status == 0, seconds=time.monotonic() - began, log=log)
        yield outcome
        if not outcome.passed:
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-6000:])
            if name in foundation:
                return
