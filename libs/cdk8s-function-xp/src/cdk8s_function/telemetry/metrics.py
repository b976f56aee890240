"""Prometheus metrics, as listed in docs/reference/observability.md.

Calls are counted as they end, on the event loop. The state of the pool and of
the cache is read when Prometheus scrapes, and costs nothing in between.

A chart's label is the name by which a function input names it, of the charts
that are installed: no caller can add one. Nothing is labelled with an XR.
"""

import collections
import dataclasses
import importlib.metadata
import math
import platform
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cdk8s_function.installed.registry import Registry
from cdk8s_function.pool import pool
from cdk8s_function.pool.recycling import Recycled
from cdk8s_function.pool.shared_state import Lost
from cdk8s_function.protocol.messages import ChartRef, Kernel, Verification
from cdk8s_function.server import cache
from cdk8s_function.server.call_record import CacheUse, CallRecord, Outcome
from cdk8s_function.sizes import MIB

UNKNOWN = "(unknown)"
"""The label of calls that name no installed chart."""

_NO_KERNEL = "none"
"""The label of calls that no kernel came to the end of: their worker was lost, or the chart not imported."""

_REQUEST_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, math.inf)
_SYNTH_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, math.inf)
_WAIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, math.inf)


@dataclasses.dataclass(frozen=True, slots=True)
class _OfChart:
    """The time series of one chart, looked up once: a call that hits the cache takes some 0.2 ms in all."""

    outcomes: dict[Outcome, Counter]
    cache: dict[CacheUse, Counter]
    seconds: Histogram
    synth: dict[Kernel | None, Histogram]


