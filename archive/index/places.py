"""Where the characters of folded text stand in the original, for marking hits. Pure.

Most characters are folded to one, wherever they stand. Only around the others is there something to work out.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from archive.index.folding import RESIZED, fold

Span = tuple[int, int]
"""Start and end of a stretch of text."""


class Places(NamedTuple):
    """A text in pieces: some of plain characters, and between them clusters that are folded as one."""

    folded: list[int]
    """Where each piece begins in the folded text."""
    original: list[int]
    """Where it begins in the original."""
    cluster_ends: list[int]
    """Where it ends there, if it is a cluster; else 0."""

    def append(self, folded: int, original: int, cluster_end: int) -> None:
        """Another piece."""
        self.folded.append(folded)
        self.original.append(original)
        self.cluster_ends.append(cluster_end)

    def original_span(self, start: int, end: int) -> Span:
        """What a stretch of the folded text was; a cluster is never parted."""
        first, last = bisect_right(self.folded, start) - 1, bisect_right(self.folded, end - 1) - 1
        begin, stop = self.original[first], self.cluster_ends[last]
        if not self.cluster_ends[first]:
            begin += start - self.folded[first]
        return begin, stop or self.original[last] + end - self.folded[last]


def find_places(text: str) -> Places:
    """The pieces of a text."""
    places = Places([], [], [])
    done = position = 0
    if not keeps_places(text):
        odd = [character for character in {*text} if not _is_plain(character)]
        for at in sorted(place for character in odd for place in _all_of(text, character)):
            if at < done:
                continue
            begin, end = at, at + 1
            while end < len(text) and (_continues(text[end]) or not _folded_length(text[end])):
                end += 1
            # What is dropped parts nothing: the signs of a letter may stand behind a soft hyphen.
            is_continued = any(map(_continues, text[at:end]))
            while begin > done and (_continues(text[begin]) or (is_continued and not _folded_length(text[begin]))):
                begin -= 1
            if begin > done:
                places.append(position, done, 0)
                position += begin - done
            places.append(position, begin, end)
            position += _folded_length(text[begin:end])
            done = end
    places.append(position, done, 0)
    return places


def keeps_places(text: str) -> bool:
    """Whether folding replaces one character by one throughout, as it does with most texts; if in doubt, no.

    >>> keeps_places("Überschwemmung, 洪水！"), keeps_places("Straße")
    (True, False)
    """
    if text.isascii() or _plain_text().fullmatch(text) or all(map(_is_plain, {*text})):
        return True
    # Signs that follow their letter make them odd, yet most scripts that have them keep them.
    folded = text.casefold()  # never makes a text shorter
    return (
        len(folded) == len(text)
        and unicodedata.is_normalized("NFKC", text)
        and unicodedata.is_normalized("NFKC", folded)
        and not RESIZED.search(folded)
        and len(fold(text)) == len(text)
    )


def _all_of(text: str, character: str) -> Iterator[int]:
    at = text.find(character)
    while at >= 0:
        yield at
        at = text.find(character, at + 1)


@cache
def _plain_text() -> re.Pattern[str]:
    """Matches most texts of plain characters, in a tenth of the time that it takes to look at each."""
    blocks = (
        range(0x80, 0x700),
        range(0x900, 0x980),
        range(0x2010, 0x2030),
        range(0x3000, 0x3100),
        range(0xFF00, 0xFF5F),
    )
    plain = [chr(code) for block in blocks for code in block if _is_plain(chr(code))]
    return re.compile(f"[\\x00-\\x7f{re.escape(''.join(plain))}\u4e00-\u9fff]*")


@lru_cache(maxsize=16384)
def _is_plain(character: str) -> bool:
    """Whether a character is folded to one, whatever stands around it."""
    return len(fold(character)) == 1 and not _continues(character)


@lru_cache(maxsize=16384)
def _folded_length(cluster: str) -> int:
    return len(fold(cluster))


@lru_cache(maxsize=16384)
def _continues(character: str) -> bool:
    """Whether normalisation may join a character to the one before it: marks, and Hangul vowels and finals."""
    first = unicodedata.normalize("NFKD", character)[:1]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
