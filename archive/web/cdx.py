"""The CDX server: which captures there are of a URL, a host or a domain, to whichever client asks.

/cdx               the dialect of pywb                       archive.web.cdx_pywb
/cdx/search/cdx    the dialect of the Internet Archive       archive.web.cdx_wayback

cdx_query  what is asked      cdx_filter  filters, collapsing      cdx_walk   the rows, in order
    cdx_row    a row's fields      cdx_pages   where pages end         quick      short answers, in the event loop
"""

import json
from collections.abc import Callable, Iterator

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.index.catalog_row import CaptureRow
from archive.web import cdx_pywb, cdx_wayback
from archive.web.cdx_filter import PatternTest
from archive.web.cdx_pages import Pages
from archive.web.cdx_query import BLOCK, CdxQuery
from archive.web.cdx_walk import count_rows
from archive.web.links import Site, raw_path
from archive.web.pool import CollectionPool
from archive.web.streaming import respond_with_lines

MOST_WALKED = 100
"""Captures in the range of a question that is answered in the event loop: about a millisecond."""
MOST_RESOLVED = 12
"""As `MOST_WALKED`, where the originals of revisits are looked for."""
MOST_NAMED = 12
"""Fields named by a question that is answered there."""
MOST_READ = 250
"""Captures read for an answer of at most `MOST_WALKED`, however many there are behind them."""


class CdxServer:
    """Answers `/cdx` and `/cdx/search/cdx`."""

    def __init__(self, pool: CollectionPool, site: Site) -> None:
        self._pool = pool
        self._site = site
        self._pages = Pages()

    def routes(self) -> list[Route]:
        return [Route("/cdx", self.pywb), Route("/cdx/search/cdx", self.wayback)]

    async def pywb(self, request: Request) -> Response:
        query = cdx_pywb.parse_query(request.query_params)
        if query.count_pages:
            return await self._respond(
                request, lambda collection: _count(query, collection, _to_json), "application/json"
            )

        def address(capture: CaptureRow) -> str:
            return self._site.absolute(request, raw_path(capture.timestamp, capture.url))

        def lines(collection: Collection) -> Iterator[str]:
            return cdx_pywb.iter_lines(query, collection, self._pages, address)

        response = await self._respond(request, lines, cdx_pywb.MEDIA_TYPES[query.output])
        if query.output == "json" and getattr(response, "body", None) == b"":
            # An empty answer is no JSON, and cdx_toolkit for one takes it for a broken server.
            return JSONResponse({"message": f"No Captures found for: {query.url[:200]}"}, 404)
        return response

    async def wayback(self, request: Request) -> Response:
        query = cdx_wayback.parse_query(request.query_params)
        if query.count_pages:
            return await self._respond(request, lambda collection: _count(query, collection, _to_number), "text/plain")
        return await self._respond(
            request,
            lambda collection: cdx_wayback.iter_lines(query, collection, self._pages),
            cdx_wayback.MEDIA_TYPES[query.output],
        )

    def answer_short(self, path: bytes, given: QueryParams, collection: Collection) -> tuple[str, str] | None:
        """Media type and text of an answer that is short in any case, as it is given in the common way.

        `None` where it may be long, or is no plain 200. Raises QueryInvalid, also where it turns out to be long.
        """
        is_pywb = path == b"/cdx"
        query = _as_short((cdx_pywb if is_pywb else cdx_wayback).parse_query(given), collection)
        if query is None:
            return None
        if not is_pywb:
            return cdx_wayback.MEDIA_TYPES[query.output], "".join(
                cdx_wayback.iter_lines(query, collection, self._pages)
            )
        text = "".join(cdx_pywb.iter_lines(query, collection, self._pages))
        return None if query.output == "json" and not text else (cdx_pywb.MEDIA_TYPES[query.output], text)

    async def _respond(self, request: Request, lines: Callable[[Collection], Iterator[str]], kind: str) -> Response:
        return await respond_with_lines(self._pool, lines, kind, request)


def _as_short(query: CdxQuery, collection: Collection) -> CdxQuery | None:
    """The query, where its answer takes no time, or ends with `LongWalk` soon."""
    takes_time = any(isinstance(test, PatternTest) for test in query.filters) or len(query.fields) > MOST_NAMED
    if query.count_pages or query.output == "link" or takes_time:
        return None
    # Times of many URLs are looked up URL by URL, of those that have no captures in them too.
    if (query.from_ or query.to) and query.end != query.start + "\0":
        return None
    # What is hidden, lies in other times or before a page is passed over uncounted.
    is_counted = query.page is None and not (query.from_ or query.to or collection.access.hides_any)
    if is_counted and query.limit and query.limit <= MOST_WALKED and not query.resolve:
        return msgspec.structs.replace(query, most_walked=MOST_READ)
    most = MOST_RESOLVED if query.resolve else MOST_WALKED
    return query if collection.catalog.has_at_most(most, query.start, query.end) else None


def _count(query: CdxQuery, collection: Collection, to_text: Callable[[int, int], str]) -> Iterator[str]:
    for count in count_rows(query, collection):
        yield "" if count is None else to_text(count, query.page_size)


def _to_json(count: int, size: int) -> str:
    # Clients multiply blocks by the 3,000 captures that one holds elsewhere, however large the pages are.
    return json.dumps({"pages": _pages(count, size), "pageSize": size, "blocks": _pages(count, BLOCK)}) + "\n"


def _to_number(count: int, size: int) -> str:
    return f"{_pages(count, size)}\n"


def _pages(count: int, size: int) -> int:
    return -(-count // size)
