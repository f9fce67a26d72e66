"""Atom feeds of new articles, of changed ones, and of a search (RFC 4287).

Times and ids are the archive's own, never the moment of asking: an answer stays the same until there is news, so readers
that poll get 304. Last-Modified is when a feed was first given out as it is: an article that was captured long before it is read, or an archive that is
imported, is new to readers all the same. Ids are made of an article's first address, which it keeps when it moves.
"""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.formats.timestamp import from_timestamp
from archive.model import ArticleVersion
from archive.web.kept import Appearances, KeptPages, dated_answer, entity_tag
from archive.web.links import Site, escape_url
from archive.web.pool import CollectionPool
from archive.web.questions import SearchQuestion
from archive.web.rendering import CHANGES, language_tag
from archive.web.revisions import ChangedTexts, RevisionQuestion, read_revisions
from archive.web.sides import Row
from archive.web.stories import Stories, asked_source, named_source

ENTRIES = 50
_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no form for (section 2.2)."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a feed."""

    name: str
    """What its id is made of."""
    title: str
    address: str
    """Path on this server."""
    original: str
    """URL of the page that was captured."""
    published: str
    updated: str
    """Timestamps."""
    summary: str
    language: str | None
    authors: Sequence[str]
    category: str | None = None
    html: str | None = None
    """More than the summary says."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed before it is written."""

    title: str
    page: str
    """Path of the page that shows the same."""
    entries: Sequence[Entry]


