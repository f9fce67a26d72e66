"""The CDX server: which captures there are of a URL, a host or a domain, to whichever client asks.

/cdx               the dialect of pywb                       archive.web.cdx_pywb
/cdx/search/cdx    the dialect of the Internet Archive       archive.web.cdx_wayback

cdx_query  what is asked      cdx_filter  filters, collapsing      cdx_walk   the rows, in order
    cdx_row    a row's fields      cdx_pages   where pages end
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from archive.model import Capture
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
            count = await self._count(query)
            # Clients multiply blocks by the 3,000 captures that one holds elsewhere, however large the pages are.
            return JSONResponse(
                {
                    "pages": _pages(count, query.page_size),
                    "pageSize": query.page_size,
                    "blocks": _pages(count, BLOCK),
                }
            )

        def address(capture: Capture) -> str:
            return self._site.absolute(request, raw_path(capture.timestamp, capture.url))

        response = await respond_with_lines(
            self._pool,
            lambda collection: cdx_pywb.iter_lines(query, collection, self._pages, address),
            cdx_pywb.MEDIA_TYPES[query.output],
        )
        if query.output == "json" and getattr(response, "body", None) == b"":
            # An empty answer is no JSON, and cdx_toolkit for one takes it for a broken server.
            return JSONResponse({"message": f"No Captures found for: {query.url[:200]}"}, 404)
        return response

    async def wayback(self, request: Request) -> Response:
        query = cdx_wayback.parse_query(request.query_params)
        if query.count_pages:
            return PlainTextResponse(f"{_pages(await self._count(query), query.page_size)}\n")
        return await respond_with_lines(
            self._pool,
            lambda collection: cdx_wayback.iter_lines(query, collection, self._pages),
            cdx_wayback.MEDIA_TYPES[query.output],
        )

    async def _count(self, query: CdxQuery) -> int:
        return await self._pool.ask(lambda collection: count_rows(query, collection))


def _pages(count: int, size: int) -> int:
    return -(-count // size)
