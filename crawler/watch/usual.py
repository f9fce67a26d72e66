"""What is usual for a source: its new articles so far today beside the same hours of earlier days, and how likely a silence is.

Pure. Articles are counted in quarters of an hour (`Slots`: unix time // 900 to how many were first seen in it), which
every time zone's midnight falls between.
"""

import math
from collections.abc import Mapping, Set
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean, median, variance

import msgspec

SLOT = 900
WEEK = 7 * 86400
WEEKS = 8
"""How far the usual looks back."""
SAME_WEEKDAYS = 4
"""With so many days of the same weekday only those are compared with; before that, all of the last fortnight."""
LEAST_DAYS = 3

Slots = Mapping[int, int]


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """A source's day so far, and what such a day usually has by now."""

    today: int
    """New articles since midnight in the source's time zone."""
    usual: float | None
    """Median of the same hours of earlier days; `None` while there are too few."""
    days: int
    """How many days that is based on."""


def day_so_far(slots: Slots, *, now: datetime, zone: tzinfo, watched: Set[date]) -> Usual:
    """Today's new articles, and the median of the same hours on earlier days that were watched.

    `watched` are local days on which the source was visited; the day of its first article is left out, as a part of it
    went by before. With enough of them, only days of the same weekday are compared.
    """
    local = now.astimezone(zone)
    days = [local.date() - timedelta(days=back) for back in range(1, WEEKS * 7 + 1)]
    known = [day for day in days if day in watched and day > min(watched)]
    alike = [day for day in known if day.weekday() == local.weekday()]
    chosen = alike if len(alike) >= SAME_WEEKDAYS else [day for day in known if day in days[:14]]
    so_far = [_between(slots, day, local) for day in chosen]
    return Usual(
        today=sum(slots.get(slot, 0) for slot in range(_midnight(local), math.floor(now.timestamp() / SLOT) + 1)),
        usual=round(median(so_far), 1) if len(so_far) >= LEAST_DAYS else None,
        days=len(so_far),
    )


def earlier_weeks(slots: Slots, *, since: float, until: float, begun: float) -> list[float]:
    """How many articles the same hours of earlier weeks had, the latest week first.

    Of a silence longer than a week its first week counts, and only weeks that lie whole between `begun` and the silence:
    so what the silence itself has come to never becomes the usual.
    """
    until = min(until, since + WEEK)
    found = []
    for back in range(1, WEEKS + 1):
        if since - back * WEEK < begun:
            break
        found.append(_count(slots, since - back * WEEK, until - back * WEEK))
    return found


def chance_of_none(earlier: list[float]) -> float:
    """How likely no article at all is, where the same hours of earlier weeks had so many.

    A Poisson rate learned from n weeks: the predictive chance of none is (n / (n + 1)) ** sum (a negative binomial, by
    Gelman et al., Bayesian Data Analysis, section 2.6). Where the weeks differ more than Poisson's would, the sum counts
    for as much less.

    >>> chance_of_none([])
    1.0
    >>> round(chance_of_none([30.0, 28.0, 33.0]), 6), chance_of_none([0.0, 0.0])
    (0.0, 1.0)
    """
    if not earlier:
        return 1.0
    mean = fmean(earlier)
    spread = variance(earlier) / mean if len(earlier) > 1 and mean else 1.0
    return math.pow(len(earlier) / (len(earlier) + 1), sum(earlier) / max(spread, 1.0))


def chance_at_rate(per_day: float, seconds: float) -> float:
    """How likely no article is in so long, at a rate that a person has named.

    >>> round(chance_at_rate(24.0, 3600.0), 3)
    0.368
    """
    return math.exp(-per_day * max(seconds, 0.0) / 86400)


def least_rate(failed: int, tried: int) -> float:
    """The error rate that is surpassed for sure (Wilson's lower bound, 99 %): three failures of four prove little.

    >>> round(least_rate(3, 4), 2), round(least_rate(300, 400), 2), least_rate(0, 0)
    (0.25, 0.7, 0.0)
    """
    if not tried:
        return 0.0
    z, rate = 2.326, failed / tried
    middle = rate + z * z / (2 * tried)
    margin = z * math.sqrt(rate * (1 - rate) / tried + z * z / (4 * tried * tried))
    return max((middle - margin) / (1 + z * z / tried), 0.0)


def local_days(slots: Slots, zone: tzinfo) -> set[date]:
    """The local days that have articles."""
    return {datetime.fromtimestamp(slot * SLOT, zone).date() for slot in slots}


def _midnight(local: datetime) -> int:
    return math.floor(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() / SLOT)


def _between(slots: Slots, day: date, local: datetime) -> float:
    """Articles of a day, until the local time of day that it is now."""
    begin = datetime(day.year, day.month, day.day, tzinfo=local.tzinfo).timestamp()
    end = datetime.combine(day, local.timetz()).timestamp()
    return _count(slots, begin, end)


def _count(slots: Slots, begin: float, end: float) -> float:
    """Articles between two times; a slot that is cut counts by the part that lies between them."""
    first, last = math.floor(begin / SLOT), math.ceil(end / SLOT)
    return sum(
        slots[slot] * (min((slot + 1) * SLOT, end) - max(slot * SLOT, begin)) / SLOT
        for slot in range(first, last)
        if slot in slots
    )
