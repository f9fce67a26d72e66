"""The links of a front or section page: what a reader could click on.

Links marked `rel=nofollow` count: they say what a site endorses, while robots.txt says where a crawler may go. Those
marked `sponsored` or `ugc` do not: adverts and readers' comments are no articles of the paper.
"""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, tzinfo
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree, html

from crawler.seeds.link import clean_link, same_site
from crawler.seeds.payload import Payload, to_payload
from crawler.seeds.reading import Candidate, CutShort, SeedReading, gather
from crawler.seeds.text import clean_title, iter_text

MAX_PAGE_BYTES = 16 * 2**20
MAX_LINKS = 10_000

_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|atom|pdf|zip|gz|mp[34]|m4a|m3u8|webm|woff2?|epub|docx?|xlsx?)$",
    re.IGNORECASE,
)


def parse_page(
    payload: bytes | Payload,
    *,
    url: str,
    content_type: str | None = None,
    zone: tzinfo = UTC,  # noqa: ARG001  links have no dates
) -> SeedReading:
    """Read the links of a page that stay on its site; `title` of a candidate is the link's text."""
    root = parse_html(payload, content_type)
    if root is None:
        return SeedReading(problem="is empty" if to_payload(payload).is_empty() else "is not HTML")
    base = next((link for tag in root.iter("base") if (link := clean_link(tag.get("href", ""), url))), url)
    candidates, problem = gather(_iter_candidates(root, base, url))
    return SeedReading(
        candidates=candidates,
        problem=problem or (None if candidates else "has no links to its own site"),
        form="page",
        title=next((clean_title(_text(tag)) for tag in root.iter("title")), None),
        language=html_language(root),
    )


def parse_html(payload: bytes | Payload, content_type: str | None = None) -> html.HtmlElement | None:
    """The tree of a page, cut at `MAX_PAGE_BYTES`; `None` where the payload is no HTML."""
    text = _decode(payload, content_type).replace("\0", "").lstrip()
    if not text.startswith("<") or (text.startswith("<?xml") and "<html" not in text[:2048].lower()):
        return None
    # As UTF-8 bytes: libxml2 does not know all of Python's codecs, and obeys a wrong <meta charset> in a str.
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError:  # nothing but comments
        return None


def _decode(payload: bytes | Payload, content_type: str | None) -> str:
    pieces: list[str] = []
    with contextlib.suppress(CutShort):
        pieces.extend(iter_text(payload, content_type, limit=MAX_PAGE_BYTES))
    return "".join(pieces)


def html_language(root: html.HtmlElement) -> str | None:
    """The language a page declares for itself, as written."""
    tag = next(root.iter("html"), None)
    return (tag.get("lang") or tag.get("xml:lang") or "").strip() or None if tag is not None else None


def _iter_candidates(root: html.HtmlElement, base: str, url: str) -> Iterator[Candidate]:
    own = clean_link(url, url)
    for tag in islice(root.iter("a", "area"), MAX_LINKS):
        if {"sponsored", "ugc"} & set(tag.get("rel", "").lower().split()):
            continue
        link = clean_link(tag.get("href", ""), base)
        if link and link != own and same_site(link, url) and not _NO_PAGE.search(urlsplit(link).path):
            yield Candidate(url=link, title=clean_title(_text(tag)))


def _text(tag: html.HtmlElement) -> str:
    """The text inside an element; of a whole page wrapped into one link, only the beginning."""
    pieces = []
    for inner in islice(tag.iter(), 40):
        if isinstance(inner.tag, str) and inner.tag not in ("script", "style"):
            pieces.append(inner.text or "")
        if inner is not tag:
            pieces.append(inner.tail or "")
    return " ".join(pieces)
