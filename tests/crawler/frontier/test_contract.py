"""What every frontier does, whatever keeps it (`IMPLEMENTATIONS` in conftest.py)."""

import threading

import pytest

from crawler.frontier.entry import Bounds, Entry, Result

DAY = 86400.0


def page(url, source="voa", **more):
    return Entry(url=url, kind="page", source=source, **more)


def seed(url, source="voa", **more):
    return Entry(url=url, kind="seed", seed="feed", every_seconds=900.0, source=source, **more)


@pytest.fixture
def dead():
    """Owners that have died."""
    return set()


@pytest.fixture
def reopen(open_frontier, tmp_path, dead):
    """Opens the same frontier, as another process would."""
    opened = []

    def open_one():
        opened.append(open_frontier(tmp_path, dead.__contains__))
        return opened[-1]

    yield open_one
    for frontier in opened:
        frontier.close()


@pytest.fixture
def frontier(reopen):
    return reopen()


def lease(frontier, now=100.0, term=60.0, owner="me", room=None, default_room=10, **more):
    leases = frontier.lease(now=now, until=now + term, owner=owner, room=room or {}, default_room=default_room, **more)
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


def looks_in(frontier, offer, days):
    """How often a URL is fetched that a seed offers every hour, and that never has anything new."""
    looks, digest = 0, "sha1:A"
    for now in (100.0 + 3600.0 * hour for hour in range(24 * days)):
        frontier.add([offer(now)], now=now)
        for url in lease(frontier, now=now):
            looks += 1
            frontier.settle([Result(url=url, due=None, status=200, digest=digest)], now=now + 1.0)
    return looks


@pytest.mark.parametrize("stamped", [True, False])
def test_what_is_offered_in_vain_is_believed_less_and_less(frontier, stamped):
    def child(now):
        modified = now if stamped else None
        return seed("http://a/2019.xml", redirects=1, referrer="http://a/index", is_listed=True, modified=modified)

    assert 24 < looks_in(frontier, child, 60) < 80


def test_pages_that_are_dated_by_the_request_are_not_read_at_each_poll(frontier):
    assert 24 < looks_in(frontier, lambda now: page("http://a/1", modified=now), 60) < 80
    # What was edited after all is believed again, and so is what a seed says of it a day later.
    frontier.mark_changed("http://a/1", now=100.0 + 60 * DAY, due=None)
    now = 100.0 + 60.5 * DAY
    frontier.add([page("http://a/1", modified=now)], now=now)
    assert lease(frontier, now=now) == ["http://a/1"]


def test_a_new_version_brings_the_next_look_forward_if_there_is_to_be_one(frontier):
    frontier.add([page("http://a/1"), page("http://a/2")], now=100.0)
    lease(frontier, default_room=2)
    frontier.settle([Result(url="http://a/1", due=500.0), Result(url="http://a/2", due=None)], now=110.0)
    for due, after in ((None, (500.0, None)), (900.0, (500.0, 900.0)), (300.0, (300.0, 300.0))):
        for url in ("http://a/1", "http://a/2"):
            frontier.mark_changed(url, now=120.0, due=due)
        assert frontier.next_due() == min(one for one in after if one is not None)
    assert frontier.get_lease("http://a/2").last_changed == 120.0


def test_discovered_entries_come_with_the_result(frontier):
    frontier.add([page("http://a/old")], now=100.0)
    lease(frontier)
    moved = Result(url="http://a/old", due=None, status=301, discovered=(page("http://b/new", redirects=1),))
    frontier.settle([moved], now=101.0)
    assert lease(frontier, now=101.0) == ["http://b/new"]


def test_leases_are_held_for_longer_by_their_owner_alone(frontier):
    frontier.add([page("http://a/1"), page("http://a/2")], now=100.0)
    lease(frontier, now=100.0, term=60.0)
    frontier.renew(["http://a/1"], until=200.0, owner="me")
    frontier.renew(["http://a/2"], until=200.0, owner="you")
    assert lease(frontier, now=199.0) == ["http://a/2"]
    assert lease(frontier, now=200.0) == ["http://a/1"]


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
    assert sorted(lease(frontier, now=200.0)) == ["http://a/1", "http://a/2"]


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


