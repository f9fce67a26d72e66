"""The CDX server: which captures there are of a URL, a host or a domain, to whichever client asks.

/cdx               the dialect of pywb                       archive.web.cdx_pywb
/cdx/search/cdx    the dialect of the Internet Archive       archive.web.cdx_wayback

cdx_query  what is asked      cdx_filter  filters, collapsing      cdx_walk   the rows, in order
    cdx_row    a row's fields      cdx_pages   where pages end
"""

import json
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.index.catalog_row import CaptureRow
from archive.web import cdx_pywb, cdx_wayback
from archive.web.cdx_pages import Pages
from archive.web.cdx_query import BLOCK, CdxQuery
from archive.web.cdx_walk import count_rows
from archive.web.links import Site, raw_path
from archive.web.pool import CollectionPool
from archive.web.streaming import respond_with_lines


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

    async def _respond(self, request: Request, lines: Callable[[Collection], Iterator[str]], kind: str) -> Response:
        return await respond_with_lines(self._pool, lines, kind, request)


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
