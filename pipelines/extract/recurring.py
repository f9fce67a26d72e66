"""Lines that several articles of a site share: standing notes, calls to subscribe, house rules. They are no article's own.

They are found by comparing articles (`find_recurring`), kept in the site's profile, and dropped from what is read later.
Measured on five sets of pages: 20 pages better, 1 worse.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from pipelines.extract.blocks import key_of
from pipelines.extract.body import Line

T = TypeVar("T")

OTHERS = 2
"""On how many other articles a line must stand."""
MIN_CHARS = 12
MAX_CHARS = 1000
MAX_LINES = 100
MAX_SHARE = 0.4
"""Of a text's characters; more than that is never dropped."""
_TWIN_SHARE = 0.6
"""Of the shorter text's characters. Standing notes alone do not make twins of two short articles."""
_HEAD_CHARS = 8
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})


def find_recurring(articles: Sequence[Sequence[Line]]) -> dict[str, int]:
    """Lines that stand on at least three of these articles, each with how many; twins of an article count as one.

    Subheads are left alone: `Background` stands above another text each time.
    """
    seen: Counter[str] = Counter()
    for lines in distinct(articles, lambda lines: lines):
        seen.update(
            {line.text for line in lines if MIN_CHARS <= len(line.text) <= MAX_CHARS and line.tag not in _HEADINGS}
        )
    return {text: count for text, count in seen.most_common(MAX_LINES) if count > OTHERS}


def distinct(things: Sequence[T], lines_of: Callable[[T], Sequence[Line]]) -> list[T]:
    """The articles without those that share much with an earlier one: captures of one story, or an agency's text."""
    kept: list[tuple[frozenset[str], T]] = []
    for thing in things:
        keys = frozenset(key_of(line.text) for line in lines_of(thing))
        if not any(_chars(keys & other) >= _TWIN_SHARE * min(_chars(keys), _chars(other)) > 0 for other, _ in kept):
            kept.append((keys, thing))
    return [thing for _, thing in kept]


def _chars(keys: frozenset[str]) -> int:
    return sum(map(len, keys))


def without_recurring(lines: list[Line], recurring: frozenset[str]) -> list[Line]:
    """The lines without those whose keys recur; all of them where that would take too much."""
    if not recurring:
        return lines
    size, heads = _heads_of(recurring)
    kept = [line for line in lines if not _may_recur(line.text, size, heads) or key_of(line.text) not in recurring]
    if len(kept) == len(lines):
        return lines
    if sum(len(line.text) for line in kept) < (1 - MAX_SHARE) * sum(len(line.text) for line in lines):
        return lines
    return kept


def _may_recur(text: str, size: int, heads: frozenset[str]) -> bool:
    """Whether a text's key begins as one that recurs; where its beginning holds little that is visible, it may."""
    head = key_of(text[: 2 * size])
    return len(head) < size or head[:size] in heads


@lru_cache(maxsize=100)
def _heads_of(keys: frozenset[str]) -> tuple[int, frozenset[str]]:
    """The first characters of a site's keys, as many of each as are told apart by; the same for all of its pages."""
    size = min(_HEAD_CHARS, *map(len, keys))
    return size, frozenset(key[:size] for key in keys)
