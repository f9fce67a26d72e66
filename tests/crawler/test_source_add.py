"""`morgue source add` on papers of several makers, over the wire."""

import json

import pytest

from crawler.demo.cases import ok
from crawler.source_file import load_source


def page(*links, head=""):
    anchors = "".join(f'<a href="{link}">Storm floods three coastal towns</a>' for link in links)
    body = f'<!DOCTYPE html><html lang="en"><head>{head}</head><body><a href="/world">World</a>{anchors}</body></html>'
    return body.encode()


STORIES = [f"/story/{number}.html" for number in range(100_000, 100_030)]


@pytest.fixture
def add(new_collection):
    def run(address, **settings):
        news = new_collection(**settings)
        ended = news.run("source", "add", address, "--name", "paper", "--json")
        assert ended.status == 0, ended.err
        return ended.rows[0], news

    return run


def test_http_is_tried_where_only_a_host_is_given_and_https_does_not_answer(add, paper, make_feed):
    paper.answers["/"] = ok(b'Link: </h.xml>; rel="alternate"; type="application/rss+xml"', body=page(*STORIES))
    paper.answers["/h.xml"] = make_feed([paper.url(path) for path in STORIES])
    row, news = add(paper.addresses[0], timeout='"2s"')  # a web server hears a TLS hello out
    assert row["site"] == paper.url()
    assert [(seed["kind"], seed["url"]) for seed in row["seeds"]] == [("feed", paper.url("/h.xml"))]
    source = load_source(news.folder / "sources" / "paper.toml")
    assert [seed.url for seed in source.seeds] == [paper.url("/h.xml")]
    text = (news.folder / "sources" / "paper.toml").read_text()
    assert text.startswith(f"# Found by `morgue source add {paper.addresses[0]}` on ")
    assert "# Named by the front page: rss, 30 URLs.\n[[seeds]]" in text


def test_a_wordpress_site_without_a_word_of_it(add, paper):
    posts = [
        {
            "link": paper.url(path),
            "title": {"rendered": "Storm"},
            "date": "2024-05-01T12:00:00",
            "date_gmt": "2024-05-01T10:00:00",
        }
        for path in STORIES
    ]
    paper.answers["/"] = ok(body=page())
    paper.answers["/wp-json/wp/v2/posts?per_page=100"] = ok(body=json.dumps(posts).encode(), kind=b"application/json")
    row, _ = add(paper.url())
    (found,) = row["found"]
    assert (found["kind"], found["form"], found["candidates"]) == ("api", "posts", 30)
    assert found["newest"] == "2024-05-01T10:00:00Z"
    assert found["origin"] == "in its usual place"
    assert row["fetches"] == len(paper.asked) <= 25


def test_a_site_of_pages_is_followed_by_them_with_a_pattern(add, paper):
    paper.answers["/"] = ok(body=page(*STORIES[:20], "/tag/storm-100001", *(f"/amp{path}" for path in STORIES[:5])))
    paper.answers["/world"] = ok(body=page(*STORIES[15:]))
    row, news = add(paper.url())
    assert [(seed["kind"], seed["url"]) for seed in row["seeds"]] == [
        ("page", paper.url()),
        ("page", paper.url("/world")),
    ]
    for path in STORIES:
        paper.answers[path] = ok(body=page())
    news.crawl()
    captured = news.responses()
    assert captured.keys() >= {paper.url(path) for path in STORIES}
    assert not any("/amp/" in url or "/tag/" in url for url in captured)


def test_a_feed_that_is_a_page_is_named_where_there_is_nothing_else(new_collection, paper):
    link = b'Link: </feed.xml>; rel="alternate"; type="application/rss+xml"'
    paper.answers["/"] = ok(link, body=b"<!DOCTYPE html><title>Paper</title><p>Hello")
    paper.answers["/feed.xml"] = ok(body=b"<!DOCTYPE html><title>Subscribe</title><p>Subscribe!")
    ended = new_collection().run("source", "add", paper.url())
    assert ended.status == 3
    assert f"; {paper.url('/feed.xml')} is HTML, not a feed (give the address of a feed" in ended.complaint
