import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from crawler.budget import Budget
from crawler.pace import DAY, Pace
from crawler.polling import Limits

HOURLY = Limits(every=3600.0)


def known(per_day: float) -> Pace:
    """A pace of so many news a day, at all hours."""
    return Pace(before=0.0, at=1.0, prior=1.0, news=per_day * 1000, span=1000 * DAY, learned=True)


def budget(rates, requests_per_day=0.0, bounds=HOURLY):
    made = Budget(requests_per_day)
    for number, per_day in enumerate(rates):
        made.note(str(number), None if per_day is None else known(per_day), bounds)
    return made


def test_what_every_adds_up_to_is_the_budget():
    expected = budget([1.0, 10.0, 100.0, None]).expected_per_day()
    assert math.isclose(sum(expected.values()), 4 * 24, rel_tol=0.01)
    assert expected["3"] == 24


def test_a_hundred_times_the_news_is_ten_times_the_polls():
    expected = budget([1.0, 100.0], 60).expected_per_day()
    assert math.isclose(expected["1"] / expected["0"], 10, rel_tol=0.01)


def test_nothing_learned_has_no_price_and_the_first_that_is_makes_one():
    assert budget([None] * 50).price is None
    assert budget([None] * 50 + [3.0]).price is not None
    assert Budget().price is None
    assert Budget().expected_per_day() == {}


def test_a_feed_that_claims_the_world_leaves_the_others_their_polls():
    calm = budget([10.0] * 100).expected_per_day()
    mad = budget([10.0] * 99 + [500 * 1440.0]).expected_per_day()
    assert mad["99"] <= 16 * 24 * 1.01
    assert mad["0"] > 0.8 * calm["0"]


def test_nor_does_one_that_says_it_must_be_polled_each_minute():
    made = budget([10.0] * 99)
    made.note("mad", known(500 * 1440.0), Limits(every=3600.0, least=60.0, most=60.0))
    expected = made.expected_per_day()
    assert expected["mad"] <= sum(expected.values()) * 16 / 100 * 1.01


def test_what_every_says_is_never_too_large_a_share():
    made = budget([10.0] * 99, bounds=Limits(every=DAY))
    made.note("hot", None, Limits(every=60.0))
    assert made.expected_per_day()["hot"] == 1440
    made.note("hot", known(1e6), Limits(every=60.0))
    assert made.expected_per_day()["hot"] > 1000


def test_too_small_a_budget_stretches_all_alike():
    made = budget([None, 0.001, 10.0, 10_000.0] * 25, 20)
    assert sum(made.expected_per_day().values()) <= 20.2
    assert made.limits("0").every > DAY


rates = st.lists(st.none() | st.floats(1e-4, 1e6), min_size=1, max_size=30)


@given(rates, st.integers(0, 100_000), st.floats(60, 7 * DAY), st.floats(0, 7 * DAY))
def test_all_polls_together_keep_to_the_budget(rates, requests_per_day, least, more):
    bounds = Limits(every=least + more / 2, least=least, most=least + more)
    made = budget(rates, requests_per_day, bounds)
    allowed = requests_per_day or len(rates) * DAY / bounds.every
    expected = made.expected_per_day()
    assert sum(expected.values()) <= allowed * 1.01
    assert all(0 < polls < math.inf for polls in expected.values())
    paired = [(rate, expected[str(n)]) for n, rate in enumerate(rates) if rate is not None]
    paired.sort()
    assert all(one[1] <= other[1] * (1 + 1e-9) for one, other in itertools.pairwise(paired))
