"""How often a seed has news, learned from its polls. Pure; when to poll it next is `crawler.polling`'s to say.

The rate is one number, times what the hour of the day and the day of the week make of it, times what the last days say
of it. Each is a count of news over a count of what was expected, drawn to "nothing special" while there is little of both.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

HOUR, DAY = 3600.0, 86400.0
MAX_NEWS = 500
"""New URLs of one poll that count: a feed that invents thousands must not pass for the world's fastest."""
MAX_HISTORY = 50
"""Dated URLs of a first listing that count."""
LONGEST_HISTORY, SHORTEST_HISTORY = 30 * DAY, 6 * HOUR
"""Seconds of it that count. A listing whose dates are all newer was stamped when it was made."""
LONGEST_GAP = 60 * DAY
"""Seconds between two polls that count."""
PRIOR_NEWS = 0.5
"""News that the first presumption counts as: few, since rates range over four orders of magnitude."""
PRIOR_PER_DAY, LEAST_PRIOR_PER_DAY = 20.0, 1.0
MEMORY_NEWS = 200.0
SHORTEST_MEMORY, LONGEST_MEMORY = 14 * DAY, 120 * DAY
"""Half-life of the rate: the time in which `MEMORY_NEWS` come, within these bounds."""
PROFILE_MEMORY = 90 * DAY
HOUR_PRIOR, DAY_PRIOR = 1.0, 10.0
"""News that an hour of the day, or day of the week, needs for its own count to weigh as much as "nothing special"."""
RECENT_MEMORY, RECENT_PRIOR = 6 * HOUR, 6.0
"""The same for what the last hours say: bursts, holidays, and feeds that died."""
_FADE_STEP = 6 * HOUR

