"""Which findings are alerts, and which are a source's ordinary days."""

import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.units import Duration
from crawler.frontier.overview import SeedStanding, Standing
from crawler.watch.alert import find_alerts
from crawler.watch.evidence import Evidence
from crawler.watch.journal import RunRow
from crawler.watch.rules import WatchRules
from crawler.watch.tally import HourCount, SeedState
from crawler.watch.usual import SLOT, WEEK

NOW = datetime(2024, 5, 29, 12, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3600, 86400
FEED = "https://paper.example/feed.xml"
RUN = RunRow(began=NOW - DAY, seen=NOW - 30, ended=None, endless=True)


def seed(**known) -> SeedStanding:
    given = {"url": FEED, "every_seconds": 900.0, "status": 200, "error": None, "attempts": 0}
    return SeedStanding(**{**given, "last_fetched": NOW - 60, "due": NOW + 600, **known})


def paper(*seeds: SeedStanding, **known) -> Evidence:
    return Evidence(source="paper", standing=Standing(seeds=seeds or (seed(),)), **known)


def kinds(*evidence: Evidence, runs=(RUN,), now=NOW) -> list[str]:
    return [alert.kind for alert in find_alerts(evidence, runs, now=now)]


def ordinary(weeks: int, *, until: float, per_day: float = 24.0, chance: random.Random | None = None) -> dict[int, int]:
    """Articles at random between six and twenty-two on weekdays, none at night or at the weekend."""
    chance = chance or random.Random(1)
    slots: dict[int, int] = {}
    for number in range(int((until - weeks * WEEK) // SLOT), int(until // SLOT)):
        moment = datetime.fromtimestamp(number * SLOT, UTC)
        if moment.weekday() < 5 and 6 <= moment.hour < 22 and chance.random() < per_day / 64:
            slots[number] = 1
    return slots


def test_an_ordinary_source_raises_nothing():
    assert kinds(paper(slots=ordinary(5, until=NOW))) == []


def test_a_source_that_dries_up_on_a_working_day_is_silent():
    slots = ordinary(5, until=NOW - 10 * HOUR - DAY)
    (alert,) = find_alerts([paper(slots=slots)], [RUN], now=NOW)
    assert alert.kind == "silence"
    assert alert.line.startswith("paper: no new article since 2024-05-27 21:00 UTC; ")
    assert "sources/paper.toml" in alert.line
    assert "\n" not in alert.line


def test_a_weekend_is_no_silence():
    monday = datetime(2024, 5, 27, 6, 30, tzinfo=UTC).timestamp()
    slots = ordinary(5, until=monday - 40 * HOUR)
    standing = Standing(seeds=(seed(last_fetched=monday, due=monday + 60),))
    assert kinds(Evidence(source="paper", slots=slots, standing=standing), runs=(), now=monday) == []


def test_a_long_silence_stays_one():
    assert kinds(paper(slots=ordinary(5, until=NOW - 4 * WEEK))) == ["silence"]


def test_while_nobody_looks_no_silence_grows():
    last = NOW - 2 * DAY
    slots = ordinary(5, until=last)
    assert kinds(paper(seed(last_fetched=last + 1800), slots=slots)) == []
    assert kinds(paper(seed(last_fetched=None), slots=slots)) == []


def test_a_new_source_has_no_usual():
    assert kinds(paper(slots=ordinary(1, until=NOW - DAY))) == []


@pytest.mark.parametrize(
    ("rules", "silent_hours", "found"),
    [
        (WatchRules(quiet_after=Duration(hours=6)), 7, ["silence"]),
        (WatchRules(quiet_after=Duration(hours=6)), 5, []),
        (WatchRules(articles_per_day=48), 6, ["silence"]),
        (WatchRules(articles_per_day=48), 3, []),
        (WatchRules(articles_per_day=1), 48, []),
    ],
)
def test_a_source_may_say_what_to_expect(rules, silent_hours, found):
    assert kinds(paper(slots={int(NOW - silent_hours * HOUR) // SLOT: 1}, rules=rules)) == found


def test_false_alarms_are_rare():
    """Forty sources, watched every hour of a week: none of them is called silent."""
    chance = random.Random(7)
    alarms = 0
    for _ in range(40):
        slots = ordinary(7, until=NOW, per_day=chance.choice([4.0, 12.0, 40.0]), chance=chance)
        for back in range(0, 7 * 24, 3):
            now = NOW - back * HOUR
            known = {number: count for number, count in slots.items() if number * SLOT < now}
            standing = Standing(seeds=(seed(last_fetched=now, due=now + 60),))
            alarms += len(kinds(Evidence(source="paper", slots=known, standing=standing), runs=(), now=now))
    assert alarms <= 1


# Errors


def hours(failed: int, fetched: int, *, back: int = 1) -> dict[int, HourCount]:
    return {int(NOW // HOUR) - back: HourCount(failed=failed, fetched=fetched)}


@pytest.mark.parametrize(
    ("failed", "fetched", "rate", "found"),
    [
        (50, 50, 0.0, ["errors"]),
        (25, 75, 0.0, []),  # a fifth is not surpassed for sure
        (12, 4, 0.0, []),  # too few
        (25, 75, 0.1, ["errors"]),
        (90, 10, 1.0, []),
    ],
)
def test_errors_count_when_there_are_surely_too_many(failed, fetched, rate, found):
    assert kinds(paper(hours=hours(failed, fetched), rules=WatchRules(max_error_rate=rate))) == found


def test_a_source_that_always_fails_by_a_third_may_go_on():
    usual = {int(NOW // HOUR) - 30 - n: HourCount(failed=35, fetched=65) for n in range(100)}
    assert kinds(paper(hours=usual | hours(40, 60))) == []
    assert kinds(paper(hours=usual | hours(95, 5))) == ["errors"]


@given(st.integers(0, 300), st.integers(0, 300))
def test_more_errors_never_take_an_alert_back(failed, fetched):
    if kinds(paper(hours=hours(failed, fetched))) == ["errors"]:
        assert kinds(paper(hours=hours(failed + 1, fetched))) == ["errors"]


# Seeds, drift, standing still


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({"error": "Connection refused", "attempts": 3}, ["seed"]),
        ({"error": "Connection refused", "attempts": 1}, []),
        ({"error": "disallowed by robots.txt", "attempts": 0}, ["seed"]),
        ({"status": 403}, ["seed"]),
        ({"status": 404, "attempts": 1}, []),
        ({"status": 404, "attempts": 2}, ["seed"]),
        ({"status": 304}, []),
    ],
)
def test_seeds_that_cannot_be_had(state, found):
    assert kinds(paper(seed(**state))) == found


def test_a_seed_that_is_something_else():
    state = SeedState(url=FEED, source="paper", at=NOW, problem="is an HTML page", candidates=0)
    (alert,) = find_alerts([paper(seeds=(state,))], [RUN], now=NOW)
    assert (alert.kind, alert.where) == ("seed", FEED)
    assert "is an HTML page" in alert.what
    assert kinds(paper(seeds=(msgspec.structs.replace(state, candidates=3),))) == [], "what can be read counts"


def test_several_seeds_are_one_alert():
    seeds = [seed(url=f"{FEED}?{n}", status=403) for n in range(3)]
    (alert,) = find_alerts([paper(*seeds, seed())], [RUN], now=NOW)
    assert alert.what.startswith("3 of 4 seeds are of no use")


@pytest.mark.parametrize(("hours", "found"), [(0.9, []), (1.1, ["seed"]), (90, ["seed"])])
def test_a_host_that_is_left_alone_for_long_is_told_of(hours, found):
    held = seed(held_since=NOW - hours * HOUR, due=NOW + 600, last_fetched=NOW - hours * HOUR - 900)
    alerts = find_alerts([paper(held)], [RUN], now=NOW)
    assert [alert.kind for alert in alerts] == found
    assert all("its host has not answered, or asked to be left alone, since 2024-05-2" in one.line for one in alerts)


def test_drift_is_told_with_its_sites():
    (alert,) = find_alerts([paper(drifting=("paper.example",))], [RUN], now=NOW)
    assert (alert.kind, alert.where) == ("drift", "paper.example")


@pytest.mark.parametrize(
    ("overdue", "runs", "found"),
    [
        (2 * HOUR, [RUN], ["stopped"]),
        (600, [RUN], []),
        (5 * DAY, [msgspec.structs.replace(RUN, began=NOW - 60)], []),  # it has just begun to catch up
        (2 * HOUR, [msgspec.structs.replace(RUN, seen=NOW - 2 * HOUR)], ["stopped"]),
        (2 * HOUR, [msgspec.structs.replace(RUN, endless=False, ended=NOW - 3 * HOUR)], []),  # cron, once a day
        (2 * DAY, [msgspec.structs.replace(RUN, endless=False, ended=NOW - 3 * HOUR)], ["stopped"]),
        (5 * DAY, [], []),  # never crawled yet
    ],
)
def test_a_crawl_that_stands_still(overdue, runs, found):
    assert kinds(paper(seed(due=NOW - overdue)), runs=runs) == found


def test_cron_is_given_three_of_its_turns():
    runs = [RunRow(began=NOW - 600 * n, seen=NOW - 600 * n, ended=NOW - 600 * n, endless=False) for n in range(10, 20)]
    assert kinds(paper(seed(due=NOW - 2 * HOUR)), runs=runs) == ["stopped"]
    assert kinds(paper(seed(due=NOW - 1800)), runs=runs) == []


def test_the_first_day_with_all_that_was_there_before_is_no_measure():
    first = NOW - WEEK - 2 * HOUR
    slots = {int(first // SLOT) + n: 100 for n in range(20)} | {int((NOW - 2 * HOUR) // SLOT): 1}
    assert kinds(paper(slots=slots)) == []


def test_what_others_say_steers_no_terminal_and_no_chat():
    (alert,) = find_alerts([paper(seed(error="\x1b[2J<!channel>\u202e\nx", attempts=3))], [RUN], now=NOW)
    assert alert.what == "a seed is of no use: [2J!channel x"
