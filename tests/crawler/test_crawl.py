"""Whole crawls, as commands of their own, of papers on this machine."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from itertools import pairwise

import pytest

from archive.collection import Collection
from archive.formats import http
from crawler.demo.cases import ok
from crawler.demo.newsroom import Newsroom

NOT_FOUND = ok(status=b"HTTP/1.1 404 Not Found", body=b"gone")


def exchanges_of(news):
    """URL, request and response of every exchange kept, as bytes."""
    records = news.records()
    requests = {record.get("WARC-Concurrent-To"): record.block for record in records if record.kind == "request"}
    return [
        (record.get("WARC-Target-URI"), requests[record.get("WARC-Record-ID")], record.block)
        for record in records
        if record.kind in ("response", "revisit")
    ]


def entry(news, url, column):
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as db:
        return db.execute(f"SELECT {column} FROM entry WHERE url = ?", (url,)).fetchone()[0]


class Visit:
    """One crawl, and what the newsroom saw of it."""

    def __init__(self, news, room, *words):
        room.log.clear()
        before = len(exchanges_of(news))
        self.summary = news.crawl(*words)
        self.log = list(room.log)
        self.kept = exchanges_of(news)[before:]


@pytest.fixture(scope="module")
def newsroom(new_collection):
    """Three crawls of the newsroom's first edition."""
    news = new_collection()
    with Newsroom() as room:
        room.write_sources(news.folder / "sources")
        visits = [Visit(news, room), Visit(news, room), Visit(news, room, "--again")]
        yield news, room, visits


def test_what_is_kept_is_what_was_said_on_the_wire(newsroom):
    _, _, (first, _, _) = newsroom
    said = Counter((one.url, one.request, one.response) for one in first.log)
    assert Counter(first.kept) == said
    assert first.summary["exchanges"] == first.summary["captures"] == len(said)
    assert first.summary["revisits"] == first.summary["failed"] == 0


def test_every_candidate_is_captured_once(newsroom):
    _, room, (first, _, _) = newsroom
    asked = Counter(one.url for one in first.log)
    assert {room.url_of(story) for story in room.stories} <= asked.keys()
    assert set(asked.values()) == {1}


def test_robots_is_obeyed_and_kept(newsroom):
    news, room, (first, _, _) = newsroom
    hidden = [site.base + "/private/a/embargoed-story/5999999.html" for site in room.sites if site.family == "a"]
    assert not [one.path for one in first.log if one.path.startswith("/private/")]
    assert entry(news, hidden[0], "error") == "disallowed by robots.txt"
    firsts = {}
    for one in first.log:
        firsts.setdefault(one.host, one.path)
    assert set(firsts.values()) == {"/robots.txt"}
    assert {url for url, _, _ in first.kept} >= {f"{site.base}/robots.txt" for site in room.sites}


def test_a_second_crawl_at_once_has_nothing_to_do(newsroom):
    _, _, (_, second, _) = newsroom
    assert set(second.summary.values()) == {0}
    assert second.log == []


def test_again_finds_all_unchanged(newsroom):
    news, _, (first, _, third) = newsroom
    assert {one.path for one in third.log} == {one.path for one in first.log} - {"/robots.txt"}
    assert third.summary["captures"] == 0
    assert third.summary["revisits"] == third.summary["exchanges"] == len(third.log)
    statuses = Counter(one.status for one in third.log)
    assert statuses[200]
    assert statuses[304]
    for _, _, block in third.kept:
        assert http.split_head(block)[1] == b""
    profiles = Counter(
        (record.get("WARC-Profile") or "").rpartition("/")[2] for record in news.records() if record.kind == "revisit"
    )
    assert profiles == {"server-not-modified": statuses[304], "identical-payload-digest": statuses[200]}


def test_conditions_are_sent_only_to_pages_at_first(newsroom):
    _, _, (_, _, third) = newsroom
    conditional = {
        one.path for one in third.log if b"If-None-Match" in one.request or b"If-Modified-Since" in one.request
    }
    assert conditional
    assert not [path for path in conditional if "feed" in path or "sitemap" in path or path == "/"]