class Feeds:
    """Answers `/feed/new`, `/feed/changed` and `/feed/search`."""

    def __init__(
        self,
        pool: CollectionPool,
        site: Site,
        stories: Stories,
        kept: KeptPages,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pool = pool
        self._site = site
        self._stories = stories
        self._kept = kept
        self._clock = clock
        self._texts = ChangedTexts()
        self._appearances = Appearances(clock)

    def routes(self) -> list[Route]:
        return [
            Route("/feed/new", self.new),
            Route("/feed/changed", self.changed),
            Route("/feed/search", self.search),
        ]

    async def new(self, request: Request) -> Response:
        source = asked_source(request.query_params.get("source"))
        return await self._answer(request, ("new", source), lambda collection: self._new(collection, source))

    async def changed(self, request: Request) -> Response:
        source = asked_source(request.query_params.get("source"))
        question = RevisionQuestion.parse(request.query_params, source)
        return await self._answer(
            request, ("changed", question), lambda collection: self._changed(collection, question)
        )

    async def search(self, request: Request) -> Response:
        question = SearchQuestion.parse(request.query_params)
        if not question.query:
            raise QueryInvalid("the parameter q is missing (write q= and words to look for)")
        return await self._answer(request, ("search", question), lambda collection: self._search(collection, question))

    async def _answer(self, request: Request, asked: tuple[object, ...], read: "ReadFeed") -> Response:
        address = self._site.absolute(request, request.url.path)
        if request.url.query:
            address += "?" + request.url.query
        root = self._site.absolute(request, "")
        key, state = ("feed", *asked, address, root), self._kept.state()
        body = self._kept.get(key, state)
        if body is None:
            feed = await self._pool.ask(read)
            body = write_atom(feed, address=address, root=root, prefix=self._site.prefix).encode()
            self._kept.put(key, state, body)
        second = self._appearances.second(key, entity_tag(body))
        return dated_answer(request, body, _MEDIA_TYPE, second, self._clock())

    def _new(self, collection: Collection, source: str | None) -> Feed:
        entries = [
            Entry(
                name=story.key,
                title=story.card.headline or story.card.url,
                address=self._site.path("/article", url=story.card.url),
                original=story.card.url,
                published=story.first,
                updated=story.changed or story.first,
                summary=story.card.dek,
                language=story.card.language,
                authors=story.card.authors or _named(story.card.source),
                category=story.card.source,
            )
            for story in self._stories.newest(collection, ENTRIES, source=source)
        ]
        page = self._site.path("/") if source is None else self._site.path("/source", name=named_source(source))
        return Feed(title=_title(self._site, "new articles", source), page=page, entries=entries)

    def _changed(self, collection: Collection, question: RevisionQuestion) -> Feed:
        entries = []
        for one in read_revisions(collection, self._stories, ENTRIES, question):
            headline = one.version.headline or one.version.url
            summary = f"Version {one.version.number}: {_manner(one.version)}."
            if one.before.headline != one.version.headline:
                summary += f" The headline was: {one.before.headline or 'none'}."
            if one.version.significance is not None:
                summary += f" Significance {one.version.significance:.2f} of 1."
            entries.append(
                Entry(
                    name=f"{one.story.key} {one.version.timestamp}",
                    title=f"{_manner(one.version).capitalize()}: {headline}",
                    address=self._site.path(
                        "/diff", url=one.version.url, a=one.before.timestamp, b=one.version.timestamp
                    ),
                    original=one.version.url,
                    published=one.version.first_seen,
                    updated=one.version.first_seen,
                    summary=summary,
                    language=one.story.card.language,
                    authors=one.story.card.authors or _named(one.story.card.source),
                    category=one.version.change,
                    html="".join(map(_to_html, self._texts.of(collection, one))),
                )
            )
        what = "silently changed articles" if question.silent else "changed articles"
        page = self._site.path(
            "/changes",
            source=named_source(question.source),
            silent=1 if question.silent else None,
            min_change=question.min_change or None,
        )
        return Feed(title=_title(self._site, what, question.source), page=page, entries=entries)

    def _search(self, collection: Collection, question: SearchQuestion) -> Feed:
        entries = [
            Entry(
                name=f"{hit.url} {hit.timestamp}",
                title=hit.headline or hit.url,
                address=self._site.path("/article", url=hit.url, at=hit.timestamp),
                original=hit.url,
                published=hit.timestamp,
                updated=hit.timestamp,
                summary=hit.snippet.replace("\x02", "").replace("\x03", ""),
                language=hit.language,
                authors=_named(hit.source),
                category=hit.source,
            )
            for hit in question.newest(collection)
        ]
        page = self._site.path("/", q=question.query, source=question.source, language=question.language)
        return Feed(title=_title(self._site, question.query, None), page=page, entries=entries)


class ReadFeed(Protocol):
    """Reads a feed from a collection."""

    def __call__(self, collection: Collection, /) -> Feed: ...


def write_atom(feed: Feed, *, address: str, root: str, prefix: str = "") -> str:
    """The XML of a feed at an address; `root` is where the paths of its entries stand below, `prefix` what they begin with."""

    def absolute(path: str) -> str:
        return root + path.removeprefix(prefix)

    updated = max((entry.updated for entry in feed.entries), default="19700101000000")
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        f"<id>{_id(address)}</id>",
        f"<title>{_text(feed.title)}</title>",
        f"<updated>{_time(updated)}</updated>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(address)}/>',
        f'<link rel="alternate" type="text/html" href={_attribute(absolute(feed.page))}/>',
        "<generator>Newsmorgue</generator>",
    ]
    for entry in feed.entries:
        tag = language_tag(entry.language)
        language = f" xml:lang={_attribute(tag)}" if tag else ""
        lines += [
            f"<entry{language}>",
            f"<id>{_id(entry.name)}</id>",
            f"<title>{_text(entry.title)}</title>",
            f"<published>{_time(entry.published)}</published>",
            f"<updated>{_time(entry.updated)}</updated>",
            f'<link rel="alternate" type="text/html" href={_attribute(absolute(entry.address))}/>',
            f'<link rel="via" href={_attribute(escape_url(entry.original))}/>',
            *(f"<author><name>{_text(name)}</name></author>" for name in entry.authors or ("unknown",)),
            *([f"<category term={_attribute(entry.category)}/>"] if entry.category else []),
            f"<summary>{_text(entry.summary)}</summary>",
            *([f'<content type="html">{_text(entry.html)}</content>'] if entry.html else []),
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""])


def _to_html(row: Row) -> str:
    """A changed paragraph as HTML, escaped once: the feed escapes it again."""
    marks = {"delete": "del", "insert": "ins"}
    pieces = (
        f"<{mark}>{escape(span.text)}</{mark}>" if (mark := marks.get(span.op)) else escape(span.text)
        for span in row.spans
    )
    label = f"<strong>{escape(row.label)}:</strong> " if row.label else ""
    return f'<p dir="auto">{label}{"".join(pieces)}</p>'


def _manner(version: ArticleVersion) -> str:
    """How a version came about, in a few words."""
    manner = CHANGES[version.change] + (" silently" if version.silent else "")
    return manner if version.same_as is None else f"{manner}, back to version {version.same_as}"


def _named(source: str | None) -> tuple[str, ...]:
    return (source,) if source else ()


def _title(site: Site, what: str, source: str | None) -> str:
    return " · ".join(filter(None, (site.title, source, what)))


def _id(name: str) -> str:
    return uuid5(NAMESPACE_URL, name.encode("utf-8", "replace").decode()).urn


def _text(text: str) -> str:
    r"""Text of strangers as XML text: what has no form there is left out.

    >>> _text("a < b \x1b\ud800")
    'a &lt; b '
    """
    return escape(_NO_XML.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("", text))


def _time(timestamp: str) -> str:
    return from_timestamp(timestamp).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
