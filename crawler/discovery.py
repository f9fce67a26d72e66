"""Finds what a site offers to follow: feeds, sitemaps, a WordPress API, or else its pages. Knows no network.

`fetch` is handed in (`crawler.fetch` has one); what is chosen becomes a `Source`, which `crawler.source` writes.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import msgspec

from archive.formats.units import Duration
from crawler.errors import NoSeeds
from crawler.seed_body import read_seed
from crawler.seeds import Candidate, Payload, SeedReading
from crawler.seeds.front import FrontPage, parse_front
from crawler.seeds.link import clean_link, same_site
from crawler.source import CrawlRules, Seed, SeedKind, Source, is_language
from crawler.url_pattern import fits, guess_article_urls, learn_article_urls, looks_like_navigation
from crawler.visit import Visit, origin_of

if TYPE_CHECKING:
    from crawler.fetch import Fetch, Fetched

MAX_FETCHES = 20
"""Requests that finding a site's seeds may cost it."""

MAX_FEEDS = 6
MAX_SITEMAPS = 4
MAX_SECTIONS = 5
SMALL_INDEX = 20
"""An index of at most so many sitemaps is followed; a larger one is a site's whole past."""

FEED_PATHS = ("/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json")
SITEMAP_PATHS = ("/sitemap.xml", "/sitemap_index.xml")
NEWS_SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap-news.xml")

_OF_ARTICLES = ("rss", "atom", "json feed", "news sitemap", "posts")
"""Forms that list articles and nothing else."""
_NEWS = re.compile(r"news|latest|recent|today", re.IGNORECASE)
_DELAY = Duration(seconds=2)
_SITEMAP_EVERY = Duration(hours=1)
# The front page is worth its visits when feeds and sitemaps miss this share, and this many, of the articles it links.
_MISSED_SHARE, _MISSED = 0.3, 5
# A sitemap lists other pages too; were its articles of another form than those we know, fewer would fit.
_FITTING_SHARE = 0.8


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that was fetched and read."""

    seed: Seed
    reading: SeedReading


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a site offers, and what was chosen of it."""

    site: str
    """Its front page, after redirects."""
    language: str
    found: tuple[Found, ...]
    """The seeds chosen."""
    article_urls: tuple[str, ...] = ()
    crawl_delay: float = 0.0
    """Seconds that robots.txt asks for."""
    left_out: tuple[tuple[str, str], ...] = ()
    """URL and reason of each seed that was found and not chosen."""
    fetches: int

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


async def discover(site_url: str, fetch: "Fetch", *, user_agent: str, now: datetime) -> Discovery:
    """Look for what can be followed at a site, in at most `MAX_FETCHES` requests, one after the other.

    `site_url` may also be that of a feed or sitemap. Raises SiteUnreachable, NoSeeds.
    """
    visit = Visit(fetch, user_agent=user_agent, now=now, max_fetches=MAX_FETCHES)
    answer = await visit.read(site_url)
    body = answer.body
    front = parse_front(Payload(body.payload, body.codings), url=body.url, content_type=body.content_type)
    search = _Search(visit, answer.url)
    if front is None:
        search.start_from(answer)
    else:
        await search.feeds(front)
    await search.sitemaps()
    article_urls = await search.pages(front.links if front else ())
    if not search.found and search.problem:
        raise NoSeeds(
            f"{answer.url}: {search.problem}, and its site offers no feed and no sitemap (look at it in a browser)"
        )
    if not search.found:
        remedy = "give the address of a feed, sitemap or section page"
        raise NoSeeds(f"{search.site}: no feed, no sitemap, and no links that can be told to be articles ({remedy})")
    return Discovery(
        site=search.site,
        language=_language(front.language if front else None, *(one.reading.language for one in search.found)),
        found=tuple(search.found),
        article_urls=article_urls,
        crawl_delay=(await visit.robots(search.site)).crawl_delay() or 0.0,
        left_out=tuple(search.left_out.items()),
        fetches=visit.fetches,
    )


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
    if not _is_address(host):
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


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, as far as its host says."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


