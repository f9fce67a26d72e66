"""Named rules over the lines of a body: what a reader lets through although it is a field of its own, or no text at all.

Each rule looks at one line, and only where such lines occur: at the top, at the end, or anywhere.
"""

import re
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from pipelines.extract.body import Line
from pipelines.extract.headline import fold

TOP, END = 5, 3
"""How many lines count as the top, and as the end."""

_YEAR_OR_TIME = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|[年년]")
_LETTERS = re.compile(r"[^\W\d_]")
_MAX_DATE_CHARS, _MAX_DATE_LETTERS = 80, 30
_MAX_BYLINE_CHARS, _MAX_EXTRA_WORDS = 120, 4
_DUPLICATE_CHARS = 40
_LISTED = frozenset({"li", "td", "th", "dd", "dt"})
"""Lists and tables repeat themselves on purpose."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What has been read already, folded: it is not to be read again."""

    titles: frozenset[str]
    captions: frozenset[str]
    authors: tuple[str, ...]
    times: frozenset[str]


class LineRule(msgspec.Struct, frozen=True, kw_only=True):
    """A line that matches at this place is dropped."""

    name: str
    place: Literal["top", "edges", "anywhere"]
    matches: Callable[[Line, str, Known], bool]
    """Of the line, its folded text, and what is known."""


def _is_headline(_line: Line, folded: str, known: Known) -> bool:
    return folded in known.titles


def _is_caption(_line: Line, folded: str, known: Known) -> bool:
    return folded in known.captions


def _is_date(line: Line, folded: str, known: Known) -> bool:
    if folded in known.times:
        return True
    return (
        len(line.text) <= _MAX_DATE_CHARS
        and _YEAR_OR_TIME.search(line.text) is not None
        and len(_LETTERS.findall(line.text)) <= _MAX_DATE_LETTERS
        and line.text[-1] not in ".!?。؟"
        and line.tag not in {"h2", "h3", "h4", "li", "td"}
    )


def _is_byline(line: Line, folded: str, known: Known) -> bool:
    """Little besides authors' names."""
    if len(line.text) > _MAX_BYLINE_CHARS or line.text[-1:] in {".", "!", "?", "。"}:
        return False
    rest = f" {folded} "
    for name in known.authors:
        rest = rest.replace(f" {name} ", "  ")
    return rest != f" {folded} " and len(rest.split()) <= _MAX_EXTRA_WORDS


def _is_empty(line: Line, _folded: str, _known: Known) -> bool:
    """No letter and no digit: rules, arrows, bullets."""
    return not any(map(str.isalnum, line.text))


def _is_link(line: Line, _folded: str, _known: Known) -> bool:
    """All of it one link, and no part of a list or table."""
    return line.link_share > 0.95 and line.tag not in _LISTED | {"h2", "h3", "h4"} and len(line.text) < 200


RULES = (
    LineRule(name="empty", place="anywhere", matches=_is_empty),
    LineRule(name="headline", place="top", matches=_is_headline),
    LineRule(name="caption", place="anywhere", matches=_is_caption),
    LineRule(name="byline", place="edges", matches=_is_byline),
    LineRule(name="date", place="edges", matches=_is_date),
    LineRule(name="link", place="anywhere", matches=_is_link),
)


def apply_rules(lines: Iterable[Line], known: Known) -> list[Line]:
    """The lines that no rule drops, and of equal long lines the first."""
    kept = list(lines)
    for rule in RULES:
        kept = [
            line
            for i, line in enumerate(kept)
            if not (_is_at(rule, i, len(kept)) and rule.matches(line, fold(line.text), known))
        ]
    seen: set[str] = set()
    return [line for line in kept if not _is_repeated(line, seen)]


def _is_at(rule: LineRule, index: int, total: int) -> bool:
    if rule.place == "anywhere" or index < TOP:
        return True
    return rule.place == "edges" and index >= total - END


def _is_repeated(line: Line, seen: set[str]) -> bool:
    if len(line.text) < _DUPLICATE_CHARS or line.tag in _LISTED:
        return False
    repeated = line.text in seen
    seen.add(line.text)
    return repeated
