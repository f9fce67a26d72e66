"""The contract of a frontier, run against the SQLite one: add, lease, settle, release, recover."""

import threading

import pytest

from crawler.errors import FrontierUnreadable
from crawler.frontier.entry import Entry, Result
from crawler.frontier.frontier import Frontier, host_of


def page(url, source="voa", **more):
    return Entry(url=url, kind="page", source=source, **more)


def seed(url, source="voa", **more):
    return Entry(url=url, kind="seed", seed="feed", every_seconds=900.0, source=source, **more)


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        yield frontier


def lease(frontier, now=100.0, term=60.0, room=None, default_room=10, **more):
    leases = frontier.lease(now=now, until=now + term, owner="me", room=room or {}, default_room=default_room, **more)
    return [lease.entry.url for lease in leases]


def test_an_entry_is_leased_once(frontier):
    assert frontier.add([page("http://a/1"), page("http://a/2")], now=100.0) == 2
    assert frontier.add([page("http://a/1")], now=101.0) == 0
    assert lease(frontier) == ["http://a/1", "http://a/2"]
    assert lease(frontier) == []


def test_seeds_go_before_pages_of_their_host(frontier):
    frontier.add([page("http://a/1"), seed("http://a/feed")], now=100.0)
    assert lease(frontier) == ["http://a/feed", "http://a/1"]


def test_each_host_gets_its_room(frontier):
    frontier.add([page(f"http://{host}/{n}") for host in "abc" for n in range(5)], now=100.0)
    taken = lease(frontier, room={"a": 1, "b": 0}, default_room=2)
    assert taken == ["http://a/0", "http://c/0", "http://c/1"]


