"""The pages of one article: what it said, with the story of its versions, and where each of them comes from."""

import logging
from collections.abc import Sequence
from functools import partial

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import NoCapture, QueryInvalid, RecordUnreadable, StoreError
from archive.formats.urlkey import urlkey
from archive.history import History
from archive.index.catalog_database import HTML_MIMES
from archive.model import Article, ArticleVersion, Capture, Image, Memento
from archive.web.changes import MOST_JUDGED
from archive.web.explaining import Explain
from archive.web.figures import Life, draw_life
from archive.web.links import Site, check_url
from archive.web.pool import CollectionPool
from archive.web.provenance import Headers, Provenance, read_provenance
from archive.web.rendering import Renderer
from archive.web.stories import archived_picture

logger = logging.getLogger(__name__)

MOST_CAPTURES = 200
"""Captures listed on one page."""
MOST_VERSIONS = 15
"""Versions listed beside an article."""
VERSIONS_A_PAGE = 50
MOST_IMAGES = 20


class Picture(msgspec.Struct, frozen=True):
    """A picture of an article, and the capture to show of it, if there is one."""

    image: Image
    capture: Capture | None


class ArticlePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the article page shows."""

    article: Article
    version: ArticleVersion
    count: int
    """Of all versions."""
    versions: Sequence[ArticleVersion]
    """The newest, newest first, and those around the one that is read."""
    life: Life
    captures: Sequence[Capture]
    """Of the whole article, newest first, as far as they are listed."""
    capture_count: int
    pictures: Sequence[Picture]
    capture: Capture | None
    """What the version was read from."""
    memento: Memento | None
    """The same with its payload; `None` where it cannot be read back just now."""


class VersionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of all versions shows."""

    article: Article
    """As it reads now."""
    versions: Sequence[ArticleVersion]
    """Newest first."""
    count: int
    """Of all versions."""

    @property
    def newer(self) -> int | None:
        """Number that the page of newer versions begins at."""
        first = self.versions[0].number
        return min(first + VERSIONS_A_PAGE, self.count) if first < self.count else None

    @property
    def older(self) -> int | None:
        """Number that the page of older versions begins at."""
        return self.versions[-1].number - 1 or None