def test_nothing_is_left_open_and_all_is_as_it_should_be(newsroom):
    news, _, _ = newsroom
    assert news.open_files == []
    assert news.run("verify").status == 0


def test_an_edit_is_captured_and_a_feed_that_repeats_its_etag_is_seen_to_change(new_collection):
    news = new_collection()
    with Newsroom() as room:
        room.write_sources(news.folder / "sources")
        news.crawl()
        changes = room.edit()
        second = Visit(news, room, "--again")
        assert room.stale_etag_feed in {url for url, _, block in second.kept if block.startswith(b"HTTP/1.1 200")}
        statuses = {one.url: one.status for one in second.log}
        for change in changes:
            match change.kind:
                case "gone":
                    assert statuses[change.url] == 410
                case "moved":
                    assert statuses[change.url] == 301
                    assert statuses[change.new_url] == 200
                case _:
                    assert statuses[change.url] == 200
        captured = [url for url, _, block in second.kept if http.split_head(block)[1]]
        assert {change.new_url or change.url for change in changes} <= set(captured)
        assert Counter((one.url, one.request) for one in second.log) == Counter(kept[:2] for kept in second.kept)
        # A third edition, now that validators have been seen to change.
        room.edit()
        third = Visit(news, room, "--again")
        assert third.summary["captures"] > 0
        assert room.stale_etag_feed in {url for url, _, block in third.kept if block.startswith(b"HTTP/1.1 200")}


def test_hosts_are_asked_no_sooner_than_their_delay(new_collection, new_paper):
    papers = [new_paper(), new_paper()]
    news = new_collection()
    for paper, concurrency in zip(papers, (1, 3), strict=True):
        paper.publish(4)
        rules = {"delay": news.seconds(0.3), "concurrency": concurrency}
        news.follow(f"paper{concurrency}", paper.url(), seeds=[("feed", "/feed.xml")], **rules)
    assert news.crawl()["captures"] == 2 * (1 + 1 + 4)
    # Where there is one request at a time, the delay is from its end. Else from its start as we see it: the time that
    # connections take comes on top, or off.
    for paper, least in zip(papers, (0.3, 0.2), strict=True):
        times = [one.time for one in paper.asked]
        assert min(later - sooner for sooner, later in pairwise(times)) >= least
    # Side by side, not one after the other.
    times = [one.time for paper in papers for one in paper.asked]
    assert max(times) - min(times) < 5.0
    assert min(one.time for one in papers[1].asked) < max(one.time for one in papers[0].asked)


def test_redirects_are_followed_hop_by_hop_and_each_hop_is_kept(new_collection, paper):
    news = new_collection(max_redirects="3")
    for hop in range(6):
        target = b"Location: /hop/%d" % (hop + 1)
        paper.answers[f"/hop/{hop}"] = ok(target, status=b"HTTP/1.1 302 Found", body=b"")
    paper.answers["/loop"] = ok(b"Location: /loop", status=b"HTTP/1.1 301 Moved", body=b"")
    ended = news.run("save", paper.url("/hop/0"), paper.url("/loop"))
    assert ended.status == 4
    assert sorted(ended.err.splitlines()) == [
        f"morgue: {paper.url('/hop/3')}: the last of 4 redirects, which are not followed further (max_redirects)",
        f"morgue: {paper.url('/loop')}: redirects in a circle: {paper.url('/loop')} to {paper.url('/loop')}",
    ]
    asked = [one.path for one in paper.asked]
    assert [path for path in asked if path.startswith("/hop")] == ["/hop/0", "/hop/1", "/hop/2", "/hop/3"]
    assert asked.count("/loop") == 1
    assert len(news.responses()) == 1 + 4 + 1


