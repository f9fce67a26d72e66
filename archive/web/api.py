"""The JSON interface: `/api/search` and `/api/history`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.model import SearchHit
from archive.output import hit_fields, version_fields
from archive.web.links import check_url
from archive.web.pool import CollectionPool
from archive.web.questions import SearchQuestion


class Api:
    """Answers everything below `/api/`."""

    def __init__(self, pool: CollectionPool) -> None:
        self._pool = pool

    def routes(self) -> list[Route]:
        return [Route("/api/search", self.search), Route("/api/history", self.history)]

    async def search(self, request: Request) -> Response:
        question = SearchQuestion.parse(request.query_params)

        def ask(collection: Collection) -> list[SearchHit]:
            return question.ask(collection)

        hits = await self._pool.ask(ask)
        return JSONResponse({"hits": [hit_fields(hit) for hit in hits]})

    async def history(self, request: Request) -> Response:
        url = check_url(request.query_params.get("url"))
        versions = await self._pool.ask(lambda collection: collection.history(url))
        return JSONResponse({"versions": [version_fields(version) for version in versions]})