class CapturesPage(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a URL that is archived and no article."""

    captures: Sequence[Capture]
    """Newest first, as far as they are listed."""
    more: bool
    reason: str
    picture: Capture | None
    """Where it is a picture."""


class ProvenancePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of provenance shows."""

    article: Article
    version: ArticleVersion
    provenance: Provenance


class ArticlePages:
    """Answers `/article`, `/article/versions` and `/article/provenance`."""

    def __init__(self, pool: CollectionPool, site: Site, renderer: Renderer, explain: Explain | None = None) -> None:
        self._pool = pool
        self._site = site
        self._renderer = renderer
        self._explain = explain

    def routes(self) -> list[Route]:
        return [
            Route("/article", self.article),
            Route("/article/versions", self.versions),
            Route("/article/provenance", self.provenance),
        ]

    async def article(self, request: Request) -> Response:
        url = check_url(request.query_params.get("url"))
        at = request.query_params.get("at") or None
        found = await self._pool.ask(lambda collection: read_article_page(collection, url, at))
        if isinstance(found, ArticlePage):
            title = found.article.headline or found.article.url
            replay = self._site.replay(request, found.capture.timestamp, found.capture.url) if found.capture else None
            return self._renderer.page(request, "article.html", title=title, url=url, page=found, replay=replay)
        newest = found.captures[0]
        replay = self._site.replay(request, newest.timestamp, newest.url) if newest.mime in HTML_MIMES else None
        return self._renderer.page(request, "captures.html", title=url, url=url, page=found, replay=replay)

    async def versions(self, request: Request) -> Response:
        url = check_url(request.query_params.get("url"))
        from_ = parse_number(request.query_params.get("from"))
        page = await self._pool.ask(lambda collection: read_versions_page(collection, url, from_))
        title = f"Versions: {page.article.headline or url}"
        return self._renderer.page(request, "versions.html", title=title, url=url, page=page)

    async def provenance(self, request: Request) -> Response:
        url = check_url(request.query_params.get("url"))
        at = request.query_params.get("at") or None
        explain = self._explain if request.query_params.get("explain") else None

        def read(collection: Collection) -> tuple[ProvenancePage, tuple[bytes, Headers]]:
            page = read_provenance_page(collection, url, at)
            return page, page.provenance.readable(collection) if explain else (b"", ())

        page, (payload, headers) = await self._pool.ask(read)
        explanation = None
        if explain is not None:
            asked = partial(explain, payload, url=page.provenance.capture.url, headers=headers)
            explanation = await run_in_threadpool(asked)
        return self._renderer.page(
            request,
            "provenance.html",
            title=f"Provenance: {page.article.headline or url}",
            url=url,
            page=page,
            explanation=explanation,
            can_explain=self._explain is not None,
        )


def read_article_page(collection: Collection, url: str, at: str | None) -> ArticlePage | CapturesPage:
    """What the article page shows, or the captures of a URL that no article was read from. Raises NoCapture."""
    try:
        history = collection.history_of(url)
    except NoCapture as reason:
        captures = list(collection.catalog.captures(urlkey=urlkey(url), newest_first=True, limit=MOST_CAPTURES + 1))
        if not captures:
            raise
        return CapturesPage(
            captures=captures[:MOST_CAPTURES],
            more=len(captures) > MOST_CAPTURES,
            reason=_for_readers(str(reason), url),
            picture=archived_picture(collection, [url], captures[0].timestamp),
        )
    version = history.standing(at)
    article = history.article(version, at)
    captures = history.captures
    capture = read_from(article, version, captures)
    pictures = [
        Picture(image, archived_picture(collection, [image.url], capture.timestamp if capture else version.timestamp))
        for image in article.images[:MOST_IMAGES]
    ]
    return ArticlePage(
        article=article,
        version=version,
        count=len(history),
        versions=_listed(history, version.number),
        # The marks of more would stand upon each other, and their colours say nothing.
        life=draw_life(
            history.versions() if len(history) <= MOST_JUDGED else history.unjudged(), captures, version.number
        ),
        captures=captures[: -MOST_CAPTURES - 1 : -1],
        capture_count=len(captures),
        pictures=sorted(pictures, key=lambda one: one.capture is None),
        capture=capture,
        memento=_memento(collection, capture) if capture else None,
    )


def _for_readers(reason: str, url: str) -> str:
    """Why there is no article, without what is said on a command line.

    >>> _for_readers("https://example.org/: captured at 20240501103000, but no article: empty (see `morgue show`)", "https://example.org/")
    'No article: empty'
    """
    why = reason.removeprefix(f"{url}: ").partition(", but ")[2] or reason
    why = why.partition(" (see `")[0]
    return why[:1].upper() + why[1:]


def read_versions_page(collection: Collection, url: str, from_: int | None) -> VersionsPage:
    """The versions of an article from a number down, else the newest. Raises NoCapture."""
    history = collection.history_of(url)
    end = min(from_ or len(history), len(history))
    versions = history.versions(max(0, end - VERSIONS_A_PAGE), end)
    return VersionsPage(article=history.article(), versions=versions[::-1], count=len(history))


def parse_number(text: str | None) -> int | None:
    """The number of a version, `None` where none is given. Raises QueryInvalid.

    >>> parse_number("12"), parse_number("")
    (12, None)
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise QueryInvalid(f"from={text[:40]}: is no number of a version (write 1 or more)")
    return int(text)


def _listed(history: History, number: int) -> list[ArticleVersion]:
    """The newest versions, and those next to the one of a number where it is none of them; newest first."""
    first = max(1, len(history) - MOST_VERSIONS + 1)
    around = range(max(1, number - 1), min(number + 2, first))
    return [*history.versions(first - 1)[::-1], *(history.version(one) for one in reversed(around))]


def read_provenance_page(collection: Collection, url: str, at: str | None) -> ProvenancePage:
    """Where a version comes from. Raises NoCapture, and RecordUnreadable where it cannot be shown just now."""
    history = collection.history_of(url)
    version = history.standing(at)
    article = history.article(version, at)
    capture = read_from(article, version, history.captures)
    if capture is None:
        raise NoCapture(f"{url}: no capture of version {version.number} (run `morgue verify`)")
    return ProvenancePage(
        article=article, version=version, provenance=read_provenance(collection, capture, article, version)
    )


def read_from(article: Article, version: ArticleVersion, captures: Sequence[Capture]) -> Capture | None:
    """The capture that the text was read from, else the version's first."""
    by_id = (capture for capture in captures if capture.record_id and capture.record_id == article.capture)
    by_time = (capture for capture in captures if capture.timestamp == version.timestamp)
    return next(by_id, None) or next(by_time, None)


def _memento(collection: Collection, capture: Capture) -> Memento | None:
    try:
        return collection.memento(capture)
    except (RecordUnreadable, StoreError) as error:
        # The text lies in another file: it can be shown all the same.
        logger.warning("could not read back url=%s error=%s", capture.url, error)
        return None
