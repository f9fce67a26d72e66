"""RSS 0.9 to 2.0, RDF, Atom and JSON Feed, as they are found rather than as they are specified.

Specs: https://www.rssboard.org/rss-specification, RFC 4287, https://www.jsonfeed.org/version/1.1/.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo

from crawler.seeds.date import parse_date
from crawler.seeds.entry import Entry, EntryReader
from crawler.seeds.json import decode_json, text_of
from crawler.seeds.link import clean_link
from crawler.seeds.payload import Payload, to_payload
from crawler.seeds.reading import Candidate, Form, SeedReading, gather
from crawler.seeds.text import clean_title

_FORMS: dict[str, Form] = {"rss": "rss", "rdf": "rss", "channel": "rss", "feed": "atom"}
_OTHERS = {
    "urlset": 'is a sitemap, not a feed (write kind = "sitemap")',
    "sitemapindex": 'is a sitemap index, not a feed (write kind = "sitemap")',
    "html": "is HTML, not a feed",
    "opml": "is a list of feeds, not a feed (add the feeds it names)",
}


def parse_feed(
    payload: bytes | Payload, *, url: str, content_type: str | None = None, zone: tzinfo = UTC
) -> SeedReading:
    """Read a feed of any kind; the media type only helps with the encoding, since it is wrong too often."""
    payload = to_payload(payload)
    if payload.is_empty():
        return SeedReading(problem="is empty")
    if payload.head().lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _parse_json_feed(payload, url=url, zone=zone)
    reader = EntryReader(payload, content_type)
    candidates, problem = gather(_iter_candidates(reader, url, zone))
    if reader.root is None or reader.root not in _FORMS:
        return SeedReading(problem=_OTHERS.get(reader.root or "", problem or "is not a feed"))
    header = reader.header
    title = header.first("title", "dc:title")
    return SeedReading(
        candidates=candidates,
        problem=problem,
        form=_FORMS[reader.root],
        title=clean_title(title) if title else None,
        language=header.first("language") or header.attributes.get("xml:lang") or None,
    )


def _iter_candidates(reader: EntryReader, url: str, zone: tzinfo) -> Iterator[Candidate]:
    base = None
    for entry in reader:
        if reader.root not in _FORMS:
            return
        base = base or _base(reader.header, url)
        if candidate := _to_candidate(entry, base, zone):
            yield candidate


def _base(header: Entry, url: str) -> str:
    """What relative links start from. Feeds are often served from another host than the site they belong to."""
    site = next(
        (link for field in header.fields if field.name == "link" and (link := clean_link(field.text, url))), url
    )
    base = header.attributes.get("xml:base")
    return (clean_link(base, site) if base else None) or site


def _to_candidate(entry: Entry, base: str, zone: tzinfo) -> Candidate | None:
    if inner := entry.attributes.get("xml:base"):
        base = clean_link(inner, base) or base
    link = next((link for href in _iter_links(entry) if (link := clean_link(href, base))), None)
    if not link:
        return None
    title = entry.first("title", "dc:title")
    return Candidate(
        url=link,
        title=clean_title(title) if title else None,
        published=_first_date(entry, zone, "pubdate", "published", "issued", "dc:date", "dc:created", "created"),
        modified=_first_date(entry, zone, "updated", "modified", "dc:modified"),
    )


def _iter_links(entry: Entry) -> Iterator[str]:
    """Where an entry may lead, best first: before any redirect service, as a link, as an id that is one."""
    yield from entry.texts("feedburner:origlink", "pheedo:origlink")
    links = [field for field in entry.fields if field.name == "link"]
    alternate = [one for one in links if one.attributes.get("rel", "alternate").lower() in ("alternate", "")]
    # Of several forms of one article, the HTML one.
    alternate.sort(key=lambda one: "html" not in one.attributes.get("type", "html"))
    yield from (href for one in alternate if (href := one.attributes.get("href") or one.text))
    for field in entry.fields:
        is_link = field.attributes.get("ispermalink", "true").lower() != "false" and field.text[:4].lower() == "http"
        if field.name in ("guid", "id") and is_link:
            yield field.text
    if about := entry.attributes.get("rdf:about"):
        yield about


def _first_date(entry: Entry, zone: tzinfo, *names: str) -> datetime | None:
    return next((date for text in entry.texts(*names) if (date := parse_date(text, zone))), None)


def _parse_json_feed(payload: Payload, *, url: str, zone: tzinfo) -> SeedReading:
    feed = decode_json(payload)
    if not isinstance(feed, dict):
        return SeedReading(problem="is JSON that cannot be read")
    if not isinstance(feed.get("items"), list) or "jsonfeed.org" not in text_of(feed, "version"):
        return SeedReading(problem="is JSON, but no JSON Feed")
    base = clean_link(text_of(feed, "home_page_url"), url) or url
    candidates, problem = gather(
        candidate for item in feed["items"] if isinstance(item, dict) and (candidate := _from_item(item, base, zone))
    )
    return SeedReading(
        candidates=candidates,
        problem=problem,
        form="json feed",
        title=clean_title(text_of(feed, "title")),
        language=text_of(feed, "language") or None,
    )


def _from_item(item: Mapping[str, object], base: str, zone: tzinfo) -> Candidate | None:
    identifier = text_of(item, "id")
    href = text_of(item, "url") or (identifier if identifier.startswith("http") else "")
    link = clean_link(href, base)
    if not link:
        return None
    return Candidate(
        url=link,
        title=clean_title(text_of(item, "title")),
        published=parse_date(text_of(item, "date_published"), zone),
        modified=parse_date(text_of(item, "date_modified"), zone),
    )
