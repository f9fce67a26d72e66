"""Seeds that are not what they should be: one line says so, in a crawl, in `source check` and in `source add`."""

import re
import zlib

import pytest

from crawler.demo.cases import ok

ROUND = b"HTTP/1.1 302 Found"
LARGE = 3_000_000


def bomb():
    stream = zlib.compressobj(9, wbits=31)
    return b"".join(stream.compress(bytes(1 << 20)) for _ in range(110)) + stream.flush()


def sitemap(paper, count):
    entries = "".join(
        f"<url><loc>{paper.url(f'/story/{n}.html')}</loc><lastmod>2024-05-01</lastmod></url>" for n in range(count)
    )
    return f"<urlset>{entries}</urlset>".encode()


def entity_bomb(paper):
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    link = paper.url("/story/0.html")
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "ha">{levels}]><rss><channel><title>&e12;</title>'
        f"<item><title>&e12;</title><link>{link}</link></item></channel></rss>"
    ).encode()


SEEDS = {
    "/html.xml": "is HTML, not a feed",
    "/bomb.xml": r"is a bomb: its \d+ bytes unpack to more than 100 MiB; the rest was not read",
    "/bomb.xml.gz": r"is a bomb: its \d+ bytes unpack to more than 100 MiB; the rest was not read",
    "/deep.xml": "is cut short: it has no </rss>",
    "/entities.xml": None,
    "/self.xml": r"redirects in a circle: \S+/self.xml to \S+/self.xml",
    "/round/1": r"redirects in a circle: (\S+/round/\d to ){3}\S+/round/\d",
    "/long.xml": r"is longer than max_response_size; \d+ URLs were (read|taken of what came) before the cut",
}


@pytest.fixture(scope="module")
def hostile(new_collection, new_paper):
    """A paper whose seeds mean harm, and a collection that follows them."""
    paper = new_paper()
    for number in range(3):
        paper.answers[f"/story/{number}.html"] = ok(body=b"<!DOCTYPE html><title>Story</title>")
    answers = paper.answers
    answers["/html.xml"] = ok(body=b"<!DOCTYPE html><title>A page</title><a href='/story/9.html'>no item</a>")
    answers["/bomb.xml"] = ok(b"Content-Encoding: gzip", body=bomb(), kind=b"text/xml")
    answers["/bomb.xml.gz"] = ok(body=bomb(), kind=b"application/gzip")
    answers["/deep.xml"] = ok(body=b"<rss>" + b"<a>" * 60_000, kind=b"text/xml")
    answers["/entities.xml"] = ok(body=entity_bomb(paper), kind=b"text/xml")
    answers["/self.xml"] = ok(b"Location: /self.xml", status=ROUND)
    for number in (1, 2, 3):
        answers[f"/round/{number}"] = ok(b"Location: /round/%d" % (number % 3 + 1), status=ROUND)
    answers["/long.xml"] = ok(body=sitemap(paper, 3)[:-9] + b"\n" * LARGE, kind=b"text/xml")
    news = new_collection(max_response_size='"250KB"')
    kinds = [("sitemap" if path in ("/long.xml", "/bomb.xml.gz") else "feed", path) for path in SEEDS]
    news.follow("paper", paper.url(), seeds=kinds)
    return news, paper


def test_a_crawl_says_what_is_wrong_with_each_and_goes_on(hostile):
    news, paper = hostile
    ended = news.run("crawl", "--json")
    assert ended.status == 4, ended.err
    assert "Traceback" not in ended.err
    for path, problem in SEEDS.items():
        # Of a circle the hop that closes it is the one that failed.
        url = paper.url("/round/3" if path == "/round/1" else path)
        lines = [line for line in ended.err.splitlines() if url in line]
        if problem:
            assert any(re.search(problem, line) for line in lines), (path, ended.err)
        else:
            assert lines == []
    captured = news.responses()
    assert captured.keys() >= {paper.url(f"/story/{number}.html") for number in range(3)}
    assert [paper.times(f"/round/{number}") for number in (1, 2, 3)] == [1, 1, 1]
    assert paper.times("/self.xml") == 1
    assert ended.summary["failed"] == 3


def test_a_check_says_what_is_wrong_with_each(hostile):
    news, paper = hostile
    ended = news.run("source", "check", "paper", "--json")
    assert ended.status == 4, ended.err
    problems = {row["url"].removeprefix(paper.url("")): row["problem"] for row in ended.rows}
    assert problems.keys() == SEEDS.keys()
    for path, problem in SEEDS.items():
        assert (problem is None) == (problems[path] is None)
        assert problem is None or re.match(problem, problems[path]), problems[path]
    articles = {row["url"]: row["articles"] for row in ended.rows}
    assert articles[paper.url("/long.xml")] == 3


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/bomb.xml", r"/bomb.xml: is a bomb: its \d+ bytes unpack to more than 100 MiB"),
        ("/round/1", r"/round/1: redirects in a circle: "),
    ],
)
def test_adding_one_is_a_line(hostile, new_collection, path, message):
    _, paper = hostile
    news = new_collection()
    ended = news.run("source", "add", paper.url(path), "--name", "bad")
    assert ended.status in (1, 3)
    line = [line for line in ended.err.splitlines() if line.startswith("morgue: ")]
    assert len(line) == 1
    assert re.search(message, line[0]), ended.err


def test_two_indexes_that_name_each_other_end(new_collection, paper):
    def index(*paths):
        children = "".join(f"<sitemap><loc>{paper.url(path)}</loc></sitemap>" for path in paths)
        return ok(body=f"<sitemapindex>{children}</sitemapindex>".encode(), kind=b"text/xml")

    paper.answers["/one.xml"] = index("/two.xml", "/one.xml")
    paper.answers["/two.xml"] = index("/one.xml", "/three.xml")
    paper.answers["/three.xml"] = index("/two.xml")
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("sitemap", "/one.xml")])
    news.crawl()
    assert [paper.times(path) for path in ("/one.xml", "/two.xml", "/three.xml")] == [1, 1, 1]
