"""Chromium, driven by scrapy-playwright: opens a page behind the recording proxy, and gives the document its scripts made.

Each page has a context of its own, which ends with it: no cookie, cache or worker passes from one page to the next.
Nothing of Chromium leaves but through the proxy: it can resolve no name, and its own errands lead nowhere.
"""

import asyncio
import logging
import os
import socket
from contextlib import suppress
from typing import cast

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Route
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from crawler.errors import BrowserLost, RenderFailed

logger = logging.getLogger(__name__)

START_SECONDS = 30
ARRIVE_SECONDS = 20.0
LOAD_SECONDS = 15.0
IDLE_SECONDS = 5.0
WAIT_SECONDS = 15.0
PAGE_SECONDS = 60.0
"""For all of a page."""
CLOSE_SECONDS = 10.0

_ARGUMENTS = (
    # Only the proxy resolves names. Without this, WebRTC and prefetching would ask for them on their own.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--allow-browser-signin=false",
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
)
_LOST = "browser has been closed"
_ERROR_PAGE = "chrome-error:"
_LEFT_OUT = frozenset(("image", "font", "media"))
"""Kinds of requests that no text comes of. What a page needs to be shown is fetched in its turn (`crawler.requisites`)."""


class Browser:
    """One Chromium, started again where it has gone."""

    def __init__(self, crawler: Crawler, *, path: str, proxy_port: int, spki: str) -> None:
        """`path` is that of Chromium, empty for Playwright's own."""
        self._proxy = f"http://127.0.0.1:{proxy_port}"
        # Bound and never listening: nobody else can take the port, and whoever connects is refused.
        self._nowhere = socket.socket()
        self._nowhere.bind(("127.0.0.1", 0))
        self._handler = ScrapyPlaywrightDownloadHandler(crawler)
        self._handler.config.launch_options = {
            **({"executable_path": path} if path else {}),
            "args": [*_ARGUMENTS, f"--ignore-certificate-errors-spki-list={spki}"],
            "chromium_sandbox": not is_root(),
            # For what the browser does on its own account, whatever it was told: Debian's asks Google for updates and accounts.
            # Pages have a proxy of their own.
            "proxy": {"server": f"http://127.0.0.1:{self._nowhere.getsockname()[1]}"},
            "timeout": START_SECONDS * 1000,
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        }

    async def open(self) -> None:
        """Start what drives the browser; the browser itself starts with the first page."""
        await self._handler._maybe_launch_in_thread()  # what it does when an engine starts, which is long ago

    async def close(self) -> None:
        """End the browser."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._handler.close()
        except Exception as error:  # noqa: BLE001  Playwright says in many ways that what drives it is gone.
            logger.warning("left a browser behind error=%s", error)
        self._nowhere.close()

    async def document(
        self, url: str, *, name: str, wait_for: str, locale: str | None, timezone: str, agent: str, max_chars: int
    ) -> str:
        """The document at a URL as HTML, once its scripts have run. Raises RenderFailed, BrowserLost.

        `name` is what the page load is called before the proxy; `wait_for` is a selector, or empty.
        """
        taken = PageMethod(_settled, wait_for, max_chars)
        context = {
            "proxy": {"server": self._proxy, "username": name, "password": name},
            "accept_downloads": False,
            "service_workers": "block",
            "user_agent": agent,
            "timezone_id": timezone,
            **({"locale": locale} if locale else {}),
        }
        request = Request(
            url,
            meta={
                "playwright": True,
                "playwright_context": name,
                "playwright_context_kwargs": context,
                "playwright_include_page": True,  # it is closed here, with its context
                "playwright_page_init_callback": _prepare,
                "playwright_page_goto_kwargs": {"wait_until": "commit", "timeout": ARRIVE_SECONDS * 1000},
                "playwright_page_methods": [taken],
            },
            dont_filter=True,
        )
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                await self._handler.download_request(request)
        except TimeoutError:
            if taken.result is None:
                raise RenderFailed(f"the browser was not done with it after {PAGE_SECONDS:.0f} s") from None
        except PlaywrightError as error:
            if taken.result is None:
                if _LOST in error.message:  # scrapy-playwright has tried to start another one, three times
                    raise BrowserLost("the browser is gone") from None
                raise RenderFailed(f"the browser could not show it: {_first_line(error)}") from None
        finally:
            await self._end(name)
        return cast("str", taken.result)

    async def _end(self, name: str) -> None:
        wrapper = self._handler.context_wrappers.get(name)
        if wrapper is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await wrapper.context.close()
        except (PlaywrightError, TimeoutError) as error:
            logger.debug("left a page of the browser open error=%s", error)


def is_root() -> bool:
    """Whether this process is root's, as which Chromium's sandbox cannot be used."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


async def _prepare(page: Page, _request: Request) -> None:
    arrived = False

    async def pass_on(route: Route) -> None:
        nonlocal arrived
        request = route.request
        if request.is_navigation_request() and request.frame == page.main_frame:
            if arrived:
                # A script would leave, and this is the page that is wanted. To what has no content, a browser stays; were
                # the request refused, it would show a page of its own about that.
                await route.fulfill(status=204)
                return
            arrived = True
        if request.resource_type in _LEFT_OUT:
            await route.abort()
        else:
            await route.continue_()

    # Goes before scrapy-playwright's own route, which writes headers anew.
    await page.route("**/*", pass_on)
    page.on("popup", lambda popup: popup.close())


async def _settled(page: Page, wait_for: str, max_chars: int) -> str:
    """The document, once nothing seems to come any more, or what is waited for is there."""
    with suppress(PlaywrightError):
        await page.wait_for_load_state("load", timeout=LOAD_SECONDS * 1000)
    if wait_for:
        await page.wait_for_selector(wait_for, state="attached", timeout=WAIT_SECONDS * 1000)
    else:
        with suppress(PlaywrightError):
            await page.wait_for_load_state("networkidle", timeout=IDLE_SECONDS * 1000)
    # What follows waits for the page to have loaded, once more.
    page.set_default_navigation_timeout(1)
    if page.url.startswith(_ERROR_PAGE):
        raise PlaywrightError("it shows an error of its own")
    # Asked first: what is too large should not come over at all.
    if await page.evaluate("document.documentElement ? document.documentElement.outerHTML.length : 0") > max_chars:
        raise RenderFailed("its document exceeds max_response_size")
    return await page.content()


def _first_line(error: PlaywrightError) -> str:
    return error.message.strip().partition("\n")[0]
