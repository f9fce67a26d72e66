"""One page being rendered: answers what the browser asks for, from the page in hand or from its origin, within bounds.

What comes from an origin is fetched by `crawler.wire`, as any page is: tapped, guarded and archived. A page load is one
visit, whose parts are not each made to wait for the site's delay; how many there are, and how much, is bounded here.
"""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from scrapy import Request

from archive.model import Exchange
from crawler.download_error import describe
from crawler.frontier.entry import MAX_URL_LENGTH, to_entry_url
from crawler.guard import Networks, is_address, is_refused
from crawler.render.message import Asked, Told, drop_fields, refusal, to_browser, to_origin
from crawler.render.permission import Fetch, Keep, Permission

logger = logging.getLogger(__name__)

MAX_REQUESTS = 200
MAX_BYTES = 100_000_000
MAX_HOSTS = 50
"""Of each of them robots.txt is fetched too."""
AT_ONCE = 6
"""Requests under way to one host."""
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
"""What asks for something and changes nothing (RFC 9110 section 9.2.1). All else stays here: beacons, forms, likes."""
_BUSY = (b"429", b"503")


class PageLoad:
    """The requests of one page, from the first on."""

    def __init__(
        self,
        page: Exchange,
        *,
        agent: str,
        fetch: Fetch,
        keep: Keep,
        permission: Permission | None,
        networks: Networks = (),
        is_resting: Callable[[str], bool] = lambda _url: False,
    ) -> None:
        """`is_resting` tells whether the host of a URL is to be left alone for now; `permission` is `None` where robots.txt is to be ignored; `networks` may be visited though they are private."""
        self.refused: list[str] = []
        """What was asked for in vain, and why: the first of it, since scripts may ask without end."""
        self.fetched = 0
        self.size_bytes = 0
        self.fetching: set[asyncio.Task[Told]] = set()
        """Goes on when the browser has gone, for what has been asked for is archived."""
        self._page = page
        self._page_url: str | None = None
        self._agent = agent
        self._fetch = fetch
        self._keep = keep
        self._permission = permission
        self._networks = networks
        self._is_resting = is_resting
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._busy: set[str] = set()

    async def answer(self, asked: Asked, url: str) -> Told:
        """The response for the browser; the first request of all is the one for the page itself."""
        if self._page_url is None:
            self._page_url = url
        if url == self._page_url and asked.method == "GET":
            # What would make the browser save the page, or leave it, is not for us.
            shown = drop_fields(self._page.response, ("Content-Disposition", "Refresh"))
            return to_browser(shown, method="GET", is_whole=True)
        told = await self._refuse(asked, url)
        if told is not None:
            return told
        task = asyncio.ensure_future(self._fetch_part(asked, to_entry_url(url) or url))
        self.fetching.add(task)
        task.add_done_callback(self.fetching.discard)
        return await asyncio.shield(task)

    async def _refuse(self, asked: Asked, url: str) -> Told | None:
        """The answer to what is not to be fetched."""
        if asked.method not in SAFE_METHODS or asked.has_body:
            return self._refusal(url, 403, f"{asked.method} requests are not sent")
        if asked.get("upgrade") is not None:
            return self._refusal(url, 403, "connections of another protocol are not made")
        if to_entry_url(url) is None:
            return self._refusal(url, 400, "that is no web address")
        if is_address(host := urlsplit(url).hostname or "") and is_refused(host, self._networks):
            # The wire would refuse it once connected, and how long that takes would tell scripts what is there.
            return self._refusal(url, 502, "it is no public address")
        if self.fetched >= MAX_REQUESTS:
            return self._refusal(url, 403, f"the page asks for more than {MAX_REQUESTS} parts")
        if self.size_bytes >= MAX_BYTES:
            return self._refusal(url, 403, f"the parts of the page exceed {MAX_BYTES} bytes")
        if urlsplit(url).netloc in self._busy or self._is_resting(url):
            return self._refusal(url, 503, "the host asked to be left alone")
        if urlsplit(url).netloc not in self._hosts and len(self._hosts) >= MAX_HOSTS:
            return self._refusal(url, 403, f"the page asks more than {MAX_HOSTS} hosts")
        self._hosts.setdefault(urlsplit(url).netloc, asyncio.Semaphore(AT_ONCE))
        self.fetched += 1
        if self._permission is not None and not await self._permission.allows(url, self._page.source or ""):
            return self._refusal(url, 403, "robots.txt forbids it, or cannot be had")
        return None

    async def _fetch_part(self, asked: Asked, url: str) -> Told:
        host = urlsplit(url).netloc
        async with self._hosts.setdefault(host, asyncio.Semaphore(AT_ONCE)):
            headers = to_origin(asked.headers, self._agent)
            fetched = await self._fetch(Request(url, method=asked.method, headers=headers, dont_filter=True))
        exchange = fetched.exchange
        if exchange is None:
            assert fetched.error
            return self._refusal(url, 502, f"it cannot be fetched: {describe(fetched.error)}")
        self.size_bytes += len(exchange.response)
        if exchange.response[9:12] in _BUSY:
            self._busy.add(host)
        told = await asyncio.to_thread(
            to_browser, exchange.response, method=asked.method, is_whole=exchange.truncated is None
        )
        await self._keep(msgspec.structs.replace(exchange, source=self._page.source, kind="requisite"), fetched.error)
        return told

    def _refusal(self, url: str, status: int, why: str) -> Told:
        logger.debug("refused a part url=%s page=%s reason=%s", url, self._page.url, why)
        if len(self.refused) < MAX_REQUESTS:
            self.refused.append(f"{url[:MAX_URL_LENGTH]}: {why}")
        return refusal(status, f"Not fetched: {why}.")
