import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from archive.formats.units import Duration
from crawler.discovery import MAX_FETCHES, discover, guess_name
from crawler.errors import NoSeeds, SiteUnreachable
from crawler.fetch import Fetched
from crawler.source_file import load_source, write_source

SITE = "https://www.news.example"
NOW = datetime(2024, 5, 1, tzinfo=UTC)
SHARED = Path(os.environ.get("NEWSMORGUE_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))
SERVE_PAGES = SHARED / "tools" / "serve_pages.py"


class Site:
    """Answers for one site: text by path or URL; a status where it is a number; a redirect where it is a URL."""

    def __init__(self, pages):
        self.pages = {path if "://" in path else SITE + path: body for path, body in pages.items()}
        self.asked = []
        self.headers = {}

    async def fetch(self, url):
        self.asked.append(url)
        body = self.pages.get(url, 404)
        if isinstance(body, str) and body.startswith("https://"):
            return await self.fetch(body)
        if isinstance(body, int):
            error = "the connection was refused" if not body else None
            return Fetched(url=url, status=body, payload=b"<html>no</html>", error=error)
        headers = (("content-type", "text/html"), *self.headers.get(url.removeprefix(SITE), ()))
        return Fetched(url=url, status=200, payload=body.encode(), headers=headers)

    def discover(self, url=SITE + "/"):
        return asyncio.run(discover(url, self.fetch, user_agent="newsmorgue/1 (+desk@example.org)", now=NOW))


def rss(*paths, language=""):
    items = "".join(f"<item><link>{SITE}{path}</link></item>" for path in paths)
    return f"<rss><channel><language>{language}</language>{items}</channel></rss>"


def urlset(*paths, news=False):
    more = "<news:news><news:publication_date>2024-05-01</news:publication_date></news:news>" if news else ""
    return "<urlset>" + "".join(f"<url><loc>{SITE}{path}</loc>{more}</url>" for path in paths) + "</urlset>"


def index(*paths):
    return "<sitemapindex>" + "".join(f"<sitemap><loc>{SITE}{p}</loc></sitemap>" for p in paths) + "</sitemapindex>"


def front(*links, feeds=(), head="", lang="en"):
    named = "".join(f'<link rel="alternate" type="application/rss+xml" href="{feed}">' for feed in feeds)
    body = "".join(f'<a href="{href}">Storm floods three coastal towns</a>' for href in links)
    return f'<!doctype html><html lang="{lang}"><head>{named}{head}</head><body><a href="/sport">Sport</a>{body}</html>'


STORIES = [f"/a/story-{n}.html" for n in range(100000, 100030)]


def seeds(discovery):
    return [(one.seed.kind, one.seed.url.removeprefix(SITE)) for one in discovery.found]


def test_feeds_that_the_front_page_names():
    site = Site({"/": front(*STORIES, feeds=["/rss/top"], lang="pt_BR"), "/rss/top": rss(*STORIES)})
    found = site.discover()
    assert seeds(found) == [("feed", "/rss/top")]
    assert (found.site, found.language, found.article_urls) == (SITE + "/", "pt-BR", ())
    assert site.asked[0] == SITE + "/robots.txt"
    assert len(site.asked) == found.fetches == len(set(site.asked))


@pytest.mark.parametrize("path", ["/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json"])
def test_feeds_in_their_usual_places(path):
    assert seeds(Site({"/": front(), path: rss(*STORIES)}).discover()) == [("feed", path)]


def test_html_where_a_feed_should_be_is_no_seed():
    with pytest.raises(NoSeeds):
        Site({"/": front(), "/feed": front(), "/sitemap.xml": front()}).discover()


def test_a_feed_that_repeats_another_and_comments_are_left_out():
    feeds = ["/rss", "/atom", "/comments/feed", "/elsewhere"]
    site = Site(
        {
            "/": front(feeds=feeds),
            "/rss": rss(*STORIES),
            "/atom": rss(*STORIES[:9]),
            "/comments/feed": rss("/c/1"),
            "/elsewhere": rss().replace("</channel>", "<item><link>https://podcast.example/1</link></item></channel>"),
        }
    )
    found = site.discover()
    assert seeds(found) == [("feed", "/rss")]
    assert dict(found.left_out) == {
        SITE + "/atom": f"offers nothing that {SITE}/rss does not",
        SITE + "/comments/feed": "is about readers' comments",
        SITE + "/elsewhere": "leads to other sites",
    }


def test_sitemaps_come_from_robots_txt():
    site = Site(
        {
            "/robots.txt": f"Sitemap: {SITE}/all.xml\nsitemap: /news.xml\nUser-agent: *\nCrawl-delay: 7",
            "/": front(),
            "/all.xml": urlset(*STORIES),
            "/news.xml": urlset(*STORIES[:5], news=True),
        }
    )
    found = site.discover()
    assert seeds(found) == [("sitemap", "/news.xml"), ("sitemap", "/all.xml")]
    source = found.to_source("news")
    assert [seed.every for seed in source.seeds] == [Duration(minutes=15), Duration(hours=1)]
    assert source.crawl.delay == Duration(seconds=7)


def test_sitemaps_in_their_usual_places():
    site = Site({"/": front(), "/sitemap.xml": urlset(*STORIES), "/news-sitemap.xml": urlset(*STORIES[:5], news=True)})
    assert seeds(site.discover()) == [("sitemap", "/sitemap.xml"), ("sitemap", "/news-sitemap.xml")]


def test_a_short_index_is_followed_whole():
    site = Site({"/": front(), "/sitemap.xml": index("/1.xml", "/news.xml")})
    assert seeds(site.discover()) == [("sitemap", "/sitemap.xml")]


def test_of_a_long_index_what_is_new_is_followed():
    children = [f"/archive-{n}.xml" for n in range(30)]
    site = Site({"/": front(), "/sitemap.xml": index(*children, "/news.xml"), "/news.xml": urlset(*STORIES, news=True)})
    found = site.discover()
    assert seeds(found) == [("sitemap", "/news.xml")]
    assert found.left_out == (
        (SITE + "/sitemap.xml", "lists 31 sitemaps: the whole past of the site (add it to archive that too)"),
    )


def test_a_long_index_is_followed_where_there_is_nothing_else():
    children = [f"/archive-{n}.xml" for n in range(30)]
    found = Site({"/": front(), "/sitemap.xml": index(*children)}).discover()
    assert (seeds(found), found.left_out) == ([("sitemap", "/sitemap.xml")], ())


def test_an_index_that_lists_itself_ends():
    children = ["/news.xml", *(f"/news-{n}.xml" for n in range(30))]
    site = Site({"/": front(), "/news.xml": index(*children), "/sitemap.xml": index(*children), "/news-0.xml": "x"})
    assert site.discover().found
    assert len(site.asked) <= MAX_FETCHES


def test_wordpress_posts():
    api = f'<link rel="https://api.w.org/" href="{SITE}/wp-json/">'
    posts = "[" + ",".join(f'{{"link": "{SITE}{path}"}}' for path in STORIES) + "]"
    site = Site({"/": front(head=api), "/wp-json/wp/v2/posts?per_page=100": posts})
    assert seeds(site.discover()) == [("api", "/wp-json/wp/v2/posts?per_page=100")]


def test_a_front_page_that_shows_more_than_the_feed_is_followed_with_a_pattern():
    site = Site({"/": front(*STORIES, feeds=["/rss"]), "/rss": rss(*STORIES[:12])})
    found = site.discover()
    assert seeds(found) == [("feed", "/rss"), ("page", "/")]
    source = found.to_source("news")
    assert all(source.is_article_url(SITE + path) for path in STORIES)
    assert not source.is_article_url(SITE + "/sport")


@pytest.mark.parametrize("odd", ["/a/short.html", "/sport"])
def test_without_a_safe_pattern_no_front_page_is_followed(odd):
    found = Site({"/": front(*STORIES, feeds=["/rss"]), "/rss": rss(*STORIES[:12], odd)}).discover()
    assert (seeds(found), found.article_urls) == ([("feed", "/rss")], ())


def test_a_pattern_that_would_empty_the_sitemap_is_not_safe():
    site = Site(
        {
            "/": front(*STORIES, feeds=["/rss"]),
            "/rss": rss(*STORIES[:12]),
            "/sitemap.xml": urlset(*(f"/old/{word}" for word in "abcdefghij")),
        }
    )
    found = site.discover()
    assert (seeds(found), found.article_urls) == ([("feed", "/rss"), ("sitemap", "/sitemap.xml")], ())


def test_a_site_of_pages_only_is_followed_by_them():
    sport = [f"/a/sport-{n}.html" for n in range(200000, 200010)]
    site = Site({"/": front(*STORIES), "/sport": front(*sport)})
    found = site.discover()
    assert seeds(found) == [("page", "/"), ("page", "/sport")]
    assert all(found.to_source("n").is_article_url(SITE + path) for path in STORIES + sport)


def test_the_address_of_a_feed_will_do():
    site = Site({"https://feeds.example/news": rss(*STORIES, language="ko")})
    found = site.discover("https://feeds.example/news")
    assert [one.seed.url for one in found.found] == ["https://feeds.example/news"]
    assert (found.site, found.language) == (SITE + "/", "ko")


def test_redirects_are_followed_to_the_site():
    site = Site({"https://news.example/": SITE + "/", "/": front(feeds=["/rss"]), "/rss": rss(*STORIES)})
    found = site.discover("https://news.example/")
    assert (found.site, seeds(found)) == (SITE + "/", [("feed", "/rss")])


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        ({"/": 0}, "www.news.example/: the connection was refused (check the address in a browser)"),
        ({"/": 503}, "answers with status 503"),
        ({"/robots.txt": 503, "/": front()}, "/robots.txt: answers with status 503, so nothing may be fetched"),
        ({"/robots.txt": 0, "/": front()}, "/robots.txt: the connection was refused, so nothing may be fetched"),
        ({"/robots.txt": "User-agent: newsmorgue\nDisallow: /", "/": front()}, "robots.txt forbids it to newsmorgue"),
    ],
)
def test_a_site_that_cannot_be_visited_is_one_line(pages, message):
    with pytest.raises(SiteUnreachable) as caught:
        Site(pages).discover()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_robots_txt_is_obeyed_on_the_way():
    site = Site(
        {
            "/robots.txt": "User-agent: *\nDisallow: /rss\nDisallow: /sitemap",
            "/": front(feeds=["/rss/top", "/feed2"]),
            "/rss/top": rss(*STORIES),
            "/feed2": rss(*STORIES),
        }
    )
    assert seeds(site.discover()) == [("feed", "/feed2")]
    assert not any("/rss" in url or "/sitemap.xml" in url for url in site.asked)


