"""Filters of CDX queries, in both dialects. Pure.

    pywb      [!][=|~]field:value    contains it, is equal to it (=), begins with what the expression describes (~), or not (!)
    Wayback   [!]field:regex         all of the field is what the expression describes; ~field:value: contains it
              [!]regex               the same of the line of seven fields

Fields that a capture does not have are empty to pywb, and `-` to the Internet Archive.
"""

import re
from collections.abc import Callable, Iterable

from archive.errors import QueryInvalid
from archive.web.cdx_row import WAYBACK_FIELDS, Row, Value, pywb_value, to_words, wayback_value
from archive.web.links import LONGEST_URL
from archive.web.pattern import LONGEST_PATTERN, Pattern

Test = Callable[[Row], bool]
_LITERAL = re.compile(rf"[\w/:;,&=%@~!'\"<> -]{{,{LONGEST_PATTERN}}}", re.ASCII)
"""An expression that describes itself only."""

MOST_FILTERS = 10
MOST_COLLAPSED = 3


class PatternTest:
    """A test that may take its time: up to 60 us for each character."""

    __slots__ = ("_field", "_is_wanted", "_pattern")

    def __init__(self, field: Value, pattern: Pattern, is_wanted: bool) -> None:
        self._field, self._pattern, self._is_wanted = field, pattern, is_wanted

    def __call__(self, row: Row) -> bool:
        return self._pattern.matches(self._field(row)) is self._is_wanted


def parse_pywb_filters(texts: list[str]) -> tuple[Test, ...]:
    """Raises QueryInvalid."""
    return tuple(_pywb_filter(text) for text in _not_too_many("filter", texts, MOST_FILTERS))


def parse_wayback_filters(texts: list[str]) -> tuple[Test, ...]:
    """Raises QueryInvalid."""
    return tuple(_wayback_filter(text) for text in _not_too_many("filter", texts, MOST_FILTERS))


def parse_collapse(texts: list[str], value_of: Callable[[str], Value | None]) -> tuple[Value, ...]:
    """What adjacent rows must differ in, `field` or `field:N` each, by the names of a dialect. Raises QueryInvalid."""
    values = []
    for text in _not_too_many("collapse", texts, MOST_COLLAPSED):
        name, colon, length = text.partition(":")
        value = value_of(name)
        if value is None or (colon and not _is_length(length)):
            raise QueryInvalid(f"collapse={text[:40]} is no collapsing (write field or field:N, such as timestamp:8)")
        values.append(_cut(value, int(length)) if colon else value)
    return tuple(values)


def _pywb_filter(text: str) -> Test:
    rest = text.removeprefix("!")
    wanted = rest == text
    kind = rest[:1] if rest[:1] in ("=", "~") else ""
    name, colon, value = rest[len(kind) :].partition(":")
    if not colon or not name:
        raise QueryInvalid(f"filter={text[:80]} is no filter (write [!][=|~]field:value)")
    return _test(pywb_value(name), {"=": "is", "~": "begins"}.get(kind, "holds"), value, wanted)


def _wayback_filter(text: str) -> Test:
    # `~!` and `!~` are both in use; `=` is pywb's, which clients of both servers send to either.
    signs = text[: len(text) - len(text.lstrip("!~="))]
    if len(signs) > len(set(signs)) or {"~", "="} <= set(signs):
        raise QueryInvalid(f"filter={text[:80]} is no filter (write [!]field:regex)")
    rest, wanted = text[len(signs) :], "!" not in signs
    kind = "holds" if "~" in signs else "is" if "=" in signs else "whole"
    name, colon, value = rest.partition(":")
    field: Value | None = wayback_value(name) if colon else _line
    if name.isdecimal() and name.isascii() and int(name[:3]) < len(WAYBACK_FIELDS):
        field = wayback_value(WAYBACK_FIELDS[int(name[:3])])
    if field is None or not rest:
        raise QueryInvalid(
            f"filter={text[:80]} is no filter (write [!]field:regex; fields {', '.join(WAYBACK_FIELDS)})"
        )
    return _test(field, kind, value if colon else rest, wanted)


def _test(field: Value, kind: str, value: str, wanted: bool) -> Test:
    if kind == "is":
        return lambda row: (field(row) == value) is wanted
    if kind == "holds":
        return lambda row: (value in field(row)) is wanted
    if _LITERAL.fullmatch(value):  # what most clients send, such as statuscode:200
        if kind == "whole":
            return lambda row: (field(row) == value) is wanted
        return lambda row: field(row).startswith(value) is wanted
    return PatternTest(field, Pattern(value, whole=kind == "whole"), wanted)


def _line(row: Row) -> str:
    return to_words([value(row) for value in _SEVEN])


_SEVEN = tuple(value for name in WAYBACK_FIELDS if (value := wayback_value(name)))


def _cut(value: Value, length: int) -> Value:
    return lambda row: value(row)[:length]


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) < 5 and int(text) > 0


def _not_too_many(name: str, texts: list[str], most: int) -> Iterable[str]:
    texts = [text for text in texts if text]
    if len(texts) > most:
        raise QueryInvalid(f"{len(texts)} of {name} are more than the {most} that are answered")
    longest = max(map(len, texts), default=0)
    if longest > LONGEST_URL:
        raise QueryInvalid(f"{name} has {longest} characters, more than the {LONGEST_URL} answered")
    return texts
