import gzip
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds import Candidate, ChildSitemap
from crawler.seeds.entry import EntryReader
from crawler.seeds.reading import CutShort
from crawler.seeds.sitemap import parse_sitemap

URL = "https://news.example/sitemap.xml"
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SCHEMA}">{inside}</urlset>'.encode()


def urls(reading):
    return [candidate.url for candidate in reading.candidates]


def test_a_sitemap_gives_urls_and_when_they_changed():
    reading = parse_sitemap(
        urlset(
            "<url><loc> https://news.example/a?x=1&amp;y=2 </loc><lastmod>2024-05-01T10:00:00+02:00</lastmod>"
            "<changefreq>daily</changefreq><priority>0.5</priority></url>"
            "<url><loc>https://news.example/b</loc><lastmod>2024-05</lastmod></url>"
            "<url><loc>https://news.example/b?utm_source=map</loc></url><url></url><url><loc>x:y</loc></url>"
        ),
        url=URL,
    )
    assert reading.candidates == (
        Candidate(url="https://news.example/a?x=1&y=2", modified=datetime(2024, 5, 1, 8, tzinfo=UTC)),
        Candidate(url="https://news.example/b", modified=datetime(2024, 5, 1, tzinfo=UTC)),
    )
    assert (reading.form, reading.problem) == ("sitemap", None)


@pytest.mark.parametrize("prefix", ["news", "n"])
def test_a_news_sitemap_gives_date_title_and_language(prefix):
    n = prefix
    reading = parse_sitemap(
        f'<urlset xmlns="{SCHEMA}" xmlns:{n}="http://www.google.com/schemas/sitemap-news/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<url><loc>https://news.example/a</loc>"
        "<image:image><image:loc>https://news.example/a.jpg</image:loc><image:title>Picture</image:title></image:image>"
        f"<{n}:news><{n}:publication><{n}:name>News</{n}:name><{n}:language>ru</{n}:language></{n}:publication>"
        f"<{n}:publication_date>2024-05-01</{n}:publication_date><{n}:title>Шторм &amp; дождь</{n}:title></{n}:news>"
        "</url></urlset>".encode(),
        url=URL,
    )
    assert reading.candidates == (
        Candidate(url="https://news.example/a", title="Шторм & дождь", published=datetime(2024, 5, 1, tzinfo=UTC)),
    )
    assert (reading.form, reading.language) == ("news sitemap", "ru")


def test_an_index_gives_its_children():
    reading = parse_sitemap(
        f'<sm:sitemapindex xmlns:sm="{SCHEMA}"><sm:sitemap><sm:loc>https://news.example/1.xml.gz</sm:loc>'
        "<sm:lastmod>2024-05-01</sm:lastmod></sm:sitemap><sm:sitemap><sm:loc>/2.xml</sm:loc></sm:sitemap>"
        "</sm:sitemapindex>".encode(),
        url=URL,
    )
    assert reading.children == (
        ChildSitemap(url="https://news.example/1.xml.gz", modified=datetime(2024, 5, 1, tzinfo=UTC)),
        ChildSitemap(url="https://news.example/2.xml"),
    )
    assert (reading.candidates, reading.form, reading.problem) == ((), "sitemap index", None)


def test_a_gzip_file_is_read_as_what_it_holds():
    plain = urlset("<url><loc>https://news.example/a</loc></url>")
    assert parse_sitemap(gzip.compress(plain), url=URL, content_type="application/x-gzip") == parse_sitemap(
        plain, url=URL
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_text_file_of_urls_is_a_sitemap(newline):
    payload = "\ufeff" + newline.join(
        ["https://news.example/a", "", " https://news.example/b ", "https://news.example/a"]
    )
    reading = parse_sitemap(payload.encode(), url=URL, content_type="text/plain")
    assert urls(reading) == ["https://news.example/a", "https://news.example/b"]
    assert reading.form == "url list"


def test_a_feed_may_be_a_sitemap():
    reading = parse_sitemap(b"<rss><channel><item><link>/x</link></item></channel></rss>", url=URL)
    assert (urls(reading), reading.form) == (["https://news.example/x"], "rss")


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        (b"<!doctype html><html><body>404</body></html>", "is HTML, not a sitemap"),
        (b"<opml></opml>", "is not a sitemap"),
        (b"hello", "is not a sitemap"),
        (b"https://news.example/a\nbut then prose", "is not a sitemap"),
        (b"{}", "is not a sitemap"),
        (b"\x1f\x8bxx", "is damaged: its gzip data cannot be unpacked"),
    ],
)
def test_what_is_no_sitemap_says_what_it_is(payload, problem):
    reading = parse_sitemap(payload, url=URL)
    assert (reading.problem, reading.candidates, reading.children) == (problem, (), ())


