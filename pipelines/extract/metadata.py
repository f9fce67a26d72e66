"""What a page declares about its article: JSON-LD first, then meta elements and microdata, then the page itself.

Only declarations are read here; what the page prints (captions, dateline, standfirst) is `boilerplate`'s and `pictures`'.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.access import is_paywalled
from pipelines.extract.authors import find_authors
from pipelines.extract.byline import opening_of
from pipelines.extract.dates import find_printed_date, parse_date
from pipelines.extract.declared import Declarations, absolute, host_of
from pipelines.extract.headline import Titles, choose_headline, fold_title, heading_text, lesser_titles, shown_titles
from pipelines.extract.jsonld import Node, as_list, text_of, types_of

MAX_KEYWORDS = 40
MAX_KEYWORD_CHARS = 100
MAX_DATELINE_CHARS = 80
_MAX_CRUMBS = 10
_MIN_SITE_CHARS = 3
_DATED_ELEMENTS = 150

_PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "article:published", "parsely-pub-date", "datepublished",
    "publish-date", "publish_date", "publishdate", "publication_date", "pubdate", "sailthru.date", "dc.date.issued", "dcterms.created",
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
    paywalled: bool | None = None
    declared_article: bool = False
    """The page calls itself an article (JSON-LD type or og:type)."""


def read_fields(tree: HtmlElement, url: str, *, latest: datetime | None = None) -> Fields:
    """Read every declared field of a page; dates after `latest` are not believed."""
    said = Declarations(tree, url)
    site_name = said.first("og:site_name", "application-name") or said.linked_text("publisher")
    headline, titles = choose_headline(_titles(said))
    kind = (said.first("og:type") or "").lower()
    heading = _heading(said, headline)
    published, modified = _dates(tree, said, heading, latest)
    section = _section(said, headline)
    return Fields(
        headline=headline,
        titles=titles,
        descriptions=_unique(
            [said.linked_text("description"), *said.every("og:description", "description", "twitter:description")]
        ),
        authors=find_authors(tree, said, site_name, heading),
        dateline=_dateline(said),
        date_published=published,
        date_modified=modified,
        languages=_unique(
            [said.linked_text("inLanguage"), tree.get("lang"), *said.every("og:locale", "content-language", "language")]
        ),
        section=section,
        keywords=_keywords(said, (site_name, said.linked_text("publisher"), section)),
        canonical_url=_canonical_url(said),
        images=_images(said),
        site_name=site_name,
        body=text_of(said.article.get("articleBody")),
        types=frozenset(name for node in said.linked.nodes for name in types_of(node)) | {kind},
        paywalled=is_paywalled(said),
        declared_article=bool(said.article) or kind in {"article", "news.article", "newsarticle"},
    )


def _titles(said: Declarations) -> Titles:
    host = host_of(said.url)
    names = (
        said.first("og:site_name"),
        said.first("application-name"),
        said.linked_text("publisher"),
        host,
        # `The Island Echo` is at islandecho.example: what its pages leave undeclared.
        name if len(name := host.removeprefix("www.").partition(".")[0]) >= _MIN_SITE_CHARS else None,
    )
    linked, shared = said.linked_text("headline"), said.first("og:title", "twitter:title")
    return Titles(
        shown=shown_titles(said.headings)
        or (() if linked or shared else lesser_titles(said.lesser_headings(), said.title or "")),
        linked=linked,
        shared=shared,
        title=said.title,
        site_names=tuple(filter(None, names)),
        is_news=any(name.endswith("newsarticle") for name in types_of(said.article)),
    )


def _heading(said: Declarations, headline: str | None) -> HtmlElement | None:
    """The h1 that holds the headline, else the first; on a page without any, the lesser heading that is the headline."""
    if len(said.headings) == 1:
        return said.headings[0]
    title = fold_title(headline or "")
    headings = said.headings or (said.lesser_headings() if title else [])
    found = next((heading for heading in headings if title and title in fold_title(heading_text(heading))), None)
    return found if found is not None else next(iter(said.headings), None)


def _dates(
    tree: HtmlElement, said: Declarations, heading: HtmlElement | None, latest: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """When it was published and modified: what was saved before it was published has not been modified since."""
    published = next(_read([said.linked_text("datePublished"), *said.every(*_PUBLISHED_METAS)], latest), None)
    changes = list(_read([said.linked_text("dateModified"), *said.every(*_MODIFIED_METAS)], latest))
    if published is None or not changes:
        microdata = said.microdata_dates()
        published = published or next(_read(microdata["datePublished"], latest), None)
        changes += _read(microdata["dateModified"], latest)
    if published is None:
        pages = (text_of(page.get("datePublished")) for page in said.linked.of_type("webpage", "itempage"))
        times = (time.get("datetime") or time.text_content() for time in said.times)
        published = next(_read(chain(pages, [said.linked_text("dateCreated")], times), latest), None)
    if published is None:
        near = opening_of(heading)[:_DATED_ELEMENTS] if heading is not None else ()
        published = find_printed_date(tree, near, said.url, latest=latest)
    return published, next((change for change in changes if published is None or change >= published), None)


def _read(values: Iterable[str | None], latest: datetime | None) -> Iterator[datetime]:
    for value in values:
        if value and (date := parse_date(value, latest=latest)):
            yield date


def _dateline(said: Declarations) -> str | None:
    """JSON-LD's dateline where it names a place: some papers write the date there."""
    text = (said.linked_text("dateline") or "").strip(" -–—:,")
    return text if 0 < len(text) <= MAX_DATELINE_CHARS and not any(map(str.isdigit, text)) else None