def test_saving_again_goes_the_whole_way_again(new_collection, paper):
    news = new_collection()
    paper.answers["/old"] = ok(b"Location: /new", status=b"HTTP/1.1 301 Moved", body=b"")
    paper.answers["/new"] = ok(b"Location: /old", status=b"HTTP/1.1 302 Found", body=b"round and round")
    for expected in (["/robots.txt", "/old", "/new"], ["/old", "/new"]):
        paper.asked.clear()
        ended = news.run("save", paper.url("/old"))
        assert ended.status == 4
        assert f"{paper.url('/old')} to {paper.url('/new')} to {paper.url('/old')}" in ended.complaint
        assert [one.path for one in paper.asked] == expected


def test_articles_that_are_to_be_read_once_are_not_due_again(new_collection):
    news = new_collection(extract="true", workers="1")
    with Newsroom() as room:
        for path in room.write_sources(news.folder / "sources"):
            path.write_text(re.sub('max_age = ".*"', 'max_age = "0s"', path.read_text()))
        assert news.crawl("--limit", "4")["versions"]
    with closing(sqlite3.connect(news.folder / "frontier.sqlite")) as frontier:
        query = "SELECT count(*), count(last_changed), count(due) FROM entry WHERE kind = 'page' AND status = 200"
        pages, changed, due = frontier.execute(query).fetchone()
    assert pages >= changed > 0
    assert due == 0


def test_saving_a_seed_saves_nothing_that_it_lists(new_collection, paper):
    news = new_collection()
    paper.publish(3)
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    assert news.crawl()["failed"] == 0
    paper.publish(4)
    paper.asked.clear()
    assert news.run("save", paper.url("/feed.xml")).status == 0
    assert [one.path for one in paper.asked] == ["/feed.xml"]
    # What is new of it is the next crawl's, as ever.
    assert news.crawl()["exchanges"] == 1


def test_sitemaps_that_another_lists_are_no_parts_of_a_page(new_collection, paper):
    news = new_collection()
    index = f"<sitemapindex><sitemap><loc>{paper.url('/child.xml')}</loc></sitemap></sitemapindex>"
    paper.answers["/index.xml"] = ok(kind=b"application/xml", body=index.encode())
    urls = f"<urlset><url><loc>{paper.url('/story/1.html')}</loc></url></urlset>"
    paper.answers["/child.xml"] = ok(kind=b"application/xml", body=urls.encode())
    paper.publish(1)
    news.follow("paper", paper.url(), seeds=[("sitemap", "/index.xml")])
    assert news.crawl()["captures"] == 4
    assert not any(b"hopsFromSeed" in record.block for record in news.records())


def test_a_seed_that_is_html_broken_or_gone_harms_nothing(new_collection, paper):
    news = new_collection()
    story, *_ = paper.publish(1)
    paper.answers["/html.xml"] = ok(body=b"<!DOCTYPE html><title>A page</title><a href='/story/9.html'>no item</a>")
    paper.answers["/broken.xml"] = ok(body=b"<rss><channel><item><link>" + paper.url("/story/8.html").encode())
    paper.answers["/zipped.xml"] = ok(b"Content-Encoding: gzip", body=b"no gzip at all")
    kinds = [("feed", path) for path in ("/html.xml", "/broken.xml", "/zipped.xml", "/gone.xml", "/feed.xml")]
    news.follow("paper", paper.url(), seeds=kinds)
    ended = news.run("crawl", "--json")
    assert ended.status == 0, ended.err
    assert "Traceback" not in ended.err
    assert f"unread seed url={paper.url('/html.xml')} problem=is HTML" in ended.err
    assert f"unread seed url={paper.url('/zipped.xml')}" in ended.err
    captured = news.responses()
    assert captured.keys() >= {story, *(paper.url(path) for _, path in kinds)}
    assert paper.url("/story/9.html") not in captured
    assert entry(news, paper.url("/gone.xml"), "status") == 404


BAD_LOCATIONS = (
    b"http://[::1/",
    b"http://a:99999/",
    b"http://",
    b"http:///nowhere",
    b"https://\xff\xfe/",
    b"http://a\rb/",
    b"javascript:alert(1)",
    b"http://user:secret@127.0.0.1:1/",
    b"http://" + b"a" * 300 + b".example/",
    b"http://127.0.0.1:1/" + b"x" * 9000,
    b"http://..../",
    b"http://a b/",
)


