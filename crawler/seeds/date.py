"""Dates as feeds and sitemaps write them: RFC 822 with its many misspellings, W3C dates, ISO 8601."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_W3C = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def parse_date(text: str | None) -> datetime | None:
    """A moment in UTC, or `None` where the text names none; a date without a time zone is taken as UTC.

    >>> parse_date("Mon, 06 Sep 2021 00:01:00 +0200")
    datetime.datetime(2021, 9, 5, 22, 1, tzinfo=datetime.timezone.utc)
    >>> parse_date("2021-09")
    datetime.datetime(2021, 9, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    text = " ".join((text or "")[:80].split())
    if not text:
        return None
    if partial := _W3C.fullmatch(text):
        return _to_utc(f"{partial[1]}-{partial[2] or '01'}-{partial[3] or '01'}")
    return _to_utc(text) or _to_utc_rfc822(text)


def _to_utc(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _to_utc_rfc822(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
