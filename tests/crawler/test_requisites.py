"""Page requisites, in whole crawls of a paper and of another host that has its pictures."""

import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest

from archive.collection import Collection
from archive.errors import NoCapture
from archive.formats.units import Duration
from archive.model import Capture, RecordLocation
from crawler.demo.cases import ok
from crawler.demo.newsroom import Newsroom
from crawler.demo.paths import image_path, story_path
from crawler.demo.pictures import draw
from crawler.frontier.entry import Entry, Lease
from crawler.requisites import STYLE_REST, document_of, referer, requisite_entries
from pipelines.requisites.gathering import Requisite

PAGES = 3
DELAY = 0.1
SENTENCES = (
    "The harbour of the old town was closed on {} after a storm had torn two fishing boats from their moorings. ",
    "Nobody was hurt, the harbour master said, but the damage to the pier {} will take weeks to mend. ",
    "The council meets again on {} to decide who is to pay for the works, and how soon they can begin. ",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TEXT = "".join(f"<p>{sentence.format(day) * 2}</p>" for day in DAYS for sentence in SENTENCES)


def picture(seed=1, **options):
    return ok(body=draw("png", seed)[1], kind=b"image/png", **options)


def style(text, **options):
    return ok(body=text.encode(), kind=b"text/css", **options)


def print_paper(paper, cdn, *, count=PAGES):
    """A feed of pages with a style sheet, an own picture each, and pictures of the other host."""
    for number in range(1, count + 1):
        page = (
            f"<!DOCTYPE html><title>Story {number}</title><link rel=stylesheet href='{cdn.url('/style.css')}'>"
            f"<h1>Story {number}</h1><img src='/img/{number}.png'>"
            f"<img src='{cdn.url('/logo.png')}' srcset='{cdn.url('/logo@2.png')} 2x'>{TEXT}"
        )
        paper.answers[f"/story/{number}.html"] = ok(body=page.encode())
        paper.answers[f"/img/{number}.png"] = picture(number)
    cdn.answers["/style.css"] = style("@import 'base.css'; body{background:url(img/back.png)}")
    cdn.answers["/base.css"] = style("@font-face{src:url(/font.woff2)}")
    cdn.answers["/img/back.png"] = picture(50)
    cdn.answers["/font.woff2"] = ok(body=b"wOF2 not really", kind=b"font/woff2")
    cdn.answers["/logo.png"] = picture(60)
    cdn.answers["/logo@2.png"] = picture(60)  # the same picture, under another name
    return [paper.url(f"/story/{number}.html") for number in range(1, count + 1)]


def entries(news):
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as db:
        return {row[0]: row[1:] for row in db.execute("SELECT url, kind, due, referrer, source FROM entry")}


def unsearched(news):
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as db:
        return db.execute("SELECT count(*) FROM unsearched").fetchone()[0]


def test_the_newsroom_is_kept_with_its_pictures(new_collection):
    news = new_collection()
    with Newsroom() as room:
        room.write_sources(news.folder / "sources", requisites=True)
        summary = news.crawl()
        wanted = {
            site.base + path
            for site in room.sites
            for path in room._open[site.family].paths()
            if path in ("/type.css", "/font/sarrow.woff2", "/img/paper.svg")
        }
        for story in room.stories:
            base = room.url_of(story).removesuffix(story_path(story))
            scales = (1, 2) if story.family == "c" else (1,)
            wanted |= {base + image_path(story, image, scale=scale) for image in story.images for scale in scales}
        assert summary["failed"] == 0
        asked = Counter(one.url for one in room.log)
    missing = sorted(wanted - news.responses().keys())
    assert missing == []
    assert set(asked.values()) == {1}


@pytest.fixture
def cdn(new_paper):
    return new_paper("127.0.0.2")


@pytest.fixture
def printed(paper, cdn, make_feed):
    urls = print_paper(paper, cdn)
    paper.answers["/feed.xml"] = make_feed(urls)
    return urls


CDN_PATHS = ["/style.css", "/base.css", "/img/back.png", "/font.woff2", "/logo.png", "/logo@2.png"]
OWN = [f"/story/{n}.html" for n in range(1, PAGES + 1)], [f"/img/{n}.png" for n in range(1, PAGES + 1)]


@pytest.fixture(scope="module")
def visit(new_collection, new_paper, make_feed):
    """One crawl of the paper, with a delay: the collection, the paper, the other host, and the summary."""
    news, paper, cdn = new_collection(), new_paper(), new_paper("127.0.0.2")
    paper.answers["/feed.xml"] = make_feed(print_paper(paper, cdn))
    rules = {"requisites": True, "concurrency": 1, "delay": news.seconds(DELAY)}
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], **rules)
    return news, paper, cdn, news.crawl()


