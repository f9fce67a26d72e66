"""The wire: a Scrapy download handler that keeps each exchange as the bytes that crossed the socket.

Scrapy's own responses have lost header case and order, chunk framing, interim answers and everything truncated, so the
bytes come from `crawler.tap`, below all parsing. Both lean on private names (here `_pool._factory`): Scrapy's minor version
is pinned and `tests/crawler/test_wire.py` is the canary.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urljoin

import msgspec
from scrapy import Request
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future

from archive.formats import http
from archive.model import Exchange
from crawler.clock import SYSTEM, Clock
from crawler.download_error import describe, truncation
from crawler.frontier.entry import to_entry_url
from crawler.tap import TapFactory, Wire, WireAgent

if TYPE_CHECKING:
    from crawler.render.renderer import Renderer

logger = logging.getLogger(__name__)

FRAMING_ALLOWANCE = 1 << 20
"""Bytes that chunk framing may add to a body before its size counts as a lie."""

Sink = Callable[[Request, Exchange | None, Exception | None], Awaitable[None]]
"""Takes each exchange (`None` where nothing was sent) and the error it ended with (`None` where it is complete)."""


class Fetched(NamedTuple):
    """What came of a request."""

    exchange: Exchange | None
    """`None` where nothing was sent."""
    response: Response | None
    """`None` where there is an error."""
    error: Exception | None


class WireHandler(http11.HTTP11DownloadHandler):
    """Downloads http and https for Scrapy, and hands each exchange to the spider's `keep`, which may wait.

    Every outcome is handed over, failures too; then a failure is raised as IgnoreRequest, because it has been dealt with.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        networks = tuple(settings.getlist("MORGUE_NETWORKS"))
        # The pool builds factories from a class, so what this crawl may reach has to be the class's.
        self._pool._factory = cast("type[TapFactory]", type("CrawlTapFactory", (TapFactory,), {"networks": networks}))
        self._max_header_bytes = settings.getint("MORGUE_MAX_HEADER_SIZE")
        self._connect_seconds = settings.getfloat("MORGUE_CONNECT_TIMEOUT")
        self._answer_seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._clock: Clock = getattr(crawler.spider, "clock", SYSTEM)
        self._renderer: Renderer | None = None
        self._keep: Sink = getattr(crawler.spider, "keep")  # noqa: B009  every spider of ours has it, Scrapy's base has not

    async def download_request(self, request: Request) -> Response:
        fetched = await self.fetch(request)
        if (source := request.meta.get("render")) is not None:
            fetched = await self._render(source, fetched)
        await self._keep(request, fetched.exchange, fetched.error)
        if fetched.response is None:
            assert fetched.error
            raise IgnoreRequest(describe(fetched.error)) from fetched.error
        return fetched.response

    async def close(self) -> None:
        if self._renderer is not None:
            await self._renderer.close()
        await super().close()

    async def _render(self, source: Any, fetched: Fetched) -> Fetched:
        from crawler.render.renderer import Renderer  # few sources need it, and it brings a browser's driver along

        if self._renderer is None:
            self._renderer = Renderer(self._crawler, getattr(self._crawler.spider, "run"), self.fetch)  # noqa: B009
        return await self._renderer.render(source, fetched)

    async def fetch(self, request: Request) -> Fetched:
        """Send a request and take what comes, without handing it on. Never raises what the network does."""
        wire = Wire(
            max_header_bytes=self._max_header_bytes,
            max_bytes=self._default_maxsize + self._max_header_bytes + FRAMING_ALLOWANCE,
            clock=self._clock,
        )
        agent = WireAgent(
            contextFactory=self._contextFactory,
            connectTimeout=self._answer_seconds,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=0,
            fail_on_dataloss=True,
            crawler=self._crawler,
        )
        agent.wire = wire
        agent.connect_seconds = self._connect_seconds
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(agent.download_request(request))
        except Exception as failure:  # noqa: BLE001  It is handed over, whatever it is: the caller decides.
            error = DownloadCancelledError() if wire.truncated == "length" else failure
            exchange = wire.exchange(request)
            # In a thread: what is to be walked through may be tiny chunks by the million.
            if wire.truncated is None and exchange and (whole := await asyncio.to_thread(_read_whole, exchange)):
                # Twisted's parser gave up on a form it does not know, but all that was announced is there.
                return Fetched(exchange, whole, None)
            if exchange:
                exchange = msgspec.structs.replace(exchange, truncated=wire.truncated or truncation(error))
            return Fetched(exchange, None, error)
        return Fetched(wire.exchange(request), response, None)


def _read_whole(exchange: Exchange) -> Response | None:
    """The response of an exchange, if it is complete, read by our own parser."""
    message = http.split_interim(exchange.response)[1]
    if not http.is_complete(message):
        return None
    raw_head, body = http.split_head(message)
    head = http.parse_head(raw_head)
    assert head
    headers = [(name, value.encode("latin-1")) for name, value in head.headers]
    return Response(exchange.url, status=head.status, headers=headers, body=http.entity(head, body))


def redirect_of(response: Response) -> str | None:
    """Where a redirect leads; `None` for any other answer, and where it leads to no URL."""
    location = response.headers.get("Location")
    if not (300 <= response.status < 400 and location):
        return None
    try:
        # Not the response's own `urljoin`, which goes by the page's <base>.
        return to_entry_url(urljoin(response.url, location.decode("utf-8", "replace")))
    except ValueError:
        return None
