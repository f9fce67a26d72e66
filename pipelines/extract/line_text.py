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

Found = Iterable[tuple[int, str]]
"""Indexes of lines, each with what was found in it."""


class Forms:
    """How a field reads, in one form or several; they are folded where a line begins as one of them does."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.leads = frozenset(map(lead_of, self.texts))
        # Folding takes punctuation away, and no text that says something is made of little else.
        self.longest = int(1.4 * max(map(len, self.texts), default=0)) + 20
        """Of a text that is one of them, in characters."""

    @cached_property
    def folded(self) -> frozenset[str]:
        return frozenset(map(fold, self.texts))

    def have(self, text: str) -> bool:
        """Whether a text, folded, is one of them."""
        return len(text) <= self.longest and lead_of(text) in self.leads and fold(text) in self.folded

    def are_in(self, text: str) -> bool:
        """Whether a text, folded, holds one of them."""
        lower = text.lower()
        if not any(_may_be_in(one, lower) for one in self.texts):
            return False
        folded = fold(text)
        return any(one and one in folded for one in self.folded)


def _may_be_in(text: str, lower: str) -> bool:
    """Whether a text's last word stands in another text, which is in lower case."""
    last = text.rpartition(" ")[2].lower()
    return not last.isalnum() or last in lower


class Known(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What has been read already: it is not to be read again."""

    titles: Forms
    times: Forms
    captions: Forms
    authors: tuple[str, ...]

    @cached_property
    def leads(self) -> frozenset[str]:
        """The leads of all of these (`lead_of`): a line that begins otherwise is none of them."""
        return self.titles.leads.union(self.times.leads, self.captions.leads, map(lead_of, self.authors))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The authors, folded."""
        return tuple(map(fold, self.authors))


class Text:
    """What the rules look at: lines, of which those are told apart, in one pass, that any rule may want.

    Most are prose that stands amid prose, which none does.
    """

    def __init__(
        self, lines: list[Line], known: Known, leads: list[str] | None = None, folded: dict[str, str] | None = None
    ) -> None:
        self.lines = lines
        self.known = known
        self._folded = {} if folded is None else folded
        self.leads = [lead_of(line.text) for line in lines] if leads is None else leads
        """The first letters of each line, folded (`lead_of`): where they differ from a phrase's, it need not be folded."""
        self.wordless = [index for index, lead in enumerate(self.leads) if not lead]
        """Indexes of the lines without any letter or digit."""
        known_leads = known.leads
        self.echoing = [index for index, lead in enumerate(self.leads) if lead in known_leads]
        """Of those that begin as something does which is known already."""
        self.calling = [
            index
            for index, lead in enumerate(self.leads)
            if (lead in _CALL_LEADS or (not lead.isalpha() and lead.rstrip(_DIGITS) in _CALL_LEADS))
            and len(lines[index].text) <= MAX_CALL_CHARS
        ]
        """Of those no longer than a call that may begin with a phrase of one; a number may stand right behind it."""
        self.short = [index for index, line in enumerate(lines) if len(line.text) <= MAX_LABEL_CHARS]
        """Of those no longer than a label."""
        end = len(lines) - END
        self.edges = [index for index in self.short if index < TOP or index >= end]
        """Of the short ones, those at the top and at the end."""
        self.linked = [
            index for index, line in enumerate(lines) if line.block is not None and line.block.link_share > _MOSTLY
        ]
        """Of those that are mostly links."""
        self.headings = [
            index for index, line in enumerate(lines) if line.block is not None and line.block.tag in HEADINGS
        ]
        ends = [line.text for line in lines[-END - 1 :] if len(line.text) <= MAX_STANDING_CHARS]
        self.closing = "\n".join(ends).lower()
        """The last lines in lower case, one more than are the end, without those that are longer than any of its furniture."""

    def without(self, indexes: Container[int]) -> "Text":
        """The text of all other lines."""
        left = [index for index in range(len(self.lines)) if index not in indexes]
        lines, leads = [self.lines[index] for index in left], [self.leads[index] for index in left]
        return Text(lines, self.known, leads, self._folded)

    def fold(self, index: int) -> str:
        """A line, folded when it is first asked for."""
        text = self.lines[index].text
        folded = self._folded.get(text)
        if folded is None:
            folded = self._folded[text] = fold(text)
        return folded

    def opening(self, index: int, phrases: frozenset[str]) -> str | None:
        """The phrase that a line, folded, begins with."""
        return opening(self.fold(index), phrases) if self.leads[index] in leads_of(phrases) else None


def lead_of(text: str) -> str:
    """The first letters of a text's first word, folded, without folding all of it.

    >>> lead_of("— Related: the bridge"), lead_of("Internationally"), lead_of("...")
    ('related', 'internat', '')
    """
    head = text[: _LEAD_CHARS + _BEYOND_CHARS]
    # Mostly a word with a space behind it.
    word, space, _ = head.partition(" ")
    if space and (word := word.lower()).isalnum():
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
    return frozenset(phrase[:_LEAD_CHARS].partition(" ")[0] for phrase in phrases)


_CALL_LEADS = leads_of(RELATED | PROMPTS | LABELS)
