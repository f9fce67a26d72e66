"""Memento (RFC 7089): what a URL answered at a time, as it was captured.

    /web/20240501103000id_/URL   the payload of one capture, and its headers as X-Archive-Orig-…; another time: redirected
    /web/URL                     TimeGate: redirected to the capture closest to Accept-Datetime, else to the newest
    /web/timemap/link/URL        TimeMap: all captures, application/link-format

Captured pages are hostile: they are answered in a sandbox without origin, where nothing runs and nothing is loaded.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import NoCapture, QueryInvalid
from archive.formats.timestamp import from_http_date, from_timestamp, to_http_date, to_timestamp
from archive.model import Capture, Memento
from archive.web.links import Site, check_url, escape_url, path_target, raw_path
from archive.web.pool import CollectionPool
from archive.web.streaming import respond_with_lines

SANDBOX = "sandbox; default-src 'none'"
LINK_FORMAT = "application/link-format"

_STAMPED = re.compile(r"([0-9]{1,14})([a-z]{2}_)?/(.+)", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BODYLESS = (204, 205, 304)
_MOST_HEADERS, _LONGEST_HEADER = 90, 4000
"""Python's own HTTP client, for one, takes no more than 100 headers."""


class MementoServer:
    """Answers everything below `/web/`."""

    def __init__(self, pool: CollectionPool, site: Site) -> None:
        self._pool = pool
        self._site = site

    def routes(self) -> list[Route]:
        return [
            Route("/web/timemap/link/{url:path}", self.timemap),
            Route("/web/{url:path}", self.timegate_or_memento),
        ]

    async def timegate_or_memento(self, request: Request) -> Response:
        target = path_target(request.scope, "/web/")
        stamped = _STAMPED.fullmatch(target)
        if not stamped:
            return await self._timegate(request, check_url(target))
        timestamp, modifier, url = stamped.groups()
        if modifier not in (None, "id_"):
            raise HTTPException(404, f"{modifier} is not served here (id_ is: the payload as it was captured)")
        return await self._memento(request, timestamp, check_url(url), exact=modifier == "id_")

    async def timemap(self, request: Request) -> Response:
        url = check_url(path_target(request.scope, "/web/timemap/link/"))

        def lines(collection: Collection) -> Iterator[str]:
            captures = collection.lookup(url)
            first = next(captures, None)
            if first is None:
                raise _no_capture(url)
            yield from self._timemap_lines(request, url, first, captures)

        return await respond_with_lines(self._pool, lines, LINK_FORMAT)

    async def _timegate(self, request: Request, url: str) -> Response:
        now = datetime.now(UTC)
        wanted = request.headers.get("accept-datetime")
        time = from_http_date(wanted, now=now) if wanted is not None else now
        if time is None:
            raise QueryInvalid(f"Accept-Datetime {wanted!r:.100} is no HTTP date (such as {to_http_date(now)})")
        capture = await self._pool.ask(lambda collection: collection.closest(url, to_timestamp(time)))
        if capture is None:
            raise _no_capture(url)
        response = self._redirect(request, capture, [self._original(url), self._timemap_link(request, url)])
        response.headers["vary"] = "accept-datetime"
        return response

    async def _memento(self, request: Request, timestamp: str, url: str, *, exact: bool) -> Response:
        found = await self._pool.ask(lambda collection: _find(collection, url, timestamp))
        if found is None:
            raise _no_capture(url)
        if isinstance(found, Capture) or not exact:
            capture = found if isinstance(found, Capture) else found.capture
            return self._redirect(request, capture, [self._original(url), self._timegate_link(request, url)])
        return self._replay(request, found)

    def _replay(self, request: Request, memento: Memento) -> Response:
        capture = memento.capture
        # Statuses that would end the protocol, or that HTTP does not know, cannot be sent on.
        status = memento.status if 200 <= memento.status <= 599 else 200
        body = b"" if status in _BODYLESS else memento.payload
        response = Response(body, status)
        headers = response.headers
        for name in ("Content-Type", "Content-Encoding"):
            if value := memento.header(name):
                headers[name] = _clean(value)
        if capture.redirect:
            headers["location"] = self._site.absolute(request, raw_path(capture.timestamp, capture.redirect))
        for name, value in memento.headers[:_MOST_HEADERS]:
            if _TOKEN.fullmatch(name) and len(value) <= _LONGEST_HEADER:
                headers.append(f"X-Archive-Orig-{name}", _clean(value))
        headers["memento-datetime"] = to_http_date(from_timestamp(capture.timestamp))
        url = capture.url
        links = [self._original(url), self._timegate_link(request, url), self._timemap_link(request, url)]
        headers["link"] = ", ".join([*links, self._memento_link(request, capture)])
        headers["content-security-policy"] = SANDBOX
        return response

    def _redirect(self, request: Request, capture: Capture, links: list[str]) -> Response:
        response = RedirectResponse(self._site.absolute(request, raw_path(capture.timestamp, capture.url)), 302)
        response.headers["link"] = ", ".join([*links, self._memento_link(request, capture)])
        return response

    def _timemap_lines(self, request: Request, url: str, first: Capture, captures: Iterable[Capture]) -> Iterator[str]:
        own = f"/web/timemap/link/{escape_url(url)}"
        began = to_http_date(from_timestamp(first.timestamp))
        yield self._original(url) + ",\n"
        yield self._link(request, own, f'rel="self"; type="{LINK_FORMAT}"; from="{began}"') + ",\n"
        yield self._timegate_link(request, url) + ",\n"
        # One capture is held back: only when another follows is it known not to be the last.
        held, rel = first, "first memento"
        for capture in captures:
            yield self._memento_link(request, held, rel) + ",\n"
            held, rel = capture, "memento"
        yield self._memento_link(request, held, "first last memento" if held is first else "last memento") + "\n"

    def _original(self, url: str) -> str:
        return f'<{escape_url(url)}>; rel="original"'

    def _timegate_link(self, request: Request, url: str) -> str:
        return self._link(request, f"/web/{escape_url(url)}", 'rel="timegate"')

    def _timemap_link(self, request: Request, url: str) -> str:
        return self._link(request, f"/web/timemap/link/{escape_url(url)}", f'rel="timemap"; type="{LINK_FORMAT}"')

    def _memento_link(self, request: Request, capture: Capture, rel: str = "memento") -> str:
        time = to_http_date(from_timestamp(capture.timestamp))
        return self._link(request, raw_path(capture.timestamp, capture.url), f'rel="{rel}"; datetime="{time}"')

    def _link(self, request: Request, path: str, attributes: str) -> str:
        return f"<{self._site.absolute(request, path)}>; {attributes}"


def _find(collection: Collection, url: str, timestamp: str) -> Memento | Capture | None:
    """The memento of exactly this time, else the closest capture, to redirect to."""
    if len(timestamp) == 14:
        captures = list(collection.lookup(url, from_=timestamp, to=timestamp, limit=100))
        # Of one second: a redirect to what was asked for leads nowhere; then the same spelling, then success.
        captures = [capture for capture in captures if capture.redirect != url]
        captures.sort(key=lambda one: (one.url != url, not 200 <= (one.status or 0) <= 299, one.truncated is not None))
        if captures:
            return collection.memento(captures[0])
    return collection.closest(url, timestamp)


def _no_capture(url: str) -> NoCapture:
    return NoCapture(f"{url}: nothing is archived of this address")


def _clean(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip().encode("latin-1", "replace").decode("latin-1")