def _section(said: Declarations, headline: str | None) -> str | None:
    """The declared section, else the first step of the breadcrumbs that is neither the front page nor the article."""
    declared = said.linked_text("articleSection") or said.first("article:section", "parsely-section", "section")
    if declared:
        return declared
    title = fold_title(headline or "")
    for crumbs in said.linked.of_type("breadcrumblist"):
        for crumb in as_list(crumbs.get("itemListElement"))[:_MAX_CRUMBS]:
            name, address = _crumb(said, crumb)
            parts = urlsplit(address) if address else None
            if name and parts and parts.path.strip("/") and fold_title(name) != title and address != said.url:
                return name
    return None


def _crumb(said: Declarations, crumb: object) -> tuple[str | None, str | None]:
    """The name and the address of a step of the breadcrumbs."""
    if not isinstance(crumb, dict):
        return None, None
    item = said.linked.resolve(crumb.get("item"))
    thing: Node = item if isinstance(item, dict) else {"@id": item}
    name = next(iter(said.texts([crumb.get("name"), thing.get("name")])), None)
    address = thing.get("@id") or thing.get("url")
    return name, absolute(address, said.url) if isinstance(address, str) else None


def _keywords(said: Declarations, others: Iterable[str | None]) -> tuple[str, ...]:
    """The keywords, each once, without the names of paper and section."""
    values = said.linked_texts("keywords") or next(
        filter(None, map(said.every, ("article:tag", "news_keywords", "keywords"))), []
    )
    if len(values) == 1:
        values = values[0].replace("،", ",").replace("，", ",").replace("、", ",").replace(";", ",").split(",")
    left_out = {name.casefold() for name in others if name}
    found: dict[str, str] = {}
    for value in map(str.strip, values):
        if 0 < len(value) <= MAX_KEYWORD_CHARS and value.casefold() not in left_out:
            found.setdefault(value.casefold(), value)
    return tuple(found.values())[:MAX_KEYWORDS]


def _canonical_url(said: Declarations) -> str | None:
    """The canonical link when it is absolute after joining and stays on the page's own site.

    An article whose canonical link is the front page has a wrong one; other pages may be copies of the front page.
    """
    for link in _own_links(said):
        target = absolute(link, said.url)
        if target == said.url:
            return target
        if target and _site(target) == _site(said.url) and (_path(target) or not _path(said.url) or not said.article):
            return target
    return None


def _own_links(said: Declarations) -> Iterator[str | None]:
    yield from said.canonical_links
    yield said.first("og:url")
    yield said.linked_text("url")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path.strip("/") + parts.query


def _site(url: str) -> str:
    """The last two labels of the host (three under a two-letter one such as co.uk): close enough to catch strangers."""
    labels = host_of(url).split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


def _images(said: Declarations) -> tuple[str, ...]:
    """The pictures declared for the article, without the paper's logo."""
    logo = _image_addresses(said, said.linked.resolve(said.article.get("publisher")), "logo")
    values = _image_addresses(said, said.article, "image")
    values += said.every("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
    return _unique(absolute(value, said.url) for value in dict.fromkeys(values) if value not in logo)


def _image_addresses(said: Declarations, node: object, key: str) -> list[str]:
    if not node or not isinstance(node, dict):
        return []
    values = []
    for item in as_list(node.get(key)):
        item = said.linked.resolve(item)
        values.append(item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item)
    return [value for value in values if isinstance(value, str)]


def _unique(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
