"""Where in folded text the words of a query stand: the index says which articles, this says which lines and letters. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from archive.index.folding import BETWEEN, JOINER, fold, folded_compounds, is_word_character, patterns_for
from archive.index.places import Span, find_places
from archive.index.query import Leaf, pattern

_ZWNJ = "\u200c".encode()


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

    def may_be_in(self, line: bytes) -> bool:
        """Whether a folded line in UTF-8 is worth a look; quick, and never wrong when it says no, compounds apart."""
        return self.probe in line

    def may_be_joined_in(self, line: bytes) -> bool:
        """Whether a folded line in UTF-8 may show it as a compound."""
        if not self.word_probes:
            return False
        together = line.replace(b"-", b"").replace(b"'", b"").replace(_ZWNJ, b"")
        return len(together) < len(line) and any(word in together for word in self.word_probes)

    def is_in(self, line: str) -> bool:
        """Whether a folded line shows it."""
        return next(self._plain(line), None) is not None or next(self._compound(line), None) is not None

    def spans(self, line: str) -> Iterator[Span]:
        """Every stretch of a folded line to mark, in no order."""
        for found in self._plain(line):
            yield from found
        yield from self._compound(line)

    def _plain(self, line: str) -> Iterator[list[Span]]:
        (first, is_word), *others = self.runs
        at = line.find(first)
        while at >= 0:
            end = at + len(first)
            if not is_word or _stands_alone(line, at, end):
                found = [(at, end)]
                for text, whole in others:
                    start = BETWEEN.match(line, end).end()  # type: ignore[union-attr]  # it matches nothing, too
                    end = start + len(text)
                    if not line.startswith(text, start) or (whole and not _stands_alone(line, start, end)):
                        break
                    found.append((start, end))
                else:
                    yield found
            at = line.find(first, at + 1)

    def _compound(self, line: str) -> Iterator[Span]:
        if self.joined is not None:
            at = line.find(self.joined)
            while at >= 0:
                if _stands_alone(line, at, at + len(self.joined)):
                    yield at, at + len(self.joined)
                at = line.find(self.joined, at + 1)
        if not self.words or not ("'" in line or "-" in line or "\u200c" in line):
            return
        together = JOINER.sub("", line)
        if any(word in together for word in self.words) and not self.words.isdisjoint(folded_compounds(line)):
            for match in patterns_for(line).compound.finditer(line):
                if JOINER.sub("", match[0]) in self.words:
                    yield match.span()


def spans_in(original: str, folded: str, sought: Sequence[Sought], *, in_place: bool) -> list[Span]:
    """Where in the original line to mark, in order, none touching another.

    `in_place` says that its folded form has each character where the original has it.
    """
    found = sorted(span for one in sought for span in one.spans(folded))
    if found and not in_place:
        places = find_places(original)
        found = [places.original_span(*span) for span in found]
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _stands_alone(line: str, start: int, end: int) -> bool:
    """Whether no letter of a word stands before or behind."""
    return not (start and is_word_character(line[start - 1])) and not (end < len(line) and is_word_character(line[end]))
