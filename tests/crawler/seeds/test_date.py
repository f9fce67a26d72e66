from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.seeds.date import parse_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Mon, 06 Sep 2021 00:01:00 GMT", datetime(2021, 9, 6, 0, 1, tzinfo=UTC)),
        ("Mon, 6 Sep 2021 00:01:00 -0500", datetime(2021, 9, 6, 5, 1, tzinfo=UTC)),
        ("Mon, 06 Sep 2021 00:01:00 EST", datetime(2021, 9, 6, 5, 1, tzinfo=UTC)),
        ("06 Sep 2021 00:01", datetime(2021, 9, 6, 0, 1, tzinfo=UTC)),
        ("2021-09-06T00:01:00Z", datetime(2021, 9, 6, 0, 1, tzinfo=UTC)),
        ("2021-09-06T00:01:00.123456+02:00", datetime(2021, 9, 5, 22, 1, 0, 123456, tzinfo=UTC)),
        ("2021-09-06T00:01+0200", datetime(2021, 9, 5, 22, 1, tzinfo=UTC)),
        ("2021-09-06 00:01:00", datetime(2021, 9, 6, 0, 1, tzinfo=UTC)),
        ("\n 2021-09-06 \n", datetime(2021, 9, 6, tzinfo=UTC)),
        ("2021-09", datetime(2021, 9, 1, tzinfo=UTC)),
        ("2021", datetime(2021, 1, 1, tzinfo=UTC)),
        ("2021-02-30", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("Mon, 06 Sep 99999 00:01:00 GMT", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text, date):
    assert parse_date(text) == date


@given(st.text(max_size=60) | st.from_regex(r"[0-9TZ:+-]{0,30}"))
def test_no_text_makes_it_raise(text):
    date = parse_date(text)
    assert date is None or date.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-05-01T12:00:00", 3),
        ("2024-05-01 12:00:00", 3),
        ("Wed, 01 May 2024 12:00:00", 3),
        ("Wed, 01 May 2024 12:00:00 JST", 3),
        ("Wed, 01 May 2024 12:00:00 -0000", 12),
        ("Wed, 01 May 2024 12:00:00 GMT", 12),
        ("2024-05-01T12:00:00Z", 12),
        ("2024-05-01T12:00:00+02:00", 10),
    ],
)
def test_a_date_without_a_zone_is_of_the_sources_zone(text, hour):
    assert parse_date(text, ZoneInfo("Asia/Tokyo")) == datetime(2024, 5, 1, hour, tzinfo=UTC)


def test_a_day_begins_where_the_source_is():
    assert parse_date("2024-05-01", ZoneInfo("Asia/Tokyo")) == datetime(2024, 4, 30, 15, tzinfo=UTC)
    assert parse_date("0001-01-01", ZoneInfo("Asia/Tokyo")) is None
