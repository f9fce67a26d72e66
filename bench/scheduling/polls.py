"""Policies that poll feeds, each with the same number of polls, and what the best possible would come to."""

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scheduling.feeds import DAY, START, Feed

from crawler.frontier.entry import Result, SeedState
from crawler.rounds import Rounds, limits_of

LEAST, MOST = 60.0, DAY
"""Seconds between two polls that every policy keeps to: the defaults of `every_min` and `every_max`."""
WARM_UP_DAYS = 28


@dataclass
class Outcome:
    """How long articles waited under one policy."""

    polls: int = 0
    articles: int = 0
    waited: float = 0.0
    late_articles: int = 0
    late_waited: float = 0.0
    """The same after the warm-up."""

    def add(self, now: float, count: int, waited: float) -> None:
        self.polls += 1
        self.articles += count
        self.waited += waited
        if now >= START + WARM_UP_DAYS * DAY:
            self.late_articles += count
            self.late_waited += waited

    @property
    def minutes(self) -> float:
        return self.waited / max(self.articles, 1) / 60

    @property
    def late_minutes(self) -> float:
        return self.late_waited / max(self.late_articles, 1) / 60


def poll_as_learned(feeds: Sequence[Feed], days: int, every: float) -> Outcome:
    """This project's policy: the code of a crawl, which begins knowing nothing but `every`."""
    rounds, outcome = Rounds(limits_of(lambda _: None)), Outcome()
    names = [f"https://{number}.example/feed" for number in range(len(feeds))]
    states = [SeedState(url=name, host=name, source=None, every_seconds=every, pace=None) for name in names]
    rounds.load(states)
    first = [0] * len(feeds)
    queue = [(max(START + number * 0.6, feed.born), number) for number, feed in enumerate(feeds)]
    heapq.heapify(queue)
    while queue[0][0] < START + days * DAY:
        now, number = queue[0]
        feed, state = feeds[number], states[number]
        last, waited = feed.waits(first[number], now)
        outcome.add(now, last - first[number], waited)
        if state.pace is None:
            shown = [*feed.history, *feed.times[:last]][-30:]
        else:
            shown = list(feed.times[first[number] : last])
        dates = [time - feed.lag if feed.is_dated else None for time in shown]
        result = rounds.polled(state, Result(url=state.url, due=now + every, status=200), dates, now)
        states[number] = SeedState(url=state.url, host=state.host, source=None, every_seconds=every, pace=result.pace)
        first[number] = last
        assert result.due is not None
        heapq.heapreplace(queue, (result.due, number))
    return outcome


def poll_evenly(feeds: Sequence[Feed], days: int, intervals: Sequence[float]) -> Outcome:
    """Each feed at an interval of its own."""
    outcome = Outcome()
    for number, (feed, interval) in enumerate(zip(feeds, intervals, strict=True)):
        now, first = max(START, feed.born) + number % 97 / 97 * interval, 0
        while now < START + days * DAY:
            last, waited = feed.waits(first, now)
            outcome.add(now, last - first, waited)
            first, now = last, now + interval
    return outcome


def poll_by_steps(feeds: Sequence[Feed], days: int, every: float, least: float) -> Outcome:
    """The common rule: half as long again after a poll without news, a fifth less after one with some."""
    outcome = Outcome()
    for feed in feeds:
        now, first, interval = max(START, feed.born), 0, every
        while now < START + days * DAY:
            last, waited = feed.waits(first, now)
            outcome.add(now, last - first, waited)
            interval = min(max(interval * (0.8 if last > first else 1.5), least), MOST)
            first, now = last, now + interval
    return outcome


def uniform(feeds: Sequence[Feed], days: int, polls: int) -> list[float]:
    """The same interval for all."""
    return [sum(_lives(feeds, days)) / polls] * len(feeds)


