"""What is worth waking someone for: silence, errors, seeds that offer nothing, drift, and a crawl that has stopped.

Pure. Each alert says what, where and what to do, in one line; the bounds are set so that a source that behaves as it
always has raises none. Sending them is `crawler.watch.notice`'s.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Literal

import msgspec

from crawler.watch.evidence import DAY, RUNS_ON_SECONDS, Evidence
from crawler.watch.journal import RunRow
from crawler.watch.tally import HOUR
from crawler.watch.usual import SLOT, chance_at_rate, chance_of_none, earlier_weeks, least_rate

Kind = Literal["silence", "errors", "seed", "drift", "stopped"]

UNLIKELY = 1e-4
"""Chance of a silence by accident. A source has some thousands of pauses a year: fewer than one of them is a false alarm."""
ERROR_RATE = 0.2
"""Part of a day's requests that may fail where the source's file says nothing..."""
USUAL_TIMES = 2.0
"""...or so many times what failed in the fortnight before, where that is more."""
LEARNED_DAYS = 14
TRIED = 20
"""Requests a day below which their errors prove nothing."""
SEED_TRIES = 3
"""A seed that has failed so often is in trouble."""
OVERDUE_LEAST = HOUR
OVERDUE_INTERVALS = 3.0
OVERDUE_UNKNOWN = DAY + 2 * HOUR
"""Seconds for which a seed may be overdue where it is not known how often crawls are started: once a day, say."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; also the object that is posted, and printed by `doctor --json` under `alerts`."""

    kind: Kind
    source: str | None
    """`None` where it is the whole collection's."""
    what: str
    where: str
    """A URL, a site or the source's file."""
    remedy: str

    @property
    def line(self) -> str:
        """What, where, what to do."""
        return f"{self.source or 'collection'}: {self.what}: {self.where} ({self.remedy})"


def find_alerts(evidence: Sequence[Evidence], runs: Sequence[RunRow], *, now: float) -> list[Alert]:
    """All alerts that hold now: the collection's own first, then by source."""
    found = [_stopped(evidence, runs, now)]
    for one in sorted(evidence, key=lambda one: one.source):
        found += [_silence(one, now), _errors(one, now), *_seeds(one, now), *_drift(one)]
    return [alert for alert in found if alert is not None]


def _silence(one: Evidence, now: float) -> Alert | None:
    """No article where by now there should be some.

    The silence ends with the last good visit to a seed: while nobody looks, no article can be found.
    """
    polled = one.standing.last_poll
    if not one.slots or polled is None:
        return None
    last = (max(one.slots) + 1) * SLOT
    silent = min(polled, now) - last
    rules = one.rules
    if rules.quiet_after:
        unusual = silent > rules.quiet_after.total_seconds()
        usual = f"quiet_after is {rules.quiet_after.to_text()}"
    elif rules.articles_per_day:
        unusual = chance_at_rate(rules.articles_per_day, silent) < UNLIKELY
        usual = f"articles_per_day is {rules.articles_per_day:g}"
    else:
        # The first day is left out: it brought what had been there before.
        earlier = earlier_weeks(one.slots, since=last, until=last + max(silent, 0.0), begun=min(one.slots) * SLOT + DAY)
        unusual = silent > 0 and chance_of_none(earlier) < UNLIKELY
        usual = f"the same hours of earlier weeks had {median(earlier):.0f}" if earlier else ""
    if not unusual:
        return None
    return Alert(
        kind="silence",
        source=one.source,
        what=f"no new article since {_clock(last)}; {usual}",
        where=f"sources/{one.source}.toml",
        remedy=f"look at the site, and what `morgue source check {one.source}` says",
    )