def test_a_paused_host_gives_no_leases_until_its_time(frontier, reopen):
    frontier.add([page("http://a/1"), page("http://b/1")], now=100.0)
    frontier.pause("a", 400.0)
    frontier.pause("a", 300.0)
    assert lease(frontier, now=399.0, term=99.0) == ["http://b/1"]
    frontier.close()
    another = reopen()
    assert lease(another, now=399.9) == []
    assert lease(another, now=400.0) == ["http://a/1"]


def test_state_outlives_its_process(frontier, reopen):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier)
    second = reopen()
    assert lease(second) == []
    assert second.recover(now=100.0, dead=True) == 1
    assert lease(second) == ["http://a/1"]


def test_an_expired_lease_is_taken_again(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier, now=100.0, term=60.0)
    assert lease(frontier, now=159.0, owner="you") == []
    assert frontier.recover(now=159.0, dead=False) == 0
    assert lease(frontier, now=160.0, owner="you") == ["http://a/1"]
    assert frontier.recover(now=219.0, dead=False) == 0
    assert frontier.recover(now=220.0, dead=False) == 1


def test_what_a_dead_owner_held_is_taken_at_once_and_what_others_hold_is_not(frontier, reopen, dead):
    frontier.add([page("http://a/1"), page("http://b/1")], now=100.0)
    assert lease(frontier, owner="one", limit=1) == ["http://a/1"]
    another = reopen()
    assert lease(another, owner="two") == ["http://b/1"]
    dead.add("one")
    assert lease(another, owner="three") == ["http://a/1"]
    assert another.recover(now=101.0, dead=True) == 2


def test_who_lost_a_lease_ends_nothing(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier, owner="slow", term=60.0)
    assert lease(frontier, owner="next", now=160.0) == ["http://a/1"]
    frontier.settle([Result(url="http://a/1", due=None, status=200)], now=161.0, owner="slow")
    frontier.release(["http://a/1"], owner="slow")
    assert lease(frontier, owner="third", now=162.0) == []
    frontier.settle([Result(url="http://a/1", due=500.0, status=200)], now=163.0, owner="next")
    assert lease(frontier, owner="third", now=499.0) == []
    assert lease(frontier, owner="third", now=500.0) == ["http://a/1"]


def test_a_settled_lease_is_not_renewed(frontier):
    frontier.add([page("http://a/1")], now=100.0)
    lease(frontier)
    frontier.settle([Result(url="http://a/1", due=110.0, status=200)], now=101.0, owner="me")
    frontier.renew(["http://a/1", "http://a/unknown"], until=900.0, owner="me")
    assert lease(frontier, now=110.0, owner="you") == ["http://a/1"]


def test_a_limit_holds_for_all_hosts_together_and_nothing_starves(frontier):
    frontier.add([page(f"http://a/{n}") for n in range(9)], now=100.0)
    frontier.add([page("http://b/1"), seed("http://c/feed")], now=101.0)
    assert lease(frontier, now=101.0, room={"a": 4}, limit=3) == ["http://c/feed", "http://a/0", "http://a/1"]
    assert lease(frontier, now=101.0, room={"a": 2}, limit=3) == ["http://a/2", "http://a/3", "http://b/1"]


def test_pages_and_what_they_need_to_be_shown(frontier):
    image = Entry(url="http://a/1.png", kind="requisite", source="voa", referrer="http://a/0", every_seconds=60.0)
    frontier.add([image, page("http://a/9"), seed("http://a/feed")], now=100.0)
    assert lease(frontier) == ["http://a/feed", "http://a/9", "http://a/1.png"]
    frontier.settle([Result(url="http://a/1.png", due=None, status=200, digest="sha1:I")], now=101.0)
    frontier.add([image], now=160.0)
    assert lease(frontier, now=160.0) == ["http://a/feed", "http://a/9"]
    frontier.add([image], now=161.0)
    assert lease(frontier, now=161.0) == ["http://a/1.png"]
    frontier.settle([Result(url="http://a/1.png", due=None, status=200, digest="sha1:I")], now=161.0)
    frontier.add([page("http://a/1.png", section="/pictures")], now=162.0)
    [found] = frontier.lease(now=162.0, until=200.0, owner="me", room={}, default_room=9)
    assert (found.entry.kind, found.entry.section, found.digest) == ("page", "/pictures", None)


