"""The rounds that a crawl makes of its seeds: what each poll teaches, and when the next is due.

What is known of a seed is kept with it in the frontier; here is what all seeds together make of it, the price of a poll.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from crawler import pace as paces
from crawler.budget import Budget
from crawler.frontier.entry import Paced, Result, SeedState
from crawler.polling import Limits, before_it_rolls_over, limits, next_poll
from crawler.source import Source

LimitsOf = Callable[[str | None, float], Limits]
"""The limits of a seed, by its source's name and its `every` in seconds."""
UNSTATED = 15 * 60.0
"""Seconds between two polls of a seed that says nothing of it."""


class Rounds:
    """What is known of all seeds. Not safe to share between threads: the frontier's thread has it."""

    def __init__(self, limits_of: LimitsOf) -> None:
        self._limits_of = limits_of
        self._budget = Budget()

    def load(self, seeds: Iterable[SeedState], *, requests_per_day: float = 0.0) -> None:
        """Take up all seeds from what the frontier knows of them, and no others, under this budget (`Budget`)."""
        self._budget = Budget(requests_per_day)
        for seed in seeds:
            self._note(seed, paces.from_json(seed.pace))

    def polled(
        self, seed: SeedState, result: Result, dates: Sequence[float | None], now: float, *, listed: int = 0
    ) -> Result:
        """The result of a poll that offered so many new articles, with what it taught and when the next is due.

        `dates` are what the seed says of each new one, `listed` is how many it showed in all. A poll that failed or was
        refused, or whose seed is gone, teaches nothing; one that was cut at our own limit was no failure.
        """
        is_failed = result.error is not None and result.attempts > 0
        if is_failed or (result.status or 0) >= 400:
            return result
        known, stated = paces.from_json(seed.pace), [date for date in dates if date is not None]
        if known is None:
            price = self._budget.price
            prior = 2 * price / self._limits(seed).every ** 2 if price else None
            pace = paces.start(now, prior=prior, dates=stated)
        else:
            pace = paces.add_news(paces.add_poll(known, now), len(dates), stated)
        paced = self._paced(seed, msgspec.structs.replace(pace, listed=listed or pace.listed), now)
        return msgspec.structs.replace(result, due=paced.due, pace=paced.pace)

    def found(self, seed: SeedState, dates: Sequence[float | None], now: float) -> Paced | None:
        """What a seed has taught once a page that it led to, such as a child sitemap, offered so many new articles."""
        known = paces.from_json(seed.pace)
        if known is None or not dates:
            return None
        return self._paced(seed, paces.add_news(known, len(dates), [date for date in dates if date is not None]), now)

    def expected_per_day(self) -> dict[str, float]:
        """Polls a day that each seed is going to get, by URL."""
        return self._budget.expected_per_day()

    def _paced(self, seed: SeedState, pace: paces.Pace, now: float) -> Paced:
        self._note(seed, pace)
        due = next_poll(pace, self._budget.limits(seed.url), self._budget.price, now)
        return Paced(url=seed.url, pace=paces.to_json(pace), due=due)

    def _note(self, seed: SeedState, pace: paces.Pace | None) -> None:
        bounds = self._limits(seed)
        if pace and pace.learned and pace.listed:
            bounds = before_it_rolls_over(bounds, pace.listed / paces.rate(pace))
        self._budget.note(seed.url, pace, bounds)

    def _limits(self, seed: SeedState) -> Limits:
        return self._limits_of(seed.source, seed.every_seconds or UNSTATED)


def limits_of(sources: Callable[[str | None], Source | None]) -> LimitsOf:
    """Limits as sources set them."""

    def find(name: str | None, every: float) -> Limits:
        source = sources(name)
        if source is None:
            return Limits(every=every, least=min(every, 60.0), most=max(every, paces.DAY))
        crawl = source.crawl
        return limits(every=every, least=crawl.every_min.total_seconds(), most=crawl.every_max.total_seconds())

    return find