def proportional(feeds: Sequence[Feed], days: int, polls: int) -> list[float]:
    """Intervals by the true rate."""
    return _shared([feed.mean_rate for feed in feeds], _lives(feeds, days), polls)


def by_square_root(feeds: Sequence[Feed], days: int, polls: int) -> list[float]:
    """The best intervals there are, if rates are known and have no rhythm."""
    return _shared([math.sqrt(feed.mean_rate) for feed in feeds], _lives(feeds, days), polls)


def best_even_minutes(feeds: Sequence[Feed], days: int, polls: int) -> float:
    """Closed form: the least mean delay for true mean rates, without rhythm."""
    intervals = by_square_root(feeds, days, polls)
    waited = sum(len(feed.times) * interval / 2 for feed, interval in zip(feeds, intervals, strict=True))
    return waited / sum(len(feed.times) for feed in feeds) / 60


def best_rhythmic_minutes(feeds: Sequence[Feed], polls: int) -> float:
    """Closed form: the least mean delay where the true rate is known for every hour, drift, birth and death included.

    Polls are taken to be as dense as the square root of the rate at each moment.
    """
    parts: list[tuple[float, float]] = []
    """Seconds, and the rate in them."""
    for feed in feeds:
        hours = _grouped(feed.rhythm, 24)
        for level, count in _grouped(feed.levels, 12) if len(set(feed.levels)) > 1 else [(1.0, len(feed.levels))]:
            parts += [(count * DAY * share / 168, feed.rate * level * factor) for factor, share in hours]
    polled = [(seconds, rate) for seconds, rate in parts if rate > 0]
    # Whoever knows everything need not poll the dead.
    price = _bisect(lambda price: sum(s / _interval(price, r) for s, r in polled), polls)
    waited = sum(seconds * rate * _interval(price, rate) / 2 for seconds, rate in polled)
    return waited / sum(seconds * rate for seconds, rate in polled) / 60


def least_interval(feeds: Sequence[Feed], days: int, every: float, polls: int) -> float:
    """The least interval with which the rule of steps makes so many polls, or as many as it ever does."""
    part = min(days, 60)
    wanted = polls / sum(_lives(feeds, days))
    born = [feed for feed in feeds if feed.born < START + part * DAY]
    low, high = LEAST, MOST
    for _ in range(12):
        middle = math.sqrt(low * high)
        made = poll_by_steps(born, part, every, middle).polls / sum(_lives(born, part))
        low, high = (middle, high) if made > wanted else (low, middle)
    return math.sqrt(low * high)


def _lives(feeds: Iterable[Feed], days: int) -> list[float]:
    """Seconds for which each feed can be polled: from its birth on, and long after its death."""
    return [max(START + days * DAY - max(feed.born, START), 1.0) for feed in feeds]


def _shared(weights: Sequence[float], lives: Sequence[float], polls: int) -> list[float]:
    """Intervals by the inverse of weights, within the limits, that make so many polls."""

    def intervals(scale: float) -> list[float]:
        return [min(max(math.sqrt(scale) / weight, LEAST), MOST) for weight in weights]

    def made(scale: float) -> float:
        return sum(life / interval for life, interval in zip(lives, intervals(scale), strict=True))

    return intervals(_bisect(made, polls))


def _interval(price: float, rate: float) -> float:
    return min(max(math.sqrt(2 * price / rate), LEAST), MOST)


def _bisect(decreasing: Callable[[float], float], wanted: float) -> float:
    low, high = 1e-12, 1e15
    for _ in range(70):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if decreasing(middle) > wanted else (low, middle)
    return math.sqrt(low * high)


def _grouped(values: Sequence[float], groups: int) -> list[tuple[float, int]]:
    """Values in groups of like ones: their means, and how many are in each."""
    ordered = sorted(values)
    bounds = [len(ordered) * number // groups for number in range(groups + 1)]
    some = [ordered[start:end] for start, end in pairwise(bounds)]
    return [(sum(group) / len(group), len(group)) for group in some if group]
