"""What a seed's payload offered: candidates, child sitemaps, and what is wrong with it. Data only."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

MAX_CANDIDATES = 50_000
"""The most URLs one seed may offer: the limit of the sitemap protocol. Of more, the newest stay."""

Form = Literal["rss", "atom", "json feed", "sitemap", "news sitemap", "sitemap index", "url list", "page", "posts"]

_PERIOD = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?:[-_/]?(0[1-9]|1[0-2]))?(?=[^0-9]|[0-3][0-9](?![0-9])|$)")
_NEVER = datetime.min.replace(tzinfo=UTC)


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that a seed offered, not yet fetched."""

    url: str
    """Absolute, without fragment and tracking parameters (`crawler.seeds.link`)."""
    title: str | None = None
    published: datetime | None = None
    modified: datetime | None = None
    """When the seed says it last changed."""

    @property
    def touched(self) -> datetime | None:
        """The newest date the seed gives it."""
        return max((date for date in (self.published, self.modified) if date), default=None)


class ChildSitemap(msgspec.Struct, frozen=True, kw_only=True):
    """A sitemap that a sitemap index lists."""

    url: str
    modified: datetime | None = None

    @property
    def touched(self) -> datetime | None:
        """When it last changed; where the index does not say, the end of the year or month that its name holds.

        Old news sites list one sitemap for each month of their past, often without any date.
        """
        return self.modified or _end_of_period(self.url)


class SeedReading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from one payload of a seed."""

    candidates: tuple[Candidate, ...] = ()
    """Each URL once, in the payload's order (beyond `MAX_CANDIDATES`: newest first)."""
    children: tuple[ChildSitemap, ...] = ()
    problem: str | None = None
    """What is wrong, as the end of a sentence about the seed ("is HTML, not a feed"); what could be read is here
    all the same. `None` when all is well."""
    form: Form | None = None
    """What the payload turned out to be; `None` when it is none of the forms known."""
    title: str | None = None
    language: str | None = None
    """As the seed says, for example `en-us`."""

    @property
    def newest(self) -> datetime | None:
        """The newest date of any candidate."""
        return max((date for one in self.candidates if (date := one.touched)), default=None)


class CutShort(Exception):
    """A payload ends, or becomes unreadable, before its end; what came before it counts."""


def gather(candidates: Iterable[Candidate], limit: int = MAX_CANDIDATES) -> tuple[tuple[Candidate, ...], str | None]:
    """All candidates, each URL once, and the problem that cut the iteration short or made it drop some."""
    kept, problem = _Kept(limit), None
    try:
        for candidate in candidates:
            kept.add(candidate)
    except CutShort as error:
        problem = str(error)
    found = kept.finish()
    if kept.dropped:
        problem = problem or f"lists more than {limit} URLs; {kept.dropped} of the oldest were left out"
    return found, problem


class _Kept:
    """Candidates by URL, never more than twice `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_url: dict[str, Candidate] = {}
        self.dropped = 0
        """How many were left out because they are more than `limit`."""

    def add(self, candidate: Candidate) -> None:
        known = self._by_url.get(candidate.url)
        # A page links its picture first and its headline next: the words count, the place stays.
        self._by_url[candidate.url] = _merge(known, candidate) if known else candidate
        if len(self._by_url) >= 2 * self._limit:
            self._trim()

    def finish(self) -> tuple[Candidate, ...]:
        if len(self._by_url) > self._limit:
            self._trim()
        return tuple(self._by_url.values())

    def _trim(self) -> None:
        newest = sorted(self._by_url.values(), key=lambda one: one.touched or _NEVER, reverse=True)
        self.dropped += len(newest) - self._limit
        self._by_url = {one.url: one for one in newest[: self._limit]}


def _end_of_period(url: str) -> datetime | None:
    """The end of the last year or month named in a URL such as `/sitemap-2014-05.xml`."""
    periods = [(int(found[1]), int(found[2] or 12)) for found in _PERIOD.finditer(url)]
    if not periods:
        return None
    year, month = periods[-1]
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _merge(known: Candidate, again: Candidate) -> Candidate:
    return Candidate(
        url=known.url,
        title=known.title or again.title,
        published=known.published or again.published,
        modified=known.modified or again.modified,
    )
