"""The pages for readers: search and browse, an article with its versions and where it comes from.

What changed is in `archive.web.changes`.
"""

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby, islice

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import NoCapture, QueryInvalid, RecordUnreadable, StoreError
from archive.formats.timestamp import parse_time, to_timestamp
from archive.model import Article, ArticleVersion, Capture, Image, Memento
from archive.web.latest import latest_articles
from archive.web.links import Site, check_url
from archive.web.pool import CollectionPool
from archive.web.questions import SearchQuestion
from archive.web.rendering import Renderer

logger = logging.getLogger(__name__)

LATEST = 24
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
MOST_CAPTURES = 200
"""Captures listed on one page."""
MOST_IMAGES = 20


class Picture(msgspec.Struct, frozen=True):
    """A picture of an article, and the capture to show of it, if there is one."""

    image: Image
    capture: Capture | None


class ArticlePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the article page shows."""

    article: Article
    version: ArticleVersion
    versions: Sequence[ArticleVersion]
    captures: Sequence[Capture]
    """Of the whole article, newest first, as far as they are listed."""
    capture_count: int
    pictures: Sequence[Picture]
    memento: Memento | None
    """What the version was read from; `None` where it cannot be read back just now."""


class CapturesPage(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a URL that is archived and no article."""

    captures: Sequence[Capture]
    reason: str


class Pages:
    """Answers `/` and `/article`."""

    def __init__(self, pool: CollectionPool, site: Site, renderer: Renderer) -> None:
        self._pool = pool
        self._site = site
        self._renderer = renderer

    def routes(self) -> list[Route]:
        return [Route("/", self.home), Route("/article", self.article)]

    async def home(self, request: Request) -> Response:
        question = SearchQuestion.parse(request.query_params)
        if _ADDRESS.fullmatch(question.query):
            return RedirectResponse(self._site.path("/article", url=question.query))
        if not question.query:
            latest = await self._pool.ask(lambda collection: latest_articles(collection, LATEST))
            sources = sorted(path.stem for path in (self._pool.folder / "sources").glob("*.toml"))
            days = [(day, list(hits)) for day, hits in groupby(latest, key=lambda hit: hit.timestamp[:8])]
            return self._renderer.page(request, "home.html", title="", question=question, days=days, sources=sources)
        hits = await self._pool.ask(lambda collection: question.ask(collection, more=1))
        more = len(hits) > question.limit
        shown = hits[: question.limit]
        return self._renderer.page(
            request, "results.html", title=f"{question.query} · search", question=question, hits=shown, more=more
        )

    async def article(self, request: Request) -> Response:
        url = check_url(request.query_params.get("url"))
        at = request.query_params.get("at") or None
        found = await self._pool.ask(lambda collection: read_article_page(collection, url, at))
        if isinstance(found, ArticlePage):
            title = found.article.headline or found.article.url
            return self._renderer.page(request, "article.html", title=title, url=url, page=found)
        return self._renderer.page(request, "captures.html", title=url, url=url, page=found)


def read_article_page(collection: Collection, url: str, at: str | None) -> ArticlePage | CapturesPage:
    """What the article page shows, or the captures of a URL that no article was read from. Raises NoCapture."""
    try:
        versions = collection.history(url)
    except NoCapture as reason:
        captures = list(islice(collection.lookup(url), MOST_CAPTURES))
        if not captures:
            raise
        return CapturesPage(captures=captures, reason=str(reason))
    version = _version_at(versions, at)
    article = collection.version_article(version)
    captures = collection.article_captures(url)
    return ArticlePage(
        article=article,
        version=version,
        versions=versions,
        captures=captures[: -MOST_CAPTURES - 1 : -1],
        capture_count=len(captures),
        pictures=[_picture(collection, image, version.timestamp) for image in article.images[:MOST_IMAGES]],
        memento=_memento(collection, article, version, captures),
    )


def _version_at(versions: Sequence[ArticleVersion], at: str | None) -> ArticleVersion:
    """The version that was there at a time: the last one first seen by then; the first for any time before."""
    if at is None:
        return versions[-1]
    limit = to_timestamp(parse_time(at, now=datetime.now(UTC), end=True))
    return next((version for version in reversed(versions) if version.first_seen <= limit), versions[0])


def _memento(
    collection: Collection, article: Article, version: ArticleVersion, captures: Sequence[Capture]
) -> Memento | None:
    """The memento that the text was read from, else the version's first."""
    by_id = (capture for capture in captures if capture.record_id and capture.record_id == article.capture)
    by_time = (capture for capture in captures if capture.timestamp == version.timestamp)
    capture = next(by_id, None) or next(by_time, None)
    try:
        return collection.memento(capture) if capture else None
    except (RecordUnreadable, StoreError) as error:
        # The text lies in another file: it can be shown all the same.
        logger.warning("could not read back url=%s error=%s", version.url, error)
        return None


def _picture(collection: Collection, image: Image, timestamp: str) -> Picture:
    capture: Capture | None = None
    if image.url:
        with suppress(QueryInvalid):
            capture = collection.closest(image.url, timestamp)
    shown = capture is not None and capture.mime.startswith("image/") and capture.status == 200
    return Picture(image, capture if shown else None)
