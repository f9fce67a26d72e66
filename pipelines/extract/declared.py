"""What stands in a page's head and markup, gathered in one pass: meta elements, links, JSON-LD, headings and times.

Nothing is judged here; `metadata` says what counts for which field.
"""

import re
from collections.abc import Iterable
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipelines.extract.jsonld import LinkedData, as_list, text_of, texts_of
from pipelines.extract.tree import bearers, clean

MAX_METAS = 1000
MAX_META_CHARS = 5000
MAX_URL_CHARS = 2000
_MAX_HEADINGS = 30
_MAX_LESSER_HEADINGS = 60
_MAX_TIMES = 5
_MAX_MICRODATA = 20
_MAX_CANONICAL_LINKS = 10

_DATES = bearers("*/@itemprop[. = 'datePublished' or . = 'dateModified']")

# No parent steps are undone in these, so two dots may stand.
_ABSOLUTE = re.compile(r"https?://[a-z0-9.-]+/[\w/.,~%+-]*(?:\?[\w/.,~%+=&-]+)?", re.ASCII)
_PATH = re.compile(r"(?:/[\w,~%+-][\w.,~%+-]*)+", re.ASCII)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?(?=/)")
_HOST = re.compile(r"https?://([a-z0-9.-]+)/")


class Declarations:
    """The page's meta elements by lower-case name, its JSON-LD, its canonical links, h1 and time elements."""

    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.url = url
        self._metas: dict[str, list[HtmlElement]] = {}
        self._read: dict[str, list[str]] = {}
        self._linked: dict[str, str | None] = {}
        self.canonical_links: list[str] = []
        self.headings: list[HtmlElement] = []
        self.title: str | None = None
        self._times: list[HtmlElement] = []
        self._later_times: list[HtmlElement] = []
        scripts: list[str] = []
        metas = 0
        # One pass for all: lxml filters by tag in C, and what it does not hand out costs next to nothing.
        for element in tree.iter("meta", "link", "script", "h1", "time", "title"):
            match element.tag:
                case "meta" if metas < MAX_METAS:
                    metas += 1
                    name = element.get("property") or element.get("name") or element.get("itemprop") or ""
                    if name := name.strip().lower():
                        self._metas.setdefault(name, []).append(element)
                case "link" if len(self.canonical_links) < _MAX_CANONICAL_LINKS:
                    relation = element.get("rel")
                    if relation and "canonical" in relation.lower().split():
                        self.canonical_links.append(element.get("href") or "")
                case "script":
                    if "ld+json" in (element.get("type") or "").lower() and (text := element.text):
                        scripts.append(text)
                case "h1" if len(self.headings) < _MAX_HEADINGS:
                    self.headings.append(element)
                case "time":
                    times = self._later_times if self.headings else self._times
                    if len(times) < _MAX_TIMES:
                        times.append(element)
                case "title" if self.title is None and not _in_picture(element):
                    text = element.text_content() if len(element) else element.text or ""
                    self.title = clean(text[:MAX_META_CHARS])
        self.linked = LinkedData(scripts)
        self.article: dict[str, Any] = self.linked.article(url) or {}
        self._tree = tree

    def lesser_headings(self) -> list[HtmlElement]:
        """The first headings below h1, and what old pages set large or bold instead."""
        return list(islice(self._tree.iter("h2", "h3", "h4", "b", "strong"), _MAX_LESSER_HEADINGS))

    @property
    def times(self) -> list[HtmlElement]:
        """The first time elements from the first h1 on, then those before it: teasers stand above, bylines below."""
        return self._later_times + self._times

    def first(self, *names: str) -> str | None:
        """The first content of the first of these meta elements that the page has."""
        for name in names:
            if name in self._metas and (texts := self._texts(name)):
                return texts[0]
        return None

    def every(self, *names: str) -> list[str]:
        """The contents of all of these meta elements, in the order of the names."""
        return [text for name in names if name in self._metas for text in self._texts(name)]

    def _texts(self, name: str) -> list[str]:
        """The contents of one, as text; only here are they asked for, since most of what stands in a head is for others."""
        texts = self._read.get(name)
        if texts is None:
            contents = [meta.get("content") or "" for meta in self._metas[name]]
            cleaned = [clean(unescape(content[:MAX_META_CHARS])) for content in contents]
            texts = self._read[name] = [text for text in cleaned if text]
        return texts

    def linked_text(self, key: str) -> str | None:
        """The text under a key of the article's JSON-LD node."""
        if key not in self.article:
            return None
        if key not in self._linked:
            text = text_of(self.linked.resolve(self.article[key]))
            self._linked[key] = clean(unescape(text[:MAX_META_CHARS])) if text else None
        return self._linked[key]

    def linked_texts(self, key: str) -> list[str]:
        """Every text under a key of the article's JSON-LD node."""
        if key not in self.article:
            return []
        return self.texts(self.linked.resolve(item) for item in as_list(self.article[key]))

    def texts(self, values: Iterable[Any]) -> list[str]:
        """The texts of JSON-LD values, without the empty ones."""
        return [text for value in texts_of(values) if (text := clean(unescape(value[:MAX_META_CHARS])))]

    def microdata_dates(self) -> dict[str, list[str]]:
        """The dates of itemprop attributes, by property."""
        found: dict[str, list[str]] = {"datePublished": [], "dateModified": []}
        for name, element in _DATES(self._tree):
            values = found[name]
            if len(values) < _MAX_MICRODATA:
                values.append(element.get("datetime") or element.get("content") or "")
        return found


def _in_picture(title: HtmlElement) -> bool:
    parent = title.getparent()
    return parent is not None and parent.tag not in {"head", "html", "body"}


def absolute(link: str | None, url: str) -> str | None:
    """A link as an absolute web address without fragment; `None` where it is none."""
    if not link or len(link) > MAX_URL_CHARS:
        return None
    if _ABSOLUTE.fullmatch(link):
        return link  # as most are written: joining would take ten times as long, and give the same
    try:
        target = urljoin(url, clean(link))
        parts = urlsplit(target)
        return target.split("#")[0] if parts.scheme in {"http", "https"} and parts.hostname else None
    except ValueError:
        return None


def joined(url: str, link: str) -> str:
    """A link as an address, whatever its scheme. Raises ValueError.

    >>> joined("https://example.org/a/b", "../c.png"), joined("https://example.org/", "https://cdn.example/c.png")
    ('https://example.org/c.png', 'https://cdn.example/c.png')
    """
    if _ABSOLUTE.fullmatch(link):
        return link
    # Of the others most are paths without anything to undo.
    if _PATH.fullmatch(link) and (origin := _ORIGIN.match(url)):
        return origin[0] + link
    return str(urljoin(url, link))


def host_of(url: str) -> str:
    """The host of an address without `www.`; empty where there is none."""
    if match := _HOST.match(url):
        return match[1].removeprefix("www.")  # as most are written: splitting takes eight times as long
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
