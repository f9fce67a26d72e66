"""Dates as feeds and sitemaps write them: RFC 822 with its many misspellings, W3C dates, ISO 8601."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

_W3C = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def parse_date(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """A moment in UTC, or `None` where the text names none; a date without a time zone is one in `zone`.

    >>> parse_date("Mon, 06 Sep 2021 00:01:00 +0200")
    datetime.datetime(2021, 9, 5, 22, 1, tzinfo=datetime.timezone.utc)
    >>> parse_date("2021-09")
    datetime.datetime(2021, 9, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    text = " ".join((text or "")[:80].split())
    if not text:
        return None
    if partial := _W3C.fullmatch(text):
        text = f"{partial[1]}-{partial[2] or '01'}-{partial[3] or '01'}"
    if date := _from_iso(text) or _from_rfc822(text):
        try:
            return (date if date.tzinfo else date.replace(tzinfo=zone)).astimezone(UTC)
        except OverflowError:
            return None
    return None


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_rfc822(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    # RFC 5322 section 3.3: the time is in UTC, and where the writer sits is not said.
    return date.replace(tzinfo=UTC) if text.endswith(" -0000") else date
