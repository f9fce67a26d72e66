"""What is usual, and how unlikely a silence is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.watch.usual import (
    SLOT,
    WEEK,
    chance_at_rate,
    chance_of_none,
    day_so_far,
    earlier_weeks,
    least_rate,
    local_days,
)

NOW = datetime(2024, 5, 29, 12, 7, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def slot(moment: datetime) -> int:
    return int(moment.timestamp()) // SLOT


def daily(hours: list[int], *, days: int, now: datetime = NOW) -> dict[int, int]:
    """An article at each of these hours (UTC) of every day, today left out."""
    start = now.replace(hour=0, minute=0)
    return {
        slot(start - timedelta(days=back) + timedelta(hours=hour)): 1 for back in range(1, days + 1) for hour in hours
    }


def usual(slots, zone=UTC, now=NOW):
    return day_so_far(slots, now=now, zone=zone, watched=local_days(slots, zone))


def test_the_day_so_far_is_held_against_the_same_hours():
    slots = daily([6, 9, 18, 20], days=10) | {slot(NOW): 3}
    found = usual(slots)
    assert (found.today, found.usual, found.days) == (3, 2, 9), "the first day went by in part"


def test_four_days_of_the_same_weekday_are_better_than_a_fortnight():
    slots = daily([6], days=36)
    for back in (7, 14, 21, 28, 35):
        slots[slot(NOW.replace(hour=7) - timedelta(days=back))] = 9
    assert (usual(slots).usual, usual(slots).days) == (10, 5)


def test_too_few_days_say_nothing():
    assert usual(daily([6], days=3)).usual is None
    assert usual({}).today == 0


def test_days_are_the_sources_own():
    late = datetime(2024, 5, 28, 22, 30, tzinfo=UTC)  # half past midnight in Berlin
    assert usual({slot(late): 1}, BERLIN).today == 1
    assert usual({slot(late): 1}).today == 0


def test_a_day_without_any_visit_is_no_day():
    slots = daily([6], days=10)
    for back in (2, 3, 4):
        del slots[slot(NOW.replace(hour=6, minute=0) - timedelta(days=back))]
    assert usual(slots).days == 6
    watched = local_days(slots, UTC) | {date(2024, 5, 26)}
    assert day_so_far(slots, now=NOW, zone=UTC, watched=watched).days == 7


def test_earlier_weeks_end_before_the_silence():
    begun = NOW.replace(minute=0).timestamp() - 5 * WEEK
    slots = {int((begun + hour * 3600) // SLOT): 1 for hour in range(3 * 7 * 24)}
    last = begun + 3 * WEEK
    assert earlier_weeks(slots, since=last, until=last + 6 * 3600, begun=begun) == [6.0, 6.0, 6.0]
    assert earlier_weeks(slots, since=last, until=last + 2 * WEEK, begun=begun) == [168.0, 168.0, 168.0]
    assert earlier_weeks(slots, since=begun + 3600, until=last, begun=begun) == []


@given(st.lists(st.integers(0, 500).map(float), max_size=8))
def test_a_chance_is_a_chance(earlier):
    assert 0.0 <= chance_of_none(earlier) <= 1.0


@given(st.lists(st.integers(1, 500).map(float), min_size=1, max_size=7))
def test_another_week_like_the_usual_makes_a_silence_no_likelier(earlier):
    mean = sum(earlier) / len(earlier)
    assert chance_of_none([*earlier, mean]) <= chance_of_none(earlier) * 1.0001


def test_weeks_that_differ_prove_less():
    assert chance_of_none([0.0, 60.0, 0.0, 60.0]) > 0.01 > chance_of_none([30.0, 30.0, 30.0, 30.0])


@given(st.floats(0, 1e6), st.floats(-1e6, 1e9))
def test_a_named_rate_gives_a_chance(rate, seconds):
    assert 0.0 <= chance_at_rate(rate, seconds) <= 1.0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_least_rate_is_below_the_rate(failed, more):
    tried = failed + more
    assert 0.0 <= least_rate(failed, tried) <= (failed / tried if tried else 0.0) + 1e-12


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
@given(st.dictionaries(st.integers(1_900_000, 1_910_000), st.integers(1, 9), max_size=40))
def test_today_is_never_more_than_there_is(zone, slots):
    found = day_so_far(slots, now=NOW, zone=ZoneInfo(zone), watched=local_days(slots, UTC))
    assert 0 <= found.today <= sum(slots.values())
