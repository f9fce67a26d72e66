"""A page that the readers have read, seen as one to learn from: which blocks are its text, and what each selector names in it."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.blocks import Block, key_of
from pipelines.extract.body import Line
from pipelines.extract.headline import fold
from pipelines.extract.naming import selectors_of
from pipelines.extract.spans import Measure, Span, spans_of, unite, within, without
from pipelines.extract.template import MAX_LINK_SHARE


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was read."""

    blocks: list[Block]
    lines: list[Line]
    titles: frozenset[str]
    """Folded."""
    standfirst: Block | None
    page_text: int
    """Characters of its paragraphs (`template.text_size`)."""


class SeenPage:
    """A sample, with what each selector names in it."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        at = {id(block): index for index, block in enumerate(sample.blocks)}
        self.read = {at[id(line.block)] for line in sample.lines if line.block is not None} | _rows(sample)
        self.measure = Measure(sample.blocks, self.read, max_link_share=MAX_LINK_SHARE)
        self.spans = spans_of(sample.blocks)
        named: dict[str, list[Span]] = {}
        self.matches: dict[str, list[HtmlElement]] = {}
        for element, span in self.spans.items():
            for selector in selectors_of(element):
                named.setdefault(selector, []).append(span)
                self.matches.setdefault(selector, []).append(element)
        self.named = {selector: unite(spans) for selector, spans in named.items()}

        wanted = [
            index in self.read or block.tag == "h1" or block is sample.standfirst or fold(block.text) in sample.titles
            for index, block in enumerate(sample.blocks)
        ]
        self._wanted = [0, *accumulate(wanted)]

    def holds_article(self, spans: Iterable[Span]) -> bool:
        """Whether there is anything of the article in these spans: its text, headline or standfirst."""
        return any(self._wanted[end] > self._wanted[start] for start, end in spans)

    def others(self, spans: Sequence[Span]) -> list[Span]:
        """The blocks in these spans that are nothing of the article."""
        article = [
            (index, index + 1)
            for index in range(len(self._wanted) - 1)
            if self._wanted[index + 1] > self._wanted[index]
        ]
        return without(spans, article)

    def of(self, selector: str) -> list[Span]:
        """What a selector names, `a b` being what `b` names inside of `a`."""
        outer, _, inner = selector.rpartition(" ")
        spans = self.named.get(inner, [])
        return within(spans, self.named.get(outer, [])) if outer else spans

    def all_of(self, selectors: Iterable[str]) -> list[Span]:
        """What several selectors name together."""
        return unite(span for selector in selectors for span in self.of(selector))

    def fit(self, selectors: Iterable[str]) -> float:
        """How well that fits what was read, 0 to 1."""
        return self.measure.fit(self.all_of(selectors))

    def elements(self, selector: str) -> list[HtmlElement]:
        """The elements that a selector names."""
        outer, _, inner = selector.rpartition(" ")
        around = set(self.matches.get(outer, ()))
        found = self.matches.get(inner, [])
        return [one for one in found if not around.isdisjoint(one.iterancestors())] if outer else found


def _rows(sample: Sample) -> set[int]:
    """Indexes of the cells whose rows were read as lines."""
    loose = {key_of(line.text) for line in sample.lines if line.block is None}
    rows: dict[HtmlElement, list[int]] = {}
    for index, block in enumerate(sample.blocks if loose else ()):
        row = next(block.element.iterancestors("tr"), None)
        if row is not None:
            rows.setdefault(row, []).append(index)
    return {
        index for row in rows.values() if "".join(sample.blocks[index].key for index in row) in loose for index in row
    }