class _Search:
    """What was found so far in one visit."""

    def __init__(self, visit: Visit, site: str) -> None:
        self._visit = visit
        self.site = site
        self.found: list[Found] = []
        self.left_out: dict[str, str] = {}
        self.problem: str | None = None
        """What is wrong with the address that was given."""
        self._tried: set[str] = set()
        self._long_index: tuple[str, SeedReading] | None = None

    def start_from(self, answer: "Fetched") -> None:
        """Take a feed or sitemap that was named itself; the site is where its articles are."""
        found = self._take("feed", answer) or self._take("sitemap", answer)
        if found and found.reading.candidates:
            origins = Counter(origin_of(candidate.url) for candidate in found.reading.candidates)
            self.site = origins.most_common(1)[0][0] + "/"
        else:
            self.problem = found.reading.problem if found else _read("feed", answer).problem
            self.site = urljoin(answer.url, "/")

    async def feeds(self, front: FrontPage) -> None:
        """The feeds and the API that a page names; where it names none, the usual places of feeds."""
        for url in front.feeds[:MAX_FEEDS]:
            await self._try("feed", url)
        if front.api:
            await self._try("api", front.api)
        for path in FEED_PATHS:
            if self.found:
                break
            await self._try("feed", urljoin(self.site, path))

    async def sitemaps(self) -> None:
        """The sitemaps that robots.txt names, or those in the usual places."""
        named = (await self._visit.robots(self.site)).sitemaps
        urls = [url for value in named if (url := clean_link(value, self.site))]
        urls.sort(key=lambda url: not _NEWS.search(urlsplit(url).path))
        before = len(self.found)
        for url in urls[:MAX_SITEMAPS]:
            await self._try("sitemap", url)
        if (more := len(urls) - MAX_SITEMAPS) > 0:
            self.left_out[urljoin(self.site, "/robots.txt")] = f"names {more} more sitemaps"
        for path in SITEMAP_PATHS:
            if len(self.found) == before and not urls:
                await self._try("sitemap", urljoin(self.site, path))
        for path in NEWS_SITEMAP_PATHS:
            if not any(one.reading.form in ("news sitemap", "sitemap index") for one in self.found):
                await self._try("sitemap", urljoin(self.site, path))
        if self._long_index and not self.found:
            url, reading = self._long_index
            del self.left_out[url]
            self._add("sitemap", url, reading)

    async def pages(self, links: tuple[Candidate, ...]) -> tuple[str, ...]:
        """The front page, and what tells articles among its links; `()` where it is not needed or that is not safe."""
        if not self.found:
            article_urls = guess_article_urls((link.url, link.title) for link in links)
            if article_urls:
                self._add("page", self.site, SeedReading(candidates=links, form="page"))
                await self._sections(links, article_urls)
            return article_urls
        articles = self._candidates(*_OF_ARTICLES)
        article_urls = learn_article_urls(articles, (link.url for link in links))
        listed = self._candidates("sitemap", "url list")
        linked = {link.url for link in links if _fits_any(article_urls, link.url)}
        missed = linked - articles - listed
        fitting = sum(1 for url in listed if _fits_any(article_urls, url))
        if (
            any(one.reading.children for one in self.found)  # unread: its articles may have another form
            or len(missed) < max(_MISSED, _MISSED_SHARE * len(linked))
            or fitting < _FITTING_SHARE * len(listed)
        ):
            return ()
        self._add("page", self.site, SeedReading(candidates=links, form="page"))
        return article_urls

    async def _sections(self, links: tuple[Candidate, ...], article_urls: tuple[str, ...]) -> None:
        """Section pages of a site that has only pages: those that link articles which no other page links."""
        known = {link.url for link in links}
        sections = [link.url for link in links if looks_like_navigation(link.url) and same_site(link.url, self.site)]
        for url in sections[:MAX_SECTIONS]:
            answer = await self._visit.get(url)
            if answer is None or answer.status != 200:
                continue
            reading = _read("page", answer)
            articles = {one.url for one in reading.candidates if _fits_any(article_urls, one.url)}
            if len(articles - known) >= _MISSED:
                self._add("page", answer.url, reading)
                known |= articles

    async def _try(self, kind: SeedKind, url: str) -> None:
        """Fetch what may be a seed; of an index that is too long to follow, the sitemaps of what is new."""
        if url in self._tried:
            return
        self._tried.add(url)
        answer = await self._visit.get(url)
        if answer is None or answer.status != 200:
            return
        self._take(kind, answer)
        if self._long_index and self._long_index[0] == answer.url:
            children = [child.url for child in self._long_index[1].children]
            for child in [url for url in children if _NEWS.search(urlsplit(url).path)][:2]:
                await self._try("sitemap", child)

    def _take(self, kind: SeedKind, answer: "Fetched") -> Found | None:
        """Add what an answer holds to what was found, unless there is a reason against it."""
        reading = _read(kind, answer)
        if reading.form is None or not (reading.candidates or reading.children):
            return None
        if any(one.seed.url == answer.url for one in self.found):
            return None
        if len(reading.children) > SMALL_INDEX:
            self._long_index = self._long_index or (answer.url, reading)
        if reason := self._reason_against(answer.url, reading):
            self.left_out[answer.url] = reason
            return None
        return self._add(kind, answer.url, reading)

    def _add(self, kind: SeedKind, url: str, reading: SeedReading) -> Found:
        seed = Seed(kind=kind, url=url)
        if kind == "sitemap" and reading.form != "news sitemap":
            seed = msgspec.structs.replace(seed, every=_SITEMAP_EVERY)
        self.found.append(Found(seed=seed, reading=reading))
        return self.found[-1]

    def _reason_against(self, url: str, reading: SeedReading) -> str | None:
        urls = {candidate.url for candidate in reading.candidates}
        if re.search(r"\bcomments\b", url):
            return "is about readers' comments"
        if len(reading.children) > SMALL_INDEX:
            return f"lists {len(reading.children)} sitemaps: the whole past of the site (add it to archive that too)"
        if self.found and 2 * sum(1 for one in urls if same_site(one, self.site)) < len(urls):
            return "leads to other sites"
        for one in self.found:
            # Also RSS beside Atom. A feed stays beside its sitemap: it is smaller to ask for, and both may change.
            if one.seed.kind == "feed" and reading.form in ("rss", "atom", "json feed") and urls <= _urls(one.reading):
                return f"offers nothing that {one.seed.url} does not"
        return None

    def _candidates(self, *forms: str) -> set[str]:
        return {url for one in self.found if one.reading.form in forms for url in _urls(one.reading)}


def _read(kind: SeedKind, answer: "Fetched") -> SeedReading:
    return read_seed(kind, answer.body)


def _urls(reading: SeedReading) -> set[str]:
    return {candidate.url for candidate in reading.candidates}


def _fits_any(expressions: tuple[str, ...], url: str) -> bool:
    return any(fits(expression, url) for expression in expressions)


def _language(*declared: str | None) -> str:
    """The first that has the form of a language: pages write `en_GB`, and much that is none."""
    tags = [(tag or "").strip().replace("_", "-") for tag in declared]
    return next((tag for tag in tags if is_language(tag)), "")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