def test_no_redirect_of_a_page_stops_a_crawl(new_collection, paper, make_feed):
    news = new_collection(retries="0", timeout='"5s"')
    for number, location in enumerate(BAD_LOCATIONS):
        paper.answers[f"/{number}"] = ok(b"Location: " + location, status=b"HTTP/1.1 302 Found")
    paths = [f"/{number}" for number in range(len(BAD_LOCATIONS))]
    paper.answers["/feed.xml"] = make_feed([paper.url(path) for path in paths])
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl", "--json", patience=30)
    assert ended.status == 4, ended.err
    assert "Traceback" not in ended.err
    assert {paper.url(path) for path in paths} <= news.responses().keys()


def test_no_redirect_of_robots_stops_a_crawl(new_collection, new_paper):
    news = new_collection(retries="0", timeout='"5s"')
    papers = [new_paper() for _ in BAD_LOCATIONS]
    for number, (paper, location) in enumerate(zip(papers, BAD_LOCATIONS, strict=True)):
        paper.publish(1)
        paper.answers["/robots.txt"] = ok(b"Location: " + location, status=b"HTTP/1.1 301 Moved", body=b"")
        news.follow(f"paper{number}", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl", "--json", patience=30)
    assert ended.status == 4, ended.err
    assert "Traceback" not in ended.err
    # What leads nowhere is no robots.txt; what leads to a host that does not answer closes the site.
    visited = dict(zip(BAD_LOCATIONS, (paper.times("/story/1.html") for paper in papers), strict=True))
    assert visited[b"http://[::1/"] == visited[b"javascript:alert(1)"] == 1
    assert visited[b"http://..../"] == 0


@pytest.fixture(scope="module")
def read(new_collection):
    """The newsroom's three editions, crawled and read."""
    news = new_collection(extract="true", workers="2")
    with Newsroom() as room:
        room.write_sources(news.folder / "sources")
        stories = len(room.stories)
        summaries = [news.crawl()]
        changes = []
        for _ in range(2):
            changes.append(room.edit())
            summaries.append(news.crawl("--again"))
        summaries.append(news.crawl("--again"))
        with Collection.open(news.folder) as collection:
            yield collection, room, stories, changes, summaries


def test_every_story_is_an_article(read):
    collection, room, stories, _, (first, *_) = read
    assert (first["articles"], first["versions"], first["failed"]) == (stories, stories, 0)
    for story in room.stories:
        expected = room.expected(room.url_of(story))
        article = collection.article(room.url_of(story))
        assert (article.headline, article.text) == (expected["headline"], expected["text"]), room.url_of(story)


def test_an_edition_makes_the_versions_it_changes_and_no_other(read):
    collection, room, _, (second, third), (_, again, once_more, unchanged) = read
    assert again["versions"] == sum(change.makes_version for change in second)
    assert again["articles"] == sum(change.kind == "new" for change in second)
    assert once_more["versions"] == sum(change.makes_version for change in third)
    assert unchanged["versions"] == 0
    made = Counter()
    for change in (*second, *third):
        made[change.new_url or change.url] += change.makes_version
    new = {change.url for change in second if change.kind == "new"}
    for story in room.stories:
        url = room.url_of(story)
        versions = collection.history(url)
        assert len(versions) == made[url] + (url not in new), url


def test_moved_and_withdrawn_stories_keep_their_history(read):
    collection, _, _, (second, _), _ = read
    by_kind = {change.kind: change for change in second}
    moved, gone = by_kind["moved"], by_kind["gone"]
    [version] = collection.history(moved.new_url)
    assert collection.history(moved.url) == [version]
    assert {capture.url for capture in collection.article_captures(moved.url)} >= {moved.url, moved.new_url}
    assert len(collection.history(gone.url)) == 1
    assert collection.article(gone.url).text
    assert collection.closest(gone.url).status == 200


def test_what_was_read_is_found_by_its_words(read):
    collection, room, *_ = read
    story = next(story for story in room.stories if story.language == "fa")
    hits = collection.search(story.headline)
    assert hits[0].url == room.url_of(story)
