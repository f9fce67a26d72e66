"""How often articles are edited, by the section they stand in, and at which ages to read them again for it. Pure.

Learning starts from the table in `crawler.revisit`: as many looks as that has are shared out anew, more to sections and ages
that are edited more.
"""

import math
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import msgspec

from crawler.frontier.entry import Lease, Result, Watched
from crawler.revisit import AGES

STAGES = tuple(zip((0.0, *AGES), AGES, strict=False))
"""An article's life: from which age to which."""
EDITS = (0.15, 0.12, 0.12, 0.05, 0.03, 0.03)
"""How often an article is presumed to be edited in each: mistakes are found early."""
SOONEST = 10 * 60.0
"""Seconds between two looks at the least."""
MAX_SECTIONS = 64
"""Of one source; all others are one. Addresses are strangers' to make up."""
MEMORY = 4000.0
"""Lives of a stage after which what was seen of it counts half."""
POWER = 0.75
STAGE_PRIOR, SOURCE_PRIOR, SECTION_PRIOR = 10.0, 4.0, 3.0
"""Edits that must have been expected of a stage, source or section for its own count to weigh as much as the whole's."""
PRESUMED_LIVES = 40.0
FEWEST = 0.3
"""Looks of the table that any section keeps: who never looks does not learn that things have changed."""
_LEAST, _MOST = 0.02, 50.0
_SECTION = re.compile(r"(?=[^/]*[^\W\d_])[\w.~-]{2,40}")

Place = tuple[str, str]
"""A source and a section of it."""


def section_of(url: str) -> str:
    """The part of its site that an article stands in: the first step of its path that has words and steps below it.

    >>> section_of("https://a.example/2024/05/sport/football/1.html"), section_of("https://a.example/story-1")
    ('sport', '')
    """
    steps = unquote(urlsplit(url).path).split("/")[1:-1]
    return next((step.lower() for step in steps if _SECTION.fullmatch(step)), "")


