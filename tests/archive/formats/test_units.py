"""Durations and sizes read what people write, and say how to write it."""

import pytest

from archive.formats.units import Duration, Size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("500ms", 0.5), ("1.5h", 5400), ("90 s", 90), ("7d", 604_800), ("2w", 1_209_600), ("0.001s", 0.001)],
)
def test_durations(text: str, seconds: float) -> None:
    assert Duration.parse(text).total_seconds() == seconds
    assert Duration.parse(Duration.parse(text).to_text()) == Duration.parse(text)


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("15min", '"15m"'),
        ("1 Hour", '"1h"'),
        ("3 DAYS", '"3d"'),
        (15, '"15s" for seconds'),
        ("soon", "units are ms"),
        ("15", "units are ms"),
        ("-5m", "units are ms"),
        ("1h30m", "units are ms"),
        ("٣m", "units are ms"),
        ("9" * 15 + "w", "99999d"),
        ("", "units are ms"),
        (True, "units are ms"),
        (None, "units are ms"),
        (-1, "units are ms"),
    ],
)
def test_what_is_no_duration_says_what_to_write(value: object, remedy: str) -> None:
    with pytest.raises(ValueError, match="duration") as caught:
        Duration.parse(value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GB", 10**9),
        ("256KB", 256_000),
        ("1KiB", 1024),
        ("0.1MB", 100_000),
        ("7B", 7),
        ("0B", 0),
        ("2 TB", 2 * 10**12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert Size.parse(text) == size
    assert Size.parse(Size.parse(text).to_text()) == size


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("1gb", '"1GB"'),
        ("5M", '"5MB"'),
        (50_000_000, '"50MB"'),
        ("big", "units are B"),
        (1.5, "units are B"),
        ("", "B"),
    ],
)
def test_what_is_no_size_says_what_to_write(value: object, remedy: str) -> None:
    with pytest.raises(ValueError, match="is not a size") as caught:
        Size.parse(value)
    assert remedy in str(caught.value)


def test_a_size_in_a_header_is_the_plain_number() -> None:
    assert f"bytes=0-{Size.parse('1KB')}" == "bytes=0-1000"
