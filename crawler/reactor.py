"""Scrapy's reactor for one run: started here, and ended in order, or at once where that takes too long.

Scrapy's own handling of signals is off: it loses one that comes before its engine runs, and waits without a bound.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ReactorNotRunning

from crawler.run import CrawlRun
from crawler.settings import scrapy_process
from crawler.signals import Signals
from crawler.spiders.news import NewsSpider


def run_reactor(
    run: CrawlRun, settings: dict[str, Any], signals: Signals, *, stop_seconds: float, on_stop: Callable[[], None]
) -> BaseException | None:
    """Fetch until nothing is left to do, or a signal asks for the end; returns what went wrong. Once per process.

    `on_stop` is called, in the reactor's thread, when a signal came; `stop_seconds` later what is not answered is given up.
    """
    process = scrapy_process(settings)
    spider = process.create_crawler(NewsSpider)
    crawling = process.crawl(spider, run=run)
    loop = asyncio.get_event_loop()
    stopping: set[asyncio.Future[None]] = set()

    async def stop() -> None:
        # Asked before its engine runs, Scrapy would say yes and go on.
        while not crawling.done() and not (run.has_begun and spider.engine.running):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await process.stop()

    def begin_to_stop() -> None:
        if run.stopped:
            return
        run.stopped = True
        stopping.add(asyncio.ensure_future(stop()))
        loop.call_later(stop_seconds, end_at_once)
        # Last: the terminal that it is said on may be what has gone.
        on_stop()

    def end_at_once() -> None:
        from twisted.internet import reactor

        with contextlib.suppress(ReactorNotRunning):
            reactor.stop()  # type: ignore[misc]  # Twisted declares the reactor as an interface

    def call(work: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(work)

    signals.during(lambda: call(begin_to_stop), lambda: call(end_at_once))
    process.start(install_signal_handlers=False)
    return crawling.exception() if crawling.done() and not crawling.cancelled() else None
