"""The front page, which is also where a search begins."""

import re
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.web.kept import KeptPages
from archive.web.links import Site
from archive.web.pages_news import answer_kept
from archive.web.pool import CollectionPool
from archive.web.questions import SearchQuestion
from archive.web.rendering import Renderer
from archive.web.revisions import read_revisions
from archive.web.sources import source_files
from archive.web.stories import Stories, pictured_first, with_pictures

LATEST = 36
REVISIONS = 10
_PICTURES = 6
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class Pages:
    """Answers `/`."""

    def __init__(self, pool: CollectionPool, site: Site, renderer: Renderer, stories: Stories, kept: KeptPages) -> None:
        self._pool = pool
        self._site = site
        self._renderer = renderer
        self._stories = stories
        self._kept = kept

    def routes(self) -> list[Route]:
        return [Route("/", self.home)]

    async def home(self, request: Request) -> Response:
        question = SearchQuestion.parse(request.query_params)
        if _ADDRESS.fullmatch(question.query):
            return RedirectResponse(self._site.path("/article", url=question.query))
        if not question.query:
            return await answer_kept(
                self._pool, self._kept, self._renderer, request, ("home",), "home.html", self._read_front
            )
        results = await self._pool.ask(question.ask)
        return self._renderer.page(
            request, "results.html", title=f"{question.query} · search", question=question, results=results
        )

    def _read_front(self, collection: Collection) -> dict[str, Any]:
        stories = with_pictures(collection, self._stories.newest(collection, LATEST), _PICTURES)
        followed = {path.stem for path in source_files(self._pool.folder)}
        held = set(collection.catalog.news_sources())
        return {
            "title": "",
            "days": [
                (day, pictured_first(list(found))) for day, found in groupby(stories, key=lambda story: story.first[:8])
            ],
            "revisions": read_revisions(collection, self._stories, REVISIONS),
            "sources": sorted(followed | held),
        }