def test_what_is_due_later_waits(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/1", due=500.0, status=200, digest="sha1:X")], now=110.0)
    assert lease(frontier, now=499.0) == []
    assert frontier.next_due() == 500.0
    [again] = frontier.lease(now=500.0, until=560.0, owner="me", room={}, default_room=1)
    assert again.digest == "sha1:X"
    assert again.last_fetched == 110.0
    assert again.first_seen == 100.0


def test_a_rested_entry_comes_back_when_its_seed_reports_a_change(frontier):
    frontier.add([page("http://a/1", modified=50.0)], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/1", due=None, status=200)], now=110.0)
    frontier.add([page("http://a/1", modified=105.0)], now=120.0)
    assert lease(frontier, now=120.0) == []  # changed before the last fetch: that fetch has seen it
    frontier.add([page("http://a/1", modified=130.0)], now=140.0)
    assert lease(frontier, now=140.0) == ["http://a/1"]


def test_discovered_entries_come_with_the_result(frontier):
    frontier.add([page("http://a/old")], now=100.0)
    lease(frontier)
    moved = Result(url="http://a/old", due=None, status=301, discovered=(page("http://b/new", redirects=1),))
    frontier.settle([moved], now=101.0)
    assert lease(frontier, now=101.0) == ["http://b/new"]


def test_an_expired_lease_is_taken_back_and_a_dead_owners_at_once(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier, now=100.0, term=60.0)
    assert frontier.recover(now=159.0, dead=False) == 0
    assert frontier.recover(now=160.0, dead=False) == 1
    lease(frontier, now=161.0)
    assert frontier.recover(now=162.0, dead=True) == 1
    assert lease(frontier, now=162.0) == ["http://a/1"]


def test_ones_own_leases_are_not_over_however_long_they_wait(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier, now=100.0, term=60.0)
    assert frontier.recover(now=1000.0, dead=False, owner="me") == 0
    assert frontier.recover(now=1000.0, dead=False, owner="you") == 1


def test_released_entries_are_due_as_before(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier)
    frontier.release(["http://a/1"])
    assert lease(frontier) == ["http://a/1"]


def test_sources_and_urls_restrict_what_is_leased(frontier):
    frontier.add([page("http://a/1", "voa"), page("http://a/2", "rfa"), page("http://a/3", None)], now=100.0)
    assert lease(frontier, sources=frozenset({"rfa"})) == ["http://a/2"]
    assert lease(frontier, urls=frozenset({"http://a/3"})) == ["http://a/3"]


def test_seeds_follow_the_source_file(frontier):
    frontier.set_seeds("voa", [seed("http://a/feed"), seed("http://a/old")], now=100.0)
    frontier.add([page("http://a/1")], now=100.0)
    frontier.set_seeds("voa", [seed("http://a/feed"), seed("http://a/new")], now=200.0)
    assert lease(frontier, now=200.0) == ["http://a/feed", "http://a/new", "http://a/1"]


def test_children_of_a_seed_stay_when_the_seeds_are_set(frontier):
    frontier.set_seeds("voa", [seed("http://a/index")], now=100.0)
    lease(frontier)
    child = seed("http://a/child", redirects=1)
    frontier.settle([Result(url="http://a/index", due=1000.0, status=200, discovered=(child,))], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/child", due=None, status=200, etag='"1"', digest="sha1:A")], now=101.0)
    frontier.set_seeds("voa", [seed("http://a/index")], now=200.0)
    assert frontier.known(["http://a/child"])
    assert lease(frontier, now=200.0) == []


def test_a_page_or_child_that_becomes_a_seed_is_due(frontier):
    frontier.force([page("http://a/", None)], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/", due=None, status=200)], now=100.0)
    frontier.set_seeds("voa", [seed("http://a/")], now=200.0)
    [front] = frontier.lease(now=200.0, until=260.0, owner="me", room={}, default_room=9)
    assert (front.entry.kind, front.entry.redirects) == ("seed", 0)


def test_a_paused_host_gives_no_leases_until_its_time(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        frontier.add([page("http://a/1"), page("http://b/1")], now=100.0)
        frontier.pause("a", 400.0)
        frontier.pause("a", 300.0)
        assert lease(frontier, now=399.0) == ["http://b/1"]
    with Frontier(tmp_path / "frontier.sqlite") as another:
        assert lease(another, now=399.9) == []
        assert lease(another, now=400.0) == ["http://a/1"]


def test_next_due_looks_only_where_a_lease_would(frontier):
    frontier.add([page(f"http://{host}/1") for host in "abc"], now=100.0)
    frontier.add([page("http://d/1", "rfa")], now=100.0)
    lease(frontier)
    dues = {"http://a/1": 110.0, "http://b/1": 120.0, "http://c/1": 130.0, "http://d/1": 105.0}
    frontier.settle([Result(url=url, due=due, attempts=1, error="x") for url, due in dues.items()], now=101.0)
    voa = frozenset({"voa"})
    assert frontier.next_due(retries_only=True) == 105.0
    assert frontier.next_due(sources=voa, retries_only=True) == 110.0
    frontier.pause("a", 125.0)
    assert frontier.next_due(sources=voa, retries_only=True) == 120.0
    frontier.pause("b", 190.0)
    assert frontier.next_due(sources=voa, retries_only=True) == 125.0
    assert frontier.next_due(urls=frozenset({"http://b/1"}), retries_only=True) == 190.0
    assert frontier.next_due(urls=frozenset({"http://e/1"}), retries_only=True) is None


def test_again_makes_young_pages_due_and_leaves_old_and_rested_ones(frontier):
    frontier.add([page("http://a/old")], now=10.0)
    frontier.add([page("http://a/young"), page("http://a/rested")], now=90.0)
    lease(frontier)
    frontier.settle([Result(url=f"http://a/{name}", due=900.0, status=200) for name in ("old", "young")], now=100.0)
    frontier.settle([Result(url="http://a/rested", due=None, status=410)], now=100.0)
    frontier.make_due("voa", now=200.0, younger_than=50.0)
    assert lease(frontier, now=200.0) == ["http://a/young"]


def test_forced_entries_are_due_whatever_was_known(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/1", due=None, status=410, attempts=3)], now=100.0)
    frontier.force([page("http://a/1"), page("http://a/2", None)], now=200.0)
    assert lease(frontier, now=200.0) == ["http://a/1", "http://a/2"]


def test_threads_never_lease_the_same_entry(frontier):
    frontier.add([page(f"http://h{n % 7}/{n}") for n in range(300)], now=100.0)
    taken = []

    def work():
        while got := lease(frontier, default_room=3):
            taken.extend(got)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 300


def test_state_outlives_its_process_object(tmp_path):
    path = tmp_path / "frontier.sqlite"
    with Frontier(path) as first:
        first.add([page("http://a/1")], now=100.0)
        lease(first)
    with Frontier(path) as second:
        assert lease(second) == []
        second.recover(now=100.0, dead=True)
        assert lease(second) == ["http://a/1"]


def test_a_damaged_file_is_one_clear_error(tmp_path):
    path = tmp_path / "frontier.sqlite"
    path.write_bytes(b"no database, only words" * 100)
    with pytest.raises(FrontierUnreadable, match=r"frontier\.sqlite: .*move it away"):
        Frontier(path)


def test_what_the_disk_refuses_is_one_clear_error(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    frontier._db.execute("PRAGMA max_page_count = 1")  # as a full disk
    with pytest.raises(FrontierUnreadable, match=r"frontier\.sqlite: .*full; free space"):
        frontier.add([page(f"http://a/{'x' * 500}{number}") for number in range(100)], now=100.0)
    assert lease(frontier) == ["http://a/1"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/a", "news.example"),
        ("https://news.example:443/a", "news.example"),
        ("http://news.example:443/a", "news.example:443"),
        ("http://news.example.:80/", "news.example"),
        ("http://127.0.0.1:8900/x", "127.0.0.1:8900"),
        ("http://user@[::1]:81/", "::1:81"),
    ],
)
def test_politeness_counts_by_host_and_port(url, host):
    assert host_of(url) == host


def test_a_frontier_that_cannot_be_opened_is_not_to_be_moved_away(tmp_path):
    (tmp_path / "frontier.sqlite").mkdir()
    with pytest.raises(FrontierUnreadable, match="free space or mend the folder"):
        Frontier(tmp_path / "frontier.sqlite")
