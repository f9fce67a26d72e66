"""Sitemaps: lists of URLs, news sitemaps, indexes of sitemaps, plain lists, and feeds used as sitemaps.

Specs: https://www.sitemaps.org/protocol.html,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from itertools import islice

from crawler.seeds.date import parse_date
from crawler.seeds.entry import EntryReader
from crawler.seeds.feed import parse_feed
from crawler.seeds.link import clean_link
from crawler.seeds.markup import Run
from crawler.seeds.payload import Payload, to_payload
from crawler.seeds.reading import Candidate, ChildSitemap, CutShort, Kept, SeedReading, gather, gather_into
from crawler.seeds.text import clean_title, iter_text, unescape

_FEEDS = ("rss", "rdf", "feed", "channel")


def parse_sitemap(
    payload: bytes | Payload, *, url: str, content_type: str | None = None, zone: tzinfo = UTC
) -> SeedReading:
    """Read a sitemap of any kind, gzip file or not; memory is bounded by `MAX_CANDIDATES`, not by the payload."""
    payload = to_payload(payload)
    if payload.is_empty():
        return SeedReading(problem="is empty")
    kept = Kept()
    reader = _SitemapReader(payload, url, content_type, kept, zone)
    candidates, problem = gather_into(kept, reader)
    if reader.root in _FEEDS:  # the protocol allows feeds as sitemaps
        return parse_feed(payload, url=url, content_type=content_type, zone=zone)
    if reader.root == "html":
        return SeedReading(problem="is HTML, not a sitemap")
    if reader.root not in ("urlset", "sitemapindex"):
        listed = _parse_url_list(payload, url, content_type)
        return listed if listed.candidates else SeedReading(problem=problem or "is not a sitemap")
    if reader.root == "sitemapindex":
        children = {candidate.url: candidate.modified for candidate in candidates}
        return SeedReading(
            children=tuple(ChildSitemap(url=child, modified=modified) for child, modified in children.items()),
            problem=problem,
            form="sitemap index",
        )
    return SeedReading(
        candidates=candidates,
        problem=problem,
        form="news sitemap" if reader.is_news else "sitemap",
        language=reader.language,
    )


class _SitemapReader:
    def __init__(self, payload: Payload, url: str, content_type: str | None, kept: Kept, zone: tzinfo) -> None:
        self._entries = EntryReader(payload, content_type)
        self._url = url
        self._kept = kept
        self._zone = zone
        self.is_news = False
        self.language: str | None = None

    @property
    def root(self) -> str | None:
        return self._entries.root

    def __iter__(self) -> Iterator[Candidate]:
        for entry in self._entries.iter_runs():
            if self.root in _FEEDS:
                return
            if isinstance(entry, Run):
                yield from self._from_run(entry)
                continue
            published = entry.first("news:publication_date")
            self.is_news = self.is_news or published is not None
            self.language = self.language or entry.first("news:language")
            if link := clean_link(entry.first("loc") or "", self._url):
                title = entry.first("news:title")
                yield Candidate(
                    url=link,
                    title=clean_title(title) if title else None,
                    published=parse_date(published, self._zone),
                    modified=parse_date(entry.first("lastmod"), self._zone),
                )

    def _from_run(self, run: Run) -> Iterator[Candidate]:
        # Neighbours often have one date.
        last, modified = "", None
        for loc, lastmod in run.urls:
            if lastmod != last:
                last, modified = lastmod, parse_date(unescape(lastmod), self._zone)
            if modified and self._kept.is_too_old(lastmod):
                continue
            if link := clean_link(unescape(loc), self._url):
                yield Candidate(url=link, modified=modified)


def _parse_url_list(payload: Payload, url: str, content_type: str | None) -> SeedReading:
    """A text file of one URL a line; one line that is something else, and it is no such file."""
    lines = _iter_lines(iter_text(payload, content_type))
    try:
        head = [line for line in islice(lines, 20) if line]
    except CutShort:
        head = []
    if not head or not all(line.startswith(("http://", "https://")) for line in head):
        return SeedReading(problem="is not a sitemap")
    links = (clean_link(line, url) for line in _iter_lines(iter_text(payload, content_type)))
    candidates, problem = gather(Candidate(url=link) for link in links if link)
    return SeedReading(candidates=candidates, problem=problem, form="url list")


def _iter_lines(pieces: Iterator[str]) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        yield from (line.strip() for line in lines)
        rest = rest[:4096]  # no URL is that long: a file without line ends is no list
    yield rest.strip()
