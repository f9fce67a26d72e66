import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.pace import DAY, HOUR, add_news, add_poll, start
from crawler.polling import Limits, limits, next_poll

NOW = 20_000 * DAY
LIMITS = Limits(every=900.0)


def even(per_hour: float, days: int = 30):
    """A pace with so many news an hour, at all hours."""
    pace, owed = start(NOW), 0.0
    for _ in range(days * 24):
        owed += per_hour
        pace = add_news(add_poll(pace, pace.at + HOUR), int(owed))
        owed -= int(owed)
    return pace


def wait(pace, bounds=LIMITS, price=10_000.0):
    return next_poll(pace, bounds, price, pace.at) - pace.at


def test_until_something_is_learned_every_is_the_interval():
    assert wait(start(NOW)) == 900.0
    assert wait(even(3), price=None) == 900.0


def test_even_news_are_polled_when_they_have_waited_for_the_price():
    pace = even(4)
    assert wait(pace) == pytest.approx(math.sqrt(2 * 10_000 / (4 / HOUR)), rel=0.05)


def test_a_seed_without_news_is_polled_at_its_ceiling():
    assert wait(even(0), Limits(every=900.0, most=6 * HOUR)) == 6 * HOUR


def test_polls_lie_at_the_end_of_a_days_work_and_not_in_the_night():
    pace = start(NOW)
    for number in range(24 * 60):
        pace = add_poll(pace, pace.at + HOUR)
        if 8 <= number % 24 < 18:
            pace = add_news(pace, 1)
    hours, at = set(), pace.at
    for _ in range(12):
        at = next_poll(pace, LIMITS, 150_000.0, at)
        pace = add_poll(pace, at)
        hours.add(at % DAY / HOUR)
    assert all(9 < hour < 19.5 for hour in hours)


def test_more_news_shorter_waits():
    waits = [wait(even(per_hour)) for per_hour in (0, 0.01, 0.1, 1, 10, 100, 500)]
    assert waits == sorted(waits, reverse=True)


def test_limits_contradict_nothing():
    assert limits(every=10.0, least=60.0, most=DAY) == Limits(every=10.0, least=10.0, most=DAY)
    assert limits(every=7 * DAY, least=60.0, most=DAY) == Limits(every=7 * DAY, least=60.0, most=7 * DAY)


@given(
    st.lists(st.tuples(st.floats(1, 5 * DAY), st.integers(0, 50_000)), max_size=8),
    st.floats(1e-6, 1e18),
    st.floats(1, DAY),
    st.floats(0, 30 * DAY),
    st.floats(-400 * DAY, 400 * DAY),
)
def test_a_poll_is_always_within_the_limits(polls, price, least, more, late):
    pace = start(NOW)
    for elapsed, count in polls:
        pace = add_news(add_poll(pace, pace.at + elapsed), count)
    bounds, now = Limits(every=least, least=least, most=least + more), pace.at + late
    due = next_poll(pace, bounds, price, now)
    assert now + bounds.least <= due <= now + bounds.most
