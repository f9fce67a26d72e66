"""Memento (RFC 7089): what a URL answered at a time, as it was captured.

    /web/20240501103000id_/URL   the payload of one capture, and its headers as X-Archive-Orig-…; another time: redirected
    /web/20240501103000/URL      the same for programs; a person's browser is sent to where pages are replayed
    /web/URL                     TimeGate: redirected to the capture closest to Accept-Datetime, else to the newest
    /web/timemap/link/URL        TimeMap (`archive.web.memento_timemap`)        /web/*/URL      the page about this URL

Captured pages are hostile: they are answered in a sandbox without origin, where nothing runs and nothing is loaded.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import NoCapture, QueryInvalid
from archive.formats.timestamp import from_http_date, to_http_date, to_timestamp
from archive.model import Capture, Memento
from archive.web.links import LONGEST_URL, Site, check_url, path_target
from archive.web.memento_links import Addresses, Neighbours, http_date
from archive.web.memento_timemap import FORMS, PAGE, read_page
from archive.web.pool import CollectionPool

SANDBOX = "sandbox; default-src 'none'"

_STAMPED = re.compile(r"([0-9]{1,14})([a-z]{2}_)?/(.+)", re.DOTALL)
_PAGED = re.compile(r"(?:([0-9]{14})/)?(.*)", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BODYLESS = (204, 205, 304)
_MOST_HEADERS, _LONGEST_HEADER, _MOST_HEADER_BYTES = 90, 4000, 16_000
"""Python's own HTTP client, for one, takes no more than 100 headers; proxies take a few kilobytes of them."""
_CAPTURED, _LISTED, _NEGOTIATED = "max-age=3600", "max-age=60", "no-cache"
"""How long answers may be kept. A capture never changes, but it may be taken down."""


class MementoServer:
    """Answers everything below `/web/`."""

    def __init__(self, pool: CollectionPool, site: Site, page_size: int = PAGE) -> None:
        """`page_size` is of TimeMaps."""
        self._pool = pool
        self._site = site
        self._page_size = page_size

    def routes(self) -> list[Route]:
        return [
            Route("/web/timemap/{form}/{url:path}", self.timemap),
            Route("/web/{url:path}", self.timegate_or_memento),
        ]

    async def timegate_or_memento(self, request: Request) -> Response:
        target = path_target(request.scope, "/web/")
        if target.startswith(("*/", "%2A/")):
            url = check_url(target.partition("/")[2])
            return RedirectResponse(self._site.absolute(request, "/article?" + urlencode({"url": url})), 302)
        stamped = _STAMPED.fullmatch(target)
        if not stamped:
            return await self._timegate(request, check_url(target))
        timestamp, modifier, url = stamped.groups()
        if modifier not in (None, "id_"):
            raise HTTPException(404, f"{modifier} is not served here (id_ is: the payload as it was captured)")
        if modifier:
            return await self._memento(request, timestamp, check_url(url))
        url = check_url(url)
        return await self._negotiated(
            request, url, lambda collection: _at(collection, url, timestamp) or _closest(collection, url, timestamp)
        )

    async def timemap(self, request: Request) -> Response:
        form = request.path_params["form"]
        if form not in FORMS:
            raise HTTPException(404)
        paged = _PAGED.fullmatch(path_target(request.scope, f"/web/timemap/{form}/"))
        assert paged
        start, url = paged[1], check_url(paged[2])
        media_type, write = FORMS[form]
        addresses = Addresses(self._site, request, url)

        def answer(collection: Collection) -> str | None:
            page = read_page(collection, url, start, self._page_size)
            return write(page, addresses) if page else None

        text = await self._pool.ask(answer)
        if text is None:
            raise _no_capture(url)
        return Response(text, headers={"cache-control": _LISTED}, media_type=media_type)

    async def _timegate(self, request: Request, url: str) -> Response:
        now = datetime.now(UTC)
        wanted = request.headers.get("accept-datetime")
        time = from_http_date(wanted, now=now) if wanted is not None else now
        if time is None:
            raise QueryInvalid(f"Accept-Datetime {wanted!r:.100} is no HTTP date (such as {to_http_date(now)})")
        response = await self._negotiated(
            request, url, lambda collection: _closest(collection, url, to_timestamp(time))
        )
        response.headers.add_vary_header("accept-datetime")
        return response

    async def _negotiated(self, request: Request, url: str, choose: Callable[[Collection], Capture | None]) -> Response:
        """Redirected to the capture that is chosen; a person to where it is replayed."""

        def answer(collection: Collection) -> tuple[Capture, Neighbours] | None:
            capture = choose(collection)
            return (capture, Neighbours.of(collection, capture)) if capture else None

        found = await self._pool.ask(answer)
        if found is None:
            raise _no_capture(url)
        capture, neighbours = found
        response = self._redirect(request, url, capture, neighbours)
        if replayed := self._site.replay(request, capture.timestamp, capture.url):
            response.headers["vary"] = "sec-fetch-mode, sec-fetch-dest, upgrade-insecure-requests"
            if _is_navigation(request):
                response.headers["location"] = replayed
        return response

    async def _memento(self, request: Request, timestamp: str, url: str) -> Response:
        def answer(collection: Collection) -> tuple[Capture, Neighbours, Memento | None] | None:
            capture = _at(collection, url, timestamp)
            memento = collection.memento(capture) if capture else None
            capture = capture or _closest(collection, url, timestamp)
            return (capture, Neighbours.of(collection, capture), memento) if capture else None

        found = await self._pool.ask(answer)
        if found is None:
            raise _no_capture(url)
        capture, neighbours, memento = found
        if memento is None:
            return self._redirect(request, url, capture, neighbours)
        return self._as_captured(request, memento, neighbours)

    def _as_captured(self, request: Request, memento: Memento, neighbours: Neighbours) -> Response:
        capture = memento.capture
        addresses = Addresses(self._site, request, capture.url)
        # A status that would change the protocol, or is beyond HTTP's, cannot be sent on; to clients it is an error (RFC 9110, 15).
        status = memento.status if 200 <= memento.status <= 599 else 500
        body = b"" if status in _BODYLESS else memento.payload
        response = Response(body, status)
        headers = response.headers
        content_type = _clean(memento.header("Content-Type") or "")
        if 0 < len(content_type) <= _LONGEST_HEADER:
            # Parts of a multipart answer have headers of their own, Set-Cookie among them, and to some browsers they count.
            is_parted = content_type.lower().startswith("multipart/")
            headers["content-type"] = "application/octet-stream" if is_parted else content_type
        codings = _clean(", ".join(value for name, value in memento.headers if name.lower() == "content-encoding"))
        if 0 < len(codings) <= _LONGEST_HEADER:
            headers["content-encoding"] = codings
        if capture.redirect and len(capture.redirect) <= LONGEST_URL:
            headers["location"] = addresses.memento(capture.timestamp, capture.redirect)
        for name, value in _sendable(memento.headers):
            headers.append(f"X-Archive-Orig-{name}", value)
        headers["memento-datetime"] = http_date(capture.timestamp)
        headers["link"] = addresses.header(capture, neighbours)
        headers["cache-control"] = _CAPTURED
        headers["content-security-policy"] = SANDBOX
        return response

    def _redirect(self, request: Request, url: str, capture: Capture, neighbours: Neighbours) -> Response:
        addresses = Addresses(self._site, request, url)
        response = RedirectResponse(addresses.memento(capture.timestamp, capture.url), 302)
        response.headers["link"] = addresses.header(capture, neighbours)
        response.headers["cache-control"] = _NEGOTIATED
        return response


