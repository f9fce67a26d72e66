"""What a page declares about its article: JSON-LD first, then meta elements and microdata, then the page itself.

Only declarations are read here; what the page prints (captions, dateline, standfirst) is `boilerplate`'s and `pictures`'.
"""

from datetime import datetime
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.byline import printed_authors
from pipelines.extract.dates import find_printed_date, parse_date
from pipelines.extract.headline import choose_headline
from pipelines.extract.jsonld import LinkedData, as_list, text_of, texts_of, types_of
from pipelines.extract.names import clean_names, without_outlets
from pipelines.extract.tree import clean

MAX_METAS = 1000
MAX_META_CHARS = 5000
MAX_KEYWORDS = 40
_MAX_TIMES = 5

_AUTHOR_METAS = (
    "authors", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "citation_author", "byl", "creator",
)  # fmt: skip
_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "article:published", "parsely-pub-date", "datepublished",
    "publish-date", "publish_date", "publication_date", "pubdate", "sailthru.date", "dc.date.issued", "dcterms.created",
    "dc.date", "date", "cxenseparse:recs:publishtime", "iso-8601-publish-date", "og:published_time", "citation_publication_date",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "last-modified", "lastmod",
    "dcterms.modified", "article:modified", "revision_date",
)  # fmt: skip


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says of itself."""

    headline: str | None = None
    titles: tuple[str, ...] = ()
    """Every form of the title the page gives: the headline may be repeated in any of them."""
    descriptions: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    dateline: str | None = None
    date_published: datetime | None = None
    date_modified: datetime | None = None
    languages: tuple[str, ...] = ()
    section: str | None = None
    keywords: tuple[str, ...] = ()
    canonical_url: str | None = None
    images: tuple[str, ...] = ()
    site_name: str | None = None
    body: str | None = None
    """JSON-LD's articleBody, unproven."""
    types: frozenset[str] = frozenset()
    """Its JSON-LD types and og:type, in lower case."""
    declared_article: bool = False
    """The page calls itself an article (JSON-LD type or og:type)."""


class _Declarations:
    """The page's meta elements by lower-case name, and its JSON-LD."""

    def __init__(self, tree: HtmlElement, url: str) -> None:
        self.metas: dict[str, list[str]] = {}
        for meta in islice(tree.iter("meta"), MAX_METAS):
            name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
            content = clean(unescape((meta.get("content") or "")[:MAX_META_CHARS]))
            if name and content:
                self.metas.setdefault(name, []).append(content)
        self.linked = LinkedData(tree)
        self.article: dict[str, Any] = self.linked.article(url) or {}

    def first(self, *names: str) -> str | None:
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    def every(self, *names: str) -> list[str]:
        return [value for name in names for value in self.metas.get(name, ())]

    def linked_text(self, key: str) -> str | None:
        text = text_of(self.linked.resolve(self.article.get(key)))
        return clean(unescape(text[:MAX_META_CHARS])) if text else None


def read_fields(tree: HtmlElement, url: str, *, latest: datetime | None = None) -> Fields:
    """Read every declared field of a page; dates after `latest` are not believed."""
    said = _Declarations(tree, url)
    site_name = said.first("og:site_name", "application-name") or said.linked_text("publisher")
    headline, titles = choose_headline(
        tree, said.linked_text("headline"), said.first("og:title", "twitter:title"), site_name
    )
    kind = (said.first("og:type") or "").lower()
    published, modified = _dates(tree, said, url, latest)
    return Fields(
        headline=headline,
        titles=titles,
        descriptions=_unique(
            [said.linked_text("description"), *said.every("og:description", "description", "twitter:description")]
        ),
        authors=_authors(tree, said, site_name),
        dateline=said.linked_text("dateline"),
        date_published=published,
        date_modified=modified,
        languages=_unique(
            [said.linked_text("inLanguage"), tree.get("lang"), *said.every("og:locale", "content-language", "language")]
        ),
        section=said.linked_text("articleSection") or said.first("article:section", "parsely-section", "section"),
        keywords=_keywords(said),
        canonical_url=_canonical_url(tree, said, url),
        images=_images(said, url),
        site_name=site_name,
        body=text_of(said.article.get("articleBody")),
        types=frozenset(name for node in said.linked.nodes for name in types_of(node)) | {kind},
        declared_article=bool(said.article) or kind in {"article", "news.article", "newsarticle"},
    )


