"""The order in which a site is searched for seeds, in one polite visit: feeds, sitemaps, sections, pages."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import msgspec

from archive.formats.units import Duration
from crawler.offers import SMALL_INDEX, LeftOut, Offer, all_urls, reason_against
from crawler.seed_body import read_seed
from crawler.seeds import Candidate, Payload, SeedReading
from crawler.seeds.front import FrontPage, parse_front
from crawler.seeds.link import clean_link, same_site
from crawler.source import Seed, SeedKind
from crawler.url_pattern import fits, guess_article_urls, learn_article_urls, looks_like_navigation
from crawler.visit import Visit, origin_of

if TYPE_CHECKING:
    from crawler.fetch import Fetched

MAX_FEEDS = 6
MAX_FEED_LINKS = 3
MAX_SECTION_FEEDS = 4
MAX_SITEMAPS = 4
MAX_SECTIONS = 5

FEED_PATHS = ("/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json")
SITEMAP_PATHS = ("/sitemap.xml", "/sitemap_index.xml")
NEWS_SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap-news.xml")
POSTS_PATH = "/wp-json/wp/v2/posts?per_page=100"

_OF_ARTICLES = ("rss", "atom", "json feed", "news sitemap", "posts")
"""Forms that list articles and nothing else."""
_NEWS = re.compile(r"news|latest|recent|today", re.IGNORECASE)
_SITEMAP_EVERY = Duration(hours=1)
_SHORT = 20
"""Articles; a site whose feeds list fewer is likely to have feeds of its sections."""
_NEW_IN_SECTION = 3
# The front page is worth its visits when feeds and sitemaps miss this share, and this many, of the articles it links.
_MISSED_SHARE, _MISSED = 0.3, 5
# A sitemap lists other pages too; were its articles of another form than those we know, fewer would fit.
_FITTING_SHARE = 0.8


class Search:
    """What was found so far in one visit."""

    def __init__(self, visit: Visit, site: str) -> None:
        self._visit = visit
        self.site = site if urlsplit(site).path else f"{site}/"
        self.found: list[Offer] = []
        self.dropped: dict[str, LeftOut] = {}
        """By URL."""
        self.problem: str | None = None
        """What is wrong with the address that was given."""
        self._tried: set[str] = set()
        self._long_index: tuple[str, SeedReading] | None = None
        self._language: str | None = None
        self._has_editions = False

    def start_from(self, answer: "Fetched") -> None:
        """Take a feed or sitemap that was named itself; the site is where its articles are."""
        feed = read_seed("feed", answer.body)
        found = self._take("feed", answer.url, feed, "given")
        if found is None:
            found = self._take("sitemap", answer.url, read_seed("sitemap", answer.body), "given")
        if found and found.reading.candidates:
            origins = Counter(origin_of(candidate.url) for candidate in found.reading.candidates)
            self.site = origins.most_common(1)[0][0] + "/"
        else:
            self.problem = found.reading.problem if found else feed.problem
            self.site = urljoin(answer.url, "/")

    async def feeds(self, front: FrontPage | None) -> None:
        """The feeds and the API that a page names or links; where there are none, their usual places."""
        if front:
            self._language, self._has_editions = front.language, bool(front.editions)
            for url in front.feeds[:MAX_FEEDS]:
                await self._try("feed", url, "named by the front page")
            if (more := len(front.feeds) - MAX_FEEDS) > 0:
                self._drop(self.site, f"names {more} more feeds")
            if front.api:
                await self._try("api", front.api, "named by the front page")
            if not self.found:
                await self._linked_feeds(front.feed_links, "linked from the front page")
        for path in FEED_PATHS:
            if self.found:
                break
            await self._try("feed", urljoin(self.site, path), "in its usual place", named=False)
        if not self.found:
            await self._try("api", urljoin(self.site, POSTS_PATH), "in its usual place", named=False)

    async def sitemaps(self) -> None:
        """The sitemaps that robots.txt names, or those in the usual places."""
        named = (await self._visit.robots(self.site)).sitemaps
        urls = list(dict.fromkeys(url for value in named if (url := clean_link(value, self.site))))
        urls.sort(key=lambda url: not _NEWS.search(urlsplit(url).path))
        before = len(self.found)
        for url in urls[:MAX_SITEMAPS]:
            await self._try("sitemap", url, "named by robots.txt")
        if (more := len(urls) - MAX_SITEMAPS) > 0:
            self._drop(urljoin(self.site, "/robots.txt"), f"names {more} more sitemaps")
        for path in SITEMAP_PATHS:
            if len(self.found) == before and not urls:
                await self._try("sitemap", urljoin(self.site, path), "in its usual place", named=False)
        for path in NEWS_SITEMAP_PATHS:
            if not any(one.reading.form in ("news sitemap", "sitemap index") for one in self.found):
                await self._try("sitemap", urljoin(self.site, path), "in its usual place", named=False)
        if self._long_index and not self.found:
            url, reading = self._long_index
            del self.dropped[url]
            self._add("sitemap", url, reading, "the only one found")

    async def section_feeds(self, front: FrontPage | None) -> None:
        """Feeds of sections, where the site's own lists little: those that list articles which no other does."""
        if front is None or len(self._articles()) >= _SHORT:
            return
        tried = 0
        for url in self._sections(front.links):
            if tried >= MAX_SECTION_FEEDS:
                return
            answer = await self._visit.get(url)
            section = _read_front(answer) if answer and answer.status == 200 else None
            for feed in [one for one in (section.feeds if section else ()) if one not in self._tried][:1]:
                tried += 1
                before = self._articles()
                offer = await self._try("feed", feed, f"named by the section page {url}")
                if offer and len(offer.urls - before) < _NEW_IN_SECTION:
                    self.found.remove(offer)
                    self._drop(offer.seed.url, "lists next to nothing that the others do not", "feed", offer.reading)

    async def pages(self, front: FrontPage | None) -> tuple[str, ...]:
        """The front page, and what tells articles among its links; `()` where it is not needed or that is not safe."""
        links = front.links if front else ()
        if not self.found:
            article_urls = guess_article_urls((link.url, link.title) for link in links)
            if article_urls:
                self._add("page", self.site, SeedReading(candidates=links, form="page"), "the front page")
                await self._section_pages(links, article_urls)
            return article_urls
        articles = self._articles()
        article_urls = learn_article_urls(articles, (link.url for link in links))
        listed = all_urls(self.found, "sitemap", "url list")
        linked = {link.url for link in links if _fits_any(article_urls, link.url)}
        missed = linked - articles - listed
        fitting = sum(1 for url in listed if _fits_any(article_urls, url))
        if (
            any(one.reading.children for one in self.found)  # unread: its articles may have another form
            or len(missed) < max(_MISSED, _MISSED_SHARE * len(linked))
            or fitting < _FITTING_SHARE * len(listed)
        ):
            return ()
        self._add("page", self.site, SeedReading(candidates=links, form="page"), "the front page")
        return article_urls

    async def _linked_feeds(self, urls: Iterable[str], origin: str) -> None:
        """Feeds among links for readers; one that leads to a page may lead to a list of feeds."""
        for url in list(urls)[:MAX_FEED_LINKS]:
            if await self._try("feed", url, origin):
                continue
            answer = await self._visit.get(url)
            page = _read_front(answer) if answer and answer.status == 200 else None
            if page and same_site(url, self.site):
                self.dropped.pop(answer.url if answer else url, None)
                for feed in [*page.feeds, *page.feed_links][:MAX_FEED_LINKS]:
                    await self._try("feed", feed, f"linked from {url}")
            if self.found:
                return

    async def _section_pages(self, links: tuple[Candidate, ...], article_urls: tuple[str, ...]) -> None:
        """Section pages of a site that has only pages: those that link articles which no other page links."""
        known = {link.url for link in links}
        for url in self._sections(links):
            answer = await self._visit.get(url)
            if answer is None or answer.status != 200 or any(one.seed.url == answer.url for one in self.found):
                continue
            reading = read_seed("page", answer.body)
            articles = {one.url for one in reading.candidates if _fits_any(article_urls, one.url)}
            if len(articles - known) >= _MISSED:
                self._add("page", answer.url, reading, "a section page that the front page links")
                known |= articles

    def _sections(self, links: tuple[Candidate, ...]) -> list[str]:
        sections = [link.url for link in links if looks_like_navigation(link.url) and same_site(link.url, self.site)]
        return sections[:MAX_SECTIONS]

    def _articles(self) -> set[str]:
        return all_urls(self.found, *_OF_ARTICLES)

    async def _try(self, kind: SeedKind, url: str, origin: str, *, named: bool = True) -> Offer | None:
        """Fetch what may be a seed. Of one that somebody `named` it is told why it is none."""
        if url in self._tried:
            return None
        self._tried.add(url)
        answer = await self._visit.get(url)
        if answer is None or answer.status != 200:
            if named:
                self._drop(url, self._why_not(answer), kind)
            return None
        reading = read_seed(kind, answer.body)
        offer = self._take(kind, answer.url, reading, origin, named=named)
        # Of an index what is new; of a long one that is all that is followed.
        for child in [one.url for one in reading.children if _NEWS.search(urlsplit(one.url).path)][:2]:
            newer = await self._try("sitemap", child, f"listed by {url}")
            if newer and newer.reading.form == "news sitemap" and offer in self.found:
                self.found.remove(offer)
                self._drop(answer.url, f"lists {newer.seed.url}, which has what is new", kind, reading)
        return offer

    def _why_not(self, answer: "Fetched | None") -> str:
        if answer is None:
            return "was not asked for: enough requests" if self._visit.is_spent else "robots.txt forbids it"
        return answer.error or f"answers with status {answer.status}"

    def _take(
        self, kind: SeedKind, url: str, reading: SeedReading, origin: str, *, named: bool = False
    ) -> Offer | None:
        """Add what was read to what was found, unless there is a reason against it."""
        if reading.form is None or not (reading.candidates or reading.children):
            if named:
                self._drop(url, reading.problem or "is empty", kind, reading)
            return None
        if any(one.seed.url == url for one in self.found):
            return None
        if len(reading.children) > SMALL_INDEX:
            self._long_index = self._long_index or (url, reading)
        reason = reason_against(
            url,
            reading,
            chosen=self.found,
            site=self.site,
            language=self._language,
            has_editions=self._has_editions,
        )
        if reason:
            self._drop(url, reason, kind, reading)
            return None
        return self._add(kind, url, reading, origin)

    def _drop(self, url: str, reason: str, kind: SeedKind | None = None, reading: SeedReading | None = None) -> None:
        self.dropped[url] = LeftOut(url=url, reason=reason, kind=kind, reading=reading)

    def _add(self, kind: SeedKind, url: str, reading: SeedReading, origin: str) -> Offer:
        seed = Seed(kind=kind, url=url)
        if kind == "sitemap" and reading.form != "news sitemap":
            seed = msgspec.structs.replace(seed, every=_SITEMAP_EVERY)
        offer = Offer(seed=seed, reading=reading, origin=origin)
        self.found.append(offer)
        return offer


def _read_front(answer: "Fetched") -> FrontPage | None:
    body = answer.body
    return parse_front(Payload(body.payload, body.codings), url=body.url, content_type=body.content_type)


def _fits_any(expressions: tuple[str, ...], url: str) -> bool:
    return any(fits(expression, url) for expression in expressions)
