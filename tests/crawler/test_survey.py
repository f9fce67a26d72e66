import asyncio
from datetime import UTC, datetime

from crawler.fetch import Fetched
from crawler.source import CrawlRules, Seed, Source
from crawler.survey import survey

NOW = datetime(2024, 5, 1, tzinfo=UTC)
RSS = b"<rss><item><link>/a/1</link><pubDate>Mon, 06 Sep 2021 00:01:00 GMT</pubDate></item><item><link>/b</link></item></rss>"
INDEX = b"<sitemapindex><sitemap><loc>/1.xml</loc><lastmod>2024-01-01</lastmod></sitemap></sitemapindex>"
ANSWERS = {
    "/robots.txt": b"User-agent: *\nDisallow: /private",
    "/rss": RSS,
    "/index.xml": INDEX,
    "/": b"<html>",
    "/front": b"<html><a href='/b'>b</a></html>",
    "/empty": b"<rss></rss>",
    "/private/rss": RSS,
}


async def fetch(url):
    payload = ANSWERS.get(url.removeprefix("https://a.example"))
    if payload is None:
        return Fetched(url=url, status=0, error="the connection was refused")
    return Fetched(url=url, status=200, payload=payload)


def check(*seeds, **rules):
    source = Source(
        name="a",
        site="https://a.example/",
        seeds=tuple(Seed(kind=kind, url="https://a.example" + path) for kind, path in seeds),
        crawl=CrawlRules(**rules),
    )
    return asyncio.run(survey(source, fetch, user_agent="newsmorgue", now=NOW))


def test_what_a_seed_offers():
    feed, index = check(("feed", "/rss"), ("sitemap", "/index.xml"), article_urls=("/a/",))
    assert (feed.status, feed.candidates, feed.articles, feed.problem) == (200, 2, 1, None)
    assert feed.newest == datetime(2021, 9, 6, 0, 1, tzinfo=UTC)
    assert (index.candidates, index.children, index.newest) == (0, 1, datetime(2024, 1, 1, tzinfo=UTC))


def test_what_is_wrong_with_a_seed():
    states = check(("feed", "/"), ("feed", "/empty"), ("page", "/front"), ("feed", "/private/rss"), ("feed", "/gone"))
    assert [state.problem for state in states] == [
        "is HTML, not a feed",
        "is empty",
        "is a page, and without article_urls every link counts as an article",
        "robots.txt forbids it",
        "the connection was refused",
    ]
    (unfit,) = check(("feed", "/rss"), article_urls=("/story/",))
    assert unfit.problem == "none of its URLs fits article_urls"


def test_robots_txt_is_ignored_where_the_source_says_so():
    (state,) = check(("feed", "/private/rss"), robots="ignore")
    assert state.problem is None


def test_dates_without_a_zone_are_in_the_sources():
    async def answer(url):
        payload = b"<rss><item><link>/a</link><pubDate>Wed, 01 May 2024 12:00:00</pubDate></item></rss>"
        return Fetched(url=url, status=200 if url.endswith("/rss") else 404, payload=payload)

    seed = Seed(kind="feed", url="https://a.example/rss")
    source = Source(name="a", site="https://a.example/", timezone="Asia/Tokyo", seeds=(seed,))
    (state,) = asyncio.run(survey(source, answer, user_agent="newsmorgue", now=NOW))
    assert state.newest == datetime(2024, 5, 1, 3, tzinfo=UTC)
