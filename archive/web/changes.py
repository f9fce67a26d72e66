"""The page that shows what changed between two versions of an article."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.collection import Collection
from archive.diff import diff_texts
from archive.model import Article, ArticleVersion
from archive.web.links import check_url
from archive.web.pool import CollectionPool
from archive.web.rendering import Renderer
from archive.web.sides import Block, to_blocks


class DiffPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the diff page shows."""

    article: Article
    """As it is in the newer version."""
    versions: Sequence[ArticleVersion]
    old: ArticleVersion
    new: ArticleVersion
    blocks: Sequence[Block]
    changed: bool


class Changes:
    """Answers `/diff`."""

    def __init__(self, pool: CollectionPool, renderer: Renderer) -> None:
        self._pool = pool
        self._renderer = renderer

    def routes(self) -> list[Route]:
        return [Route("/diff", self.diff)]

    async def diff(self, request: Request) -> Response:
        given = request.query_params
        url = check_url(given.get("url"))
        page = await self._pool.ask(lambda collection: read_diff_page(collection, url, given.get("a"), given.get("b")))
        view = "inline" if given.get("view") == "inline" else "sides"
        title = f"Changes: {page.article.headline or url}"
        return self._renderer.page(request, "diff.html", title=title, url=url, page=page, view=view)


def read_diff_page(collection: Collection, url: str, a: str | None, b: str | None) -> DiffPage:
    """What the diff page shows: from version `a` to `b`, given by number or time; else the last two. Raises NoCapture."""
    versions = collection.history(url)
    if len(versions) == 1:
        old = new = versions[0]
    else:
        old, new = collection.choose_versions(versions, url, a, b)
    article = collection.version_article(new)
    diff = diff_texts(collection.version_article(old), article)
    return DiffPage(article=article, versions=versions, old=old, new=new, blocks=to_blocks(diff), changed=diff.changed)