def _at(collection: Collection, url: str, timestamp: str) -> Capture | None:
    """The capture of exactly this second, if there is one to answer with."""
    if len(timestamp) != 14:
        return None
    captures = list(collection.lookup(url, from_=timestamp, to=timestamp, limit=100))
    # Of one second: a redirect to what was asked for leads nowhere; then the same spelling, then success.
    captures = [capture for capture in captures if capture.redirect != url]
    captures.sort(key=lambda one: (one.url != url, not 200 <= (one.status or 0) <= 299, one.truncated is not None))
    return captures[0] if captures else None


def _closest(collection: Collection, url: str, timestamp: str) -> Capture | None:
    """The capture that answers best for a time. Raises NoCapture where all there is leads back to the URL."""
    found = collection.closest(url, timestamp)
    if found is None and next(collection.lookup(url, limit=1), None):
        raise NoCapture(f"{url}: nothing is archived of this address but redirects to itself (its TimeMap lists them)")
    return found


def _is_navigation(request: Request) -> bool:
    """Whether a person's browser asks for a page to show it in a tab; programs send none of these headers.

    Fetch Metadata is sent to origins that are trustworthy (loopback, TLS); to others, browsers say that they would like TLS.
    """
    headers = request.headers
    if "sec-fetch-mode" in headers:
        return headers["sec-fetch-mode"] == "navigate" and headers.get("sec-fetch-dest") == "document"
    return headers.get("upgrade-insecure-requests") == "1"


def _sendable(captured: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The captured headers that may be sent on under other names, as many as clients take."""
    left = _MOST_HEADER_BYTES
    for name, value in islice(captured, _MOST_HEADERS):
        left -= len(name) + len(value)
        if left >= 0 and _TOKEN.fullmatch(name) and len(value) <= _LONGEST_HEADER:
            yield name, _clean(value)


def _no_capture(url: str) -> NoCapture:
    return NoCapture(f"{url}: nothing is archived of this address")


def _clean(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip().encode("latin-1", "replace").decode("latin-1")
