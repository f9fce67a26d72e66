"""What the rules of `line_marks` and `line_labels` look at: the lines of a body, and what has been read already."""

import re
from collections.abc import Container, Iterable
from functools import cache, cached_property

import msgspec

from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.labels import LABELS, PROMPTS, RELATED, opening

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
_CALLS = RELATED | PROMPTS | LABELS

Found = Iterable[tuple[int, str]]
"""Indexes of lines, each with what was found in it."""


class Known(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What has been read already: it is not to be read again."""

    titles: frozenset[str]
    """Folded, as times are."""
    times: frozenset[str]
    captions: tuple[str, ...]
    """As they stand, as authors do: they are folded where a line begins like one of them."""
    authors: tuple[str, ...]

    @cached_property
    def leads(self) -> frozenset[str]:
        """The leads of all of these (`lead_of`): a line that begins otherwise is none of them."""
        return heads_of((*self.titles, *self.times)).union(map(lead_of, (*self.captions, *self.authors)))

    @cached_property
    def folded_captions(self) -> frozenset[str]:
        return frozenset(map(fold, self.captions))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The authors, folded."""
        return tuple(map(fold, self.authors))


class Text:
    """What the rules look at: lines, of which those are told apart, in one pass, that any rule may want.

    Most are prose that stands amid prose, which none does.
    """

    def __init__(self, lines: list[Line], known: Known, folded: dict[str, str] | None = None) -> None:
        self.lines = lines
        self.known = known
        self._folded = {} if folded is None else folded
        self.leads = [lead_of(line.text) for line in lines]
        """The first letters of each line, folded (`lead_of`): where they differ from a phrase's, it need not be folded."""
        self.wordless: list[int] = []
        """Indexes of the lines without any letter or digit."""
        self.echoing: list[int] = []
        """Of those that begin as something does which is known already."""
        self.calling: list[int] = []
        """Of those no longer than a call that may begin with a phrase of one."""
        self.short: list[int] = []
        """Of those no longer than a label."""
        self.linked: list[int] = []
        """Of those that are mostly links."""
        self.headings: list[int] = []
        known_leads, call_leads = known.leads, leads_of(_CALLS)
        for index, (line, lead) in enumerate(zip(lines, self.leads, strict=True)):
            size, block = len(line.text), line.block
            if not lead:
                self.wordless.append(index)
            if lead in known_leads:
                self.echoing.append(index)
            if size <= MAX_CALL_CHARS:
                if lead in call_leads or _uncounted(lead) in call_leads:
                    self.calling.append(index)
                if size <= MAX_LABEL_CHARS:
                    self.short.append(index)
            if block is not None:
                if block.link_share > _MOSTLY:
                    self.linked.append(index)
                if block.tag in HEADINGS:
                    self.headings.append(index)
        self.closing = "\n".join(
            [line.text for line in lines[-END - 1 :] if len(line.text) <= MAX_STANDING_CHARS]
        ).lower()
        """The last lines in lower case, one more than are the end, without those that are longer than any of its furniture."""

    def without(self, indexes: Container[int]) -> "Text":
        """The text of all other lines."""
        left = [line for index, line in enumerate(self.lines) if index not in indexes]
        return Text(left, self.known, self._folded)

    def fold(self, index: int) -> str:
        """A line, folded when it is first asked for."""
        text = self.lines[index].text
        folded = self._folded.get(text)
        if folded is None:
            folded = self._folded[text] = fold(text)
        return folded

    def edges(self) -> list[int]:
        """Indexes of the short lines at the top and at the end."""
        end = len(self.lines) - END
        return [index for index in self.short if index < TOP or index >= end]

    def leading(self, phrases: frozenset[str], max_chars: int) -> list[int]:
        """Indexes of the lines of no more characters that may begin with one of these phrases of calls, by their first letters.

        A number may stand right behind a phrase.
        """
        leads = leads_of(phrases)
        return [
            index
            for index in self.calling
            if (self.leads[index] in leads or _uncounted(self.leads[index]) in leads)
            and len(self.lines[index].text) <= max_chars
        ]

    def opening(self, index: int, phrases: frozenset[str]) -> str | None:
        """The phrase that a line, folded, begins with."""
        return opening(self.fold(index), phrases) if self.leads[index] in leads_of(phrases) else None


def _uncounted(lead: str) -> str:
    return lead.rstrip(_DIGITS) if lead[-1:].isdigit() else lead


def lead_of(text: str) -> str:
    """The first letters of a text's first word, folded, without folding all of it.

    >>> lead_of("— Related: the bridge"), lead_of("Internationally"), lead_of("...")
    ('related', 'internat', '')
    """
    head = text[: _LEAD_CHARS + _BEYOND_CHARS]
    # Mostly a word that stands between spaces.
    parts = head.split(None, 1)
    if len(parts) > 1 and (word := parts[0].lower()).isalnum():
        return word[:_LEAD_CHARS]
    head = head.lower()
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
