import math

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import pace as paces
from crawler.pace import (
    DAY,
    HOUR,
    MAX_NEWS,
    Pace,
    add_news,
    add_poll,
    demand,
    from_json,
    profile_of,
    rate,
    start,
    to_json,
)

NOW = 20_000 * DAY
FACTS = ("level", "hours", "days")


def polled(pace: Pace, every: float, times: int, count: int = 0, dates: bool = False) -> Pace:
    for _ in range(times):
        pace = add_poll(pace, pace.at + every)
        stated = [pace.at - every * (n + 0.5) / count for n in range(count)] if dates else ()
        pace = add_news(pace, count, stated)
    return pace


def per_day(pace: Pace) -> float:
    return rate(pace) * DAY


def test_an_even_rate_is_learned_from_counts_alone():
    assert 46 < per_day(polled(start(NOW), HOUR, 200, 2)) < 50


def test_the_dates_of_a_first_listing_are_a_history():
    pace = start(NOW, dates=[NOW - n * 2 * HOUR for n in range(1, 31)])
    assert pace.learned
    assert 11 < per_day(pace) < 13
    assert not start(NOW).learned
    assert not start(NOW, dates=[NOW - HOUR]).learned


def test_a_listing_that_was_stamped_when_it_was_made_counts_as_six_hours():
    assert per_day(start(NOW, dates=[NOW - 1.0] * 50)) < 50 * 4.1


def test_a_history_gives_way_to_what_polls_find():
    pace = polled(start(NOW, dates=[NOW - n * 300 for n in range(50)]), HOUR, 24 * 30)
    assert per_day(pace) < 2


def test_hours_are_learned_with_and_without_dates():
    for dates in (True, False):
        pace = start(NOW)
        for day in range(40):
            for hour in range(24):
                pace = add_poll(pace, NOW + day * DAY + (hour + 1) * HOUR)
                if 8 <= hour < 18:
                    pace = add_news(pace, 2, [pace.at - 60.0] * 2 if dates else ())
        profile = profile_of(pace)
        assert profile.hours[12] > 1.8
        assert profile.hours[3] < 0.3
        assert 18 < per_day(pace) < 22


def test_a_feed_that_died_is_noticed_within_two_days():
    lively = polled(start(NOW), 600.0, 24 * 6 * 30, 2)
    assert per_day(lively) > 250
    assert per_day(polled(lively, HOUR, 48)) < 25


def test_a_burst_is_noticed_at_once_and_soon_forgotten():
    calm = polled(start(NOW), HOUR, 24 * 30, 1)
    wild = polled(calm, HOUR, 3, 20)
    assert per_day(wild) > 2 * per_day(calm)
    assert per_day(polled(wild, HOUR, 96, 1)) < 1.5 * per_day(calm)


def test_news_that_come_evenly_want_polls_by_the_square_root_of_their_rate():
    slow, fast = polled(start(NOW), HOUR, 500, 1), polled(start(NOW), HOUR, 500, 100)
    assert math.isclose(demand(fast) / demand(slow), 10, rel_tol=0.05)


def test_a_clock_that_goes_back_teaches_nothing():
    pace = polled(start(NOW), HOUR, 5, 1)
    assert add_poll(pace, pace.at - DAY) == pace


def test_what_is_no_pace_is_forgotten():
    pace = polled(start(NOW), HOUR, 30, 1)
    assert from_json(to_json(pace)) == pace
    for text in (None, "", "{}", "null", "[1]", to_json(pace).replace('"prior":', '"prior":-'), '{"before":1,"at":2}'):
        assert from_json(text) is None
    assert from_json(to_json(pace).replace('"hours":[', '"hours":[1,')) is None


polls = st.lists(
    st.tuples(
        st.floats(-DAY, 400 * DAY),
        st.integers(0, 50_000),
        st.lists(st.floats(-1e12, 1e12), max_size=20),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(polls, st.floats(1e-9, 1e3), st.lists(st.floats(-1e12, 1e12), max_size=60))
def test_whatever_feeds_claim_what_is_known_stays_finite_and_survives_json(polls, prior, dates):
    pace = start(NOW, prior=prior, dates=dates)
    for elapsed, count, stated in polls:
        pace = add_news(add_poll(pace, pace.at + elapsed), count, stated)
        facts = profile_of(pace)
        values = [facts.level, *facts.hours, *facts.days, rate(pace), demand(pace)]
        assert all(0 < value < math.inf for value in values)
        assert math.isclose(sum(facts.hours), 24)
        assert from_json(to_json(pace)) == pace


def test_fifty_thousand_new_urls_at_each_poll_count_as_five_hundred():
    mad, busy = polled(start(NOW), HOUR, 50, 50_000), polled(start(NOW), HOUR, 50, MAX_NEWS)
    assert mad == busy


def test_dates_of_the_future_and_of_1970_say_nothing_of_when():
    pace = add_poll(polled(start(NOW), DAY, 3), NOW + 4 * DAY)
    assert add_news(pace, 5, [0.0, -1.0, NOW * 9, paces.DAY, NOW]) == add_news(pace, 5)
