"""Renders the pages of a run: proxy, permission and browser in one place, started with the first page that needs them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from scrapy.crawler import Crawler

from archive.formats import http
from archive.index.catalog_database import HTML_MIMES
from archive.model import Exchange, Rendering
from crawler.errors import BrowserLost, CrawlerError, RenderFailed, RenderUnavailable
from crawler.frontier.intake import host_of
from crawler.render.authority import Authority
from crawler.render.availability import find_browser
from crawler.render.page_load import PageLoad
from crawler.render.permission import Fetch, Permission
from crawler.render.proxy import RecordingProxy
from crawler.run import CrawlRun
from crawler.source import Source
from crawler.verdict import judge_host
from crawler.wire import Fetched

if TYPE_CHECKING:
    from crawler.render.browser import Browser

logger = logging.getLogger(__name__)

LEASE_RESERVE = 90.0
"""Seconds of a page's lease that are left for rendering it."""


class Renderer:
    """For one run. Nothing is started before the first page."""

    def __init__(self, crawler: Crawler, run: CrawlRun, fetch: Fetch) -> None:
        self._crawler = crawler
        self._run = run
        self._fetch = fetch
        self._settings = run.settings
        self._places = asyncio.Semaphore(run.settings.browser_pages)
        self._starting: asyncio.Task[Browser] | None = None
        self._loads: set[PageLoad] = set()
        self._proxy = RecordingProxy(Authority())
        self._permission = Permission(
            agent=run.settings.agent, fetch=fetch, keep=self._keep, clock=run.clock.utc, known=run.politeness.robots_of
        )

    async def render(self, source: Source, fetched: Fetched) -> Fetched:
        """What was fetched, with what the browser made of it; as it is where it is no whole page."""
        exchange = fetched.exchange
        if exchange is None or fetched.error is not None or not is_page(exchange):
            return fetched
        exchange = msgspec.structs.replace(exchange, source=source.name)
        try:
            dom = await self._document(source, exchange)
        except (RenderFailed, RenderUnavailable) as error:
            return self._failed(exchange, error)
        except Exception as error:  # noqa: BLE001  The page has to be settled, whatever its browser came to.
            logger.warning("failed to render url=%s error=%s: %s", exchange.url, type(error).__name__, error)
            return self._failed(exchange, RenderFailed(f"the browser could not show it: {error}"))
        rendering = Rendering(dom=dom, taken=self._now())
        return Fetched(msgspec.structs.replace(exchange, rendering=rendering), fetched.response, None)

    async def close(self) -> None:
        """End the browser, and what it has asked for."""
        starting, self._starting = self._starting, None
        if starting is None:
            return
        if not starting.done():
            starting.cancel()
        elif not starting.cancelled() and starting.exception() is None:
            await starting.result().close()
        self._proxy.close()
        logger.debug("closed the browser strangers=%s", self._proxy.strangers)
        for load in self._loads:
            for task in tuple(load.fetching):
                task.cancel()

    def _failed(self, exchange: Exchange, error: CrawlerError) -> Fetched:
        rendering = Rendering(dom=None, taken=self._now(), problem=str(error))
        return Fetched(msgspec.structs.replace(exchange, rendering=rendering), None, error)

    async def _let_go(self, browser: "Browser") -> None:
        """End a browser that is no use any more, and what drives it; the next page starts both anew."""
        starting = self._starting
        if starting is not None and starting.done() and starting.exception() is None and starting.result() is browser:
            self._starting = None
            await browser.close()

    async def _document(self, source: Source, page: Exchange) -> bytes:
        load = PageLoad(
            page,
            agent=self._settings.agent,
            fetch=self._fetch,
            keep=self._keep,
            networks=self._settings.networks,
            is_resting=self._is_resting,
            permission=self._permission if source.crawl.robots == "obey" else None,
        )
        self._loads = {one for one in self._loads if one.fetching} | {load}
        async with self._place():
            browser = await self._started()
            name = self._proxy.admit(load)
            try:
                html = await browser.document(
                    page.url,
                    name=name,
                    wait_for=source.crawl.wait_for,
                    locale=source.language or None,
                    timezone=source.timezone,
                    agent=self._settings.agent,
                    max_chars=int(self._settings.max_response_size),
                )
            except BrowserLost:
                await self._let_go(browser)
                raise
            finally:
                self._proxy.dismiss(name)
        dom = html.encode("utf-8", "replace")  # scripts may write half of a surrogate pair
        if len(dom) > self._settings.max_response_size:
            raise RenderFailed("its document exceeds max_response_size")
        logger.debug(
            "rendered url=%s parts=%d refused=%d bytes=%d", page.url, load.fetched, len(load.refused), len(dom)
        )
        return dom

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the pages that may be open at once. Raises RenderFailed where none comes free while the lease holds."""
        patience = max(self._settings.lease.total_seconds() - LEASE_RESERVE, 1.0)
        try:
            async with asyncio.timeout(patience):
                await self._places.acquire()
        except TimeoutError:
            raise RenderFailed(f"the browser had no place for it in {patience:.0f} s (browser_pages)") from None
        try:
            yield
        finally:
            self._places.release()

    async def _started(self) -> "Browser":
        if self._starting is None or (self._starting.done() and self._starting.exception() is not None):
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> "Browser":
        path = find_browser(self._settings.browser)
        from crawler.render.browser import Browser, is_root

        if is_root() and not self._proxy.port:  # once a run
            logger.warning("Chromium runs without its sandbox, because this is root (run the crawl as another user)")
        if not self._proxy.port:
            self._proxy.open()
        browser = Browser(self._crawler, path=path, proxy_port=self._proxy.port, spki=self._proxy.authority.spki)
        await browser.open()
        return browser

    def _is_resting(self, url: str) -> bool:
        trouble = self._run.hosts.troubles.get(host_of(url))
        return trouble is not None and trouble.until > self._run.clock.now()

    async def _keep(self, exchange: Exchange, error: Exception | None) -> object:
        run, host, now = self._run, host_of(exchange.url), self._run.clock.now()
        verdict = judge_host(exchange, error, now)
        if run.politeness.knows(host):
            if verdict.state == "busy":
                run.hosts.note_exchange(host, exchange, error, now)
        elif verdict.state == "busy":
            run.hosts.troubles.note_busy(host, verdict.reason, verdict.retry_after, now)
        else:
            run.hosts.troubles.note_answer(host, now)
        return await self._run.keep(exchange, host="", lease=None, error=error)

    def _now(self) -> datetime:
        return self._run.clock.utc().replace(microsecond=0)


def is_page(exchange: Exchange) -> bool:
    """Whether an exchange brought a whole page: a complete 200 of HTML that is not empty."""
    raw_head, body = http.split_head(http.split_interim(exchange.response)[1])
    head = http.parse_head(raw_head)
    if head is None or head.status != 200 or exchange.truncated is not None or not body:
        return False
    return http.media_type(head.get("content-type")) in HTML_MIMES
