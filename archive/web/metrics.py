"""`/healthz` for supervisors, and `/metrics` for Prometheus: requests by first part of the path and by status, and the archive.

The archive is counted at most once a minute, however often it is asked for: counting goes through the catalog.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.collection import Collection
from archive.errors import ArchiveError
from archive.formats.timestamp import from_timestamp
from archive.index.catalog import Counts
from archive.web.pool import CollectionPool

FRESH_SECONDS = 60.0

_AREAS = frozenset(
    (
        "",
        "api",
        "article",
        "cdx",
        "changes",
        "day",
        "diff",
        "feed",
        "healthz",
        "metrics",
        "replay",
        "robots.txt",
        "source",
        "sources",
        "static",
        "warc",
        "web",
    )
)
"""Known first parts of a path; whatever else is asked for counts as `other`, or strangers could fill the memory."""


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What the archive holds."""

    counts: Counts
    size_bytes: int
    last_captures: dict[str, str]
    """By source, the timestamp of the newest page that was read."""


class Metrics:
    """Counts requests on their way through."""

    def __init__(self, pool: CollectionPool) -> None:
        self._pool = pool
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counting = asyncio.Lock()
        self._holdings: Holdings | None = None
        self._counted_at = float("-inf")

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.health), Route("/metrics", self.metrics)]

    def count(self, area: str, status: int, seconds: float) -> None:
        """Note a request that was answered elsewhere."""
        self._requests[area, status] += 1
        self._seconds[area] += seconds

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, with its requests counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = time.perf_counter()
            area = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else "other"
            area = area if area in _AREAS else "other"

            async def send_counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._requests[area, message["status"]] += 1
                await send(message)

            try:
                await app(scope, receive, send_counted)
            finally:
                self._seconds[area] += time.perf_counter() - began

        return counted

    async def health(self, request: Request) -> Response:
        """200 while the collection can be read; else its error, as any other page would answer it."""
        await self._pool.ask(lambda collection: collection.closest("http://healthz.invalid/"))
        return PlainTextResponse("ok\n")

    async def metrics(self, request: Request) -> Response:
        """Everything counted, in the text format. Without the archive's own where it cannot be read: `/healthz` says why."""
        async with self._counting:
            if time.monotonic() - self._counted_at > FRESH_SECONDS:
                self._counted_at = time.monotonic()
                try:
                    self._holdings = await self._pool.ask(_count)
                except ArchiveError:
                    self._holdings = None
        text = generate_latest(_Told([*self._of_requests(), *_of_archive(self._holdings)]))
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def _of_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("morgue_http_requests_total", "Requests answered.", labels=("area", "status"))
        for (area, status), count in sorted(self._requests.items()):
            requests.add_metric((f"/{area}", str(status)), count)
        yield requests
        about = "Time from request to the end of its answer."
        seconds = CounterMetricFamily("morgue_http_request_seconds_total", about, labels=("area",))
        for area, spent in sorted(self._seconds.items()):
            seconds.add_metric((f"/{area}",), spent)
        yield seconds


class _Told(Collector):
    """Metrics that are made already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _count(collection: Collection) -> Holdings:
    catalog = collection.catalog
    return Holdings(
        counts=catalog.counts(),
        size_bytes=sum(file.size for file in catalog.files()),
        last_captures=catalog.last_read(),
    )


def _of_archive(holdings: Holdings | None) -> Iterator[Metric]:
    if holdings is None:
        return
    counts = holdings.counts
    for name, about, value in (
        ("captures", "Full responses.", counts.captures),
        ("revisits", "Revisit records.", counts.revisits),
        ("articles", "Articles.", counts.articles),
        ("versions", "Versions of articles.", counts.versions),
        ("unread_pages", "Pages that no extractor has read.", counts.unread),
        ("size_bytes", "Bytes of the WARC files, texts included.", holdings.size_bytes),
    ):
        yield GaugeMetricFamily(f"morgue_archive_{name}", about, value)
    last = GaugeMetricFamily(
        "morgue_archive_last_capture_timestamp_seconds", "Of the newest page that was read.", labels=("source",)
    )
    for source, timestamp in holdings.last_captures.items():
        last.add_metric((source,), from_timestamp(timestamp).timestamp())
    yield last
