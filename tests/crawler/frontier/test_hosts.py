import pytest

from crawler.backoff import Trouble
from crawler.frontier.entry import Entry
from crawler.frontier.frontier import Frontier
from crawler.frontier.hosts import FORGOTTEN_AFTER
from crawler.robots_copy import RobotsCopy

NOW = 1_700_000_000.0


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        yield frontier


def trouble(host="a.example", kind="unreachable", until=NOW + 100, **changes):
    return Trouble(host=host, kind=kind, reason="no answer", strikes=3, since=NOW - 50, until=until, **changes)


def lease(frontier, now=NOW):
    return {one.entry.url for one in frontier.lease(now=now, until=now + 600, owner="me", room={}, default_room=9)}


def page(url, source="voa", kind="page"):
    return Entry(url=url, kind=kind, source=source)


def test_what_is_kept_outlives_the_run(tmp_path):
    copies = [
        RobotsCopy(origin="https://a.example", tried=NOW, text="User-agent: *\nDisallow: /سلام\n" * 1000),
        RobotsCopy(origin="http://b.example", tried=NOW, problem="no answer", failures=3, failing_since=NOW - 9),
    ]
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        for copy in copies:
            frontier.hosts.save_robots(copy)
            frontier.hosts.save_robots(copy)
        frontier.hosts.save_trouble(trouble())
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        assert frontier.hosts.robots(["https://a.example", "http://b.example", "http://c.example"]) == copies
        assert frontier.hosts.troubles() == [trouble()]
    assert (tmp_path / "frontier.sqlite").stat().st_size < 400_000


def test_a_host_in_trouble_is_leased_nothing_until_its_end(frontier):
    frontier.add([page("https://a.example/1"), page("https://b.example/1")], now=NOW)
    frontier.hosts.save_trouble(trouble())
    assert lease(frontier) == {"https://b.example/1"}
    assert lease(frontier, NOW + 101) == {"https://a.example/1"}


def test_an_ended_trouble_leaves_nothing_behind(frontier):
    frontier.add([page("https://a.example/1")], now=NOW)
    frontier.hosts.save_trouble(trouble())
    frontier.hosts.end_trouble(["a.example", "other.example"])
    assert frontier.hosts.troubles() == []
    assert lease(frontier) == {"https://a.example/1"}


def test_asking_again_passes_over_hosts_that_asked_to_be_left_alone(frontier):
    hosts = frontier.hosts
    for one in (trouble("a.example"), trouble("b.example", "busy"), trouble("c.example", "refused")):
        hosts.save_trouble(one)
    since = NOW - 1000
    for host in ("a.example", "d.example"):
        hosts.save_robots(
            RobotsCopy(origin=f"https://{host}", tried=NOW, problem="no answer", failures=4, failing_since=since)
        )
    hosts.retry(hosts=frozenset({"a.example", "b.example"}))
    assert {one.host for one in hosts.troubles()} == {"b.example", "c.example"}
    asked, left = hosts.robots(["https://a.example", "https://d.example"])
    assert (asked.failures, asked.tried, asked.failing_since) == (0, 0.0, since)
    assert left.failures == 4
    hosts.retry()
    assert [one.host for one in hosts.troubles()] == ["b.example"]
    assert hosts.robots(["https://d.example"])[0].failures == 0


def test_what_nobody_asks_for_is_forgotten_after_two_months(frontier):
    hosts = frontier.hosts
    hosts.save_robots(RobotsCopy(origin="https://a.example", tried=NOW, text="x"))
    hosts.save_robots(RobotsCopy(origin="https://b.example", tried=0.0, problem="x", failures=1, failing_since=NOW))
    hosts.save_trouble(trouble())
    origins = ["https://a.example", "https://b.example"]
    hosts.forget_old(now=NOW + FORGOTTEN_AFTER - 1)
    assert len(hosts.robots(origins)) == 2
    hosts.forget_old(now=NOW + FORGOTTEN_AFTER + 200)
    assert hosts.robots(origins) == []
    assert hosts.troubles() == []


def test_what_waits_is_counted_by_host_and_source(frontier):
    entries = [page("https://a.example/1"), page("https://a.example/2", "other"), page("https://b.example/3")]
    frontier.add([*entries, page("https://a.example/x.png", kind="requisite")], now=NOW)
    assert frontier.hosts.waiting("a.example", now=NOW) == (3, 2)
    assert frontier.hosts.waiting("a.example", now=NOW, sources=frozenset({"other"})) == (1, 1)
    assert frontier.hosts.waiting("a.example", now=NOW - 1) == (0, 0)
    urls = ["https://a.example/1", "https://a.example/x.png", "https://c.example/"]
    assert frontier.hosts.due_among(urls, now=NOW) == ["https://a.example/1"]
