"""One of the newsroom's sites in one edition: which path answers what. Pages are made when first asked for, then kept.

How an answer travels (codings, chunks, odd headers) is `crawler.demo.answer`'s business.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import product

import msgspec

from crawler.demo import listings
from crawler.demo.edition import Edition
from crawler.demo.labels import languages
from crawler.demo.pages import SECTIONS, encode, render, render_listing
from crawler.demo.paths import image_path, link_to, section_path, story_path
from crawler.demo.pictures import draw
from crawler.demo.story import Family, Story

STALE_ETAG_FEED: Family = "b"
"""The site whose RSS feed keeps its ETag when it changes, as some real feeds do."""

_STYLE = b"@import 'type.css';header{background:url(\"/img/paper.svg\") repeat-x}body{font:16px/1.5 serif;margin:0 auto;max-width:60em}.sr-only{position:absolute;left:-9999px}.hidden{display:none}\n"
_TYPE = b"@font-face{font-family:Sarrow;src:url(font/sarrow.woff2) format('woff2')}h1{font-family:Sarrow,serif}\n"
_FONT = b"wOF2\0\1\0\0"
"""As much of a font as an archive needs; browsers take the next in the list."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a path answers, before it is coded for the wire."""

    status: int = 200
    content_type: str
    body: bytes
    etag: str | None = None
    modified: datetime | None = None
    location: str | None = None
    manner: int = 0
    """Picks the codings and header oddities of the answer."""


class Site:
    """All pages of one family in one edition."""

    def __init__(self, family: Family, base: str, edition: Edition, updated: datetime) -> None:
        self.family: Family = family
        self.base = base
        self._edition = edition
        self._updated = updated
        self._stories = [story for story in edition.stories if story.family == family]
        self._listed = [story for story in self._stories if not story.only_in_feed]
        self._makers = self._plan()
        self._made: dict[str, Page] = {}

    def page(self, path: str) -> Page:
        """The page at a path (percent-encoded, without query); a 404 where there is none."""
        page = self._made.get(path)
        if page is None:
            make = self._makers.get(path)
            if make is None:
                return _message(404, "Nothing is printed here.")
            page = self._made[path] = make()
        return page

    def paths(self) -> tuple[str, ...]:
        """Every path that answers something else than 404."""
        return tuple(self._makers)

    def _plan(self) -> dict[str, Callable[[], Page]]:
        family, base = self.family, self.base
        makers: dict[str, Callable[[], Page]] = {
            "/": partial(self._listing, "en", None),
            "/robots.txt": self._robots,
            "/feed.xml": self._feed,
            "/atom.xml": self._atom,
            "/sitemap.xml": self._sitemap_index,
            listings.SITEMAPS[0]: partial(self._sitemap, older=False),
            listings.SITEMAPS[1]: partial(self._sitemap, older=True),
            "/style.css": partial(_document, "text/css", _STYLE),
            "/type.css": partial(_document, "text/css", _TYPE),
            "/font/sarrow.woff2": partial(_document, "font/woff2", _FONT),
            "/img/paper.svg": partial(_picture, "svg", ord(family) + 1),
            "/img/logo.svg": partial(_picture, "svg", ord(family)),
            "/private/a/embargoed-story/5999999.html": partial(_message, 200, "Embargoed: robots keep out."),
        }
        for language, section in product(languages(), SECTIONS):
            makers[section_path(family, language, section)] = partial(self._listing, language, section)
        for story in self._stories:
            makers[story_path(story)] = partial(self._story, story)
            for i, image in enumerate(story.images):
                for scale in (1, 2):
                    picture = partial(_picture, image.kind, story.number + i + 50 * (scale - 1))
                    makers[image_path(story, image, scale=scale)] = picture
        for (owner, path), new_path in self._edition.moved.items():
            if owner == family:
                makers[path] = partial(_message, 301, "Moved.", location=base + new_path)
        for owner, path in self._edition.gone:
            if owner == family:
                makers[path] = partial(_message, 410, "This story has been withdrawn.")
        return makers

    def _robots(self) -> Page:
        return _document("text/plain; charset=utf-8", listings.robots(self.base))

    def _atom(self) -> Page:
        body = listings.atom(self.family, self.base, self._stories, self._updated)
        return _document("application/atom+xml; charset=utf-8", body)

    def _sitemap_index(self) -> Page:
        return _document("application/xml", listings.sitemap_index(self.family, self.base, self._updated))

    def _sitemap(self, *, older: bool) -> Page:
        body = listings.sitemap(self.family, self.base, self._stories, self._updated, older=older)
        return _document("application/x-gzip" if older else "application/xml", body)

    def _story(self, story: Story) -> Page:
        related = [
            link_to(other)
            for other in self._edition.originals
            if other.family == self.family and other.language == story.language and other.number != story.number
        ]
        page = encode(story, render(self.family, story, base=self.base, related=related[:4]))
        kind = "text/html" if story.charset_in == "meta" else f"text/html; charset={story.charset}"
        # By turns: both validators, the ETag, the date, and none at all.
        validators = ("both", "etag", "date", "both", "none")[story.number % 5]
        return Page(
            content_type=kind,
            body=page,
            etag=_etag(page) if validators in ("both", "etag") else None,
            modified=self._edition.touched[story.number] if validators in ("both", "date") else None,
            manner=story.number,
        )

    def _listing(self, language: str, section: str | None) -> Page:
        order = {key: i for i, key in enumerate(languages())}
        stories = sorted(self._listed, key=lambda story: order[story.language])
        links = [
            link_to(story)
            for story in stories
            if section is None or (story.language == language and story.section == section)
        ]
        page = render_listing(self.family, links, base=self.base, language=language, section=section)
        return _document("text/html; charset=utf-8", page.encode())

    def _feed(self) -> Page:
        body = listings.feed(self.family, self.base, self._stories, self._updated)
        page = _document("application/rss+xml; charset=utf-8", body)
        if self.family != STALE_ETAG_FEED:
            return page
        return msgspec.structs.replace(page, etag='"feed-1"', modified=None)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _document(kind: str, body: bytes) -> Page:
    return Page(content_type=kind, body=body, etag=_etag(body))


def _picture(kind: str, seed: int) -> Page:
    return _document(*draw(kind, seed))


def _message(status: int, words: str, *, location: str | None = None) -> Page:
    body = f"<!DOCTYPE html><title>{status}</title><p>{words}</p>\n".encode()
    return Page(status=status, content_type="text/html; charset=utf-8", body=body, location=location)