def test_a_page_is_archived_with_all_it_needs(visit):
    news, _, cdn, summary = visit
    assert summary["failed"] == unsearched(news) == 0
    assert sorted(one.path for one in cdn.asked) == sorted(["/robots.txt", *CDN_PATHS])
    # Every one of them is in the archive, and read back as it was sent.
    with Collection.open(news.folder) as collection:
        mementos = [collection.memento(cdn.url(path)) for path in CDN_PATHS]
    for path, memento in zip(CDN_PATHS, mementos, strict=True):
        assert memento.payload == cdn.answers[path].partition(b"\r\n\r\n")[2]
    # Equal pictures are stored once, whatever they are called.
    revisits = [memento.capture for memento in mementos if memento.capture.revisit]
    assert len(revisits) == summary["revisits"] == 1
    assert "/logo" in revisits[0].url


def test_articles_go_first_and_delays_hold(visit):
    _, paper, cdn, _ = visit
    pages, pictures = OWN
    own = [one.path for one in paper.asked if one.path not in ("/robots.txt", "/feed.xml")]
    assert own[:PAGES] == pages
    assert sorted(own[PAGES:]) == pictures
    assert cdn.asked[0].path == "/robots.txt"
    # The other host has its own turns, with the same delay between them.
    for host in (paper, cdn):
        assert min(after.time - before.time for before, after in pairwise(host.asked)) >= DELAY - 0.01
    assert cdn.asked[0].time < paper.asked[-1].time


def test_requests_for_them_are_like_those_of_browsers(visit):
    _, paper, cdn, _ = visit
    asked = {one.path: one.headers for one in [*cdn.asked, *paper.asked]}
    assert asked["/img/1.png"]["referer"] == paper.url("/story/1.html")
    assert asked["/logo.png"]["referer"] == paper.url("/")
    assert asked["/img/back.png"]["referer"] == cdn.url("/style.css")
    assert asked["/logo.png"]["accept"] == "*/*"
    assert "referer" not in asked["/story/1.html"]


def test_the_files_say_which_page_each_belongs_to(visit):
    news, paper, _, _ = visit
    notes = [record for record in news.records() if b"hopsFromSeed: E" in record.block]
    assert {record.kind for record in notes} == {"metadata"}
    vias = {record.get("WARC-Target-URI"): record.block for record in notes}
    assert vias[paper.url("/img/1.png")] == f"via: {paper.url('/story/1.html')}\r\nhopsFromSeed: E\r\n".encode()
    assert len(notes) == len(CDN_PATHS) + PAGES