def _errors(one: Evidence, now: float) -> Alert | None:
    """More errors in the last 24 hours than there may be."""
    this_hour = int(now // HOUR)
    day = [count for hour, count in one.hours.items() if this_hour - 24 < hour <= this_hour]
    before = [
        count for hour, count in one.hours.items() if this_hour - 24 * (LEARNED_DAYS + 1) < hour <= this_hour - 24
    ]
    failed = sum(count.failed for count in day)
    tried = failed + sum(count.fetched for count in day)
    if tried < TRIED:
        return None
    allowed = one.rules.max_error_rate
    if not allowed:
        failed_before = sum(count.failed for count in before)
        tried_before = failed_before + sum(count.fetched for count in before)
        usual = failed_before / tried_before if tried_before >= TRIED else 0.0
        allowed = max(ERROR_RATE, min(USUAL_TIMES * usual, 1.0))
    if least_rate(failed, tried) <= allowed:
        return None
    error = one.standing.error or "answers of status 400 and more"
    return Alert(
        kind="errors",
        source=one.source,
        what=f"{failed} of {tried} requests of the last day failed: {_short(error)}",
        where=one.standing.error_url or f"sources/{one.source}.toml",
        remedy="look at the page in a browser; a site that refuses us may want a longer delay, or be asked",
    )


def _seeds(one: Evidence, now: float) -> list[Alert]:
    """Seeds that cannot be had, or offer nothing that can be read."""
    problems = {state.url: state.problem for state in one.seeds if state.problem and not state.candidates}
    found = []
    for seed in one.standing.seeds:
        problem = problems.get(seed.url)
        held = OVERDUE_INTERVALS * seed.every_seconds
        if seed.held_since is not None and now - seed.held_since > max(OVERDUE_LEAST, held):
            problem = f"its host has not answered, or asked to be left alone, since {_clock(seed.held_since)}"
        elif seed.error is not None and (seed.attempts >= SEED_TRIES or seed.attempts == 0):
            problem = seed.error  # without an attempt: robots.txt forbids it
        elif seed.status is not None and seed.status >= 400 and seed.attempts != 1:
            problem = f"answers with status {seed.status}"
        if problem:
            found.append(
                Alert(
                    kind="seed",
                    source=one.source,
                    what=f"a seed is of no use: {_short(problem)}",
                    where=seed.url,
                    remedy=f"correct sources/{one.source}.toml; `morgue source add` finds a site's seeds",
                )
            )
    return found[:1] if len(found) < 2 else [_several(one, found)]


def _several(one: Evidence, found: Sequence[Alert]) -> Alert:
    """One alert for several seeds: it begins with the first and ends with the last of them."""
    of = len(one.standing.seeds)
    return msgspec.structs.replace(
        found[0], what=f"{len(found)} of {of} seeds are of no use, the first: {found[0].what.partition(': ')[2]}"
    )


def _drift(one: Evidence) -> list[Alert]:
    if not one.drifting:
        return []
    return [
        Alert(
            kind="drift",
            source=one.source,
            what="its pages have ceased to fit what was learned of them",
            where=", ".join(one.drifting),
            remedy=f"look at what `morgue doctor {one.source}` shows; it is learned anew by itself after some more pages",
        )
    ]


def _stopped(evidence: Sequence[Evidence], runs: Sequence[RunRow], now: float) -> Alert | None:
    """Seeds are due, and have been for far longer than crawls usually leave them."""
    due = [
        (seed.due, seed.every_seconds, seed.url)
        for one in evidence
        for seed in one.standing.seeds
        if seed.due is not None and seed.due <= now
    ]
    if not due or not runs:
        return None
    since, every, url = min(due)
    runs_on = runs[0].ended is None and now - runs[0].seen < RUNS_ON_SECONDS
    if runs[0].endless:
        limit = max(OVERDUE_LEAST, OVERDUE_INTERVALS * every)
    elif len(runs) >= 3:
        gaps = [later.began - earlier.began for later, earlier in pairwise(runs)]
        limit = max(OVERDUE_LEAST, OVERDUE_INTERVALS * max(median(gaps), every))
    else:
        limit = OVERDUE_UNKNOWN
    # A run that has just begun is given as long to catch up.
    if now - max(since, runs[0].began if runs_on else 0.0) <= limit:
        return None
    state = "goes on" if runs_on else f"was last seen {_clock(runs[0].seen)}"
    return Alert(
        kind="stopped",
        source=None,
        what=f"{len(due)} seeds are due, the first since {_clock(since)}, and none is visited; the crawl {state}",
        where=url,
        remedy="start `morgue schedule run`, or look at its log",
    )


def _short(text: str) -> str:
    """What a site or a library says, without what would steer a terminal or a chat."""
    text = "".join(char for char in " ".join(text.split()) if char.isprintable() and char not in "<>")
    return text if len(text) <= 200 else f"{text[:199]}…"


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
