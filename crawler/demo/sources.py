"""The newsroom's sites as sources, as `morgue source add` would write them."""

from archive.formats.units import Duration
from crawler.demo.story import Family
from crawler.source import CrawlRules, Seed, SeedKind, Source

SITE_NAMES: dict[Family, str] = {"a": "radio", "b": "ledger", "c": "courier"}

_SEEDS: dict[Family, tuple[tuple[SeedKind, str], ...]] = {
    "a": (("feed", "/feed.xml"), ("sitemap", "/sitemap.xml"), ("page", "/")),
    "b": (("feed", "/feed.xml"), ("feed", "/atom.xml"), ("sitemap", "/sitemap.xml")),
    "c": (("feed", "/atom.xml"), ("sitemap", "/sitemap.xml")),
}

_ARTICLE_URLS: dict[Family, str] = {
    "a": r"/a/[^/?#]+/[0-9]+\.html$",
    "b": r"/[a-z]{2}/[a-z]+/[^/?#]+-n[0-9]+$",
    "c": r"/articles/[^/?#]+\.[0-9]+$",
}

_TIMEZONES: dict[Family, str] = {"a": "America/New_York", "b": "Europe/Lisbon", "c": "Asia/Seoul"}


def source_of(family: Family, base: str, *, requisites: bool = False) -> Source:
    """The source of a site; on loopback it needs no delay. Its pages' pictures are as many requests again."""
    return Source(
        name=SITE_NAMES[family],
        site=base + "/",
        language="en",
        timezone=_TIMEZONES[family],
        seeds=tuple(Seed(kind=kind, url=base + path) for kind, path in _SEEDS[family]),
        crawl=CrawlRules(
            delay=Duration(),
            concurrency=4,
            article_urls=(_ARTICLE_URLS[family],),
            requisites=requisites,
            # The stories' dates may lie years back, and they are to be visited again all the same.
            max_age=Duration(days=36500),
        ),
    )