def _authors(tree: HtmlElement, said: _Declarations, site_name: str | None) -> tuple[str, ...]:
    """Declared names; where only the outlet is named, those the page prints, if any."""
    outlet_names = (said.linked_text("publisher"), site_name, said.first("twitter:site"))
    outlets = frozenset(name.casefold().lstrip("@") for name in outlet_names if name)
    linked = [
        text
        for key in ("author", "creator")
        for text in texts_of(said.linked.resolve(item) for item in as_list(said.article.get(key)))
    ]
    declared: tuple[str, ...] = ()
    for values in (linked, said.every("author"), said.every(*_AUTHOR_METAS)):
        names = tuple(value for value in map(clean, values) if value.casefold() in outlets) or clean_names(values)
        if people := without_outlets(names, outlets):
            return people
        declared = declared or names
    return printed_authors(tree, outlets) or declared


def _dates(
    tree: HtmlElement, said: _Declarations, url: str, latest: datetime | None
) -> tuple[datetime | None, datetime | None]:
    def first(values: list[str | None]) -> datetime | None:
        return next((date for value in values if (date := parse_date(value, latest=latest))), None)

    published = first(
        [said.linked_text("datePublished"), *said.every(*_PUBLISHED_METAS), *_microdata_dates(tree, "datePublished")]
    )
    modified = first(
        [said.linked_text("dateModified"), *said.every(*_MODIFIED_METAS), *_microdata_dates(tree, "dateModified")]
    )
    if published is None:
        pages = [text_of(page.get("datePublished")) for page in said.linked.of_type("webpage", "itempage")]
        times = [time.get("datetime") or time.text_content() for time in islice(tree.iter("time"), _MAX_TIMES)]
        published = first([*pages, said.linked_text("dateCreated"), *times]) or find_printed_date(
            tree, url, latest=latest
        )
    return published, modified


def _microdata_dates(tree: HtmlElement, name: str) -> list[str | None]:
    return [element.get("datetime") or element.get("content") for element in tree.iterfind(f".//*[@itemprop='{name}']")]


def _keywords(said: _Declarations) -> tuple[str, ...]:
    linked = texts_of(said.linked.resolve(item) for item in as_list(said.article.get("keywords")))
    values = linked or said.every("article:tag") or said.every("news_keywords") or said.every("keywords")
    if len(values) == 1:
        values = values[0].replace("،", ",").replace("，", ",").replace(";", ",").split(",")
    return _unique(clean(unescape(value)) for value in values)[:MAX_KEYWORDS]


def _canonical_url(tree: HtmlElement, said: _Declarations, url: str) -> str | None:
    """The canonical link when it is absolute after joining and stays on the page's own site."""
    links = [link.get("href") for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower().split()]
    for link in (*links, said.first("og:url")):
        target = _absolute(link, url)
        if target and _site(target) == _site(url):
            return target
    return None


def _absolute(link: str | None, url: str) -> str | None:
    if not link or len(link) > 2000:
        return None
    try:
        target = urljoin(url, link.strip())
        parts = urlsplit(target)
    except ValueError:
        return None
    return target.split("#")[0] if parts.scheme in {"http", "https"} and parts.hostname else None


def _site(url: str) -> str:
    """The last two labels of the host (three under a two-letter one such as co.uk): close enough to catch strangers."""
    labels = (urlsplit(url).hostname or "").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


def _images(said: _Declarations, url: str) -> tuple[str, ...]:
    values = []
    for item in as_list(said.article.get("image")):
        item = said.linked.resolve(item)
        values.append(item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item)
    values += said.every("og:image", "og:image:url", "twitter:image")
    return _unique(_absolute(value, url) for value in values if isinstance(value, str))


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