def test_a_source_has_so_many_pages_a_day(frontier):
    frontier.set_seeds("voa", [seed("http://a/feed")], now=100.0, bounds=Bounds(page_budget=3))
    image = Entry(url="http://a/1.png", kind="requisite", source="voa")
    frontier.add([image, *(page(f"http://{host}/{n}") for host in "ab" for n in range(3))], now=100.0)
    frontier.add([page("http://a/rfa", "rfa")], now=100.0)
    assert frontier.spent(now=100.0) == frozenset()
    taken = lease(frontier, default_room=40)
    assert sorted(taken) == sorted(
        ["http://a/feed", "http://a/0", "http://a/1", "http://a/2", "http://a/rfa", "http://a/1.png"]
    )
    assert frontier.spent(now=100.0) == {"voa"}
    frontier.settle([Result(url=url, due=None, status=200) for url in taken], now=101.0)
    assert lease(frontier, now=DAY - 1) == []
    assert frontier.next_due(now=102.0) == DAY
    assert frontier.next_due(now=102.0, sources=frozenset({"rfa"})) is None
    assert frontier.next_due(now=102.0, urls=frozenset({"http://b/0"})) == 100.0
    assert lease(frontier, now=103.0, urls=frozenset({"http://b/0"})) == ["http://b/0"]
    assert lease(frontier, now=DAY, owner="you", term=1.0) == ["http://b/0", "http://b/1", "http://b/2"]


def test_what_was_not_fetched_costs_no_page_of_the_day(frontier):
    frontier.set_seeds("voa", [], now=100.0, bounds=Bounds(page_budget=2))
    frontier.add([page(f"http://a/{n}") for n in range(6)], now=100.0)
    assert lease(frontier) == ["http://a/0", "http://a/1"]
    frontier.release(["http://a/0"])
    assert lease(frontier) == ["http://a/0"]
    frontier.settle([Result(url="http://a/1", due=9e9, error="disallowed by robots.txt", fetched=False)], now=101.0)
    assert lease(frontier) == ["http://a/2"]
    frontier.recover(now=101.0, dead=True)
    assert lease(frontier) == ["http://a/0", "http://a/2"]
    frontier.settle([Result(url="http://a/0", due=None, status=500, error="status 500")], now=101.0)
    assert lease(frontier) == []


def test_so_many_pages_may_wait_and_what_is_known_is_not_lost(frontier):
    frontier.set_seeds("voa", [seed("http://a/feed")], now=100.0, bounds=Bounds(max_waiting=4))
    assert frontier.add([page(f"http://a/{n}") for n in range(9)], now=100.0) == 3
    assert frontier.dropped == {"voa": 6}
    assert frontier.add([page("http://a/1"), page("http://a/8"), page("http://b/1", "rfa")], now=100.0) == 1
    assert frontier.dropped == {"voa": 7}
    # What an entry leads to takes its place.
    assert frontier.add([page("http://c/moved", redirects=1)], now=100.0) == 1
    frontier.settle([Result(url="http://c/moved", due=None, status=200)], now=100.0)
    assert frontier.counts(now=100.0)["voa"]["waiting"] == 4
    lease(frontier, now=101.0, sources=frozenset({"voa"}))
    frontier.settle([Result(url=f"http://a/{n}", due=500.0 + n, status=200) for n in range(2)], now=110.0)
    assert frontier.add([page(f"http://a/{n}", modified=115.0) for n in range(9)], now=120.0) == 2
    assert lease(frontier, now=120.0, sources=frozenset({"voa"})) == [f"http://a/{n}" for n in (0, 1, 3, 4)]
    frontier.force([page("http://a/8")], now=120.0)
    assert lease(frontier, now=120.0, sources=frozenset({"voa"})) == ["http://a/8"]
    frontier.set_seeds("voa", [], now=130.0)
    assert frontier.counts(now=130.0)["voa"]["waiting"] == 4