def test_a_sitemap_cut_short_gives_what_it_has():
    reading = parse_sitemap(urlset("<url><loc>/a</loc></url><url><loc>/b")[: -len("</urlset>")], url=URL)
    assert urls(reading) == ["https://news.example/a"]
    assert reading.problem == "is cut short: it has no </urlset>"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(payload):
    for start in (b"", b"<urlset><url><loc>", b"<sitemapindex>", b"http://a.example/\n", b"\x1f\x8b\x08"):
        reading = parse_sitemap(start + payload, url=URL)
        assert all(one.url.startswith("http") for one in reading.candidates)


PARTS = (
    "<url><loc>https://news.example/{n}</loc></url>",
    "<url>\n <loc> https://news.example/{n}?a=1&amp;b=2 </loc>\n <lastmod>2024-05-{d:02}T10:00:00+02:00</lastmod>\n</url>\n",
    "<url><changefreq>daily</changefreq><loc>/{n}</loc><priority>0.5</priority><lastmod>2024-05-{d:02}</lastmod></url>",
    "<url><lastmod>2024-05-{d:02}</lastmod><loc>https://news.example/{n}</loc></url>",
    "<url><loc><![CDATA[https://news.example/{n}]]></loc></url>",
    "<!-- <url><loc>https://news.example/hidden-{n}</loc></url> -->",
    '<url><loc>https://news.example/{n}</loc><xhtml:link rel="alternate" href="https://news.example/fr/{n}"/></url>',
    "<url><loc>https://news.example/{n}</loc><image:image><image:loc>https://news.example/{n}.jpg</image:loc></image:image></url>",
    "<url><loc>https://news.example/open-{n}",
    "<url/><url></url>",
)


@given(st.lists(st.integers(0, len(PARTS) - 1), max_size=40))
def test_what_is_read_in_runs_is_what_the_tags_say(parts):
    inside = "".join(PARTS[part].format(n=n, d=n % 28 + 1) for n, part in enumerate(parts))
    # An attribute keeps a tag from being read in runs, and changes nothing else.
    plain, tags = urlset(inside), urlset(inside.replace("<url>", "<url id='1'>"))
    assert parse_sitemap(plain, url=URL) == parse_sitemap(tags, url=URL)


@pytest.mark.slow
def test_of_a_long_sitemap_the_newest_urls_stay_wherever_they_stand():
    def entry(number):
        return f"<url><loc>/{number}</loc><lastmod>{date(2000, 1, 1) + timedelta(days=number % 9000)}</lastmod></url>"

    numbers = [(number * 7919) % 103_000 for number in range(103_000)]
    reading = parse_sitemap(urlset("".join(map(entry, numbers))), url=URL)
    days = sorted((number % 9000 for number in numbers), reverse=True)[:50_000]
    assert sorted((int(one.url.rpartition("/")[2]) % 9000 for one in reading.candidates), reverse=True) == days
    assert reading.problem == "lists more than 50000 URLs; 53000 of the oldest were left out"


def test_a_sitemap_of_much_else_ends_in_time():
    ticks = iter(range(1000))
    payload = b"<urlset>" + b"<url><loc>/a</loc><x></x></url>" * 2000
    reader = EntryReader(payload, max_seconds=3, clock=lambda: next(ticks))
    with pytest.raises(CutShort, match="takes more than 3 s to read; the rest was not read"):
        list(reader)


def test_a_long_index_is_read_whole():
    children = "".join(f"<sitemap><loc>https://news.example/{n}.xml.gz</loc></sitemap>" for n in range(20_000))
    reading = parse_sitemap(f"<sitemapindex>{children}</sitemapindex>".encode(), url=URL)
    assert (len(reading.children), reading.problem) == (20_000, None)


@pytest.mark.slow
def test_a_million_urls_take_little_memory():
    body = bytearray(b"<urlset>")
    for n in range(1_000_000):
        body += b"<url><loc>https://news.example/story-%d.html</loc><lastmod>%d-01-01</lastmod></url>" % (
            n,
            1000 + n // 1000,
        )
    packed = gzip.compress(bytes(body + b"</urlset>"), 1)
    del body
    tracemalloc.start()
    reading = parse_sitemap(packed, url=URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * 2**20
    assert len(reading.candidates) == 50_000
    assert reading.newest == datetime(1999, 1, 1, tzinfo=UTC)
