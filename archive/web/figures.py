"""Where things stand in the pictures of our pages: the life of an article, and articles a day. Pure; templates draw them.

Coordinates are those of an SVG with the width `WIDTH`; texts stand beside the pictures, in HTML, so that a phone can read them.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from archive.formats.timestamp import from_timestamp
from archive.model import ArticleVersion, Capture

WIDTH = 1000
BAR_HEIGHT = 100
_LEAST = 12
"""Width of a version that was seen once."""
_NEAREST = 4
"""Of versions that begin nearer to each other, the first is drawn: a live blog has thousands."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One version in the picture of an article's life."""

    version: ArticleVersion
    x: float
    width: float
    """Up to the last capture that shows it."""
    doubt: float
    """Width of what follows: until the next version was seen, either may have stood there."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """The picture of an article's life."""

    spans: Sequence[Span]
    ticks: Sequence[float]
    """Of captures; those that would stand on each other are one."""
    first: str
    last: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One day in a picture of articles a day."""

    day: str
    """8 digits."""
    count: int
    x: float
    width: float
    y: float
    height: float


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """The picture of articles a day."""

    bars: Sequence[Bar]
    most: int
    total: int


class CalendarDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day on a sheet of a calendar."""

    day: str
    """8 digits."""
    number: int
    count: int
    level: int
    """0 to 4: how much that is of the busiest day's."""


def draw_life(versions: Sequence[ArticleVersion], captures: Sequence[Capture], current: int | None = None) -> Life:
    """The life of an article, from its first capture to its last; the version of the number `current` is drawn in any case."""
    times = sorted(capture.timestamp for capture in captures) or [versions[0].first_seen]
    start = from_timestamp(min(times[0], versions[0].first_seen))
    end = from_timestamp(max(times[-1], versions[-1].last_seen))
    length = max((end - start).total_seconds(), 1.0)

    def at(timestamp: str) -> float:
        return round((from_timestamp(timestamp) - start).total_seconds() / length * (WIDTH - _LEAST), 1)

    spans: list[Span] = []
    for index, version in enumerate(versions):
        x, right = at(version.first_seen), at(version.last_seen)
        if spans and x - spans[-1].x < _NEAREST and right - x < _LEAST and version.number != current:
            continue
        width = max(right - x, _LEAST)
        until = at(versions[index + 1].first_seen) if index + 1 < len(versions) else x + width
        spans.append(Span(version=version, x=x, width=width, doubt=max(round(until - x - width, 1), 0.0)))
    ticks = sorted({round(at(time) + _LEAST / 2) for time in times})
    return Life(spans=spans, ticks=ticks, first=times[0], last=times[-1])


def draw_days(counts: Mapping[str, int], last: date, days: int) -> Bars:
    """Articles a day, of so many days up to the last; days without any are drawn too."""
    shown = [f"{last - timedelta(days=back):%Y%m%d}" for back in range(days - 1, -1, -1)]
    most = max((counts.get(day, 0) for day in shown), default=0)
    step = WIDTH / days
    bars = []
    for index, day in enumerate(shown):
        count = counts.get(day, 0)
        # A day with one article of a thousand must still be seen.
        height = max(round(count / most * BAR_HEIGHT, 1), 2.0) if count else 0.0
        x, width = round(index * step + step * 0.1, 2), round(step * 0.8, 2)
        bars.append(Bar(day=day, count=count, x=x, width=width, y=round(BAR_HEIGHT - height, 1), height=height))
    return Bars(bars=bars, most=most, total=sum(bar.count for bar in bars))


def month_weeks(day: str, counts: Mapping[str, int]) -> list[list[CalendarDay | None]]:
    """The month of a day by weeks, Monday first; `None` stands for days of other months.

    >>> [week[0].number if week[0] else None for week in month_weeks("20240515", {})]
    [None, 6, 13, 20, 27]
    """
    first = date(int(day[:4]), int(day[4:6]), 1)
    length = monthrange(first.year, first.month)[1]
    names = [f"{day[:6]}{number:02}" for number in range(1, length + 1)]
    most = max((counts.get(name, 0) for name in names), default=0)
    cells: list[CalendarDay | None] = [None] * first.weekday()
    for name in names:
        count = counts.get(name, 0)
        level = -(-4 * count // most) if count else 0
        cells.append(CalendarDay(day=name, number=int(name[6:]), count=count, level=level))
    cells += [None] * (-len(cells) % 7)
    return [cells[at : at + 7] for at in range(0, len(cells), 7)]


def usual_count(counts: Mapping[str, int], before: date, days: int = 28) -> float:
    """The middle of the counts of the days before one; half of what lies between two middles.

    >>> usual_count({"20240501": 4, "20240430": 2}, date(2024, 5, 2), days=3)
    2
    """
    found = sorted(counts.get(f"{before - timedelta(days=back):%Y%m%d}", 0) for back in range(1, days + 1))
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def to_date(day: str) -> date:
    """The date of 8 digits."""
    return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