def test_a_site_costs_a_bounded_number_of_requests():
    robots = "\n".join(f"Sitemap: {SITE}/s{n}.xml" for n in range(50))
    feeds = [f"/f{n}" for n in range(50)]
    links = [f"/{chr(97 + n)}" for n in range(20)]
    site = Site({"/robots.txt": robots, "/": front(*links, *STORIES, feeds=feeds)})
    found = site.discover()
    assert len(site.asked) == found.fetches <= MAX_FETCHES
    assert dict(found.left_out) == {
        SITE + "/": "names 44 more feeds",
        **{
            f"{SITE}/{kind}{n}{end}": "answers with status 404"
            for kind, end, most in (("f", "", 6), ("s", ".xml", 4))
            for n in range(most)
        },
        SITE + "/robots.txt": "names 46 more sitemaps",
    }


@pytest.mark.parametrize(
    ("url", "taken", "name"),
    [
        ("https://www.voanews.com/", (), "voanews"),
        ("https://m.example.org", (), "example"),
        ("https://ir.voanews.com/", (), "ir-voanews"),
        ("https://www.abc.net.au/news", (), "abc"),
        ("https://news.example.co.kr/", (), "news-example"),
        ("https://xn--e1afmkfd.xn--p1ai/", (), "xn-e1afmkfd"),
        ("http://localhost:8900/", (), "localhost-8900"),
        ("http://[::1]:8900/", (), "1-8900"),
        ("https://voa.com", ("voa", "voa-2", "x"), "voa-3"),
    ],
)
def test_names(url, taken, name):
    assert guess_name(url, taken) == name


