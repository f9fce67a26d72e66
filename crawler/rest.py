"""What a crawl says of hosts that it leaves alone, one line each, however many of their URLs wait; and which it asks all the same."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from crawler.backoff import Trouble
from crawler.frontier.hosts import Waiting
from crawler.frontier.intake import host_of
from crawler.frontier.queue import Queue
from crawler.politeness import origin_of

if TYPE_CHECKING:
    from crawler.options import Options
    from crawler.run import CrawlRun


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """A host, or the origin of a robots.txt, that nothing is fetched from for now."""

    place: str
    reason: str
    tries: int
    """How often it was tried in a row."""
    until: float
    """Unix time."""
    waiting: int
    """URLs that are due and wait for it."""
    failed: int
    """Requests of this run that came to nothing; 0 where it left the place alone from the start."""

    def describe(self) -> str:
        """The line that a person reads."""
        moment = datetime.fromtimestamp(self.until, UTC)
        urls = "" if not self.waiting else "; 1 URL waits" if self.waiting == 1 else f"; {self.waiting} URLs wait"
        tries = f", {self.tries} times in a row" if self.tries > 1 else ""
        lead = "" if self.failed else "left alone: "
        return f"{self.place}: {lead}{self.reason}{tries}{urls}; asked again after {moment:%Y-%m-%d %H:%M:%S} UTC"


class ClosedOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """An origin whose robots.txt cannot be had."""

    origin: str
    problem: str
    until: float
    waiting: int = 0
    """URLs that were not fetched for its sake."""


def wake_hosts(frontier: Queue, options: "Options", *, again: bool, now: float) -> None:
    """Forget what keeps hosts alone for no longer than until somebody asks for them, and what lies far back."""
    frontier.hosts.forget_old(now=now)
    # Which addresses may be talked to may have been set anew since.
    refused = frozenset(trouble.host for trouble in frontier.hosts.troubles() if trouble.kind == "refused")
    frontier.hosts.retry(hosts=refused)
    if options.urls is not None:
        frontier.hosts.retry(hosts=frozenset(map(host_of, options.urls)))
    elif again:
        frontier.hosts.retry()


def explain_rests(run: "CrawlRun", *, now: float) -> tuple[dict[str, str], list[Rest]]:
    """The errors of a run's URLs, and the places that it leaves alone, which stand for the errors of theirs."""
    memory, troubles = run.frontier.hosts, run.hosts.troubles
    if run.saving.urls is not None:
        # Whoever named a page wants to know of that page.
        errors = run.settlement.failures.errors
        for url in memory.due_among(run.saving.urls, now=now):
            if trouble := troubles.get(host_of(url)):
                errors.setdefault(url, trouble.reason)
        return errors, []
    sources = run.options.sources
    return gather_rests(
        run.settlement.failures.errors,
        [trouble for trouble in troubles if trouble.until > now],
        troubles.failed,
        run.hosts.closed.values(),
        waiting=lambda host, until: memory.waiting(host, now=max(now, until), sources=sources),
        now=now,
    )


def gather_rests(
    errors: Mapping[str, str],
    troubles: Iterable[Trouble],
    failed: Mapping[str, Trouble],
    closed: Iterable[ClosedOrigin],
    *,
    waiting: Callable[[str, float], Waiting],
    now: float,
) -> tuple[dict[str, str], list[Rest]]:
    """The errors that are their URLs' own, and the places that stand for all the others.

    `troubles` are hosts left alone from the start, `failed` those that failed in this run, by name; `waiting` counts a
    host's URLs that are due by a time.
    """
    rests = []
    shut = {one.origin: one for one in closed if host_of(one.origin) not in failed}
    counts: dict[str, int] = {}
    own = {}
    for url, error in errors.items():
        place = host_of(url)
        if place not in failed:
            place = origin_of(url)
        if place in failed or place in shut:
            counts[place] = counts.get(place, 0) + 1
        else:
            own[url] = error
    for host, trouble in failed.items():
        count = waiting(host, trouble.until)
        # What pages need to be shown may fail: no page does for it.
        tries = counts.get(host, 1) if count.pages or not count.urls else 0
        rests.append(_rest(trouble, count.urls, tries))
    for origin, one in shut.items():
        rests.append(
            Rest(
                place=f"{origin}/robots.txt",
                reason=f"{one.problem}; nothing may be fetched without it",
                tries=0,
                until=one.until,
                waiting=one.waiting,
                failed=counts.get(origin, 1),
            )
        )
    for trouble in troubles:
        if trouble.host not in failed and (count := waiting(trouble.host, now)).urls:
            rests.append(_rest(trouble, count.urls, 0))
    return own, rests


def _rest(trouble: Trouble, waiting: int, failed: int) -> Rest:
    return Rest(
        place=trouble.host,
        reason=trouble.reason,
        tries=trouble.strikes,
        until=trouble.until,
        waiting=waiting,
        failed=failed,
    )
