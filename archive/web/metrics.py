"""`/healthz` for supervisors, and `/metrics` for Prometheus: requests by first part of the path and by status."""

import time
from collections import Counter, defaultdict

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.web.pool import CollectionPool

_AREAS = frozenset(("", "api", "article", "cdx", "diff", "healthz", "metrics", "static", "warc", "web"))
"""Known first parts of a path; whatever else is asked for counts as `other`, or strangers could fill the memory."""


class Metrics:
    """Counts requests on their way through."""

    def __init__(self, pool: CollectionPool) -> None:
        self._pool = pool
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.health), Route("/metrics", self.metrics)]

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
        lines = [
            "# HELP morgue_http_requests_total Requests answered.",
            "# TYPE morgue_http_requests_total counter",
        ]
        for (area, status), count in sorted(self._requests.items()):
            lines.append(f'morgue_http_requests_total{{area="/{area}",status="{status}"}} {count}')
        lines += [
            "# HELP morgue_http_request_seconds_total Time from request to the end of its answer.",
            "# TYPE morgue_http_request_seconds_total counter",
        ]
        for area, seconds in sorted(self._seconds.items()):
            lines.append(f'morgue_http_request_seconds_total{{area="/{area}"}} {seconds:.6f}')
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