@pytest.fixture(scope="module")
def served():
    if not SERVE_PAGES.exists():
        pytest.skip("no shared data folder (beside the checkout, or NEWSMORGUE_SHARED)")
    with subprocess.Popen(
        [sys.executable, SERVE_PAGES, "--port", "8971"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().split(" pages at ")
        process.terminate()


@pytest.mark.shared
def test_every_page_of_a_real_site_ends_as_a_candidate_once(served, tmp_path):
    count, base = int(served[0]), served[1].strip()

    async def run():
        async with httpx.AsyncClient() as client:

            async def fetch(url):
                answer = await client.get(url)
                return Fetched(
                    url=url,
                    status=answer.status_code,
                    headers=(("content-type", answer.headers["content-type"]),),
                    payload=answer.content,
                )

            return await discover(base, fetch, user_agent="newsmorgue/1", now=NOW)

    found = asyncio.run(run())
    source = load_source(write_source(found.to_source(guess_name(base)), tmp_path / "sources"))
    assert {seed.kind for seed in source.seeds} >= {"feed"}
    assert "page" not in {seed.kind for seed in source.seeds}
    for one in found.found:
        assert one.origin
        articles = [candidate.url for candidate in one.reading.candidates if source.is_article_url(candidate.url)]
        assert len(articles) == len(set(articles)) == count
        assert all("/fundus/" in url or "/wcxb/" in url for url in articles)
    assert source.crawl.delay == Duration()


# What sites of many makers look like


def paths(found):
    return [(one.seed.kind, one.seed.url.removeprefix(SITE), one.origin) for one in found.found]


def test_feeds_that_only_readers_see_are_found():
    page = front(*STORIES).replace(
        "</html>", '<a href="/services/rss/top.rss">RSS</a><a href="/feedback">Mail</a></html>'
    )
    site = Site({"/": page, "/services/rss/top.rss": rss(*STORIES)})
    assert paths(site.discover()) == [("feed", "/services/rss/top.rss", "linked from the front page")]
    assert SITE + "/feedback" not in site.asked


def test_a_page_that_lists_feeds_leads_to_them():
    page = front(*STORIES).replace("</html>", '<a href="/rss/">Our feeds</a></html>')
    listing = '<html><body><a href="news.xml">News <b>RSS</b></a><a href="/rss/world.xml">World</a></body></html>'
    site = Site(
        {"/": page, "/rss/": listing, "/rss/news.xml": rss(*STORIES[:20]), "/rss/world.xml": rss(*STORIES[15:])}
    )
    found = site.discover()
    assert paths(found) == [(kind, path, f"linked from {SITE}/rss/") for kind, path in seeds(found)]
    assert seeds(found) == [("feed", "/rss/news.xml"), ("feed", "/rss/world.xml")]
    assert found.left_out == ()


def test_a_link_header_names_a_feed_and_an_api():
    posts = "[" + ",".join(f'{{"link": "{SITE}{path}"}}' for path in STORIES) + "]"
    site = Site({"/": front(), "/h.rss": rss(*STORIES[:9]), "/wp-json/wp/v2/posts?per_page=100": posts})
    site.headers["/"] = (
        ("Link", '</h.rss>; rel="alternate"; type="application/rss+xml"; title="News, all of it"'),
        ("Link", f'<{SITE}/wp-json/>; rel="https://api.w.org/"'),
    )
    assert seeds(site.discover()) == [("feed", "/h.rss"), ("api", "/wp-json/wp/v2/posts?per_page=100")]


def test_posts_are_found_where_nothing_names_them():
    posts = "[" + ",".join(f'{{"link": "{SITE}{path}"}}' for path in STORIES) + "]"
    found = Site({"/": front(), "/wp-json/wp/v2/posts?per_page=100": posts}).discover()
    assert paths(found) == [("api", "/wp-json/wp/v2/posts?per_page=100", "in its usual place")]


def test_a_drupal_site_lists_its_articles():
    nodes = ",".join(
        f'{{"type": "node--article", "attributes": {{"title": "Storm", "status": true, "created": "2024-05-01T10:00:00+00:00",'
        f' "path": {{"alias": "{path}"}}}}}}'
        for path in STORIES
    )
    head = '<meta name="Generator" content="Drupal 10 (https://www.drupal.org)">'
    site = Site({"/": front(head=head), "/jsonapi/node/article?sort=-created": f'{{"data": [{nodes}]}}'})
    found = site.discover()
    assert seeds(found) == [("api", "/jsonapi/node/article?sort=-created")]
    assert found.found[0].urls == {SITE + path for path in STORIES}


def test_a_json_feed_is_named():
    head = '<link rel="alternate" type="application/feed+json" href="/feed.json">'
    items = ",".join(f'{{"id": "{path}", "url": "{SITE}{path}"}}' for path in STORIES)
    feed = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": [{items}]}}'
    assert seeds(Site({"/": front(head=head), "/feed.json": feed}).discover()) == [("feed", "/feed.json")]


def test_the_news_sitemap_of_an_index_is_preferred():
    index_ = index("/pages.xml", "/news.xml", "/tags.xml")
    site = Site(
        {
            "/robots.txt": f"Sitemap: {SITE}/all.xml",
            "/": front(),
            "/all.xml": index_,
            "/news.xml": urlset(*STORIES, news=True),
        }
    )
    found = site.discover()
    assert paths(found) == [("sitemap", "/news.xml", f"listed by {SITE}/all.xml")]
    assert found.left_out == ((SITE + "/all.xml", f"lists {SITE}/news.xml, which has what is new"),)


def test_sections_have_feeds_where_the_sites_own_is_short():
    sections = {
        f"/{name}": f'<link rel="alternate" type="application/rss+xml" href="/{name}/feed">'
        for name in ("sport", "world")
    }
    site = Site(
        {
            "/": front("/world", *STORIES[:5], feeds=["/feed"]),
            "/feed": rss(*STORIES[:5]),
            **{path: f"<html><head>{head}</head><body></body></html>" for path, head in sections.items()},
            "/sport/feed": rss(*STORIES[5:15]),
            "/world/feed": rss(*STORIES[:6]),
        }
    )
    found = site.discover()
    assert paths(found) == [
        ("feed", "/feed", "named by the front page"),
        ("feed", "/sport/feed", f"named by the section page {SITE}/sport"),
    ]
    assert found.left_out == ((SITE + "/world/feed", "lists next to nothing that the others do not"),)


def test_a_long_feed_needs_no_sections():
    site = Site({"/": front(*STORIES, feeds=["/feed"]), "/feed": rss(*STORIES)})
    site.discover()
    assert SITE + "/sport" not in site.asked


def test_a_feed_on_another_host_belongs_to_the_site():
    site = Site(
        {
            "/": front(feeds=["https://feeds.elsewhere.example/news"]),
            "https://feeds.elsewhere.example/news": rss(*STORIES),
        }
    )
    found = site.discover()
    assert [one.seed.url for one in found.found] == ["https://feeds.elsewhere.example/news"]
    assert found.site == SITE + "/"
    assert "https://feeds.elsewhere.example/robots.txt" in site.asked


def test_other_editions_are_let_be():
    head = (
        '<link rel="alternate" hreflang="en" href="/en/"><link rel="alternate" hreflang="fr" href="/fr/">'
        '<link rel="alternate" hreflang="x-default" href="/">'
        '<link rel="alternate" hreflang="fr" type="application/rss+xml" href="/fr/feed">'
    )
    own = [f"/en{path}" for path in STORIES]
    site = Site(
        {
            "/en/": front(*own, *(f"/fr{path}" for path in STORIES), feeds=["/en/feed", "/all/feed"], head=head),
            "/en/feed": rss(*own[:12], language="en-GB"),
            "/all/feed": rss(*(f"/fr{path}" for path in STORIES), language="fr"),
        }
    )
    found = site.discover(SITE + "/en/")
    assert seeds(found) == [("feed", "/en/feed"), ("page", "/en/")]
    assert dict(found.left_out) == {SITE + "/all/feed": "is in fr, which is another edition"}
    assert SITE + "/fr/feed" not in site.asked
    assert {candidate.url for candidate in found.found[1].reading.candidates} == {
        SITE + path for path in ["/sport", *own]
    }


def test_relative_addresses_start_from_the_base():
    head = '<base href="/portal/"><link rel="alternate" type="application/rss+xml" href="feed">'
    assert seeds(Site({"/": front(head=head), "/portal/feed": rss(*STORIES)}).discover()) == [("feed", "/portal/feed")]


def test_what_somebody_names_and_is_none_is_told():
    site = Site(
        {
            "/robots.txt": f"User-agent: *\nDisallow: /closed\nSitemap: {SITE}/closed.xml\nSitemap: {SITE}/gone.xml",
            "/": front(feeds=["/rss", "/html", "/empty"]),
            "/rss": rss(*STORIES),
            "/html": front(),
            "/empty": rss(),
        }
    )
    found = site.discover()
    assert dict(found.left_out) == {
        SITE + "/html": "is HTML, not a feed",
        SITE + "/empty": "is empty",
        SITE + "/closed.xml": "robots.txt forbids it",
        SITE + "/gone.xml": "answers with status 404",
    }


def test_a_wall_that_asks_for_consent_is_passed_by():
    wall = "https://consent.elsewhere.example/v2/collect?site=news"
    site = Site({"/": wall, wall: front(*STORIES), "/rss": rss(*STORIES)})
    assert seeds(site.discover()) == [("feed", "/rss")]
    with pytest.raises(NoSeeds, match=r"leads to a page that asks for consent, https://consent.elsewhere.example"):
        Site({"/": wall, wall: front(*STORIES)}).discover()


def test_a_site_that_turns_programs_away_says_so():
    with pytest.raises(
        SiteUnreachable, match=r"answers with status 403 .it turns programs away; its feed or sitemap may"
    ):
        Site({"/": 403}).discover()


def test_what_robots_txt_forbids_is_named_where_nothing_else_is_left():
    site = Site({"/robots.txt": "User-agent: *\nDisallow: /rss", "/": front(feeds=["/rss"])})
    with pytest.raises(
        NoSeeds, match=f"robots.txt forbids what it offers, such as {SITE}/rss .write a source file with"
    ):
        site.discover()


def test_http_and_www_are_tried_where_no_scheme_was_given():
    def ask(pages, **options):
        site = Site({"https://news.example/robots.txt": 0, "https://news.example/": 0, **pages})
        return asyncio.run(discover("https://news.example/", site.fetch, user_agent="newsmorgue/1", now=NOW, **options))

    plain = {"http://news.example/": front(feeds=["/rss"]), "http://news.example/rss": rss(*STORIES)}
    assert ask(plain, scheme_given=False).site == "http://news.example/"
    www = {
        "http://news.example/robots.txt": 0,
        SITE + "/": front(feeds=["/rss"]),
        SITE + "/rss": rss(*STORIES),
    }
    assert ask(www, scheme_given=False).site == SITE + "/"
    with pytest.raises(SiteUnreachable, match=r"^https://news.example/robots.txt: the connection was refused"):
        ask(plain)
    with pytest.raises(SiteUnreachable, match=r"^https://news.example/robots.txt: the connection was refused"):
        ask({"http://news.example/robots.txt": 0, SITE + "/robots.txt": 0}, scheme_given=False)


def test_the_file_says_where_each_seed_was_found(tmp_path):
    site = Site({"/": front(feeds=["/rss", "/atom"]), "/rss": rss(*STORIES), "/atom": rss(*STORIES[:9])})
    found = site.discover()
    text = write_source(found.to_source("news"), tmp_path, found.notes("news.example\nname = 'evil'", NOW)).read_text()
    assert text.startswith("# Found by `morgue source add news.example name = 'evil'` on 2024-05-01, in 8 requests.\n")
    assert "# Named by the front page: rss, 30 URLs.\n[[seeds]]\n# " in text
    assert f"# Found, and left out:\n#   {SITE}/atom: offers nothing that {SITE}/rss does not\n" in text
    assert load_source(tmp_path / "news.toml") == found.to_source("news")
