"""Reads the dates pages declare. Every result is aware and keeps the page's own offset; where none is given, UTC is meant.

What a page prints in words is left to htmldate; here are only the machine-readable forms.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

from lxml.html import HtmlElement

from pipelines.extract.months import month_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(days=2)
"""Clocks are wrong, and embargoed stories are dated ahead."""
_LAST = datetime.max.replace(tzinfo=UTC) - _TOLERANCE

_DATE = re.compile(
    r"""\s*(?P<year>(?:19|20)\d\d)(?P<mark>[-/.]?)(?P<month>1[0-2]|0?[1-9])(?P=mark)(?P<day>[12]\d|3[01]|0?[1-9])
        (?:[T\s,]+(?P<hour>[01]?\d|2[0-4]):?(?P<minute>[0-5]\d)(?::?(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?
        \s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?)?(?![\d])""",
    re.VERBOSE | re.IGNORECASE,
)
# As most pages write it: what Python reads alike, in a fifth of the time.
_PLAIN = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:T[0-2]\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_URL_DAY = re.compile(
    r"/(?P<year>(?:19|20)\d\d)[/-]?(?P<month>0[1-9]|1[0-2])[/-]?(?P<day>0[1-9]|[12]\d|3[01])(?=[/_.-])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)\s?[-/.年년]\s?(?P<month>1[0-2]|0?[1-9])\s?[-/.月월]\s?(?P<day>[12]\d|3[01]|0?[1-9])(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})(?P<mark>[./-])\s?(?P<month>\d{1,2})(?P=mark)\s?(?P<year>(?:19|20)\d\d)(?!\d)"
)
_SHORT = re.compile(r"(?<![\d.])(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d\d)(?![\d.])")
"""`Do 25.04.24 | 14:07 Uhr`: near a headline, and with points only."""
_NAMED = re.compile(
    r"(?<!\d)(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|er|º|\.)?,?\s(?:de\s|of\s)?(?P<name>[^\W\d_]{3,12})\.?,?\s(?:de\s|del\s)?(?P<year>(?:19|20)\d\d)(?!\d)"
    r"|(?P<first>[^\W\d_]{3,12})\.?\s(?P<second>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?,?\s(?P<late>(?:19|20)\d\d)(?!\d)"
    r"|(?<!\d)(?P<early>(?:19|20)\d\d)\.?\s(?P<middle>[^\W\d_]{3,12})\.?\s(?P<last>[12]\d|3[01]|0?[1-9])(?!\d)"
)
_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}
"""The digits of old Japanese pages."""
MAX_PRINTED_CHARS = 80
_MAX_RAW_CHARS = 400
_MAX_URL_CHARS = 2000
_EPOCH = re.compile(r"\s*(\d{10})(\d{3})?\s*")


def parse_date(value: str | None, *, latest: datetime | None = None) -> datetime | None:
    """A machine-readable date as an aware datetime in its own zone; `None` where it is none or lies outside the web's lifetime.

    >>> parse_date("2018-11-16T18:30:00-05:00")
    datetime.datetime(2018, 11, 16, 18, 30, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))
    >>> parse_date("2018-11-16")
    datetime.datetime(2018, 11, 16, 0, 0, tzinfo=datetime.timezone.utc)
    """
    found = _parse(value) if value and len(value) <= 80 else None
    return found if found is not None and _is_believed(found, latest) else None


def _is_believed(found: datetime, latest: datetime | None) -> bool:
    # What a capture's own time is comes from strangers too: nothing is added to one that may be the calendar's last.
    return found >= EARLIEST and (latest is None or found - _TOLERANCE <= latest)


@lru_cache(maxsize=64)  # a page says the same date in several places
def _parse(value: str) -> datetime | None:
    return _parse_iso(value) or _parse_epoch(value) or _parse_rfc2822(value) or _parse_words(value)


def _parse_iso(value: str) -> datetime | None:
    if _PLAIN.fullmatch(value):
        with suppress(ValueError, OverflowError):
            local = datetime.fromisoformat(value)
            local = local if local.tzinfo else local.replace(tzinfo=UTC)
            local.astimezone(UTC)
            return local
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
    if not any(map(str.isalpha, value)):  # 03-09-2026 would be taken for the third of September
        return None
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


def _parse_words(value: str) -> datetime | None:
    """`August 11, 2019`, `11.8.2019`: but no date of ISO's order, which was refused above."""
    return None if _YEAR_FIRST.search(value) else printed_day(value)


def find_printed_date(
    tree: HtmlElement, near: Iterable[HtmlElement], url: str, *, latest: datetime | None = None
) -> datetime | None:
    """The day a page prints near its headline, or its URL names; else what htmldate's search finds.

    htmldate looks at the whole page, and takes as long as all other fields together.
    """
    found = _day_in_url(url) or _day_near(near)
    if found is not None and _is_believed(found, latest):
        return found
    return _search_page(tree, url, latest)


def _search_page(tree: HtmlElement, url: str, latest: datetime | None) -> datetime | None:
    from htmldate import find_date

    try:
        day = find_date(
            tree,  # it copies what it prunes
            url=url,
            original_date=True,
            extensive_search=False,  # of what it adds more is wrong than right, and it takes seven times as long
            min_date=EARLIEST.date().isoformat(),
            max_date=(min(latest, _LAST) + _TOLERANCE).date().isoformat() if latest else None,
        )
    except (ValueError, OverflowError):  # it compares dates in zones of 24 hours, which Python refuses
        return None
    return parse_date(day, latest=latest)


def _day_in_url(url: str) -> datetime | None:
    match = _URL_DAY.search(url[:_MAX_URL_CHARS])
    return _day(match["year"], match["month"], match["day"]) if match else None


def _day_near(elements: Iterable[HtmlElement]) -> datetime | None:
    """The first date that stands in an element of little text."""
    for element in elements:
        for text in (element.text, element.tail):
            if not text or len(text) >= _MAX_RAW_CHARS:
                continue
            if "２" in text or "１" in text:
                text = text.translate(_WIDE)
            if _YEAR.search(text):
                text = " ".join(text.split())
                if len(text) <= MAX_PRINTED_CHARS and (found := printed_day(text)):
                    return found
            elif (match := _SHORT.search(text)) and (found := _day(f"20{match['year']}", match["month"], match["day"])):
                return found
    return None


def printed_day(text: str) -> datetime | None:
    """The first date in a short text, in figures or with the month's name; `None` where day and month could change places.

    >>> printed_day("Published 11 March 2025, 9:05"), printed_day("3/4/2025")
    (datetime.datetime(2025, 3, 11, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    if match := _YEAR_FIRST.search(text):
        return _day(match["year"], match["month"], match["day"])
    if match := _DAY_FIRST.search(text):
        day, month = int(match["day"]), int(match["month"])
        if match["mark"] == "." or day > 12 or day == month:
            return _day(match["year"], month, day)
        return _day(match["year"], day, month) if month > 12 else None
    for match in _NAMED.finditer(text):
        named = month_of(match["name"] or match["first"] or match["middle"])
        year = match["year"] or match["late"] or match["early"]
        if named and (found := _day(year, named, match["day"] or match["second"] or match["last"])):
            return found
    return None


def _day(year: str, month: int | str, day: int | str) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
