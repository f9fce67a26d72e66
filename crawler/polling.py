"""When a seed is polled next: its news, a price, and what its source allows. Pure.

News waits from its appearance to the next poll. A poll costs a price, in seconds of waiting, which is
`crawler.budget`'s to set.
"""

import math

import msgspec

from crawler.pace import DAY, HOUR, Pace, Profile, profile_of


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says about how often a seed is polled; in seconds."""

    every: float
    """Between two polls, until something is learned."""
    least: float = 60.0
    most: float = DAY


def limits(*, every: float, least: float, most: float) -> Limits:
    """Limits that contradict nothing: an interval outside its own bounds moves them.

    >>> limits(every=30.0, least=60.0, most=3600.0)
    Limits(every=30.0, least=30.0, most=3600.0)
    """
    return Limits(every=every, least=min(every, least), most=max(every, most))


def before_it_rolls_over(bounds: Limits, seconds: float) -> Limits:
    """Limits for a seed that shows no more articles than come in so many seconds: it is polled twice in that time.

    What has left the list is never found. By night a list lasts longer, at noon less long.

    >>> before_it_rolls_over(Limits(every=900.0), 7200.0).most
    3600.0
    """
    most = max(min(bounds.most, seconds / 2), bounds.least)
    return Limits(every=bounds.every, least=bounds.least, most=most)


def next_poll(pace: Pace, bounds: Limits, price: float | None, now: float) -> float:
    """Unix time of the next poll.

    A poll pays once the news expected since the last have together waited as long as it costs. Where two such polls
    follow each other, news waits least if the first lies so that what it finds waited as long as what comes after it will:
    this is what moves a poll to the end of a working day, and not into the night.
    """
    earliest, latest = now + bounds.least, now + bounds.most
    if not pace.learned or price is None:
        return now + bounds.every
    profile = profile_of(pace)
    first = _paid(pace.at, pace.at + bounds.most, profile, price)
    second = _paid(first, first + bounds.most, profile, price)
    return min(max(_best_between(pace.at, second, profile), earliest), latest)


def _paid(since: float, until: float, profile: Profile, price: float) -> float:
    """When news that came since `since` has waited for `price` seconds in all; `until` at the latest."""
    waiting = waited = 0.0
    while since < until:
        hour = int(since // HOUR)
        end = min((hour + 1) * HOUR, until)
        rate, seconds = profile.at(hour), end - since
        more = waiting * seconds + rate * seconds * seconds / 2
        if waited + more >= price:
            left = price - waited
            return since + 2 * left / (waiting + math.sqrt(waiting * waiting + 2 * rate * left))
        waiting, waited, since = waiting + rate * seconds, waited + more, end
    return until


def _best_between(since: float, until: float, profile: Profile) -> float:
    """When to poll, once, between two polls, so that news waits least in all."""
    waiting = change = least = 0.0
    best = at = since
    while at < until:
        hour = int(at // HOUR)
        end = min((hour + 1) * HOUR, until)
        rate, seconds = profile.at(hour), end - at
        # Later by a second: what is here waits longer, what comes in that second waits for this poll, not the next.
        slope = waiting - rate * (until - at)
        turn = -slope / (2 * rate)
        if 0 < turn < seconds and change + slope * turn / 2 < least:
            least, best = change + slope * turn / 2, at + turn
        change += slope * seconds + rate * seconds * seconds
        if change < least:
            least, best = change, end
        waiting, at = waiting + rate * seconds, end
    return best
