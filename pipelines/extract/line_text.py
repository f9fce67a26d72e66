"""What the rules of `line_marks` look at: the lines of a body, and what has been read already."""

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from pipelines.extract.blocks import Block
from pipelines.extract.body import Line
from pipelines.extract.headline import fold

_MOSTLY = 0.5
_HEAD_CHARS = 8
_BEYOND_CHARS = 20

Found = Iterable[tuple[int, str]]
"""Indexes of lines, each with what was found in it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What has been read already, folded: it is not to be read again."""

    titles: frozenset[str]
    captions: frozenset[str]
    authors: tuple[str, ...]
    times: frozenset[str]


class Text(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the rules look at."""

    lines: Sequence[Line]
    folded: "Folded"
    """The lines, folded."""
    known: Known

    @cached_property
    def linked(self) -> list[int]:
        """Indexes of the lines that are mostly links."""
        return [index for index, line in enumerate(self.lines) if line.link_share > _MOSTLY]


class Folded:
    """Lines, each folded when it is first asked for: most rules look at short lines only, or at a text's edges."""

    def __init__(self, lines: Iterable[Line | Block]) -> None:
        self._texts = [line.text for line in lines]
        self._folded: list[str | None] = [None] * len(self._texts)

    def __getitem__(self, index: int) -> str:
        folded = self._folded[index]
        if folded is None:
            folded = self._folded[index] = fold(self._texts[index])
        return folded

    def short(self, max_chars: int) -> Iterator[int]:
        """Indexes of the lines that have no more characters."""
        return (index for index, text in enumerate(self._texts) if len(text) <= max_chars)

    def is_in(self, index: int, phrases: Container[str], heads: Container[str]) -> bool:
        """Whether a line, folded, is among these phrases; `heads` are their first letters (`heads_of`)."""
        if self._folded[index] is None and (head := self._head(index, _HEAD_CHARS)) is not None and head not in heads:
            return False
        return self[index] in phrases

    def begins_with(self, index: int, phrase: str) -> bool:
        """Whether a line, folded, begins with this."""
        head = self._head(index, len(phrase)) if self._folded[index] is None else None
        return self[index].startswith(phrase) if head is None else head == phrase

    def _head(self, index: int, chars: int) -> str | None:
        """The first characters of a folded line, without folding all of it; `None` where that has to be done."""
        text = self._texts[index]
        head = fold(text[: 2 * chars + _BEYOND_CHARS])
        # What stands where the text was cut may be a part of a word, or fold otherwise.
        return head[:chars] if len(head) >= chars + _BEYOND_CHARS / 2 else None

    def without(self, indexes: Container[int]) -> None:
        """Forget these lines."""
        left = [index for index in range(len(self._texts)) if index not in indexes]
        self._texts = [self._texts[index] for index in left]
        self._folded = [self._folded[index] for index in left]


def heads_of(phrases: Iterable[str]) -> frozenset[str]:
    """The first letters of folded phrases: few lines begin with any, and the others need not be folded."""
    return frozenset(phrase[:_HEAD_CHARS] for phrase in phrases)
