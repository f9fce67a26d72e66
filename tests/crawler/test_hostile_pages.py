"""One bad page never stops a crawl: pages that mean harm among two stories, all of them fetched, kept and answered for."""

import runpy
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.demo.cases import ok

HOSTILE_PAGES = Path(__file__).resolve().parents[1] / "pipelines" / "extract" / "hostile_pages.py"
WITH_THE_STORY = [
    "two hundred deep around the story", "null bytes between all letters", "wrong charset", "UTF-16 with its mark", "control characters",
    "attribute of 20 MB", "gzip with a wrong checksum",
]  # fmt: skip
WITHOUT = [
    "page of 50 MB", "a million nested tags", "null bytes alone", "empty", "no body",
    "PDF called so", "JSON called so", "gzip bomb", "zstd bomb", "rubbish called br",
]  # fmt: skip


@pytest.fixture(scope="module")
def messages() -> dict[str, bytes]:
    """The answers as a server sends them, by the name of what they hold; a plain story is the first, and the last."""
    made = runpy.run_path(str(HOSTILE_PAGES))
    built, story = made["ANSWERS"], ok(body=made["page"]().encode())
    found = {"first": story}
    for name in WITH_THE_STORY + WITHOUT:
        payload, kind, coding = built[name]()
        headers = [b"Content-Encoding: " + coding.encode()] if coding else []
        found[name] = ok(*headers, body=payload, kind=kind.encode())
    return found | {"last": story}


def test_a_crawl_of_pages_that_mean_harm_reads_every_story_beside_them(new_collection, paper, make_feed, messages):
    news = new_collection(retries="0", extract="true", workers="2")
    addresses = {name: paper.url("/" + quote(name)) for name in messages}
    paper.answers |= {"/" + quote(name): message for name, message in messages.items()}
    paper.answers["/feed.xml"] = make_feed(list(addresses.values()))
    news.follow("paper", paper.url(), seeds=[("feed", "/feed.xml")])
    ended = news.run("crawl", "--json", patience=180)
    assert "raised" not in ended.err, ended.err
    assert ended.status == 4, ended.err

    kept = news.responses()
    for name, message in messages.items():
        (record,) = kept[addresses[name]]
        assert message.startswith(record.block), name
    for name in ("first", *WITH_THE_STORY, "last"):
        shown = news.run("show", addresses[name])
        assert shown.status == 0, (name, shown.err)
        assert "Ferries take over from six" in shown.out, name
    for name in WITHOUT:
        shown = news.run("show", addresses[name])
        assert shown.status == 3, (name, shown.out[:200])
        assert shown.complaint
