"""Where in folded text the words of a query stand: the index says which articles, this says which lines and letters. Pure."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

from archive.index.folding import BETWEEN, JOINER, fold, folded_compounds, is_word_character, patterns_for
from archive.index.places import Span
from archive.index.query import Leaf, pattern

_ZWNJ = "\u200c".encode()
_NEWLINE = 10


class Run(NamedTuple):
    """Characters that stand side by side: a word, or what is sought of a script without spaces."""

    text: str
    is_word: bool
    """A word is found whole; of an unspaced script any stretch will do."""


class Sought(NamedTuple):
    """One word or phrase of a query, ready to be found in folded lines."""

    runs: tuple[Run, ...]
    probe: bytes
    """Of the first run; a line without it needs no further look."""
    words: frozenset[str]
    """What a compound of the text may be, written as one word, to match."""
    word_probes: tuple[bytes, ...]
    joined: str | None
    """A compound of the query, written as one word."""

    @classmethod
    def of(cls, leaf: Leaf) -> Self:
        """What a leaf of a query looks for."""
        folded = fold(leaf.text)
        runs: list[Run] = []
        end = -1
        for match in patterns_for(folded).run.finditer(folded):
            is_word = match["unspaced"] is None
            if runs and is_word and runs[-1].is_word and match.start() == end:
                runs[-1] = Run(runs[-1].text + match[0], True)  # an endless word, cut for the index
            else:
                runs.append(Run(match[0], is_word))
            end = match.end()
        joined = pattern(leaf).joined
        words = {run.text for run in runs if run.is_word} if len(runs) == 1 else set()
        words |= {joined} if joined else set()
        probes = tuple(word.encode() for word in words)
        return cls(tuple(runs), runs[0].text.encode(), frozenset(words), probes, joined)

    def first_in(self, folded: bytes, start: int, end: int) -> int:
        """Where between two places of folded lines in UTF-8 it first stands, compounds apart; -1 where nowhere."""
        probe, find = self.probe, folded.find
        is_word, is_phrase = self.runs[0].is_word, len(self.runs) > 1
        at = find(probe, start, end)
        while at >= 0:
            # A short word stands within a hundred others before it stands alone: this is quick where ASCII is around it.
            if not is_word or not at or not (kind := _KINDS[folded[at - 1]]) or (kind > 1 and _ends_before(folded, at)):
                stop = at + len(probe)
                if (not is_word or _begins_after(folded, stop)) and (not is_phrase or self._goes_on(folded, stop)):
                    return at
            at = find(probe, at + 1, end)
        return -1

    def may_be_joined_in(self, line: bytes) -> bool:
        """Whether a folded line in UTF-8 may show it as a compound; quick, and never wrong when it says no."""
        if not self.word_probes:
            return False
        together = line.replace(b"-", b"").replace(b"'", b"").replace(_ZWNJ, b"")
        return len(together) < len(line) and any(word in together for word in self.word_probes)

    def is_in(self, line: str) -> bool:
        """Whether a folded line shows it."""
        return bool(self.spans(line))

    def spans(self, line: str) -> list[Span]:
        """Every stretch of a folded line to mark, in no order."""
        found: list[Span] = []
        first, is_word = self.runs[0]
        at = line.find(first)
        while at >= 0:
            end = at + len(first)
            if not is_word or _stands_alone(line, at, end):
                others = self._others(line, end) if len(self.runs) > 1 else ()
                if others is not None:
                    found.append((at, end))
                    found += others
            at = line.find(first, at + 1)
        if self.joined is not None or (self.words and ("'" in line or "-" in line or "\u200c" in line)):
            found += self._compound(line)
        return found

    def _goes_on(self, folded: bytes, start: int) -> bool:
        """Whether what comes after the first run of a phrase stands there, on the same line."""
        end = folded.find(b"\n", start)
        return self._others(folded[start : end if end >= 0 else None].decode(), 0) is not None

    def _others(self, line: str, end: int) -> list[Span] | None:
        """Where the runs after the first stand, if the first ends here; `None` where they do not."""
        found: list[Span] = []
        for text, is_word in self.runs[1:]:
            start = BETWEEN.match(line, end).end()  # type: ignore[union-attr]  # it matches nothing, too
            end = start + len(text)
            if not line.startswith(text, start) or (is_word and not _stands_alone(line, start, end)):
                return None
            found.append((start, end))
        return found

    def _compound(self, line: str) -> Iterator[Span]:
        if self.joined is not None:
            at = line.find(self.joined)
            while at >= 0:
                if _stands_alone(line, at, at + len(self.joined)):
                    yield at, at + len(self.joined)
                at = line.find(self.joined, at + 1)
        together = JOINER.sub("", line)
        if any(word in together for word in self.words) and not self.words.isdisjoint(folded_compounds(line)):
            for match in patterns_for(line).compound.finditer(line):
                if JOINER.sub("", match[0]) in self.words:
                    yield match.span()


def spans_in(line: str, sought: Sequence[Sought]) -> list[Span]:
    """Every stretch of a folded line that is sought, in order; some may overlap."""
    return sorted(sought[0].spans(line) if len(sought) == 1 else [span for one in sought for span in one.spans(line)])


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same, none touching another."""
    if len(spans) < 2:
        return [*spans]
    found: list[Span] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _stands_alone(line: str, start: int, end: int) -> bool:
    """Whether no letter of a word stands before or behind."""
    return not (start and is_word_character(line[start - 1])) and not (end < len(line) and is_word_character(line[end]))


_KINDS = bytes(2 if code >= 128 else is_word_character(chr(code)) for code in range(256))
"""Of each byte: 0 where it is no letter of a word, 1 where it is, 2 where it is part of a character that has to be looked at."""


def _ends_before(folded: bytes, at: int) -> bool:
    """Whether the character before this byte, which is not ASCII, is no letter of a word."""
    start = at - 1
    while folded[start] & 0xC0 == 0x80:
        start -= 1
    return not _is_letter(folded[start:at])


def _begins_after(folded: bytes, at: int) -> bool:
    """Whether no letter of a word stands at this byte."""
    first = folded[at] if at < len(folded) else _NEWLINE
    if first < 128:
        return not _KINDS[first]
    return not _is_letter(folded[at : at + (2 if first < 0xE0 else 3 if first < 0xF0 else 4)])


@lru_cache(maxsize=4096)
def _is_letter(character: bytes) -> bool:
    return is_word_character(character.decode())
