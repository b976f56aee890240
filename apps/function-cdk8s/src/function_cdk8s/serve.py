"""`function-cdk8s serve`: serve Crossplane's calls over gRPC.

What is imported here delays the workers' start: what they don't need is imported while they start.
"""

import contextlib
import importlib.metadata
import os
import signal
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import click
from cdk8s_function.installed import chart_environment, chart_folders
from cdk8s_function.pool import cpus, memory, pool, process, recycling
from cdk8s_function.recording import allowance
from cdk8s_function.server import cache_options, chart_watch
from cdk8s_function.sizes import MIB
from crossplane.function import logging

from function_cdk8s import standard_options

if TYPE_CHECKING:
    from cdk8s_function.server import runner, tracing


@click.command()
@standard_options.add
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    envvar="WORKERS",
    show_default="the CPU quota, rounded up; without a quota the number of CPUs, at most 4",
    help="Number of worker processes.",
)
@click.option(
    "--queue",
    type=click.IntRange(min=1),
    default=pool.Options().queue,
    envvar="QUEUE",
    help="Number of requests that may wait while all workers are busy. Further ones are refused with UNAVAILABLE.",
)
@click.option(
    "--recycle-requests",
    type=click.IntRange(min=1),
    default=recycling.Recycling().requests,
    envvar="RECYCLE_REQUESTS",
    help="Replace a worker after this many requests.",
)
@click.option(
    "--recycle-age",
    type=click.FloatRange(min=1),
    default=recycling.Recycling().age_seconds,
    envvar="RECYCLE_AGE",
    help="Replace a worker after this many seconds.",
)
@click.option(
    "--recycle-growth",
    type=click.IntRange(min=1),
    default=recycling.Recycling().growth_mib,
    envvar="RECYCLE_GROWTH",
    help="Replace a worker when its memory has grown by this many MiB.",
)
@click.option(
    "--worker-memory",
    type=click.IntRange(min=64),
    envvar="WORKER_MEMORY",
    show_default="its share of the container's memory limit, 128 to 512",
    help="Memory limit of a worker and its Node.js process, in MiB. A worker that exceeds it is killed.",
)
@click.option(
    "--node-heap",
    type=click.IntRange(min=32),
    default=process.Limits().node_heap_mib,
    envvar="NODE_HEAP",
    help="Heap limit of a worker's Node.js process, in MiB.",
)
@click.option(
    "--cache-size",
    type=click.IntRange(min=0),
    default=cache_options.Options().size_mib,
    envvar="CACHE_SIZE",
    help="Memory for cached chart outputs, in MiB. 0 disables the cache.",
)
@click.option(
    "--cache-check",
    type=click.FloatRange(min=0, max=100),
    default=cache_options.Options().checked * 100,
    envvar="CACHE_CHECK",
    help="Percentage of cached outputs that are compared with a new synthesis.",
)
@click.option(
    "--verify-share",
    type=click.FloatRange(min=0, max=1),
    default=pool.Options().verify_share,
    envvar="VERIFY_SHARE",
    help="Fraction, 0 to 1, of the native kernel's syntheses that Node.js repeats. If the outputs of a chart differ,"
    " Node.js synthesises that chart from then on.",
)
@click.option(
    "--debug-rate",
    type=click.IntRange(min=0),
    default=allowance.RATE_KIB,
    envvar="DEBUG_RATE",
    help="Limit for recordings of requests in the log, in KiB a minute. It records requests of XRs that are annotated"
    " for debugging. 0 disables recording.",
)
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=25.0,
    envvar="GRACE",
    help="Time that running calls have to finish after SIGTERM, in seconds.",
)
@click.option(
    "--connection-age",
    type=click.FloatRange(min=1),
    default=300.0,
    envvar="CONNECTION_AGE",
    help="Ask clients to connect again after this many seconds; running calls finish. Crossplane notices new replicas"
    " when it connects.",
)
@click.option(
    "--metrics-address",
    default=":8080",
    envvar="METRICS_ADDRESS",
    help="Address for Prometheus metrics and the kubelet's probes, over HTTP. Empty disables both.",
)
@click.option(
    "--otlp-endpoint",
    envvar=["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
    help="Where to send traces with OTLP over gRPC, like http://host:4317. Without it no traces are sent.",
)
def command(
    *,
    debug: bool,
    address: str,
    tls_certs_dir: str | None,
    insecure: bool,
    max_recv_message_size: int,
    max_send_message_size: int | None,
    workers: int | None,
    queue: int,
    recycle_requests: int,
    recycle_age: float,
    recycle_growth: int,
    worker_memory: int | None,
    node_heap: int,
    cache_size: int,
    cache_check: float,
    verify_share: float,
    debug_rate: int,
    grace: float,
    connection_age: float,
    metrics_address: str,
    otlp_endpoint: str | None,
) -> None:
    """Serve the composition function over gRPC."""
    logging.configure(level=logging.Level.DEBUG if debug else logging.Level.INFO)
    workers = workers or cpus.workers()
    max_send_message_size = max_send_message_size or max_recv_message_size
    options = pool.Options(
        workers=workers,
        queue=queue,
        recycling=recycling.Recycling(requests=recycle_requests, age_seconds=recycle_age, growth_mib=recycle_growth),
        limits=process.Limits(
            memory_mib=worker_memory or memory.worker_mib(workers=workers, cache_mib=cache_size),
            node_heap_mib=node_heap,
            # Twice the limit of a response: in protobuf it is seldom less than half as long as in JSON.
            output_mib=2 * max_send_message_size,
        ),
        verify_share=verify_share,
    )
    memory.warn_if_too_small(workers=workers, worker_mib=options.limits.memory_mib, cache_mib=cache_size)
    caching = cache_options.Options(size_mib=cache_size, checked=cache_check / 100)
    try:
        chart_environment.check()
    except chart_environment.ContradictionError as error:
        raise click.ClickException(str(error)) from error
    watch = chart_watch.ChartWatch(chart_folders.top())
    charts = watch.charts
    with pool.WorkerPool(options, charts) as workers_pool:
        # Workers start in the time that these take.
        import uvloop  # noqa: PLC0415
        from cdk8s_function.recording import recorder  # noqa: PLC0415
        from cdk8s_function.server import grpc_server, runner  # noqa: PLC0415

        try:
            with _tracer(otlp_endpoint) as tracer:
                function = runner.FunctionRunner(
                    workers_pool,
                    charts,
                    caching,
                    max_send_bytes=max_send_message_size * MIB,
                    tracer=tracer,
                    on_replaced=_end,
                    on_folder_replaced=watch.look_again,
                )
                recording = recorder.Recorder(function, workers_pool, charts, rate_kib=debug_rate)
                watch.listeners += [workers_pool.use, function.use, recording.use]
                with _monitor(metrics_address, watch, workers_pool, function) as report, watch:
                    uvloop.run(
                        grpc_server.serve(
                            recording.run if debug_rate else function.run,
                            workers_pool,
                            refused=function.note_refusal,
                            address=address,
                            tls_certs_dir=tls_certs_dir,
                            insecure=insecure,
                            max_receive_bytes=max_recv_message_size * MIB,
                            max_send_bytes=max_send_message_size * MIB,
                            grace_seconds=grace,
                            connection_seconds=connection_age,
                            report=report,
                        )
                    )
        except (OSError, RuntimeError, ValueError) as error:
            raise click.ClickException(str(error)) from error


def _end() -> None:
    """Stop this process as a cluster does, with SIGTERM: running calls can finish."""
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _monitor(
    address: str, watch: chart_watch.ChartWatch, workers: pool.WorkerPool, runner: "runner.FunctionRunner"
) -> Generator[Callable[[bool], None] | None]:
    """Serve Prometheus and probes; yield the callback that takes the function's health."""
    if not address:
        yield None
        return
    from cdk8s_function.telemetry import metrics, monitor  # noqa: PLC0415  # Only loaded if enabled.

    counted = metrics.Metrics(watch.charts, workers, runner.cache, version=_version())
    watch.listeners.append(counted.use)
    runner.observers.append(counted.observe)
    served = monitor.Monitor(address, counted.registry)
    served.start()
    try:
        yield served.report
    finally:
        served.close()


@contextlib.contextmanager
def _tracer(endpoint: str | None) -> "Generator[tracing.Tracer]":
    """Yield the tracer, which sends traces if an endpoint is given."""
    # https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    if not endpoint or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        from cdk8s_function.server import tracing  # noqa: PLC0415  # Workers start meanwhile.

        yield tracing.Tracer()
        return
    try:
        from cdk8s_function.telemetry import otlp  # noqa: PLC0415  # It takes half a second, and is an extra.
    except ImportError as error:
        msg = f"traces need the extra otlp: pip install 'function-cdk8s[otlp]' ({error})"
        raise click.ClickException(msg) from error
    tracer = otlp.Tracer(endpoint, version=_version())
    try:
        yield tracer
    finally:
        tracer.close()


def _version() -> str:
    return importlib.metadata.version("function-cdk8s")
