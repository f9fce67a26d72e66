"""Scrapy's scheduler over the frontier: leases in small batches, turns by `crawler.politeness`, nothing kept in memory alone.

SQLite is asked in a thread of its own, because Twisted's reactor must not wait for a disk.
"""

import asyncio
import logging
import time
from collections import deque
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from crawler.frontier.entry import Lease
from crawler.politeness import Turn
from crawler.run import CrawlRun
from crawler.spiders.news import NewsSpider

logger = logging.getLogger(__name__)

LEASES_PER_HOST = 64
LEAST_PER_HOST = 4
LEASES_IN_MEMORY = 4096
"""The more hosts there are, the fewer leases each has waiting, down to LEAST_PER_HOST."""
LEASING_SHARE = 0.1
"""Of the time, at most, goes into asking a frontier again that has thousands of hosts."""
RETRY_HORIZON = 60.0
"""Seconds that a crawl which ends by itself waits for a retry to fall due."""
POLL_SECONDS = 1.0
"""How often a frontier that had nothing due is asked again."""
SHORTEST_POLL_SECONDS = 0.02
"""The same in real seconds, at the least, however fast the clock runs."""


def leases_per_host(hosts: int) -> int:
    """How many leases each of so many hosts may have waiting in memory.

    >>> leases_per_host(0), leases_per_host(200), leases_per_host(100_000)
    (64, 20, 4)
    """
    return max(LEAST_PER_HOST, min(LEASES_PER_HOST, LEASES_IN_MEMORY // max(hosts, 1)))


class FrontierScheduler(BaseScheduler):
    """Gives Scrapy one request at a time, each when its host's turn has come."""

    def __init__(self, crawler: Crawler, spider: NewsSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._run: CrawlRun = spider.run
        self._poll_seconds = max(self._run.clock.real_seconds(POLL_SECONDS), SHORTEST_POLL_SECONDS)
        self._direct: deque[Request] = deque()
        """Requests that follow from one under way, such as the next hop of a robots.txt."""
        self._refill: asyncio.Future[list[Lease]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = 0.0
        self._rest_seconds = 0.0
        """How long the frontier is then left alone, however much news there is."""
        self._next_due: float | None = None
        self._closing = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert isinstance(crawler.spider, NewsSpider)
        return cls(crawler, crawler.spider)

    def open(self, spider: Spider) -> None:
        self._run.begin(self._wake, self._stop)
        self._lease()

    def close(self, reason: str) -> Any:
        self._closing = True
        if self._timer:
            self._timer.cancel()
        return self._spider.finish()

    def enqueue_request(self, request: Request) -> bool:
        self._direct.append(request)
        return True

    def has_pending_requests(self) -> bool:
        if self._closing:
            return False
        run = self._run
        if self._direct or run.outstanding or run.search.is_on or self._refill is not None:
            return True
        if run.politeness.queued or run.endless or run.news:
            return True
        # Nothing left but what failed: worth waiting for when its next try is near.
        return (
            not run.is_full() and self._next_due is not None and self._next_due - self._run.clock.now() < RETRY_HORIZON
        )

    def next_request(self) -> Request | None:
        if self._direct:
            return self._direct.popleft()
        if self._closing:
            return None
        run = self._run
        now = self._run.clock.now()
        while turn := run.politeness.next(now):
            if turn.act in ("fetch", "robots"):
                self._lease_if_low(is_idle=False)
                return self._request(turn)
            run.refuse(turn)
        self._lease_if_low(is_idle=True)
        self._sleep(now)
        return None

    def _request(self, turn: Turn) -> Request:
        if turn.act == "robots":
            return self._spider.robots_request(turn)
        assert turn.lease
        return self._spider.page_request(turn.lease, turn.host)

    def _lease_if_low(self, *, is_idle: bool) -> None:
        """Ask the frontier for more: at once where it may have some and there is need, else every now and then.

        However much one slow host has waiting, another's entries must not wait for it.
        """
        is_low = is_idle or self._run.politeness.queued < LEASES_PER_HOST // 2
        since = time.monotonic() - self._asked_at
        if (self._run.news and is_low and since >= self._rest_seconds) or since >= self._poll_seconds:
            self._lease()

    def _lease(self) -> None:
        if self._refill is not None or self._closing:
            return
        self._asked_at = time.monotonic()
        self._run.news = False
        per_host = leases_per_host(self._run.politeness.hosts)
        room = self._run.politeness.room(per_host)
        loop = asyncio.get_running_loop()
        self._refill = loop.run_in_executor(self._run.threads, self._run.supply.take, room, per_host)
        self._refill.add_done_callback(self._leased)

    def _leased(self, refill: "asyncio.Future[list[Lease]]") -> None:
        self._refill = None
        self._rest_seconds = min((time.monotonic() - self._asked_at) / LEASING_SHARE, self._poll_seconds)
        if error := refill.exception():
            self._run.broken(error)
            return
        leases = refill.result()
        if self._closing:
            self._run.release(leases)
            return
        self._run.release(lease for lease in leases if not self._run.is_followed(lease.entry.source))
        leases = [lease for lease in leases if self._run.is_followed(lease.entry.source)]
        self._next_due = self._run.supply.next_due
        if self._run.is_full():
            pages = [lease for lease in leases if lease.entry.kind != "requisite"]
            self._run.release(pages)
            leases = [lease for lease in leases if lease.entry.kind == "requisite"]
        if leases:
            # There may be more where these came from.
            self._run.news = True
            self._run.politeness.add(leases, self._run.clock.now())
        self._run.tidy()
        self._wake()

    def _sleep(self, now: float) -> None:
        """Have the engine ask again when the next turn, or the next look into the frontier, is due."""
        waits = [self._run.clock.real_seconds(wait) for wait in (self._run.politeness.wait(now),) if wait is not None]
        if self._next_due is not None or self._run.endless:
            waits.append(self._poll_seconds)
        if self._run.news and self._refill is None:
            waits.append(self._asked_at + self._rest_seconds - time.monotonic())
        if not waits:
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(min(waits), 0.001)
        if self._timer is None or self._timer.when() > at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._wake()

    def _stop(self) -> None:
        if not self._closing:
            self._ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        engine = self._crawler.engine
        # Asked while it is being started, Scrapy would go on with half of it.
        while not (engine.running or self._closing):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if not self._closing:
            await engine.close_spider_async(reason="broken")

    def _wake(self) -> None:
        engine = self._crawler.engine
        if engine._slot is not None and not self._closing:
            engine._slot.nextcall.schedule()
