"""A run's metrics for Prometheus: counted by the tally, measured when they are asked for, served by a thread of its own.

Names and units follow https://prometheus.io/docs/practices/naming/. Labels are sources and small fixed sets, never hosts
or URLs.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from crawler.errors import AddressTaken, CrawlerError
from crawler.frontier.overview import Overview, read_overview
from crawler.run import CrawlRun
from crawler.watch.alert import Alert
from crawler.watch.tally import Histogram, Tally

Labels = TypeVar("Labels", bound=tuple[str, ...])

FRESH_SECONDS = 10.0
"""A look at the frontier serves every scrape for so long: it goes through the whole table."""


class RunMetrics(Collector):
    """Everything a scrape is told of a run."""

    def __init__(
        self, run: CrawlRun, frontier: Path, *, to_store: Callable[[], int], alerts: Callable[[], tuple[Alert, ...]]
    ) -> None:
        self._run = run
        self._frontier = frontier
        self._to_store = to_store
        self._alerts = alerts
        self._began = run.clock.now()
        self._lock = threading.Lock()
        self._seen: tuple[float, Overview] | None = None

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        yield from self._counted(self._run.tally)
        yield from self._measured()
        overview = self._overview()
        if overview is not None:
            yield from self._waiting(overview)

    def _counted(self, tally: Tally) -> list[Metric]:
        with tally.lock:
            return [
                _counter(
                    "morgue_crawl_exchanges_total",
                    "Exchanges kept, by class of status; none where no HTTP response came.",
                    ("source", "status"),
                    tally.exchanges,
                ),
                _counter("morgue_crawl_received_bytes_total", "Bytes of responses.", ("source",), _single(tally.bytes)),
                _counter(
                    "morgue_crawl_failures_total",
                    "Fetches that failed, by kind.",
                    ("source", "kind"),
                    tally.failures,
                ),
                _counter(
                    "morgue_crawl_robots_refusals_total",
                    "Fetches that robots.txt forbids.",
                    ("source",),
                    _single(tally.refusals),
                ),
                _counter("morgue_crawl_polls_total", "Seeds fetched.", ("source",), _single(tally.polls)),
                _counter("morgue_crawl_articles_total", "New articles.", ("source",), _single(tally.articles)),
                _counter(
                    "morgue_crawl_versions_total",
                    "New versions, the first of each article included.",
                    ("source",),
                    _single(tally.versions),
                ),
                _gauge(
                    "morgue_crawl_last_success_timestamp_seconds",
                    "When a fetch last went well.",
                    ("source",),
                    {(source,): at for source, at in tally.successes.items()},
                ),
                _histogram(
                    "morgue_crawl_discovery_delay_seconds",
                    "From when an article says it was published to its first capture.",
                    tally.delays,
                ),
                _histogram(
                    "morgue_crawl_record_seconds", "From the end of an exchange until it is durable.", tally.latencies
                ),
            ]

    def _measured(self) -> list[Metric]:
        run = self._run
        alerts = {(alert.kind, alert.source or ""): 1.0 for alert in self._alerts()}
        return [
            GaugeMetricFamily("morgue_crawl_began_timestamp_seconds", "When the run began.", self._began),
            GaugeMetricFamily(
                "morgue_crawl_queued_requests", "Leases that wait for their turn.", run.politeness.queued
            ),
            GaugeMetricFamily("morgue_crawl_requests_in_flight", "Requests under way.", run.politeness.in_flight),
            GaugeMetricFamily(
                "morgue_crawl_unsettled_leases", "Leases whose captures are not durable yet.", run.outstanding
            ),
            GaugeMetricFamily(
                "morgue_crawl_pages_to_read", "Pages captured and waiting to be read.", run.recorder.waiting_to_read
            ),
            GaugeMetricFamily("morgue_crawl_files_to_store", "Files on their way to the store.", self._to_store()),
            _gauge("morgue_alert", "Alerts that hold.", ("kind", "source"), alerts),
        ]

    def _waiting(self, overview: Overview) -> list[Metric]:
        now = self._run.clock.now()
        # A source that was removed stays in the frontier, overdue for ever.
        names = self._run.sources.keys() & (self._run.options.sources or self._run.sources.keys())
        standings = [(name, one) for name, one in overview.sources.items() if name in names]
        return [
            _gauge("morgue_frontier_urls", "URLs known.", ("source",), {(name,): one.known for name, one in standings}),
            _gauge("morgue_frontier_due_urls", "URLs due.", ("source",), {(name,): one.due for name, one in standings}),
            _gauge(
                "morgue_frontier_overdue_seconds",
                "For how long the oldest due URL is.",
                ("source",),
                {(name,): max(now - one.oldest_due, 0.0) if one.oldest_due else 0.0 for name, one in standings},
            ),
            _gauge(
                "morgue_frontier_failing_urls",
                "URLs whose last fetch failed.",
                ("source",),
                {(name,): one.failing for name, one in standings},
            ),
            GaugeMetricFamily(
                "morgue_frontier_leases", "Leases taken.", sum(one.leased for one in overview.sources.values())
            ),
            GaugeMetricFamily("morgue_frontier_paused_hosts", "Hosts left alone, as they asked.", overview.paused),
        ]

    def _overview(self) -> Overview | None:
        """The frontier a short while ago at most; `None` where it cannot be read, which the run itself reports."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > FRESH_SECONDS:
                try:
                    overview = read_overview(self._frontier, now=self._run.clock.now())
                except CrawlerError:
                    return None
                self._seen = time.monotonic(), overview
            return self._seen[1]


class MetricsServer:
    """Serves metrics over HTTP. Raises AddressTaken."""

    def __init__(self, metrics: Collector, *, host: str, port: int) -> None:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(metrics)
        try:
            self._server: WSGIServer
            self._server, self._thread = start_http_server(port, addr=host, registry=registry)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise AddressTaken(
                f"{host}:{port}: cannot listen there: {reason} (choose another with --metrics)"
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Stop, and give the address back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(1.0)


def _single(counts: dict[str, int]) -> dict[tuple[str], int]:
    return {(source,): count for source, count in counts.items()}


def _counter(name: str, about: str, labels: tuple[str, ...], counts: Mapping[Labels, float]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric(values, count)
    return family


def _gauge(name: str, about: str, labels: tuple[str, ...], counts: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric(values, count)
    return family


def _histogram(name: str, about: str, histogram: Histogram) -> Metric:
    total, buckets = 0, []
    for bound, count in zip((*map(float, histogram.bounds), "+Inf"), histogram.counts, strict=True):
        total += count
        buckets.append((str(bound), float(total)))
    return HistogramMetricFamily(name, about, buckets=buckets, sum_value=histogram.sum)