def test_an_article_overtakes_what_waits(new_collection, paper, cdn, make_feed):
    news = new_collection()
    images = "".join(f"<img src=/many/{n}.png>" for n in range(40))
    paper.answers |= {f"/many/{n}.png": picture(n) for n in range(40)}
    paper.answers["/story/1.html"] = ok(body=f"<!DOCTYPE html><h1>One</h1>{images}{TEXT}".encode())
    paper.answers["/story/2.html"] = ok(body=f"<!DOCTYPE html><h1>Two</h1>{TEXT}".encode())
    paper.answers["/first.xml"] = make_feed([paper.url("/story/1.html")])
    paper.answers["/second.xml"] = make_feed([paper.url("/story/2.html")])
    paper.answers["/robots.txt"] = ok(body=b"")
    cdn.answers["/second.xml"] = make_feed([paper.url("/story/2.html")])
    cdn.delays["/second.xml"] = 1.5
    news.follow(
        "paper", paper.url(), seeds=[("feed", "/first.xml")], requisites=True, concurrency=1, delay=news.seconds(0.1)
    )
    news.follow("late", cdn.url(), seeds=[("feed", "/second.xml")], requisites=True, concurrency=1)
    news.crawl()
    own = [one.path for one in paper.asked]
    late = own.index("/story/2.html")
    assert own[late - 1].startswith("/many/")
    assert own[-1].startswith("/many/")
    told = next(one.time for one in cdn.asked if one.path == "/second.xml") + 1.5
    # Not more than the one under way, the turn after it, and the time it takes to hear of it.
    assert paper.asked[late].time - told < 1
    assert len([path for path in own if path.startswith("/many/")]) == 40


def test_the_robots_of_the_other_host_are_obeyed(new_collection, paper, cdn, printed):
    cdn.answers["/robots.txt"] = ok(body=b"User-agent: *\nDisallow: /logo", kind=b"text/plain")
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    assert news.crawl()["failed"] == 0
    assert sorted(one.path for one in cdn.asked) == sorted(["/robots.txt", *CDN_PATHS[:4]])


def test_what_is_missing_is_no_failure(new_collection, paper, cdn, printed):
    del cdn.answers["/logo.png"]
    cdn.answers["/logo@2.png"] = b""
    cdn.answers["/base.css"] = ok(status=b"HTTP/1.1 500 Oops", body=b"", kind=b"text/css")
    news = new_collection(retries="0")
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    assert news.crawl()["failed"] == 0
    found = entries(news)
    assert found[cdn.url("/logo.png")][1] is None
    assert found[cdn.url("/logo@2.png")][1] > time.time()


def test_a_second_crawl_asks_for_nothing_it_has(new_collection, paper, cdn, printed):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    news.crawl()
    before = len(cdn.asked)
    page = paper.answers["/story/1.html"].partition(b"\r\n\r\n")[2]
    changed = page.replace(b"<h1>", b"<img src=/img/new.png><h1>")
    paper.answers["/story/1.html"] = ok(body=changed)
    paper.answers["/img/new.png"] = picture(70)
    news.crawl("--again")
    assert [one.path for one in cdn.asked[before:]] == []
    assert paper.times("/img/new.png") == paper.times("/img/1.png") == 1
    # A day later the style sheet is asked for again where a page that is new names it, and pictures are not.
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as db, db:
        db.execute("UPDATE entry SET last_fetched = last_fetched - ? WHERE kind = 'requisite'", (STYLE_REST + 1,))
    paper.answers["/story/1.html"] = ok(body=changed + b"<p>More of it.</p>")
    news.crawl("--again")
    assert [one.path for one in cdn.asked[before:] if one.path != "/robots.txt"] == ["/style.css"]


def test_save_takes_what_the_page_needs(new_collection, paper, cdn, printed):
    news = new_collection()
    ended = news.run("save", "--json", printed[0])
    assert ended.status == 0, ended.err
    assert sorted(one.path for one in cdn.asked) == sorted(["/robots.txt", *CDN_PATHS])
    assert {one.path for one in paper.asked} == {"/robots.txt", "/story/1.html", "/img/1.png"}


def test_a_limit_counts_pages(new_collection, paper, cdn, printed):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True, concurrency=1)
    news.crawl("--limit", "1")
    assert [one.path for one in paper.asked if "/story/" in one.path] == ["/story/1.html"]
    assert sorted(one.path for one in cdn.asked) == sorted(["/robots.txt", *CDN_PATHS])
    assert paper.times("/img/1.png") == 1
    news.crawl()
    assert paper.times("/story/1.html") == 1
    assert paper.times("/story/2.html") == paper.times("/img/2.png") == 1


