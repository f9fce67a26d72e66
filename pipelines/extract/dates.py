"""Reads the dates pages declare. Every result is aware and keeps the page's own offset; where none is given, UTC is meant.

What a page prints in words is left to htmldate; here are only the machine-readable forms.
"""

import re
from copy import copy
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from lxml.html import HtmlElement

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(days=2)
"""Clocks are wrong, and embargoed stories are dated ahead."""

_DATE = re.compile(
    r"""\s*(?P<year>(?:19|20)\d\d)(?P<mark>[-/.]?)(?P<month>1[0-2]|0?[1-9])(?P=mark)(?P<day>[12]\d|3[01]|0?[1-9])
        (?:[T\s,]+(?P<hour>[01]?\d|2[0-4]):?(?P<minute>[0-5]\d)(?::?(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?
        \s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?)?(?![\d])""",
    re.VERBOSE | re.IGNORECASE,
)
_EPOCH = re.compile(r"\s*(\d{10})(\d{3})?\s*")


def parse_date(value: str | None, *, latest: datetime | None = None) -> datetime | None:
    """A machine-readable date as an aware datetime in its own zone; `None` where it is none or lies outside the web's lifetime.

    >>> parse_date("2018-11-16T18:30:00-05:00")
    datetime.datetime(2018, 11, 16, 18, 30, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))
    >>> parse_date("2018-11-16")
    datetime.datetime(2018, 11, 16, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if not value or len(value) > 80:
        return None
    found = _parse_iso(value) or _parse_epoch(value) or _parse_rfc2822(value)
    if found is None or found < EARLIEST or (latest is not None and found > latest + _TOLERANCE):
        return None
    return found


def _parse_iso(value: str) -> datetime | None:
    match = _DATE.match(value)
    if not match:
        return None
    part = match.groupdict()
    hour = int(part["hour"] or 0)
    try:
        local = datetime(
            int(part["year"]), int(part["month"]), int(part["day"]), hour % 24, int(part["minute"] or 0), int(part["second"] or 0),
            tzinfo=_zone(part["zone"]),
        )  # fmt: skip
        local += timedelta(days=hour // 24)
        local.astimezone(UTC)  # raises where the zone leads out of the calendar
        return local
    except (ValueError, OverflowError):  # 31 February, or a zone of 99 hours
        return None


def _zone(name: str | None) -> timezone:
    if not name or name[0] not in "+-":
        return UTC
    digits = name[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if name[0] == "-" else offset)


def _parse_epoch(value: str) -> datetime | None:
    match = _EPOCH.fullmatch(value)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _parse_rfc2822(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)
        return found
    except (ValueError, OverflowError):
        return None


def find_printed_date(tree: HtmlElement, url: str, *, latest: datetime | None = None) -> datetime | None:
    """The day a page prints, or its URL names, by htmldate's search: for pages that declare none."""
    from htmldate import find_date

    day = find_date(
        copy(tree),  # it prunes what it searches
        url=url,
        original_date=True,
        min_date=EARLIEST.date().isoformat(),
        max_date=(latest + _TOLERANCE).date().isoformat() if latest else None,
    )
    return parse_date(day, latest=latest)