Count = Annotated[float, Meta(ge=0)]
Hours = Annotated[tuple[Count, ...], Meta(min_length=24, max_length=24)]
Days = Annotated[tuple[Count, ...], Meta(min_length=7, max_length=7)]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Rates by hour of the week, from factors for each hour of the day (UTC) and day of the week (of the epoch's)."""

    level: float
    """News a second, on average over a week."""
    hours: Sequence[float]
    days: Sequence[float]

    def at(self, hour: int) -> float:
        """News a second in an hour counted since the epoch."""
        return self.level * self.hours[hour % 24] * self.days[hour // 24 % 7]


class Pace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one seed's news. Counts fade with time."""

    before: float
    """Unix time of the last poll but one."""
    at: float
    """Unix time of the last poll."""
    prior: Annotated[float, Meta(gt=0)]
    """News a second that are presumed before any were seen."""
    news: Count = 0.0
    span: Count = 0.0
    """Seconds in which they came, each counted as its hour and day are worth."""
    recent: Count = 0.0
    recent_due: Count = 0.0
    """News of the last hours, and how many were expected of them."""
    hours: Hours = (0.0,) * 24
    hours_due: Hours = (0.0,) * 24
    """News by hour of the day, and how many were expected if all hours were alike."""
    days: Days = (0.0,) * 7
    days_due: Days = (0.0,) * 7
    faded: float = 0.0
    """Unix time to which the counts of hours and days have faded."""
    learned: bool = False
    """Whether more is known than was presumed."""
    listed: Annotated[int, Meta(ge=0)] = 0
    """Articles that the seed lists at a time; 0 where that is not known."""


def start(now: float, *, prior: float | None = None, dates: Sequence[float] = ()) -> Pace:
    """What a first poll tells. The dates it lists are a history of the time before; `prior` is a presumed rate."""
    prior = max(PRIOR_PER_DAY / DAY if prior is None else prior, LEAST_PRIOR_PER_DAY / DAY)
    dates = sorted(date for date in dates if now - LONGEST_HISTORY < date <= now)[-MAX_HISTORY:]
    if len(dates) < 3:
        return Pace(before=now, at=now, prior=prior, faded=now)
    began = min(dates[0], now - SHORTEST_HISTORY)
    prior = len(dates) / (now - began)
    pace = add_news(add_poll(Pace(before=began, at=began, prior=prior, faded=began), now), len(dates) - 1, dates[1:])
    return msgspec.structs.replace(pace, before=now, recent=0.0, recent_due=0.0)


def add_poll(pace: Pace, now: float) -> Pace:
    """What is known after one more poll, whose news are still to be added."""
    if now <= pace.at:
        return pace
    rate, profile = _base_rate(pace), profile_of(pace)
    hours_due, days_due, span = list(pace.hours_due), list(pace.days_due), 0.0
    for hour, day, seconds in _hours_between(max(pace.at, now - LONGEST_GAP), now):
        by_hour, by_day = profile.hours[hour], profile.days[day]
        span += seconds * by_hour * by_day
        hours_due[hour] += rate * seconds * by_day
        days_due[day] += rate * seconds * by_hour
    elapsed = now - pace.at
    keep = 0.5 ** (elapsed / min(max(MEMORY_NEWS / rate, SHORTEST_MEMORY), LONGEST_MEMORY))
    keep_recent = 0.5 ** (elapsed / RECENT_MEMORY)
    # All of them at each poll would be most of its cost.
    fade, faded = 1.0, pace.faded
    if now - faded >= _FADE_STEP:
        fade, faded = 0.5 ** ((now - faded) / PROFILE_MEMORY), now
    return Pace(
        before=pace.at,
        at=now,
        prior=pace.prior,
        news=pace.news * keep,
        span=pace.span * keep + span,
        recent=pace.recent * keep_recent,
        recent_due=pace.recent_due * keep_recent + rate * span,
        hours=pace.hours if fade == 1.0 else tuple(fade * count for count in pace.hours),
        hours_due=tuple(fade * count for count in hours_due),
        days=pace.days if fade == 1.0 else tuple(fade * count for count in pace.days),
        days_due=tuple(fade * count for count in days_due),
        faded=faded,
        learned=True,
        listed=pace.listed,
    )


def add_news(pace: Pace, count: int, dates: Iterable[float] = ()) -> Pace:
    """What is known once so many news came to light that had come between the last two polls.

    Dates say when they came, if they lie in that time; the others are spread over it as the profile has it.
    """
    count = min(count, MAX_NEWS)
    if count <= 0 or pace.at <= pace.before:
        return pace
    hours, days = list(pace.hours), list(pace.days)
    left = count
    for date in dates:
        if left and pace.before < date <= pace.at:
            hours[int(date // HOUR) % 24] += 1.0
            days[int(date // DAY) % 7] += 1.0
            left -= 1
    if left:
        profile = profile_of(pace)
        since = max(pace.before, pace.at - LONGEST_GAP)
        parts = [(h, d, s * profile.hours[h] * profile.days[d]) for h, d, s in _hours_between(since, pace.at)]
        share = left / sum(part for _, _, part in parts)
        for hour, day, part in parts:
            hours[hour] += share * part
            days[day] += share * part
    return msgspec.structs.replace(
        pace, news=pace.news + count, recent=pace.recent + count, hours=tuple(hours), days=tuple(days)
    )


def rate(pace: Pace) -> float:
    """News a second, as of now and over all hours of the week."""
    return _base_rate(pace) * (pace.recent + RECENT_PRIOR) / (pace.recent_due + RECENT_PRIOR)


def profile_of(pace: Pace) -> Profile:
    """The rate at each hour of the week."""
    hours = _factors(pace.hours, pace.hours_due, HOUR_PRIOR)
    return Profile(level=rate(pace), hours=hours, days=_factors(pace.days, pace.days_due, DAY_PRIOR))


def demand(pace: Pace) -> float:
    """Polls a second at a price of one; at any other price they are fewer by its square root.

    For news that come evenly, `rate * interval / 2 + price / interval` is least at `sqrt(2 * price / rate)`. With a
    rhythm that holds for each hour of its own.
    """
    profile = profile_of(pace)
    evenness = sum(map(math.sqrt, profile.hours)) * sum(map(math.sqrt, profile.days)) / (24 * 7)
    return evenness * math.sqrt(profile.level / 2)


def to_json(pace: Pace) -> str:
    """As the frontier keeps it."""
    return msgspec.json.encode(pace).decode()


def from_json(text: str | None) -> Pace | None:
    """As the frontier kept it; `None` where it is not what this version writes, and learning starts again."""
    try:
        return msgspec.json.decode(text, type=Pace) if text else None
    except msgspec.MsgspecError:
        return None


def _base_rate(pace: Pace) -> float:
    return (pace.news + PRIOR_NEWS) / (pace.span + PRIOR_NEWS / pace.prior)


def _factors(counts: Sequence[float], dues: Sequence[float], prior: float) -> list[float]:
    """What each hour or day makes of the rate; 1 on average."""
    ratios = [(count + prior) / (due + prior) for count, due in zip(counts, dues, strict=True)]
    scale = len(ratios) / sum(ratios)
    return [ratio * scale for ratio in ratios]


def _hours_between(since: float, until: float) -> Iterator[tuple[int, int, float]]:
    """Hour of the day, day of the week, and how many seconds of it."""
    while since < until:
        hour = int(since // HOUR)
        end = min((hour + 1) * HOUR, until)
        yield hour % 24, hour // 24 % 7, end - since
        since = end
