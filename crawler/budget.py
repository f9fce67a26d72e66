"""What a poll costs, so that the polls of all seeds keep to the collection's budget of requests; and what that comes to.

The price is the same for all seeds: at the best use of a budget, one more poll would save as much waiting anywhere.
"""

import math

import msgspec

from crawler import pace as paces
from crawler.pace import DAY, Pace
from crawler.polling import Limits

SHARE = 16.0
"""Times an even share of the budget that one seed may have at most, or what its `every` says, however much news it claims."""
_SOLVE_AGAIN = 1 / 16
"""Part of the seeds that may change before the price is worked out again."""
_CHEAPEST, _DEAREST = 1e-6, 1e18
_TOLERANCE = 1e-3


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """How often one seed would be polled."""

    polls: float | None
    """A second, at a price of one (`crawler.pace.demand`); `None` where nothing is learned yet."""
    limits: Limits


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the budget lets seeds have."""

    price: float | None = None
    longer_every: float = 1.0
    """By how much first intervals are too short for the budget."""
    longer_most: float = 1.0
    """By how much even the longest intervals are."""
    least: float = 0.0
    """Seconds between two polls that `SHARE` leaves any seed."""

    def bind(self, limits: Limits) -> Limits:
        every = limits.every * self.longer_every
        # Whoever writes a short `every` means it: that share is the owner's to give.
        least = max(limits.least, min(self.least, every))
        most = max(limits.most * self.longer_most, least)
        return Limits(every=min(every, most), least=least, most=most)


class Budget:
    """The price of a poll, kept up with what is learned. Not safe to share between threads."""

    def __init__(self, requests_per_day: float = 0.0) -> None:
        """0 is what the seeds' `every` add up to."""
        self._per_second = requests_per_day / DAY
        self._seeds: dict[str, Demand] = {}
        self._terms = _Terms()
        self._changes = 0

    def note(self, url: str, pace: Pace | None, limits: Limits) -> None:
        """Count in a seed, as it is known now."""
        polls = paces.demand(pace) if pace and pace.learned else None
        self._seeds[url] = Demand(polls=polls, limits=limits)
        # The first that is learned makes the price.
        self._changes += len(self._seeds) if polls is not None and self._terms.price is None else 1

    @property
    def price(self) -> float | None:
        """Of a poll, in seconds of waiting; `None` while nothing is learned of any seed."""
        return self._current().price

    def limits(self, url: str) -> Limits:
        """A seed's limits as the budget lets them be: longer where all together would not keep to it."""
        return self._current().bind(self._seeds[url].limits)

    def expected_per_day(self) -> dict[str, float]:
        """Polls a day that each seed is going to get, by URL."""
        if not self._seeds:
            return {}
        terms = self._current(exact=True)
        return {
            url: DAY * _polls(seed.polls, terms.bind(seed.limits), terms.price) for url, seed in self._seeds.items()
        }

    def _current(self, *, exact: bool = False) -> _Terms:
        if self._changes > (0 if exact else _SOLVE_AGAIN * len(self._seeds)):
            self._terms = self._solve()
            self._changes = 0
        return self._terms

    def _solve(self) -> _Terms:
        seeds = self._seeds.values()
        every = sum(1 / seed.limits.every for seed in seeds)
        budget = self._per_second or every
        if not budget:
            return _Terms()
        terms = _Terms(
            longer_every=max(1.0, every / budget),
            longer_most=max(1.0, sum(1 / seed.limits.most for seed in seeds) / budget),
            least=len(seeds) / (SHARE * budget),
        )
        learned, others = [], 0.0
        for seed in seeds:
            limits = terms.bind(seed.limits)
            if seed.polls is None:
                others += 1 / limits.every
            else:
                learned.append((seed.polls, 1 / limits.most, 1 / limits.least))
        if not learned:
            return terms
        return msgspec.structs.replace(terms, price=_price(learned, budget - others, self._terms.price))


def _price(seeds: list[tuple[float, float, float]], budget: float, guess: float | None) -> float:
    """The price at which seeds (demand, fewest and most polls a second) come to the budget, or as near as they can."""
    low, high = _CHEAPEST, _DEAREST
    price = guess or math.sqrt(low * high)
    while high > low * (1 + _TOLERANCE):
        root = 1 / math.sqrt(price)
        free = bound = 0.0
        for polls, fewest, most in seeds:
            wanted = polls * root
            if fewest <= wanted <= most:
                free += wanted
            else:
                bound += fewest if wanted < fewest else most
        if abs(free + bound - budget) <= _TOLERANCE * budget:
            break
        low, high = (price, high) if free + bound > budget else (low, price)
        # Right at once, if no seed reaches or leaves its limits by it.
        price = price * (free / (budget - bound)) ** 2 if free > 0 and budget > bound else low
        if not low < price < high:
            price = math.sqrt(low * high)
    return price


def _polls(demand: float | None, limits: Limits, price: float | None) -> float:
    if demand is None or price is None:
        return 1 / limits.every
    return min(max(demand / math.sqrt(price), 1 / limits.most), 1 / limits.least)
