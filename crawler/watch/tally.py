"""What a run has done, counted as it happens: for the journal by source and hour, for metrics since it began.

Safe to call from any thread, and quick: the reactor's thread does. Labels are sources, kinds and status classes, never
hosts or URLs, so no stranger can make it grow.
"""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from archive.formats.timestamp import from_timestamp
from archive.model import Reading

if TYPE_CHECKING:
    from crawler.frontier.entry import Entry, Result

HOUR = 3600
DELAYS = (60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 3 * 86400, 7 * 86400)
LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
NO_SOURCE = ""
"""Of what `morgue save` was given and no source covers."""


class HourCount(msgspec.Struct, kw_only=True):
    """What became of one source's requests in one hour."""

    fetched: int = 0
    failed: int = 0
    """No answer, part of one, or a status of 400 and more."""
    refused: int = 0
    """Of these robots.txt forbade the fetch."""
    polls: int = 0
    """Seeds that were fetched."""


class SeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How a seed was when it was last read."""

    url: str
    source: str
    at: float
    problem: str | None
    """Why it cannot be read, such as being a page where a feed was; `None` where it can."""
    candidates: int


class Histogram:
    """Counts of values up to each bound, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """One more than bounds: the last is of what exceeds them all."""
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Tally:
    """The counts of one run."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.exchanges: Counter[tuple[str, str]] = Counter()
        """By source and class of status: `2xx` to `5xx`, or `none` where no HTTP response came."""
        self.bytes: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()
        """By source and kind, as `failure_kind` tells it."""
        self.refusals: Counter[str] = Counter()
        self.polls: Counter[str] = Counter()
        self.articles: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()
        self.successes: dict[str, float] = {}
        """Unix time of each source's last good fetch."""
        self.delays = Histogram(DELAYS)
        """Seconds from when an article says it was published to its first capture."""
        self.latencies = Histogram(LATENCIES)
        """Seconds from an exchange's end until it is durable."""
        self._hours: dict[tuple[str, int], HourCount] = {}
        self._seeds: dict[str, SeedState] = {}

    def exchanged(self, source: str | None, status: int | None, *, size_bytes: int, seconds: float) -> None:
        """An exchange has become durable, so long after it ended; `status` is `None` where no HTTP response came."""
        with self.lock:
            self.exchanges[source or NO_SOURCE, f"{status // 100}xx" if status else "none"] += 1
            self.bytes[source or NO_SOURCE] += size_bytes
            self.latencies.observe(seconds)

    def settled(self, entry: "Entry", result: "Result", now: float) -> None:
        """A lease has ended. A picture that is missing says nothing of the news: requisites are in no hour's counts."""
        source = entry.source or NO_SOURCE
        failed = result.error is not None or (result.status or 0) >= 400
        with self.lock:
            hour = HourCount() if entry.kind == "requisite" else self._hour(source, now)
            if failed:
                self.failures[source, failure_kind(result)] += 1
                hour.failed += 1
                return
            hour.fetched += 1
            self.successes[source] = now
            if entry.kind == "seed":
                self.polls[source] += 1
                hour.polls += 1

    def refused(self, entry: "Entry", now: float) -> None:
        """Robots.txt forbids an entry."""
        source = entry.source or NO_SOURCE
        with self.lock:
            self.refusals[source] += 1
            self._hour(source, now).refused += 1

    def seed_read(self, entry: "Entry", *, problem: str | None, candidates: int, now: float) -> None:
        """A seed has been read, or could not be."""
        source = entry.source or NO_SOURCE
        with self.lock:
            self._seeds[entry.url] = SeedState(
                url=entry.url, source=source, at=now, problem=problem, candidates=candidates
            )

    def version(self, reading: Reading) -> None:
        """An article has a new version, which may be its first."""
        with self.lock:
            self.versions[reading.source or NO_SOURCE] += 1

    def article(self, reading: Reading) -> None:
        """An article is new."""
        published = reading.article.date_published if reading.article else None
        with self.lock:
            self.articles[reading.source or NO_SOURCE] += 1
            if published is not None:
                seconds = (from_timestamp(reading.timestamp) - published).total_seconds()
                self.delays.observe(max(seconds, 0.0))

    def take_notes(self) -> tuple[dict[tuple[str, int], HourCount], list[SeedState]]:
        """What is new since this was last asked, for the journal: counts by source and hour, and states of seeds."""
        with self.lock:
            hours, self._hours = self._hours, {}
            seeds, self._seeds = self._seeds, {}
        return hours, list(seeds.values())

    def _hour(self, source: str, now: float) -> HourCount:
        return self._hours.setdefault((source, int(now // HOUR)), HourCount())


def failure_kind(result: "Result") -> str:
    """A failed fetch in one of a few words, as metrics name it."""
    error = (result.error or "").lower()
    if result.status is not None:
        return "throttled" if result.status == 429 else f"status_{result.status // 100}xx"
    for word, signs in _KINDS:
        if any(sign in error for sign in signs):
            return word
    return "other"


_KINDS = (
    ("robots", ("robots.txt",)),
    ("address", ("dns", "not public", "no results for hostname", "private")),
    ("timeout", ("took longer than", "timeout", "timed out")),
    ("connection", ("connection", "closed", "refused", "unreachable")),
    ("tls", ("ssl", "tls", "certificate")),
    ("size", ("exceeds",)),
    ("protocol", ("not http", "parse")),
)
"""Kinds, and what is part of such an error's text: the first that fits."""
