"""The words that changed within one paragraph or headline. Pure and bounded."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

from archive.alignment import Budget, Pairs, shortest_edit, unique_anchors
from archive.index.folding import SIGNS, SPACELESS
from archive.syllables import MARKS, PICTOGRAPH, SYLLABLE

Op = Literal["equal", "insert", "delete"]

_MOST_EDITS = 1_000


def compare_words(old: str, new: str, budget: Budget) -> list[tuple[Op, str]]:
    """The stretches that stayed, went and came, in order; none is empty.

    >>> compare_words("Two people fled.", "Six people fled.", Budget(1000))
    [('delete', 'Two'), ('insert', 'Six'), ('equal', ' people fled.')]
    """
    if old == new:
        return [("equal", old)] if old else []
    start, end = common_space(old, new)
    head, tail = old[:start], old[len(old) - end :]
    a, b = split_words(old[start : len(old) - end]), split_words(new[start : len(new) - end])
    pairs = shortest_edit(a, b, _MOST_EDITS, budget)
    if pairs is None:
        pairs = unique_anchors(a, b, budget)
    # Each change is what stays before it, what goes and what comes.
    changes: list[tuple[str, str, str]] = []
    stays = head
    for gone, come, kept in _stretches(a, b, pairs):
        if gone or come:
            changes.append((stays, "".join(gone), "".join(come)))
            stays = ""
        stays += "".join(kept)
    parts: list[tuple[Op, str]] = []
    for before, deleted, inserted in _joined(changes):
        parts += [("equal", before), ("delete", deleted), ("insert", inserted)]
    return [(op, text) for op, text in (*parts, ("equal", stays + tail)) if text]


@lru_cache(maxsize=2)  # of two paragraphs that are alike, the words are compared next
def common_space(old: str, new: str) -> tuple[int, int]:
    """How many characters are the same at the start, up to a space, and at the end, from one on: no word is cut.

    Most edits are of a few words in a long paragraph, and comparing characters costs next to nothing.

    >>> common_space("He saw two men flee.", "He saw six men flee.")
    (6, 9)
    """
    shorter = min(len(old), len(new))
    start = _common_length(shorter, lambda size: old[:size] == new[:size])
    # A space stays with what is compared: whether one more follows it is not known here.
    start = max(old.rfind(" ", 0, start), 0)
    while start and old[start - 1].isspace():
        start -= 1
    end = _common_length(shorter - start, lambda size: old[len(old) - size :] == new[len(new) - size :])
    at = old.find(" ", len(old) - end) + 1 if end else 0
    while 0 < at < len(old) and old[at].isspace():
        at += 1
    return start, len(old) - at if at else 0


def _common_length(most: int, is_common: Callable[[int], bool]) -> int:
    """The greatest size that is common, where all smaller ones are too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if is_common(middle):
            low = middle
        else:
            high = middle - 1
    return low


def compare_lists(old: Sequence[str], new: Sequence[str], budget: Budget) -> list[tuple[Op, str]]:
    """The same for whole entries, such as names of authors."""
    parts: list[tuple[Op, str]] = []
    for gone, come, kept in _stretches(old, new, shortest_edit(old, new, _MOST_EDITS, budget) or []):
        parts += [("delete", text) for text in gone]
        parts += [("insert", text) for text in come]
        parts += [("equal", text) for text in kept]
    return parts


_sign = re.compile(r"[^\w\s]|_")
_space_in_spaceless = re.compile(rf"(?<=[{SPACELESS}]) | (?=[{SPACELESS}])")


def bare_words(text: str | None) -> str:
    """The text without what is only typography: case, punctuation, white space, the form of letters.

    What carries meaning stays: the point in `1.5`, the minus of `-5`, the apostrophe of `we're`, signs such as `%`.
    """
    text = unicodedata.normalize("NFKC", text or "").casefold()
    return _space_in_spaceless.sub("", " ".join(_sign.sub(_meaning, text).split()))


def _meaning(match: re.Match[str]) -> str:
    """A sign where it carries meaning, else a space."""
    char, text, at = match[0], match.string, match.start()
    category = unicodedata.category(char)
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if category[0] in "MS" and char not in "`´^~":
        return "-" if char == "\u2212" else char
    if category == "Cf":
        return ""
    if (
        char in "%\u2030\u00a7#@&\u066a"
        or (char in ".,:/\u066b\u066c" and before.isdigit() and after.isdigit())
        or (char == "-" and after.isdigit() and not before.isalnum())
    ):
        return char
    return "'" if char in "'\u2019" and before.isalpha() and after.isalpha() else " "


def _stretches(
    old: Sequence[str], new: Sequence[str], pairs: Pairs
) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """What goes and what comes before each pair, and the one element that stays; the last has none."""
    i = j = 0
    for x, y in [*pairs, (len(old), len(new))]:
        yield old[i:x], new[j:y], old[x : x + 1]
        i, j = x + 1, y + 1


def _joined(changes: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The changes, those made one that have nothing between them but a space, a comma, or less text than they replace."""
    joined = changes[:1]
    for stays, gone, come in changes[1:]:
        before, old, new = joined[-1]
        word = stays.strip()
        if len(word) <= min(map(len, (old, new, gone, come))) or not any(map(str.isalnum, word)):
            joined[-1] = (before, old + stays + gone, new + stays + come)
        else:
            joined.append((stays, gone, come))
    return joined


_JOINED = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u00ad\u200c\u200d" + SIGNS
_piece = re.compile(
    rf"""\s+
    | \d++ (?: [.,:\u066b\u066c] \d++ )*+                  # 3,000 and 10:30 change as a whole
    | {SYLLABLE}
    | [{SPACELESS}] [{MARKS}]*+
    | (?: [^\W\d{SPACELESS}] | [{_JOINED}] )++
    | {PICTOGRAPH}
    | .""",
    re.VERBOSE | re.DOTALL,
)


_cluster = re.compile(rf"\s | {SYLLABLE} | [^\W_][{_JOINED}{MARKS}]*+ | {PICTOGRAPH} | .", re.VERBOSE | re.DOTALL)


def split_signs(text: str) -> list[str]:
    """What must not be broken when a line is full: letters with all their marks, signs that are joined, single spaces.

    >>> split_signs("né 🇳🇵 ကို"), split_signs("क्षि")
    (['n', 'é', ' ', '🇳🇵', ' ', 'ကို'], ['क्', 'षि'])
    """
    return _cluster.findall(text)


def split_words(text: str) -> list[str]:
    """Words, numbers, spaces and signs; where a script writes no spaces, its single signs, each with all that belongs to it.

    >>> split_words("At 10:30, ผู้ 三人")
    ['At', ' ', '10:30', ',', ' ', 'ผู้', ' ', '三', '人']
    >>> split_words("เพื่อ ខ្ញុំ မြန်မာ")
    ['เพื่อ', ' ', 'ខ្ញុំ', ' ', 'မြန်', 'မာ']
    """
    return _piece.findall(text)
