"""What the rules of `line_marks` and `line_labels` look at: the lines of a body, and what has been read already."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache, cached_property

import msgspec

from pipelines.extract.blocks import Block
from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.labels import opening

TOP, END = 5, 3
"""How many lines count as the top, and as the end."""
LISTED = frozenset({"li", "td", "th", "dd", "dt"})
"""Lists and tables repeat themselves on purpose."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
MAX_CALL_CHARS, MAX_LABEL_CHARS, MAX_STANDING_CHARS = 200, 120, 700
"""The longest lines that ask for something, that name a box, and that stand under every story."""

_MOSTLY = 0.5
_LEAD_CHARS, _LEAD_MARGIN = 8, 8
_BEYOND_CHARS = 20
_DIGITS = "0123456789"
_WORD = re.compile(r"[^\W_]+")

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
        return [
            index for index, line in enumerate(self.lines) if line.block is not None and line.block.link_share > _MOSTLY
        ]

    def leading(self, phrases: frozenset[str], max_chars: int) -> list[int]:
        """Indexes of the lines of no more characters that may begin with one of these phrases, by their first letters.

        A number may stand right behind a phrase.
        """
        leads = leads_of(phrases)
        return [
            index
            for index, lead in enumerate(self.folded.leads)
            if (lead in leads or (lead[-1:].isdigit() and lead.rstrip(_DIGITS) in leads))
            and len(self.lines[index].text) <= max_chars
        ]

    def opening(self, index: int, phrases: frozenset[str]) -> str | None:
        """The phrase that a line, folded, begins with."""
        return opening(self.folded[index], phrases) if self.folded.leads[index] in leads_of(phrases) else None


class Folded:
    """Lines, each folded when it is first asked for: most rules look at short lines only, or at a text's edges."""

    def __init__(self, lines: Iterable[Line | Block]) -> None:
        self._texts = [line.text for line in lines]
        self._folded: list[str | None] = [None] * len(self._texts)
        self.leads = list(map(lead_of, self._texts))
        """The first letters of each, folded (`lead_of`): where they differ from a phrase's, the line need not be folded."""

    def __getitem__(self, index: int) -> str:
        folded = self._folded[index]
        if folded is None:
            folded = self._folded[index] = fold(self._texts[index])
        return folded

    def short(self, max_chars: int) -> Iterator[int]:
        """Indexes of the lines that have no more characters."""
        return (index for index, text in enumerate(self._texts) if len(text) <= max_chars)

    def is_in(self, index: int, phrases: Container[str], leads: Container[str]) -> bool:
        """Whether a line, folded, is among these phrases; `leads` are theirs."""
        return self.leads[index] in leads and self[index] in phrases

    def begins_with(self, index: int, phrase: str) -> bool:
        """Whether a line, folded, begins with this: words, or a word's first letters."""
        lead = self.leads[index]
        if not phrase.startswith(lead) if len(phrase) > len(lead) else not lead.startswith(phrase):
            return False
        return self[index].startswith(phrase)

    def without(self, indexes: Container[int]) -> None:
        """Forget these lines."""
        left = [index for index in range(len(self._texts)) if index not in indexes]
        self._texts = [self._texts[index] for index in left]
        self._folded = [self._folded[index] for index in left]
        self.leads = [self.leads[index] for index in left]


def lead_of(text: str) -> str:
    """The first letters of a text's first word, folded, without folding all of it.

    >>> lead_of("— Related: the bridge"), lead_of("Internationally"), lead_of("...")
    ('related', 'internat', '')
    """
    head = text[: _LEAD_CHARS + _BEYOND_CHARS].lower()
    match = _WORD.search(head)
    # Where the text was cut stands a part of a word, and it may be written otherwise in lower case.
    if match is None or (match.end() > len(head) - _LEAD_MARGIN and len(match[0]) < _LEAD_CHARS + _LEAD_MARGIN):
        match = _WORD.search(text.lower())
    return match[0][:_LEAD_CHARS] if match else ""


@cache
def leads_of(phrases: frozenset[str]) -> frozenset[str]:
    """The leads of folded phrases (`lead_of`): few lines begin with any."""
    return heads_of(phrases)


def heads_of(phrases: Iterable[str]) -> frozenset[str]:
    """As `leads_of`, of phrases that are one page's."""
    return frozenset(phrase[:_LEAD_CHARS].partition(" ")[0] for phrase in phrases)
