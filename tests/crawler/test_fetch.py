"""Fetching outside a crawl. Scrapy's reactor runs once in a process, so each batch of URLs has one of its own."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest

from crawler.demo.cases import ok
from crawler.demo.newsroom import Newsroom

SCRIPT = """
import sys
import msgspec
from archive.config import Settings
from archive.formats.units import Duration, Size
from crawler.fetch import with_fetch

networks, delay, *urls = sys.argv[1:]

async def work(fetch):
    return [await fetch(url) for url in urls]

settings = Settings(
    allow_networks=tuple(filter(None, [networks])),
    timeout=Duration(seconds=3),
    max_response_size=Size(100_000),
    contact="desk@example.org",
)
sys.stdout.buffer.write(msgspec.json.encode(with_fetch(settings, work, delay_seconds=float(delay))))
"""


@pytest.fixture
def fetch(monkeypatch):
    def run(*urls, networks="127.0.0.0/8", delay=0.0):
        words = [sys.executable, "-c", SCRIPT, networks, str(delay), *urls]
        done = subprocess.run(words, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        return json.loads(done.stdout)

    return run


def test_the_newsroom_is_fetched_as_it_is(fetch):
    with Newsroom() as room:
        urls = [room.sites[1].base + path for path in ("/robots.txt", "/feed.xml", "/sitemap.xml", "/nothing")]
        urls += [room.url_of(story) for story in room.stories[:12]]
        answers = fetch(*urls)
        assert [answer["status"] for answer in answers] == [200, 200, 200, 404] + [200] * 12
        assert [answer["url"] for answer in answers] == urls
        codings = {one.response.partition(b"ncoding: ")[2][:4] for one in room.log}
        assert {b"gzip", b"br\r\n"} & {coding.lower() for coding in codings}
        agents = {one.request.partition(b"User-Agent: ")[2].partition(b"\r")[0] for one in room.log}
        assert len(agents) == 1
        assert agents.pop().endswith(b"(+desk@example.org)")


def test_redirects_are_followed_a_few_times(fetch, paper):
    paper.answers["/old"] = ok(b"Location: /new", status=b"HTTP/1.1 301 Moved", body=b"<base href=http://127.0.0.1:1/>")
    paper.answers["/new"] = ok(body=b"here")
    paper.answers["/loop"] = ok(b"Location: /loop", status=b"HTTP/1.1 302 Found")
    old, loop = fetch(paper.url("/old"), paper.url("/loop"))
    assert (old["status"], old["url"], old["payload"]) == (200, paper.url("/new"), "aGVyZQ==")
    assert (loop["status"], loop["error"]) == (
        302,
        f"redirects in a circle: {paper.url('/loop')} to {paper.url('/loop')}",
    )
    assert paper.times("/loop") == 1
    for number in range(9):
        paper.answers[f"/{number}"] = ok(b"Location: /%d" % (number + 1), status=b"HTTP/1.1 302 Found")
    [endless] = fetch(paper.url("/0"))
    assert endless["error"] == "redirects more than 5 times"


def test_what_goes_wrong_is_an_answer_too(fetch, paper):
    bad = [b"http://[::1/", b"http://a:99999/", b"ftp://a/b", b"javascript:alert(1)", b"data:text/html,x"]
    for number, location in enumerate(bad):
        paper.answers[f"/{number}"] = ok(b"Location: " + location, status=b"HTTP/1.1 302 Found")
    redirects = fetch(*(paper.url(f"/{number}") for number in range(len(bad))))
    assert [answer["status"] for answer in redirects] == [302] * len(bad)
    paper.answers["/broken"] = ok(b"Content-Encoding: gzip", body=b"no gzip at all")
    paper.answers["/large"] = ok(body=b"x" * 2_000_000)
    paper.answers["/silent"] = b""
    others = fetch(
        paper.url("/broken"), paper.url("/large"), paper.url("/silent"), "http://127.0.0.1:1/", "no url", "ftp://a/b"
    )
    assert [answer["status"] for answer in others] == [200, 200, 0, 0, 0, 0]
    assert all(answer["error"] for answer in others[2:])
    assert "max_response_size" in others[1]["cut"]


def test_the_guard_holds_here_too(fetch, paper):
    [answer] = fetch(paper.url("/"), networks="")
    assert answer["status"] == 0
    assert "is no public address" in answer["error"]
    assert paper.asked == []


def test_requests_keep_their_distance(fetch, paper):
    fetch(*(paper.url(f"/{number}") for number in range(4)), delay=0.25)
    times = [one.time for one in paper.asked]
    assert min(later - sooner for sooner, later in pairwise(times)) >= 0.25