def test_a_page_that_was_called_a_picture_is_read_as_the_article_it_is(new_collection, paper, make_feed):
    paper.answers["/story/1.html"] = ok(
        body=f"<!DOCTYPE html><title>One</title><h1>One</h1><img src=/story/2.html>{TEXT}".encode()
    )
    paper.answers["/story/2.html"] = ok(body=f"<!DOCTYPE html><title>Two</title><h1>Two</h1>{TEXT}<p>End.</p>".encode())
    paper.answers["/feed.xml"] = make_feed([paper.url("/story/1.html")])
    news = new_collection(extract="true")
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    assert news.crawl()["articles"] == 1
    assert news.run("extract").status == 0
    with Collection.open(news.folder) as collection, pytest.raises(NoCapture, match="a part of a page"):
        collection.history(paper.url("/story/2.html"))
    paper.answers["/feed.xml"] = make_feed([paper.url("/story/1.html"), paper.url("/story/2.html")])
    assert news.crawl("--again")["articles"] == 1
    # What was fetched as a part of a page stays none when all is indexed anew.
    assert news.run("reindex").status == 0
    with Collection.open(news.folder) as collection:
        assert len(collection.history(paper.url("/story/2.html"))) == 1


def test_a_crawl_ends_though_what_an_earlier_one_left_is_captured_anew(new_collection, paper, cdn, printed):
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    news.crawl()
    with Collection.open(news.folder) as collection:
        left = collection.closest(printed[0])
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as db, db:
        db.execute(
            "INSERT INTO unsearched (url, source, styles, capture) VALUES (?, 'paper', 0, ?)",
            (printed[0], msgspec.json.encode(left)),
        )
    page = paper.answers["/story/1.html"].partition(b"\r\n\r\n")[2]
    paper.answers["/story/1.html"] = ok(body=page + b"<img src=/img/new.png>")
    paper.answers["/img/new.png"] = picture(70)
    assert news.crawl("--again")["failed"] == 0
    assert paper.times("/img/new.png") == 1
    assert unsearched(news) == 0


@pytest.mark.parametrize("moment", [0.3, 0.9, *(pytest.param(0.1 * n, marks=pytest.mark.slow) for n in range(1, 25))])
def test_a_killed_crawl_finds_all_of_it_again(new_collection, paper, cdn, make_feed, moment):
    count = 8
    paper.answers["/feed.xml"] = make_feed(print_paper(paper, cdn, count=count))
    paper.delay_seconds = 0.05
    news = new_collection()
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True, concurrency=1)
    process = news.start("crawl", "--json")
    while not paper.asked:
        time.sleep(0.01)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    news.crawl()
    assert unsearched(news) == 0
    archived = news.responses()
    for number in range(1, count + 1):
        assert paper.url(f"/img/{number}.png") in archived
    assert {cdn.url(path) for path in CDN_PATHS} <= archived.keys()
    # Again goes only what was not yet durable: what came within the tenth of a second that a group is gathered.
    again = [one.path for one in paper.asked if "." in one.path and paper.times(one.path) > 1]
    assert len(set(again) - {"/robots.txt", "/feed.xml"}) <= 4
    assert all(paper.times(path) == 2 for path in again)


