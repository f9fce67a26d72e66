"""What a seed's payload offered: candidates, child sitemaps, and what is wrong with it. Data only."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

MAX_CANDIDATES = 50_000
"""The most URLs one seed may offer: the limit of the sitemap protocol. Of more, the newest stay."""

Form = Literal["rss", "atom", "json feed", "sitemap", "news sitemap", "sitemap index", "url list", "page", "posts"]

_PERIOD = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})(?:[-_/]?(0[1-9]|1[0-2]))?(?=[^0-9]|[0-3][0-9](?![0-9])|$)")


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
        if self.published and self.modified:
            return max(self.published, self.modified)
        return self.published or self.modified


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


def newest_children(children: Sequence[ChildSitemap], limit: int) -> list[ChildSitemap]:
    """At most `limit` children: the newest first, then of those without any date the first and the last.

    >>> names = [ChildSitemap(url=f"https://a.example/part_{letter}.xml") for letter in "abcde"]
    >>> [child.url[-5] for child in newest_children(names, 3)]
    ['a', 'b', 'e']
    """
    dated = [(touched, child) for child in children if (touched := child.touched)]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    undated = [child for child in children if not child.touched]
    room = max(limit - len(dated), 0)
    if len(undated) > room:
        undated = [*undated[: room - room // 2], *undated[len(undated) - room // 2 :]]
    return [*(child for _, child in dated[:limit]), *undated]


class CutShort(Exception):
    """A payload ends, or becomes unreadable, before its end; what came before it counts."""


class Kept:
    """Candidates by URL, never more than twice `limit` of them: the newest, and of those without a date the first and last.

    A list without dates may have its news at either end.
    """

    def __init__(self, limit: int = MAX_CANDIDATES) -> None:
        self._limit = limit
        self._by_url: dict[str, Candidate] = {}
        self._undated = 0
        self._dropped = 0
        self._floor = ""

    def is_too_old(self, date: str) -> bool:
        """Whether a date, as a sitemap writes it, is older than any that will be kept; counted as dropped then.

        Told by the day, with room for time zones: most of ten million dates need not be parsed.
        """
        if self._floor and date[:10] < self._floor and date[:4].isdecimal():
            self._dropped += 1
            return True
        return False

    def add(self, candidate: Candidate) -> None:
        """Take one more."""
        known = self._by_url.get(candidate.url)
        # A page links its picture first and its headline next: the words count, the place stays.
        self._by_url[candidate.url] = _merge(known, candidate) if known else candidate
        if len(self._by_url) >= 2 * self._limit:
            self._trim()

    def finish(self) -> tuple[tuple[Candidate, ...], str | None]:
        """What is kept, and what has to be said about the rest."""
        if len(self._by_url) > self._limit:
            self._trim()
        problem = None
        if self._dropped:
            which = f"{self._dropped} of the oldest"
            if self._undated:
                which = f"{self._dropped} without a date, neither among the first nor the last of these,"
            problem = f"lists more than {self._limit} URLs; {which} were left out"
        return tuple(self._by_url.values()), problem

    def _trim(self) -> None:
        dated = [(touched, one) for one in self._by_url.values() if (touched := one.touched)]
        dated.sort(key=lambda pair: pair[0], reverse=True)
        undated = [one for one in self._by_url.values() if not one.touched]
        if len(dated) >= self._limit:
            # Two days: the writer's zone and ours, and a day for those that round.
            self._floor = (dated[self._limit - 1][0] - timedelta(days=2)).isoformat()[:10]
        room = max(self._limit - len(dated), 0)
        rest = len(undated) - room
        if rest > 0:
            undated[room // 2 : room // 2 + rest] = []
        self._undated = len(undated)
        kept = [*(one for _, one in dated[: self._limit]), *undated]
        self._dropped += len(self._by_url) - len(kept)
        self._by_url = {one.url: one for one in kept}


def gather(candidates: Iterable[Candidate], limit: int = MAX_CANDIDATES) -> tuple[tuple[Candidate, ...], str | None]:
    """All candidates, each URL once, and the problem that cut the iteration short or made it drop some."""
    return gather_into(Kept(limit), candidates)


def gather_into(kept: Kept, candidates: Iterable[Candidate]) -> tuple[tuple[Candidate, ...], str | None]:
    """As `gather`, for candidates whose iterator asks `kept` what is worth handing out."""
    problem = None
    try:
        for candidate in candidates:
            kept.add(candidate)
    except CutShort as error:
        problem = str(error)
    found, dropped = kept.finish()
    return found, "; ".join(one for one in (problem, dropped) if one) or None


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
