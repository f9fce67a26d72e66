"""Whether a site lets us fetch what a page asks for: robots.txt of each origin, fetched once, and kept like any exchange."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from scrapy import Request

from archive.model import Exchange
from crawler.download_error import describe
from crawler.robots import RobotsRules
from crawler.wire import Fetched, redirect_of
from pipelines.errors import PayloadUnreadable
from pipelines.extract.decode import decode_content

HOPS = 5  # RFC 9309, section 2.3.1.2: follow at least five redirects.
DECODED_BYTES = 4 << 20
ORIGINS = 5000
"""Whose rules are remembered."""

Fetch = Callable[[Request], Awaitable[Fetched]]
Keep = Callable[[Exchange, Exception | None], Awaitable[object]]


class Permission:
    """The rules of all origins that pages of a run have asked for something."""

    def __init__(
        self,
        *,
        agent: str,
        fetch: Fetch,
        keep: Keep,
        clock: Callable[[], datetime],
        known: Callable[[str], RobotsRules | None] = lambda _origin: None,
    ) -> None:
        """`known` are rules that the crawl itself has, by origin."""
        self._agent = agent
        self._fetch = fetch
        self._keep = keep
        self._clock = clock
        self._known = known
        self._rules: dict[str, asyncio.Task[RobotsRules]] = {}

    async def allows(self, url: str, source: str) -> bool:
        """Whether robots.txt of its origin lets this URL be fetched; the first question fetches it, for `source`."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        rules = self._known(origin)
        if rules is None or rules.expires <= self._clock():
            rules = await self._fetched(origin, source)
        return rules.allows(url)

    async def _fetched(self, origin: str, source: str) -> RobotsRules:
        task = self._rules.get(origin)
        if task is None or (task.done() and not self._holds(task)):
            while len(self._rules) >= ORIGINS:
                del self._rules[next(iter(self._rules))]
            task = self._rules[origin] = asyncio.ensure_future(self._fetch_rules(f"{origin}/robots.txt", source))
        # Others may wait for it too, when this page is given up.
        return await asyncio.shield(task)

    def _holds(self, task: asyncio.Task[RobotsRules]) -> bool:
        return not task.cancelled() and task.exception() is None and task.result().expires > self._clock()

    async def _fetch_rules(self, url: str, source: str, hops: int = 0) -> RobotsRules:
        headers = {"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate, br"}
        fetched = await self._fetch(Request(url, headers=headers, dont_filter=True))
        if fetched.exchange is not None:
            exchange = msgspec.structs.replace(fetched.exchange, source=source, kind="robots")
            await self._keep(exchange, fetched.error)
        response = fetched.response
        if response is None:
            return self._closed(describe(fetched.error) if fetched.error else "no answer")
        if hops < HOPS and (target := redirect_of(response)):
            return await self._fetch_rules(target, source, hops + 1)
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1")
        try:
            body = await asyncio.to_thread(decode_content, response.body, coding, limit=DECODED_BYTES)
        except PayloadUnreadable as error:
            return self._closed(str(error))
        return RobotsRules.from_response(response.status, body, fetched=self._clock(), user_agent=self._agent)

    def _closed(self, problem: str) -> RobotsRules:
        return RobotsRules.unreachable(fetched=self._clock(), user_agent=self._agent, problem=problem)