def test_hostile_and_odd_pages_end(new_collection, paper, make_feed):
    """Styles that import each other for ever, equal styles at two places, and addresses that are nobody's business."""
    for number in range(20):
        paper.answers[f"/{number}.css"] = style(
            f"@import '{number + 1}.css'; @import '0.css'; a{{b:url({number}.png)}}"
        )
    for folder in ("/a", "/b"):
        paper.answers[f"{folder}/style.css"] = style("a{b:url(back.png)}")
        paper.answers[f"{folder}/back.png"] = picture()
    page = (
        b"<!DOCTYPE html><link rel=stylesheet href=0.css><link rel=stylesheet href=a/style.css>"
        b"<link rel=stylesheet href=b/style.css><img src='http://10.0.0.1/a.png'><img src='http://[::1]:1/b.png'><p>Short."
    )
    paper.answers["/story.html"] = ok(body=page)
    paper.answers["/feed.xml"] = make_feed([paper.url("/story.html")])
    news = new_collection(networks=("127.0.0.0/8",), retries="0")
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")], requisites=True)
    summary = news.crawl()
    assert summary["failed"] == 0
    assert summary["revisits"] == 2
    assert paper.times("/a/back.png") == paper.times("/b/back.png") == 1
    assert sorted(one.path for one in paper.asked if one.path.count("/") == 1 and one.path.endswith(".css")) == [
        f"/{number}.css" for number in range(5)
    ]
    assert not [url for url in news.responses() if "10.0.0.1" in url or "::1" in url]


def capture(url="https://a.example/s", *, mime="text/html", digest="sha1:A", **fields):
    where = RecordLocation(file="f", offset=0, length=1)
    values = {"status": 200, "size": 9, **fields}
    return Capture(urlkey="k", timestamp="20260101000000", url=url, mime=mime, digest=digest, location=where, **values)


def lease(kind="page", *, digest=None, redirects=0):
    entry = Entry(url="https://a.example/s", kind=kind, source="a", redirects=redirects)
    return Lease(entry=entry, first_seen=0.0, digest=digest)


def test_only_new_payloads_of_pages_and_styles_are_looked_through():
    assert document_of(lease(), capture()).styles == 0
    assert document_of(lease("requisite", redirects=1), capture(mime="text/css")).styles == 2
    for refused in (
        (lease(digest="sha1:A"), capture()),
        (lease(), capture(mime="application/pdf")),
        (lease(), capture(status=404)),
        (lease(), capture(truncated="length")),
        (lease(), None),
        (lease("seed"), capture()),
        (lease("requisite"), capture()),
        (lease("requisite", redirects=4), capture(mime="text/css")),
    ):
        assert document_of(*refused) is None


def test_entries_of_what_was_found():
    document = document_of(lease(), capture())
    found = [
        Requisite(url="https://a.example/ü.png", role="image"),
        Requisite(url="https://a.example/a.css", role="style"),
        Requisite(url="https://a.example/s", role="image"),
        Requisite(url="https://a.example:99999/", role="image"),
        Requisite(url="https://user:password@a.example/", role="image"),
    ]
    week = Duration(days=7).total_seconds()
    assert [(one.url, one.every_seconds) for one in requisite_entries(document, found, rest_seconds=week)] == [
        ("https://a.example/%C3%BC.png", week),
        ("https://a.example/a.css", timedelta(days=1).total_seconds()),
    ]


def test_pages_of_this_machine_ask_nothing_of_others():
    local = msgspec.structs.replace(document_of(lease(), capture()), url="http://127.0.0.1:8900/story")
    urls = [
        "http://127.0.0.1:8901/a.png",
        "http://localhost/b.png",
        "https://cdn.example/c.png",
        "http://192.0.2.1/d.png",
    ]
    found = [Requisite(url=url, role="image") for url in urls]
    assert [one.url for one in requisite_entries(local, found, rest_seconds=0.0)] == urls[:2]


@pytest.mark.parametrize(
    ("page", "url", "sent"),
    [
        ("https://a.example/s?x=1", "https://a.example/i.png", "https://a.example/s?x=1"),
        ("https://a.example/s", "https://b.example/i.png", "https://a.example/"),
        ("https://a.example/s", "http://a.example/i.png", None),
        ("http://a.example/s", "https://a.example/i.png", "http://a.example/"),
        (None, "https://a.example/i.png", None),
    ],
)
def test_referers(page, url, sent):
    assert referer(Entry(url=url, kind="requisite", referrer=page)) == sent
