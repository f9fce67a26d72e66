"""The contract of a frontier for page requisites: the queue of documents, and what becomes of what they need."""

import pytest

from archive.model import Capture, RecordLocation
from crawler.frontier import unsearched
from crawler.frontier.entry import Entry, Result, Unsearched
from crawler.frontier.frontier import Frontier

PAGE = "http://a/story"


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        yield frontier


def document(url=PAGE, timestamp="20260101000000"):
    where = RecordLocation(file="f", offset=0, length=1)
    capture = Capture(
        urlkey="k", timestamp=timestamp, url=url, mime="text/html", status=200, digest="sha1:A", location=where
    )
    return Unsearched(url=url, source="voa", styles=0, capture=capture)


def requisite(url, *, rest=100.0):
    return Entry(url=url, kind="requisite", source="voa", every_seconds=rest, referrer=PAGE)


def page(url, kind="page"):
    return Entry(url=url, kind=kind, source="voa")


def settle(frontier, url, now, *, due=None, **more):
    frontier.settle([Result(url=url, due=due, status=200, digest="sha1:A", **more)], now=now)


def search(frontier, *requisites, now=100.0):
    """Have the page settled, and these found in it."""
    frontier.add([page(PAGE)], now=now)
    settle(frontier, PAGE, now, unsearched=document())
    [waiting] = frontier.unsearched(limit=9)
    return frontier.searched(waiting, requisites, now=now)


def lease(frontier, now=101.0, default_room=64, **more):
    leases = frontier.lease(now=now, until=now + 60, owner="me", room={}, default_room=default_room, **more)
    return [lease.entry.url for lease in leases]


def test_a_settled_document_waits_until_it_is_looked_through(frontier, tmp_path):
    frontier.add([page(PAGE), page("http://a/other")], now=100.0)
    settle(frontier, PAGE, 100.0, unsearched=document())
    settle(frontier, "http://a/other", 100.0)
    frontier.close()
    with Frontier(tmp_path / "frontier.sqlite") as again:
        [waiting] = again.unsearched(limit=9)
        assert (waiting.url, waiting.source, waiting.styles) == (PAGE, "voa", 0)
        assert waiting.capture == document().capture
        assert again.unsearched(after=waiting.place, limit=9) == []
        assert again.searched(waiting, [requisite("http://a/1.png")], now=101.0) == 1
        assert again.unsearched(limit=9) == []


def test_a_newer_capture_takes_the_place_of_one_that_waits(frontier):
    frontier.add([page(PAGE)], now=100.0)
    settle(frontier, PAGE, 100.0, unsearched=document())
    [first] = frontier.unsearched(limit=9)
    settle(frontier, PAGE, 200.0, unsearched=document(timestamp="20260102000000"))
    # The older one may be under way: its end does not strike the newer.
    frontier.searched(first, [], now=201.0)
    [second] = frontier.unsearched(after=first.place, limit=9)
    assert second.capture.timestamp == "20260102000000"


def test_requisites_go_last_and_in_their_order(frontier):
    search(frontier, requisite("http://a/z.css"), requisite("http://a/b.png"), requisite("http://a/a.png"))
    settle(frontier, PAGE, 100.0)
    frontier.add([page("http://a/late")], now=101.0)
    assert lease(frontier) == ["http://a/late", "http://a/z.css", "http://a/b.png", "http://a/a.png"]


def test_three_quarters_of_a_hosts_room_are_not_for_requisites(frontier):
    search(frontier, *(requisite(f"http://b/{n:02}.png") for n in range(20)))
    assert len(lease(frontier, default_room=16)) == 4
    assert len(frontier.lease(now=101.0, until=160.0, owner="me", room={"b": 12}, default_room=16)) == 0
    frontier.add([page("http://b/story")], now=101.0)
    [article] = frontier.lease(now=101.0, until=160.0, owner="me", room={"b": 12}, default_room=16)
    assert article.entry.url == "http://b/story"


def test_only_requisites_are_taken_where_only_they_are_wanted(frontier):
    search(frontier, requisite("http://a/1.png"))
    frontier.add([page("http://a/late")], now=100.0)
    assert lease(frontier, only="requisite") == ["http://a/1.png"]


def test_a_known_requisite_rests_until_it_is_named_after_its_time(frontier):
    search(frontier, requisite("http://a/1.png"))
    assert lease(frontier) == ["http://a/1.png"]
    settle(frontier, "http://a/1.png", 110.0)
    search(frontier, requisite("http://a/1.png"), now=209.0)
    assert lease(frontier, now=209.5) == []
    search(frontier, requisite("http://a/1.png"), now=211.0)
    assert lease(frontier, now=212.0) == ["http://a/1.png"]


def test_what_waits_for_one_host_is_bounded(frontier, monkeypatch):
    monkeypatch.setattr(unsearched, "MAX_WAITING", 5)
    found = [requisite(f"http://b/{n}.png") for n in range(9)] + [requisite("http://c/1.png")]
    assert search(frontier, *found) == 6
    assert search(frontier, requisite("http://b/more.png"), requisite("http://c/2.png"), now=102.0) == 1


@pytest.mark.parametrize("kind", ["page", "seed"])
def test_no_page_hides_another_by_calling_it_a_picture(frontier, kind):
    search(frontier, requisite("http://a/next"))
    lease(frontier)
    settle(frontier, "http://a/next", 110.0)
    frontier.add([page("http://a/next", kind)], now=120.0)
    [taken] = frontier.lease(now=121.0, until=180.0, owner="me", room={}, default_room=9)
    assert (taken.entry.url, taken.entry.kind, taken.entry.referrer) == ("http://a/next", kind, None)
    assert taken.digest is None
    # And the other way round nothing changes.
    settle(frontier, "http://a/next", 130.0, due=500.0)
    search(frontier, requisite("http://a/next", rest=0.0), now=140.0)
    assert lease(frontier, now=141.0) == []


def test_any_number_of_urls_restricts_a_lease(frontier):
    search(frontier, requisite("http://a/1.png"), requisite("http://a/2.png"))
    many = frozenset(f"http://a/{n}.png" for n in range(2, 300_000))
    assert lease(frontier, urls=many) == ["http://a/2.png"]
    assert frontier.next_due(urls=many) is None