class EditRates:
    """What is known of all sections. Not safe to share between threads."""

    def __init__(self, watched: Iterable[Watched] = ()) -> None:
        self._edits: dict[Place, list[float]] = {}
        self._seconds: dict[Place, list[float]] = {}
        self._sections: dict[str, int] = {}
        self._known: dict[Place, list[float]] = {}
        self._stages = [1.0] * len(STAGES)
        self._sources: dict[str, float] = {}
        self._scale = 1.0
        self._news = 0
        for one in watched:
            if 0 <= one.stage < len(STAGES):
                place = self._place(one.source, one.section)
                self._edits[place][one.stage] += one.edits
                self._seconds[place][one.stage] += one.seconds
        self._learn()

    def next_look(self, source: str, section: str, age: float, last: float) -> float | None:
        """The age at which to look at an article after a look at `age`; `None` where none is left before `last`.

        One look is made for each whole look that the densities come to from there. What half a look or more is left of
        when `last` comes is made then.
        """
        place, done = self._place(source, section), 0.0
        last = min(last, AGES[-1])
        for (start, end), gap in zip(STAGES, self._gaps(place), strict=True):
            age, end = max(age, start), min(end, last)
            if end <= age:
                continue
            if done + (end - age) / gap >= 1 - 1e-9:
                return age + (1 - done) * gap
            done += (end - age) / gap
        return last if done >= 0.5 else None

    def looked(self, lease: Lease, result: Result, now: float) -> Result:
        """The result of reading an article again, with what that adds to what is known."""
        if lease.entry.kind != "page" or lease.entry.source is None or lease.last_fetched is None:
            return result
        if result.error is not None or result.status not in (200, 304):
            return result
        start = max(lease.first_seen, lease.last_changed or 0.0)
        watched = self.look(lease.entry.source, lease.entry.section or "", lease.last_fetched - start, now - start)
        return msgspec.structs.replace(result, watched=tuple(watched))

    def edited(self, lease: Lease) -> list[Watched]:
        """What an edit adds that was found by the last fetch of an article; nothing where that was its first version."""
        if lease.entry.source is None or lease.last_fetched is None or lease.last_changed is None:
            return []
        age = lease.last_fetched - max(lease.first_seen, lease.last_changed)
        return self.edit(lease.entry.source, lease.entry.section or "", age)

    def look(self, source: str, section: str, since: float, until: float) -> list[Watched]:
        """What a look adds at the age `until`, after another at the age `since`; whether it found an edit comes later."""
        source, section = self._place(source, section)
        return self._add(
            [
                Watched(source=source, section=section, stage=stage, seconds=min(end, until) - max(start, since))
                for stage, (start, end) in enumerate(STAGES)
                if min(end, until) > max(start, since)
            ]
        )

    def edit(self, source: str, section: str, until: float) -> list[Watched]:
        """What an edit adds that was found at this age.

        When it was made is not known, only that it was after the look before; and where many are made in such a time, the
        one that was found may stand for some.
        """
        place = self._place(source, section)
        since = self._look_before(place, until)
        rates = self._rates(place)
        shares = [
            rates[stage] * (min(end, until) - max(start, since)) if min(end, until) > max(start, since) else 0.0
            for stage, (start, end) in enumerate(STAGES)
        ]
        expected = sum(shares)
        if not expected:
            return []
        found = min(expected / -math.expm1(-expected), 3.0)
        source, section = place
        return self._add(
            [
                Watched(source=source, section=section, stage=stage, edits=found * share / expected)
                for stage, share in enumerate(shares)
                if share
            ]
        )

    def _add(self, watched: list[Watched]) -> list[Watched]:
        faded = []
        for one in watched:
            edits, seconds = self._edits[one.source, one.section], self._seconds[one.source, one.section]
            edits[one.stage] += one.edits
            seconds[one.stage] += one.seconds
            start, end = STAGES[one.stage]
            if seconds[one.stage] > MEMORY * (end - start):
                half = msgspec.structs.replace(one, edits=-edits[one.stage] / 2, seconds=-seconds[one.stage] / 2)
                edits[one.stage] /= 2
                seconds[one.stage] /= 2
                faded.append(half)
        self._news += len(watched)
        if self._news > max(64, len(self._edits)):
            self._learn()
        return watched + faded

    def _place(self, source: str, section: str) -> Place:
        place = (source, section)
        if place not in self._edits:
            if section and self._sections.get(source, 0) >= MAX_SECTIONS:
                return self._place(source, "")
            self._sections[source] = self._sections.get(source, 0) + 1
            self._edits[place] = [0.0] * len(STAGES)
            self._seconds[place] = [0.0] * len(STAGES)
        return place

    def _learn(self) -> None:
        """Work out what stages and sources make of the presumed rates, and how that fits as many looks as before."""
        self._news = 0
        self._known.clear()
        presumed = [edits / (end - start) for edits, (start, end) in zip(EDITS, STAGES, strict=True)]
        count = range(len(STAGES))
        edits = [sum(row[stage] for row in self._edits.values()) for stage in count]
        due = [sum(row[stage] for row in self._seconds.values()) * presumed[stage] for stage in count]
        self._stages = [(n + STAGE_PRIOR) / (m + STAGE_PRIOR) for n, m in zip(edits, due, strict=True)]
        found: dict[str, float] = {}
        expected: dict[str, float] = {}
        for place, row in self._edits.items():
            found[place[0]] = found.get(place[0], 0.0) + sum(row)
            expected[place[0]] = expected.get(place[0], 0.0) + self._due(place)
        self._sources = {source: (found[source] + SOURCE_PRIOR) / (expected[source] + SOURCE_PRIOR) for source in found}
        # What is presumed weighs as much as a few lives: the first edits must not change all.
        densities = [(PRESUMED_LIVES, 1.0)]
        for place, row in self._seconds.items():
            factor = self._factor(place)
            for seconds, by_stage, (start, end) in zip(row, self._stages, STAGES, strict=True):
                if seconds:
                    densities.append((seconds / (end - start), _density(factor * by_stage)))
        self._scale = _scale(densities)

    def _due(self, place: Place) -> float:
        """Edits that a section was expected to see, were it like all others."""
        return sum(
            seconds * factor * edits / (end - start)
            for seconds, factor, edits, (start, end) in zip(
                self._seconds[place], self._stages, EDITS, STAGES, strict=True
            )
        )

    def _factor(self, place: Place) -> float:
        """How often a section is edited, against all."""
        source = self._sources.get(place[0], 1.0)
        return source * (sum(self._edits[place]) + SECTION_PRIOR) / (self._due(place) * source + SECTION_PRIOR)

    def _rates(self, place: Place) -> list[float]:
        """Edits a second in each stage."""
        factor = self._factor(place)
        return [
            factor * by_stage * edits / (end - start)
            for by_stage, edits, (start, end) in zip(self._stages, EDITS, STAGES, strict=True)
        ]

    def _look_before(self, place: Place, age: float) -> float:
        left = 1.0
        for (start, end), gap in reversed(tuple(zip(STAGES, self._gaps(place), strict=True))):
            if (length := min(end, age) - start) <= 0:
                continue
            if length / gap >= left:
                return min(end, age) - left * gap
            left -= length / gap
        return 0.0

    def _gaps(self, place: Place) -> list[float]:
        """Seconds between two looks in each stage."""
        if place not in self._known:
            factor = self._factor(place)
            self._known[place] = [
                max((end - start) / max(self._scale * _density(factor * by_stage), FEWEST), SOONEST)
                for by_stage, (start, end) in zip(self._stages, STAGES, strict=True)
            ]
        return self._known[place]


def _density(factor: float) -> float:
    """Looks that a stage gets, for one of the table's, where edits are so many times as frequent as presumed."""
    return math.pow(min(max(factor, _LEAST), _MOST), POWER)


def _scale(densities: Iterable[tuple[float, float]]) -> float:
    """What makes of these densities (of so many lives) one look a life, on average, none having less than `FEWEST`."""
    densities = tuple(densities)
    lives, scale = sum(life for life, _ in densities), 1.0
    for _ in range(8):
        free = fixed = 0.0
        for life, density in densities:
            if scale * density > FEWEST:
                free += life * density
            else:
                fixed += life * FEWEST
        if not free:
            break
        scale = (lives - fixed) / free
    return scale
