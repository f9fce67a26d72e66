"""One process's leases: renewed while they wait, said to be at an end for today."""

import pytest

from crawler.frontier.entry import Bounds, Entry, Result
from crawler.frontier.frontier import Frontier
from crawler.frontier.holder import Holder


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path / "frontier.sqlite") as frontier:
        frontier.set_seeds("voa", [], now=100.0, bounds=Bounds(page_budget=3))
        frontier.add([Entry(url=f"http://a/{n}", kind="page", source="voa") for n in range(5)], now=100.0)
        yield frontier


def take(holder, now, room=2):
    leases = holder.take(now=now, room={}, default_room=room, sources=frozenset({"voa"}), urls=None)
    return [lease.entry.url for lease in leases]


def test_what_waits_is_held_however_long_and_what_was_given_back_is_not(frontier):
    holder, other = (Holder(frontier, term_seconds=60.0, owner=owner) for owner in ("me", "you"))
    assert take(holder, 100.0) == ["http://a/0", "http://a/1"]
    holder.release(["http://a/1"])
    for now in range(130, 400, 30):
        assert take(holder, float(now), room=0) == []
    assert take(other, 400.0) == ["http://a/1", "http://a/2"]
    # Its owner did not come for longer than the term.
    assert take(other, 470.0, room=1) == ["http://a/0"]


def test_a_machine_that_slept_leases_nothing_twice(frontier):
    holder = Holder(frontier, term_seconds=60.0, owner="me")
    assert take(holder, 100.0) == ["http://a/0", "http://a/1"]
    assert take(holder, 9999.0) == ["http://a/2"]


def test_a_lease_that_was_lost_sight_of_runs_out(frontier):
    holder = Holder(frontier, term_seconds=60.0, owner="me")
    assert take(holder, 100.0, room=1) == ["http://a/0"]
    holder._held.clear()
    assert take(holder, 159.0, room=1) == ["http://a/1"]
    assert take(holder, 160.0, room=1) == ["http://a/0"]


def test_a_spent_budget_is_said_once_a_day(frontier, caplog):
    holder = Holder(frontier, term_seconds=60.0, owner="me")
    assert len(take(holder, 100.0, room=9)) == 3
    for now in (101.0, 102.0):
        assert take(holder, now, room=9) == []
    assert caplog.text.count("spent page_budget source=voa") == 1
    holder.settle([Result(url=f"http://a/{n}", due=None, status=200) for n in range(3)], now=103.0)
    assert take(holder, 86400.0 + 1, room=9) == ["http://a/3", "http://a/4"]
    assert caplog.text.count("spent page_budget source=voa") == 1
