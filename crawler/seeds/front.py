"""What a front page says about its site besides the links it shows: feeds, the WordPress API, its language."""

from urllib.parse import urljoin

import msgspec

from crawler.seeds.link import clean_link
from crawler.seeds.page import html_language, parse_html, parse_page
from crawler.seeds.payload import Payload
from crawler.seeds.reading import Candidate

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_API = "https://api.w.org/"
_POSTS = "wp/v2/posts?per_page=100"


class FrontPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page, as the entrance to its site."""

    feeds: tuple[str, ...] = ()
    """Feeds it names, in its order: the site's own feed comes before those of its sections."""
    api: str | None = None
    """The list of WordPress posts."""
    language: str | None = None
    links: tuple[Candidate, ...] = ()


def parse_front(payload: bytes | Payload, *, url: str, content_type: str | None = None) -> FrontPage | None:
    """Read a front or section page; `None` where the payload is no HTML, or HTML that holds a feed."""
    root = parse_html(payload, content_type)
    if root is None or next(root.iter("rss", "feed", "urlset", "sitemapindex", "rdf:rdf", "rdf"), None) is not None:
        return None
    base = next((link for tag in root.iter("base") if (link := clean_link(tag.get("href", ""), url))), url)
    feeds: dict[str, None] = {}
    api = None
    for tag in root.iter("link"):
        relations = tag.get("rel", "").lower().split()
        href = clean_link(tag.get("href", ""), base)
        if not href:
            continue
        if "alternate" in relations and tag.get("type", "").lower().partition(";")[0].strip() in _FEED_TYPES:
            feeds[href] = None
        if _API in relations and api is None:
            api = urljoin(href, _POSTS)
    return FrontPage(
        feeds=tuple(feeds),
        api=api,
        language=html_language(root),
        links=parse_page(payload, url=url, content_type=content_type).candidates,
    )
