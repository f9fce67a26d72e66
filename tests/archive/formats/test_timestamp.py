"""Times as people, WARC files and HTTP headers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import QueryInvalid, RecordUnreadable
from archive.formats.timestamp import (
    from_http_date,
    from_timestamp,
    from_warc_date,
    parse_duration,
    parse_time,
    to_http_date,
    to_timestamp,
)
from archive.formats.warc import warc_date

NOW = datetime(2024, 3, 1, 12, 30, 15, 500_000, tzinfo=UTC)
times = st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(times)
def test_forms_are_read_back(time):
    second = time.replace(microsecond=0)
    assert from_timestamp(to_timestamp(time)) == second
    assert from_warc_date(warc_date(time)) == time
    assert from_http_date(to_http_date(time), now=NOW) == second
    assert parse_time(second.isoformat(), now=NOW) == second


@given(times, times)
def test_timestamps_sort_as_times_do(one, other):
    if to_timestamp(one) < to_timestamp(other):
        assert one < other


def test_other_zones_become_utc():
    assert to_timestamp(datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=3)))) == "20231231220000"


@pytest.mark.parametrize(
    "text", ["", "2024", "20240230000000", "2024010100000x", "00000101000000", "２０２４０１０１００００００"]
)
def test_what_is_no_timestamp_is_named(text):
    with pytest.raises(QueryInvalid, match="no time"):
        from_timestamp(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "20240101000000", "20241231235959"),
        ("202402", "20240201000000", "20240229235959"),
        ("20240229", "20240229000000", "20240229235959"),
        ("2024022907", "20240229070000", "20240229075959"),
        ("202402290705", "20240229070500", "20240229070559"),
        ("20240229070509", "20240229070509", "20240229070509"),
        ("20241", "20241001000000", "20241231235959"),
        ("2024-02", "20240201000000", "20240229235959"),
        ("2024-02-29", "20240229000000", "20240229235959"),
        ("2024-02-29T07:05Z", "20240229070500", "20240229070559"),
        ("2024-02-29 07:05:09", "20240229070509", "20240229070509"),
        ("2024-02-29t07:05:09.25+03:30", "20240229033509", "20240229033509"),
        ("2024-02-29T07:05:09-0500", "20240229120509", "20240229120509"),
        ("2d", "20240228123015", "20240228123015"),
        ("3h", "20240301093015", "20240301093015"),
        ("15m", "20240301121515", "20240301121515"),
        ("now", "20240301123015", "20240301123015"),
        ("today", "20240301000000", "20240301235959"),
        ("Yesterday", "20240229000000", "20240229235959"),
    ],
)
def test_time_from_start_to_end(text, start, end):
    assert to_timestamp(parse_time(text, now=NOW)) == start
    assert to_timestamp(parse_time(text, now=NOW, end=True)) == end


@pytest.mark.parametrize(
    "text",
    ["", "soon", "202", "20241301", "2024-02-30", "2024023", "2024-2-3", "2d ago", "15min", "-1d", "0000", "99999999999d", "99999d99999d",
     "9999999d", "0001-01-01T00:00+14:00", "202402290705090", "2024-01-01T10:00+5"],
)  # fmt: skip
def test_what_is_no_time_is_named(text):
    with pytest.raises(QueryInvalid) as caught:
        parse_time(text, now=NOW)
    assert repr(text) in str(caught.value) or repr(text.replace("-", "")) in str(caught.value)
    assert "write" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("15m", 900), ("2d", 172_800), ("0s", 0), ("1.5h", 5400), ("1w", 604_800), (" 3s ", 3)]
)
def test_duration(text, seconds):
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "15", "15min", "-1s", "1h30m", "m"])
def test_what_is_no_duration_is_named(text):
    with pytest.raises(QueryInvalid, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2016-01-11T23:24:25Z", "2016-01-11T23:24:25+00:00"),
        ("2016-01-11T23:24:25.41Z", "2016-01-11T23:24:25.410000+00:00"),
        ("2016-01-11T23:24:25.412030999Z", "2016-01-11T23:24:25.412030+00:00"),
        ("2016-01-11T23:24Z", "2016-01-11T23:24:00+00:00"),
        ("2016-01", "2016-01-01T00:00:00+00:00"),
        ("2016", "2016-01-01T00:00:00+00:00"),
    ],
)
def test_warc_date_of_any_precision(text, iso):
    assert from_warc_date(text).isoformat() == iso


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2016-13-01T00:00:00Z", "20160111232425", "0001-01-01T00:00:00+23:00"]
)
def test_what_is_no_warc_date_is_named(text):
    with pytest.raises(RecordUnreadable, match="WARC-Date"):
        from_warc_date(text)


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_http_date_in_the_three_forms_of_rfc_9110(text):
    assert from_http_date(text, now=NOW) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_http_date_is_written_in_the_first_form():
    assert to_http_date(datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 31 Feb 2024 08:49:37 GMT", "2024-01-01"]
)
def test_what_is_no_http_date_is_none(text):
    assert from_http_date(text, now=NOW) is None
