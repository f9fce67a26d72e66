"""Times as archives write them, to and from aware UTC datetimes.

timestamp   20240501103000                   14 digits; what a query gives may be shorter: 2024, 202405, …
WARC-Date   2024-05-01T10:30:00.123456Z      W3C profile of ISO 8601, WARC/1.1 section 5.4
HTTP date   Wed, 01 May 2024 10:30:00 GMT    RFC 9110 section 5.6.7, and its two obsolete forms
"""

import calendar
import re
from datetime import UTC, datetime, timedelta

from archive.errors import QueryInvalid, RecordUnreadable
from archive.formats.units import Duration

_FORMS = "write 14 digits or fewer such as 20240501, ISO 8601 such as 2024-05-01T10:30Z, 2d, 3h, yesterday or now"

_AGO = re.compile(r"[0-9.]+ ?[a-z]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]{4,14}", re.ASCII)
_ISO = re.compile(
    r"""([0-9]{4}) (?:-([0-9]{2}) (?:-([0-9]{2})
        (?:[T\ ]([0-9]{2}) :([0-9]{2}) (?: :([0-9]{2}) (?:[.,]([0-9]{1,9}))? )? )? )? )?
        (Z|[+-][0-9]{2}:?[0-9]{2})?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
_IMF_DATE = re.compile(
    rf"[a-z]{{3}}, ([0-9]{{1,2}}) ([a-z]{{3}}) ([0-9]{{4}}) {_CLOCK} (?:GMT|UTC)", re.ASCII | re.IGNORECASE
)
_RFC850_DATE = re.compile(
    rf"[a-z]{{6,9}}, ([0-9]{{2}})-([a-z]{{3}})-([0-9]{{2}}) {_CLOCK} GMT", re.ASCII | re.IGNORECASE
)
_ASCTIME_DATE = re.compile(rf"[a-z]{{3}} ([a-z]{{3}}) ([0-9 ][0-9]) {_CLOCK} ([0-9]{{4}})", re.ASCII | re.IGNORECASE)


def to_timestamp(time: datetime) -> str:
    """The 14 digits of a time, fractions of a second cut off.

    >>> to_timestamp(datetime(2024, 5, 1, 10, 30, tzinfo=UTC))
    '20240501103000'
    """
    time = time.astimezone(UTC)
    return f"{time.year:04}{time.month:02}{time.day:02}{time.hour:02}{time.minute:02}{time.second:02}"


def from_timestamp(timestamp: str) -> datetime:
    """The time of a full 14-digit timestamp; `QueryInvalid` when it is none."""
    if len(timestamp) != 14 or not _DIGITS.fullmatch(timestamp):
        raise QueryInvalid(f"{timestamp!r} is no time (write 14 digits such as 20240501103000)")
    return _from_digits(timestamp, end=False)


def parse_time(text: str, *, now: datetime, end: bool = False) -> datetime:
    """A time as a person writes it; UTC where no zone is given, `QueryInvalid` where it is none.

    Missing parts are filled up to the first second, or with `end` to the last: `2024` ends on 31 December.

    >>> parse_time("202402", now=datetime.now(UTC), end=True).isoformat()
    '2024-02-29T23:59:59+00:00'
    """
    word = text.strip().lower()
    now = now.astimezone(UTC)
    if word == "now":
        return now
    if word in ("today", "yesterday"):
        day = now if word == "today" else now - timedelta(days=1)
        return _from_digits(f"{day:%Y%m%d}", end=end)
    if _AGO.fullmatch(word):
        try:
            return now - parse_duration(word)
        except OverflowError:
            raise QueryInvalid(f"{text!r} is before any time ({_FORMS})") from None
    if _DIGITS.fullmatch(word):
        return _from_digits(word, end=end)
    iso = _ISO.fullmatch(word)
    if not iso:
        raise QueryInvalid(f"{text!r} is no time ({_FORMS})")
    *fields, _fraction, zone = iso.groups()
    time = _from_digits("".join(field for field in fields if field), end=end)
    try:
        return time - _zone_offset(zone)
    except OverflowError:
        raise QueryInvalid(f"{text!r} is no time ({_FORMS})") from None


def parse_duration(text: str) -> timedelta:
    """A length of time such as `15m`, `2d` or `0.5s`; `QueryInvalid` when it is none."""
    try:
        return Duration.parse(text.strip())
    except ValueError as error:
        raise QueryInvalid(f"{text!r} {error}") from None


def from_warc_date(text: str) -> datetime:
    """The time of a WARC-Date of any precision; `RecordUnreadable` when it is none.

    >>> from_warc_date("2016-01-11T23:24:25.412030000Z").microsecond
    412030
    """
    iso = _ISO.fullmatch(text.strip())
    if not iso:
        raise RecordUnreadable(f"WARC-Date {text!r} is no date (such as 2024-05-01T10:30:00Z)")
    *fields, fraction, zone = iso.groups()
    try:
        time = _from_digits("".join(field for field in fields if field), end=False)
        return time.replace(microsecond=int((fraction or "0").ljust(6, "0")[:6])) - _zone_offset(zone)
    except (QueryInvalid, OverflowError):
        raise RecordUnreadable(f"WARC-Date {text!r} is no date (such as 2024-05-01T10:30:00Z)") from None


def to_http_date(time: datetime) -> str:
    """A date for an HTTP header, always English and GMT."""
    time = time.astimezone(UTC)
    month = _MONTHS[time.month - 1].capitalize()
    return f"{_DAYS[time.weekday()]}, {time.day:02} {month} {time.year:04} {time:%H:%M:%S} GMT"


def from_http_date(text: str, *, now: datetime) -> datetime | None:
    """The time of an HTTP header in any of RFC 9110's three forms; `None` when it is none.

    A two-digit year more than 50 years after `now` means the century before, as section 5.6.7 demands.
    """
    text = text.strip()
    if match := _IMF_DATE.fullmatch(text):
        day, month, year, *clock = match.groups()
    elif match := _RFC850_DATE.fullmatch(text):
        day, month, year, *clock = match.groups()
        century = now.year // 100 * 100
        year = str(century + int(year) - (100 if century + int(year) > now.year + 50 else 0))
    elif match := _ASCTIME_DATE.fullmatch(text):
        month, day, *clock, year = match.groups()
    else:
        return None
    try:
        hour, minute, second = (int(part) for part in clock)
        # 60 is a leap second, which datetime does not know.
        return datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), hour, minute, min(second, 59), tzinfo=UTC
        )
    except ValueError:
        return None


def _from_digits(digits: str, *, end: bool) -> datetime:
    """A time from 4 to 14 digits; what is missing becomes the lowest or the highest that makes a time."""
    filled = digits.ljust(14, "9" if end else "0")
    year, parts = int(filled[:4]), [int(filled[at : at + 2]) for at in range(4, 14, 2)]
    highest = [12, 31, 23, 59, 59]
    for place, at in enumerate(range(4, 14, 2)):
        if place == 1 and year and 1 <= parts[0] <= 12:
            highest[1] = calendar.monthrange(year, parts[0])[1]
        if len(digits) < at + 2:
            parts[place] = min(parts[place], highest[place]) if end else max(parts[place], 1 if place < 2 else 0)
    month, day, hour, minute, second = parts
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise QueryInvalid(f"{digits!r} is no time: {error} ({_FORMS})") from None


def _zone_offset(zone: str | None) -> timedelta:
    if zone is None or zone in "zZ":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
