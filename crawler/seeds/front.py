"""What a front page says about its site besides the links it shows: feeds, APIs, its language and its other editions."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec
from lxml import html

from crawler.seeds.link import clean_link, same_site
from crawler.seeds.page import MAX_LINKS, html_language, parse_html, parse_page
from crawler.seeds.payload import Payload
from crawler.seeds.reading import Candidate

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_API = "https://api.w.org/"
_POSTS = "wp/v2/posts?per_page=100"
_NODES = "/jsonapi/node/article?sort=-created"
# What people link as a feed: a folder or file of that name, or the three letters as the link's text.
_LIKE_A_FEED = re.compile(r"(?:^|[/._=?-])(?:rss2?|feeds?|atom|rdf)(?:[/._-]|$)", re.IGNORECASE)
_SAYS_FEED = re.compile(r"\s*(?:rss|atom|xml|rss[ -]feeds?|feeds?)\s*", re.IGNORECASE)
_NO_FEED = re.compile(r"\.(?:png|gif|jpe?g|svg|css|js|webp)$|/feedback|comments?/", re.IGNORECASE)
_MOST_EDITIONS = 100
_LINK = re.compile(r"<([^<>]{1,2048})>([^<]{0,1000})")
_PARAMETER = re.compile(r""";\s*(rel|type|hreflang)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)


class FrontPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page, as the entrance to its site."""

    feeds: tuple[str, ...] = ()
    """Feeds it names, in its order: the site's own feed comes before those of its sections."""
    feed_links: tuple[str, ...] = ()
    """Links for readers that look like feeds, or like a page that lists them."""
    api: str | None = None
    """A list of posts as JSON."""
    language: str | None = None
    editions: tuple[str, ...] = ()
    """Front pages of the site's editions in other languages."""
    links: tuple[Candidate, ...] = ()
    """Without those that lead to other editions."""


class _Named(NamedTuple):
    """A link that a page makes for programs: `<link>`, or the header field."""

    url: str
    relations: list[str]
    type: str
    hreflang: str


def parse_front(
    payload: bytes | Payload, *, url: str, content_type: str | None = None, link_header: str = ""
) -> FrontPage | None:
    """Read a front or section page; `None` where the payload is no HTML, or HTML that holds a feed."""
    root = parse_html(payload, content_type)
    if root is None or next(root.iter("rss", "feed", "urlset", "sitemapindex", "rdf:rdf", "rdf"), None) is not None:
        return None
    base = next((link for tag in root.iter("base") if (link := clean_link(tag.get("href", ""), url))), url)
    named = [*_named_in_head(root, base), *_named_in_header(link_header, url)]
    language = html_language(root)
    editions = _editions(named, url, language)
    feeds = [
        one.url
        for one in named
        if "alternate" in one.relations and one.type in _FEED_TYPES and _is_own(one.hreflang, language)
    ]
    known = set(feeds)
    links = parse_page(payload, url=url, content_type=content_type).candidates
    return FrontPage(
        feeds=tuple(dict.fromkeys(feeds)),
        feed_links=tuple(dict.fromkeys(one for one in _iter_feed_links(root, base, url) if one not in known)),
        api=_api(root, named, url),
        language=language,
        editions=editions,
        links=tuple(link for link in links if not any(_is_below(link.url, edition) for edition in editions)),
    )


def _named_in_head(root: html.HtmlElement, base: str) -> Iterator[_Named]:
    for tag in root.iter("link"):
        if href := clean_link(tag.get("href", ""), base):
            kind = tag.get("type", "").lower().partition(";")[0].strip()
            yield _Named(href, tag.get("rel", "").lower().split(), kind, tag.get("hreflang", ""))


def _named_in_header(value: str, url: str) -> Iterator[_Named]:
    """The `Link` header field (RFC 8288)."""
    for found in islice(_LINK.finditer(value[:20_000]), 100):
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(found[2])}
        if href := clean_link(found[1], url):
            kind = given.get("type", "").lower()
            yield _Named(href, given.get("rel", "").lower().split(), kind, given.get("hreflang", ""))


def _api(root: html.HtmlElement, named: list[_Named], url: str) -> str | None:
    for one in named:
        if _API in one.relations:
            return urljoin(one.url, _POSTS)
    makers = (tag.get("content", "") for tag in root.iter("meta") if tag.get("name", "").lower() == "generator")
    return urljoin(url, _NODES) if any(maker.lower().startswith("drupal") for maker in makers) else None


def _editions(named: list[_Named], url: str, language: str | None) -> tuple[str, ...]:
    """Other editions, where this page is of one: not those below which it lies itself."""
    found = [
        one.url
        for one in named
        if one.hreflang
        and one.hreflang.lower() != "x-default"
        and one.type not in _FEED_TYPES
        and "alternate" in one.relations
        and not _is_own(one.hreflang, language)
        and same_site(one.url, url)
    ]
    return tuple(dict.fromkeys(one for one in found if not _is_below(url, one)))[:_MOST_EDITIONS]


def _is_own(hreflang: str, language: str | None) -> bool:
    """Whether a link is in the page's language, as far as both are known; regions make no difference."""
    if not hreflang or not language:
        return True
    return _primary(hreflang) == _primary(language)


def _primary(tag: str) -> str:
    return re.split(r"[-_]", tag.strip().lower())[0]


def _is_below(url: str, edition: str) -> bool:
    one, two = urlsplit(url), urlsplit(edition)
    folder = two.path if two.path.endswith("/") else f"{two.path}/"
    return one.netloc == two.netloc and f"{one.path.rstrip('/')}/".startswith(folder)


def _iter_feed_links(root: html.HtmlElement, base: str, url: str) -> Iterator[str]:
    for tag in islice(root.iter("a"), MAX_LINKS):
        link = clean_link(tag.get("href", ""), base)
        if not link or link == url or _NO_FEED.search(urlsplit(link).path):
            continue
        parts = urlsplit(link)
        if _LIKE_A_FEED.search(f"{parts.path}?{parts.query}".rstrip("?/")) or _SAYS_FEED.fullmatch(tag.text or ""):
            yield link