class Metrics:
    """The metrics of one server.

    Args:
        charts: Which charts there are.
        workers: The pool.
        outputs: The cached outputs.
        version: The version of the function.

    Attributes:
        registry: What to expose.
    """

    def __init__(self, charts: Registry, workers: pool.WorkerPool, outputs: cache.Cache, *, version: str) -> None:
        """Begin with zeros: a series that appears with its first event hides that event from rate()."""
        # When a series began is of no use to Prometheus' text format, and doubles its length.
        prometheus_client.disable_created_metrics()
        self.registry = prometheus_client.CollectorRegistry()
        requests = Counter(
            "function_cdk8s_requests",
            "Calls of RunFunction that have ended.",
            ("chart", "version", "outcome"),
            registry=self.registry,
        )
        uses = Counter(
            "function_cdk8s_cache_requests",
            "Calls by what the cache did: hit, miss, check (a cached output compared with a fresh one), off.",
            ("chart", "result"),
            registry=self.registry,
        )
        seconds = Histogram(
            "function_cdk8s_request_seconds",
            "Time of a call, from its arrival to its response.",
            ("chart",),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        synth = Histogram(
            "function_cdk8s_synth_seconds",
            "Time that a worker took for a call: the chart, and the way there and back.",
            ("chart", "kernel"),
            buckets=_SYNTH_SECONDS,
            registry=self.registry,
        )
        self._waits = Histogram(
            "function_cdk8s_queue_wait_seconds",
            "Time that a call waited for a worker.",
            buckets=_WAIT_SECONDS,
            registry=self.registry,
        )
        _describe(version=version, registry=self.registry)
        self._state = _State(charts, workers, outputs)
        self.registry.register(self._state)
        ProcessCollector(registry=self.registry)

        def of(chart: str, version: str) -> _OfChart:
            return _OfChart(
                outcomes={outcome: requests.labels(chart, version, outcome) for outcome in get_args(Outcome)},
                cache={use: uses.labels(chart, use) for use in get_args(CacheUse)},
                seconds=seconds.labels(chart),
                synth={kernel: synth.labels(chart, kernel or _NO_KERNEL) for kernel in (*get_args(Kernel), None)},
            )

        self._requests = requests
        self._of = of
        self._unknown = of(UNKNOWN, "")
        self._labels: set[tuple[str, str]] = set()
        self._charts: dict[ChartRef | None, _OfChart] = {}
        self.use(charts)

    def use(self, charts: Registry) -> None:
        """Take other charts for those there are. From any thread.

        Args:
            charts: Which charts there are. Series of versions that are gone end.
        """
        labels = {chart: (label, chart.version) for chart, label in _labels(charts)}
        self._charts = {chart: self._of(*label) for chart, label in labels.items()}
        for label in self._labels - set(labels.values()):
            for outcome in get_args(Outcome):
                self._requests.remove(*label, outcome)
        self._labels = set(labels.values())
        self._state.use(charts)

    def observe(self, record: CallRecord) -> None:
        """Count a call that has ended.

        Args:
            record: Its record.
        """
        of = self._charts.get(record.chart, self._unknown)
        of.outcomes[record.outcome].inc()
        of.seconds.observe(record.ended - record.started)
        if record.cache:
            of.cache[record.cache].inc()
        if visit := record.visit:
            self._waits.observe((visit.begun or record.ended) - visit.queued)
            if visit.begun:
                of.synth[visit.kernel].observe((visit.ended or record.ended) - visit.begun)


class _State(Collector):
    """The pool and the cache, read when Prometheus scrapes."""

    def __init__(self, charts: Registry, workers: pool.WorkerPool, outputs: cache.Cache) -> None:
        self._labels = dict(_labels(charts))
        self._workers = workers
        self._outputs = outputs

    def use(self, charts: Registry) -> None:
        self._labels = dict(_labels(charts))

    def collect(self) -> Iterator[Metric]:
        yield self._charts()
        yield from self._pool()
        yield from self._losses()
        yield from self._kernels()
        yield from self._cache()

    def _charts(self) -> Metric:
        family = GaugeMetricFamily(
            "function_cdk8s_chart_info",
            "1 for each version of each chart there is, with its wheel's name and its folder's digest.",
            labels=["chart", "wheel", "version", "digest"],
        )
        for chart, label in self._labels.items():
            family.add_metric([label, chart.dist, chart.version, chart.digest], 1)
        return family

    def _pool(self) -> Iterator[Metric]:
        workers, options = self._workers, self._workers.options
        warm, busy = workers.warm, workers.busy
        states = {"busy": busy, "idle": max(0, warm - busy), "starting": max(0, options.workers - warm)}
        yield _gauge("function_cdk8s_workers", "Worker processes.", "state", states)
        yield _value("function_cdk8s_queue_requests", "Calls that wait for a worker.", workers.waiting)
        yield _value("function_cdk8s_queue_limit_requests", "Calls that may wait: --queue.", options.queue)
        yield _gauge(
            "function_cdk8s_worker_resident_bytes",
            "Resident memory of a worker and its Node.js process.",
            "worker",
            {str(index): used for index, used in enumerate(workers.resident_bytes())},
        )
        yield _value(
            "function_cdk8s_worker_limit_bytes",
            "Memory at which a worker is ended: --worker-memory.",
            options.limits.memory_mib * MIB,
        )

    def _losses(self) -> Iterator[Metric]:
        shared = self._workers.shared
        yield CounterMetricFamily("function_cdk8s_workers_started", "Workers started.", value=shared.started)
        yield _counter(
            "function_cdk8s_workers_recycled",
            "Workers replaced: after so many requests, by age, by memory they grew, or spoiled by a chart.",
            {reason: shared.recycled[reason] for reason in get_args(Recycled)},
        )
        yield _counter(
            "function_cdk8s_workers_lost",
            "Workers lost: ended by themselves, killed for their memory or at a deadline, or not started in time.",
            {reason: shared.lost[reason] for reason in get_args(Lost)},
        )

    def _kernels(self) -> Iterator[Metric]:
        family = CounterMetricFamily(
            "function_cdk8s_verifications",
            "Syntheses of the native kernel that Node.js did again, by what came of it: --verify-share.",
            labels=["chart", "result"],
        )
        counts = self._workers.shared.native.counts
        by_label = collections.Counter[tuple[str, str]]()
        for chart, label in self._labels.items():
            for result in get_args(Verification):
                by_label[label, result] += counts[chart, result]
        for (label, result), count in by_label.items():
            family.add_metric([label, result], count)
        yield family

    def _cache(self) -> Iterator[Metric]:
        outputs = self._outputs
        distrusted = {label for chart, label in self._labels.items() if chart in outputs.distrusted}
        yield _value("function_cdk8s_cache_bytes", "Memory of the cached outputs.", outputs.size_bytes)
        yield _value("function_cdk8s_cache_limit_bytes", "Memory they may take: --cache-size.", outputs.limit_bytes)
        yield _gauge(
            "function_cdk8s_chart_distrusted",
            "1 for a chart that is no longer cached, as its output differed from the cached one.",
            "chart",
            {label: int(label in distrusted) for label in self._labels.values()},
        )


def _describe(*, version: str, registry: prometheus_client.CollectorRegistry) -> None:
    Gauge(
        "function_cdk8s_build_info",
        "1, with the versions of this function, cdk8s, jsii and Python.",
        ("version", "cdk8s", "jsii", "python"),
        registry=registry,
    ).labels(
        version, importlib.metadata.version("cdk8s"), importlib.metadata.version("jsii"), platform.python_version()
    ).set(1)


def _labels(charts: Registry) -> Iterable[tuple[ChartRef, str]]:
    return ((chart, charts.name_of(chart)) for chart in charts.charts)


def _value(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _gauge(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family


def _counter(name: str, what: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, what, labels=["reason"])
    for reason, value in values.items():
        family.add_metric([reason], value)
    return family
