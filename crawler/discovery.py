"""Finds what a site offers to follow: feeds, sitemaps, an API, or else its pages. Knows no network.

`fetch` is handed in (`crawler.fetch` has one); what is chosen becomes a `Source`, which `crawler.source_file` writes. The order
of looking is `crawler.search`'s.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from archive.formats.units import Duration
from crawler.address import is_address, is_loopback
from crawler.errors import NoSeeds, SiteUnreachable
from crawler.offers import LeftOut, Offer
from crawler.search import Search
from crawler.seeds import Payload
from crawler.seeds.front import FrontPage, parse_front
from crawler.source import CrawlRules, Source, is_language
from crawler.source_file import SourceNotes
from crawler.visit import Visit

if TYPE_CHECKING:
    from crawler.fetch import Fetch, Fetched

MAX_FETCHES = 25
"""Requests that finding a site's seeds may cost it."""

_DELAY = Duration(seconds=2)
_CONSENT = re.compile(r"consent|gdpr|cookie-?wall|privacy-?(?:gate|wall)|guce\.", re.IGNORECASE)


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a site offers, and what was chosen of it."""

    site: str
    """Its front page, after redirects."""
    language: str
    found: tuple[Offer, ...]
    """The seeds chosen."""
    article_urls: tuple[str, ...] = ()
    crawl_delay: float = 0.0
    """Seconds that robots.txt asks for."""
    dropped: tuple[LeftOut, ...] = ()
    """What was found and not chosen."""
    fetches: int

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """URL and reason of what was found and not chosen."""
        return tuple((one.url, one.reason) for one in self.dropped)

    def to_source(self, name: str) -> Source:
        """The source to write. A site on this machine is visited without delay: it disturbs nobody."""
        local = is_loopback(self.site)
        delay = Duration() if local else max(_DELAY, Duration(seconds=min(self.crawl_delay, 86400)))
        return Source(
            name=name,
            site=self.site,
            language=self.language,
            seeds=tuple(one.seed for one in self.found),
            crawl=CrawlRules(delay=delay, concurrency=8 if local else 1, article_urls=self.article_urls),
        )

    def notes(self, given: str, now: datetime) -> SourceNotes:
        """What the source's file says of how it came about; `given` is the address that was given."""
        return SourceNotes(
            head=(f"Found by `morgue source add {given}` on {now:%Y-%m-%d}, in {self.fetches} requests.",),
            seeds={one.seed.url: one.describe() for one in self.found},
            left_out=tuple(f"{one.url}: {one.reason}" for one in self.dropped),
        )


async def discover(
    site_url: str, fetch: "Fetch", *, user_agent: str, now: datetime, scheme_given: bool = True
) -> Discovery:
    """Look for what can be followed at a site, in at most `MAX_FETCHES` requests, one after the other.

    `site_url` may also be that of a feed or sitemap. Where the scheme was not given, http and `www.` are tried after
    https. Raises SiteUnreachable, NoSeeds.
    """
    visit = Visit(fetch, user_agent=user_agent, now=now, max_fetches=MAX_FETCHES)
    answer = await _first_answer(visit, site_url, scheme_given=scheme_given)
    wall = answer.url if _CONSENT.search(answer.url) and not _CONSENT.search(site_url) else None
    front = None if wall else _read_front(answer)
    search = Search(visit, site_url if wall else answer.url)
    if wall or front:
        await search.feeds(front)
    else:
        search.start_from(answer)
    await search.sitemaps()
    await search.section_feeds(front)
    article_urls = await search.pages(front)
    if not search.found:
        raise NoSeeds(_why_nothing(search, answer.url, wall))
    language = _language(front.language if front else None, *(one.reading.language for one in search.found))
    return Discovery(
        site=search.site,
        language=language,
        found=tuple(search.found),
        article_urls=article_urls,
        crawl_delay=(await visit.robots(search.site)).crawl_delay() or 0.0,
        dropped=tuple(search.dropped.values()),
        fetches=visit.fetches,
    )


async def _first_answer(visit: Visit, site_url: str, *, scheme_given: bool) -> "Fetched":
    """The answer to the address given, or to what else it may mean."""
    try:
        return await visit.read(site_url)
    except SiteUnreachable as error:
        if scheme_given or error.status:
            raise
        first = error
    host, rest = urlsplit(site_url).netloc, site_url.partition("://")[2]
    others = [f"http://{rest}", *([f"https://www.{rest}"] if host.count(".") == 1 else [])]
    for other in others:
        try:
            return await visit.read(other)
        except SiteUnreachable as error:
            if error.status:
                raise
    raise first


def _read_front(answer: "Fetched") -> FrontPage | None:
    body = answer.body
    payload = Payload(body.payload, body.codings)
    links = ", ".join(value for name, value in answer.headers if name.lower() == "link")
    return parse_front(payload, url=body.url, content_type=body.content_type, link_header=links)


def _why_nothing(search: Search, url: str, wall: str | None) -> str:
    if wall:
        return f"{search.site}: leads to a page that asks for consent, {wall} (give the address of its feed or sitemap)"
    if search.problem:
        return f"{url}: {search.problem}, and its site offers no feed and no sitemap (look at it in a browser)"
    forbidden = [one.url for one in search.dropped.values() if one.reason.startswith("robots.txt forbids")]
    if forbidden:
        remedy = 'write a source file with robots = "ignore" if you may'
        return f"{search.site}: robots.txt forbids what it offers, such as {forbidden[0]} ({remedy})"
    remedy = "give the address of a feed, sitemap or section page"
    # What looked like one: its owner may not know.
    named = next((f"; {one.url} {one.reason}" for one in search.dropped.values() if one.reason.startswith("is ")), "")
    return f"{search.site}: no feed, no sitemap, and no links that can be told to be articles{named} ({remedy})"


def guess_name(url: str, taken: Iterable[str] = ()) -> str:
    """A source name made of a URL's host, and not among those taken.

    >>> guess_name("https://www.bbc.co.uk/"), guess_name("https://learning.voanews.com/")
    ('bbc', 'learning-voanews')
    >>> guess_name("http://127.0.0.1:8900/"), guess_name("https://bbc.com/", {"bbc", "bbc-2"})
    ('127-0-0-1-8900', 'bbc-3')
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    labels = host.split(".")
    if not is_address(host):
        if len(labels) > 2 and labels[0] in ("www", "m", "amp"):
            del labels[0]
        if len(labels) > 1:
            del labels[-1]
        if len(labels) > 1 and labels[-1] in ("co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go"):
            del labels[-1]
    port = [str(parts.port)] if parts.port not in (None, 80, 443) else []
    base = re.sub(r"[^a-z0-9]+", "-", "-".join(labels + port).lower()).strip("-")[:50].strip("-") or "site"
    taken = set(taken)
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)


def _language(*declared: str | None) -> str:
    """The first that has the form of a language: pages write `en_GB`, and much that is none."""
    tags = [(tag or "").strip().replace("_", "-") for tag in declared]
    return next((tag for tag in tags if is_language(tag)), "")
