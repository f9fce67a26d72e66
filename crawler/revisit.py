"""When to look again, and whether to ask only for what changed. Pure: clocks and settings are arguments.

Seeds are due at their interval here, articles by a table of ages that each change restarts and `max_age` ends. What is learned
takes the place of both: `crawler.rounds` of the interval, `crawler.edits` of the table.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from archive.model import Capture
from crawler.frontier.entry import Lease, Result

HOUR, DAY = 3600.0, 86400.0
AGES = (1 * HOUR, 4 * HOUR, 1 * DAY, 3 * DAY, 7 * DAY, 30 * DAY)
"""Ages of an article (seconds since it was first seen, or last changed) at which it is read again, before anything is learned."""
FIRST_RETRY = 2.0
"""Seconds before the first retry of a failed fetch; each further one waits three times as long."""
TRUSTED = 1
"""Changes of payload and validators together, after which a seed's validators are believed."""
GONE = (404, 410, 451)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch gave, as far as revisiting cares."""

    capture: Capture | None
    """`None` where no HTTP response came."""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: str | None = None
    error: str | None = None
    """Why the fetch failed; `None` where the response is complete."""


def by_table(age: float, last: float) -> float | None:
    """The age at which to look at an article again after a look at `age`; `None` where none is left up to `last`."""
    return next((look for look in AGES if age < look <= last), None)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a source's rules, and of the settings, that revisiting follows."""

    max_age_seconds: float
    retries: int
    """How often a failed fetch is tried again within one crawl."""
    tries: int = 0
    """How often this URL has failed in this crawl before."""
    next_look: Callable[[float, float], float | None] = by_table
    """Of an article; as `by_table`."""


def settle(lease: Lease, answer: Answer, rules: Rules, now: float) -> Result:
    """How a lease ends: when it is due again, and what to remember for then."""
    status = answer.capture.status if answer.capture else None
    if answer.capture and answer.capture.truncated == "length":
        return _too_large(lease, answer, now)
    if answer.error is not None or status is None or status == 429 or status >= 500:
        return _failed(lease, answer, rules, now, status)
    if status == 304:
        return _kept(lease, rules, now, status)
    if status in GONE:
        # One more look a day later: pages come back, and some sites answer 404 for an hour.
        is_seed = lease.entry.kind == "seed" and not lease.entry.redirects
        is_confirmed = lease.status in GONE or lease.entry.kind == "requisite"
        due = now + DAY if is_seed or not is_confirmed else None
        return Result(url=lease.entry.url, due=due, status=status, attempts=lease.attempts + 1)
    if status != 200:
        # A redirect or a refusal: the target is an entry of its own, this one is looked at as an old article is.
        return _kept(lease, rules, now, status)
    return _read(lease, answer, rules, now)


def conditions(lease: Lease) -> dict[str, str]:
    """The conditional request headers to send, from what the last 200 said.

    A seed's validators are used only once they were seen to change with its payload, and never after its payload changed
    under the same ETag: some feeds repeat theirs, and a 304 would hide the news.
    """
    if lease.digest is None or (lease.entry.kind == "seed" and lease.trust < TRUSTED):
        return {}
    headers = {}
    if lease.etag:
        headers["If-None-Match"] = lease.etag
    if lease.last_modified:
        headers["If-Modified-Since"] = lease.last_modified
    return headers


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Retry-After as seconds from `now` (RFC 9110 section 10.2.3: a number, or a date), at most a day.

    >>> retry_after_seconds("120", 0.0), retry_after_seconds("Thu, 01 Jan 1970 00:01:00 GMT", 0.0)
    (120.0, 60.0)
    """
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), DAY)
    try:
        return min(max(parsedate_to_datetime(value).timestamp() - now, 0.0), DAY)
    except (ValueError, OverflowError):
        return None


def _read(lease: Lease, answer: Answer, rules: Rules, now: float) -> Result:
    assert answer.capture
    digest = answer.capture.read_digest
    changed = digest != lease.digest
    # Bytes that differ start no clock again: many a page is another at each visit, and would be read for ever.
    due = _next_look(lease, rules, now, is_first=lease.digest is None)
    return Result(
        url=lease.entry.url,
        due=due,
        status=200,
        etag=answer.etag,
        last_modified=answer.last_modified,
        digest=digest,
        trust=_trust(lease, answer, changed=changed),
        # Of a page this says nothing: adverts change too. Its readings do (`Frontier.mark_changed`).
        changed=changed and lease.entry.kind == "seed" and lease.digest is not None,
    )


def _too_large(lease: Lease, answer: Answer, now: float) -> Result:
    """What our own limits have cut, they would cut again: it is not tried again soon, nor looked at for changes."""
    due = now + (lease.entry.every_seconds or HOUR) if lease.entry.kind == "seed" else None
    status = answer.capture.status if answer.capture else None
    return Result(url=lease.entry.url, due=due, status=status, error=answer.error)


def _kept(lease: Lease, rules: Rules, now: float, status: int) -> Result:
    return Result(
        url=lease.entry.url,
        due=_next_look(lease, rules, now),
        status=status,
        etag=lease.etag,
        last_modified=lease.last_modified,
        trust=lease.trust,
    )


def retry_seconds(failures: int) -> float:
    """How long to wait after so many failures and one more; at most a day."""
    return min(FIRST_RETRY * 3.0 ** min(failures, 20), DAY)


def _failed(lease: Lease, answer: Answer, rules: Rules, now: float, status: int | None) -> Result:
    is_last = rules.tries >= rules.retries
    wait = retry_seconds(rules.tries)
    if is_last:
        # From crawl to crawl the waits grow, too.
        wait = max(retry_seconds(lease.attempts), HOUR)
        if lease.entry.kind == "seed":
            wait = max(wait, lease.entry.every_seconds or 0.0)
    wait = max(wait, retry_after_seconds(answer.retry_after, now) or 0.0)
    due: float | None = now + wait
    is_old = lease.entry.kind != "seed" and now - lease.first_seen > rules.max_age_seconds
    if is_old and is_last:
        due = None
    return Result(
        url=lease.entry.url,
        due=due,
        status=status,
        error=answer.error or f"status {status}",
        attempts=lease.attempts + 1,
        fetched=status is not None,
        etag=lease.etag,
        last_modified=lease.last_modified,
        trust=lease.trust,
    )


def _next_look(lease: Lease, rules: Rules, now: float, *, is_first: bool = False) -> float | None:
    if lease.entry.kind == "seed":
        # A child sitemap, or a redirect's target, is due when what named it does so again.
        return None if lease.entry.redirects else now + (lease.entry.every_seconds or HOUR)
    if lease.entry.source is None or lease.entry.kind == "requisite":
        # A requisite is due when a page that is new, or has changed, names it again.
        return None
    # A first fetch starts the clock; a version found later starts it again (`Frontier.mark_changed`).
    start = now if is_first else max(lease.first_seen, lease.last_changed or 0.0)
    age = rules.next_look(max(now - start, 0.0), rules.max_age_seconds)
    return None if age is None else max(start + age, now)


def _trust(lease: Lease, answer: Answer, *, changed: bool) -> int:
    if lease.digest is None or lease.trust < 0 or not changed:
        return lease.trust
    same: dict[str, bool] = {"etag": lease.etag == answer.etag, "date": lease.last_modified == answer.last_modified}
    validators: Literal["etag", "date"] = "etag" if answer.etag or lease.etag else "date"
    return -1 if same[validators] else lease.trust + 1
