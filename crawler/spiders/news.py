"""The one spider, for all sources: turns leases into requests, and what seeds offer into entries.

Pages are not looked at here: the wire keeps them, and `pipelines` reads them back from the archive.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
from scrapy import Request, Spider
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from archive.model import Exchange
from crawler import revisit
from crawler.download_error import describe
from crawler.errors import CrawlerError
from crawler.frontier.entry import Entry, Lease
from crawler.politeness import Turn
from crawler.requisites import referer
from crawler.robots import RobotsRules, robots_text
from crawler.run import CrawlRun
from crawler.seed_body import SeedBody, seed_body_of
from crawler.spiders import no_requests
from crawler.wire import redirect_of
from pipelines.errors import PayloadUnreadable
from pipelines.extract.decode import decode_content
from pipelines.kept import Kept

logger = logging.getLogger(__name__)

HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
}
ROBOTS_DECODED_BYTES = 4 << 20
ROBOTS_HOPS = 5  # RFC 9309, section 2.3.1.2: follow at least five redirects.


class NewsSpider(Spider):
    """Fetches what the run's frontier leases. `run` is given by whoever starts it."""

    name = "news"

    def __init__(self, run: CrawlRun | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if run is None:
            raise CrawlerError("a crawl writes to a collection: start it with `morgue crawl`, not with `scrapy crawl`")
        self.run = run
        self.clock = run.clock

    async def start(self) -> AsyncIterator[Any]:
        """Yield nothing: all requests come from the frontier."""
        for request in no_requests():
            yield request

    def page_request(self, lease: Lease, host: str) -> Request:
        """The request for a lease; conditional where its validators may be trusted."""
        self.run.started(lease)
        is_seed = lease.entry.kind == "seed"
        render = self.run.renders(lease.entry)
        # A shell that is as it was may hold a text that is not: nothing but the whole of it can be rendered.
        conditions = {} if render else revisit.conditions(lease)
        headers = {**HEADERS, "User-Agent": self.run.settings.agent, **conditions}
        if lease.entry.kind == "requisite":
            # Who asks for HTML first gets a page about the picture from some.
            headers["Accept"] = "*/*"
            if page := referer(lease.entry):
                headers["Referer"] = page
        # Of a seed that says to be too long Scrapy would read nothing; so the wire cuts it.
        limit = {"download_maxsize": 0} if is_seed else {}
        return Request(
            lease.entry.url,
            callback=self.parse_seed if is_seed else self.parse,
            headers=headers,
            meta={"lease": lease, "host": host, "download_slot": host, "render": render, **limit},
            dont_filter=True,
        )

    def robots_request(self, turn: Turn, *, url: str | None = None, hops: int = 0) -> Request:
        """The request for an origin's robots.txt, or for where that redirects to."""
        return Request(
            url or f"{turn.origin}/robots.txt",
            callback=self.parse_robots,
            errback=self.robots_failed,
            headers={**HEADERS, "User-Agent": self.run.settings.agent},
            meta={"turn": turn, "hops": hops, "host": "" if hops else turn.host, "download_slot": turn.host},
            dont_filter=True,
        )

    async def keep(self, request: Request, exchange: Exchange | None, error: Exception | None) -> None:
        """Take each exchange from the wire."""
        lease: Lease | None = request.meta.get("lease")
        if exchange is not None:
            kind = lease.entry.kind if lease else "robots"
            source = lease.entry.source if lease else request.meta["turn"].source
            # Of a seed it is the one that led to it, and no page.
            via = lease.entry.referrer if lease and kind == "requisite" else None
            exchange = msgspec.structs.replace(exchange, source=source, kind=kind, via=via)
        durable = await self.run.keep(exchange, host=request.meta["host"], lease=lease, error=error)
        request.meta["durable"] = durable
        if durable is not None and error is not None:
            # Cut at our own limit: no response comes, and what came is worth reading all the same.
            assert exchange is not None
            assert lease is not None
            await self._settle_seed(lease, lambda: seed_body_of(exchange), durable, error)

    def parse(self, response: Response, **_: Any) -> None:
        """Leave pages alone: they are read from the archive."""

    async def parse_seed(self, response: Response, **_: Any) -> None:
        """Add what a seed offers to the frontier; settle the seed once its capture is durable."""
        body = SeedBody(
            url=response.url,
            status=response.status,
            payload=response.body,
            codings=(response.headers.get("Content-Encoding") or b"").decode("latin-1"),
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
        )
        await self._settle_seed(response.meta["lease"], lambda: body, response.meta["durable"], None)

    async def _settle_seed(
        self,
        lease: Lease,
        body: Callable[[], SeedBody | None],
        durable: "asyncio.Future[Kept | None]",
        error: Exception | None,
    ) -> None:
        entries: Sequence[Entry] = ()
        try:
            loop = asyncio.get_running_loop()
            entries = await loop.run_in_executor(None, self.run.polls.read, body, lease.entry, error is not None)
        finally:
            # Even where a mistake of ours kept it from being read: the run waits for every lease.
            if kept := await durable:
                self.run.submit(self.run.polls.settle, lease, kept, describe(error) if error else None, entries)

    async def parse_robots(self, response: Response, **_: Any) -> AsyncIterator[Request]:
        """Follow robots.txt to where it lies, and let its rules hold for its origin."""
        turn: Turn = response.meta["turn"]
        hops: int = response.meta["hops"]
        if hops < ROBOTS_HOPS and (target := redirect_of(response)):
            yield self.robots_request(turn, url=target, hops=hops + 1)
            return
        loop = asyncio.get_running_loop()
        rules = RobotsRules.unreachable(
            fetched=self.clock.utc(), user_agent=self.run.settings.agent, problem="it cannot be read"
        )
        text = ""
        try:
            rules, text = await loop.run_in_executor(None, self._read_robots, response)
        finally:
            # Even where a mistake of ours kept it from being read: its host's pages wait for it.
            self.run.hosts.set_robots(turn, rules, text)

    def robots_failed(self, failure: Failure) -> None:
        """Hold an origin whose robots.txt cannot be had for closed (RFC 9309 section 2.3.1.4)."""
        turn: Turn = failure.request.meta["turn"]  # type: ignore[attr-defined]  # Scrapy sets it
        self.run.hosts.set_robots(
            turn,
            RobotsRules.unreachable(
                fetched=self.clock.utc(), user_agent=self.run.settings.agent, problem=str(failure.value)
            ),
        )

    def _read_robots(self, response: Response) -> tuple[RobotsRules, str]:
        """The rules of a robots.txt, and its text. Called in a thread: it may hold 500 KiB of patterns."""
        header = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        fetched, agent = self.clock.utc(), self.run.settings.agent
        try:
            body = decode_content(response.body, header, limit=ROBOTS_DECODED_BYTES)
        except PayloadUnreadable as error:
            # Nobody can tell what it forbids.
            return RobotsRules.unreachable(fetched=fetched, user_agent=agent, problem=str(error)), ""
        rules = RobotsRules.from_response(response.status, body, fetched=fetched, user_agent=agent)
        return rules, robots_text(response.status, body)

    def finish(self) -> Any:
        """Give back what was leased and not fetched, and wait until all that was is settled."""
        return Deferred.fromFuture(asyncio.ensure_future(self.run.finish()))
