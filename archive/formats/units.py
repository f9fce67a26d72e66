"""Durations and sizes as people write them in settings: `"15m"`, `"1GB"`.

duration  number unit   ms s m h d w          "1.5h", "0s", "7d"
size      number unit   B KB MB GB TB         powers of 1000, as on disks
                        KiB MiB GiB TiB       powers of 1024
"""

import re
from datetime import timedelta
from typing import Self

_NUMBER_UNIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,12})", re.ASCII)
_DURATIONS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
# Only for the remedy in a message: there is one way to write a unit.
_DURATION_WORDS = {
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("wk", "week", "weeks"), "w"),
}
_SIZES = {
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
_SIZE_WORDS = {unit.lower(): unit for unit in _SIZES} | {letter.lower(): f"{letter}B" for letter in "KMGT"}


class Duration(timedelta):
    """A length of time that is written as a number and a unit.

    >>> Duration.parse("15m").total_seconds()
    900.0
    >>> Duration(hours=1).to_text(), Duration(seconds=90).to_text(), Duration().to_text()
    ('1h', '90s', '0s')
    """

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `"15m"`; `ValueError` says what is wrong and what to write."""
        found = _NUMBER_UNIT.fullmatch(value) if isinstance(value, str) else None
        if found and found[2] in _DURATIONS:
            try:
                length = float(found[1]) * _DURATIONS[found[2]]
            except OverflowError:
                raise ValueError('is too long for a duration (write at most "99999d")') from None
            return cls(days=length.days, seconds=length.seconds, microseconds=length.microseconds)
        if found:
            unit = _DURATION_WORDS.get(found[2].lower()) or found[2].lower()
            if unit in _DURATIONS:
                raise ValueError(f'is not a duration (write "{found[1]}{unit}")')
        elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            raise ValueError(f'is not a duration (write "{value}s" for seconds)')
        raise ValueError('is not a duration (write it like "15m"; units are ms, s, m, h, d, w)')

    def to_text(self) -> str:
        """The shortest text that `parse` reads back."""
        for unit in ("d", "h", "m", "s", "ms"):
            count, rest = divmod(self, _DURATIONS[unit])
            if count and not rest:
                return f"{count}{unit}"
        return f"{self / _DURATIONS['ms']:g}ms" if self else "0s"


class Size(int):
    """A number of bytes that is written as a number and a unit.

    >>> int(Size.parse("1.5MB")), int(Size.parse("256KiB"))
    (1500000, 262144)
    >>> Size(1_000_000_000).to_text(), Size(262_144).to_text(), Size(1234).to_text()
    ('1GB', '256KiB', '1234B')
    """

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read `"50MB"`; `ValueError` says what is wrong and what to write."""
        found = _NUMBER_UNIT.fullmatch(value) if isinstance(value, str) else None
        if found and found[2] in _SIZES:
            whole, _, fraction = found[1].partition(".")
            return cls(int(whole + fraction) * _SIZES[found[2]] // 10 ** len(fraction))
        if found and (unit := _SIZE_WORDS.get(found[2].lower())):
            raise ValueError(f'is not a size (write "{found[1]}{unit}")')
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            raise ValueError(f'is not a size (write "{Size(value).to_text()}")')
        raise ValueError('is not a size (write it like "50MB"; units are B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)')

    def to_text(self) -> str:
        """The shortest text that `parse` reads back. `str` stays the plain number, as headers and SQL want it."""
        for unit, factor in sorted(_SIZES.items(), key=lambda pair: -pair[1]):
            if self and self % factor == 0:
                return f"{self // factor}{unit}"
        return "0B"
