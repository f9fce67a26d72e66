"""Spans of blocks: which part of a page an element holds, as a pair of indexes into the page's blocks, and how well a set
of spans fits the text that was read. Elements nest, so their spans do; a set of spans here never overlaps and rises.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from lxml.html import HtmlElement

from pipelines.extract.blocks import Block

Span = tuple[int, int]
"""First block, and the one after the last."""


def spans_of(blocks: Sequence[Block]) -> dict[HtmlElement, Span]:
    """The span of each element that holds text, from the blocks' elements up to the body."""
    found: dict[HtmlElement, Span] = {}
    for index, block in enumerate(blocks):
        element: HtmlElement | None = block.element
        while element is not None and element.tag != "html":
            first = found[element][0] if element in found else index
            found[element] = (first, index + 1)
            element = element.getparent()
    return found


def unite(spans: Iterable[Span]) -> list[Span]:
    """The same blocks, each once.

    >>> unite([(5, 9), (0, 3), (2, 4), (6, 7)])
    [(0, 4), (5, 9)]
    """
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start < united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def within(spans: Sequence[Span], around: Sequence[Span]) -> list[Span]:
    """The parts of united spans that lie in other united spans.

    >>> within([(0, 4), (5, 9)], [(2, 6)])
    [(2, 4), (5, 6)]
    """
    found = []
    at = 0
    for start, end in spans:
        while at < len(around) and around[at][1] <= start:
            at += 1
        for low, high in around[at:]:
            if low >= end:
                break
            found.append((max(start, low), min(end, high)))
    return found


def without(spans: Sequence[Span], gone: Sequence[Span]) -> list[Span]:
    """What united spans hold besides other united spans.

    >>> without([(0, 9)], [(2, 3), (5, 6)])
    [(0, 2), (3, 5), (6, 9)]
    """
    found = []
    at = 0
    for start, end in spans:
        while at < len(gone) and gone[at][1] <= start:
            at += 1
        for low, high in gone[at:]:
            if low >= end:
                break
            if low > start:
                found.append((start, low))
            start = max(start, high)
        if start < end:
            found.append((start, end))
    return found


class Measure:
    """How well spans of a page's blocks fit the blocks that were read as its text."""

    def __init__(self, blocks: Sequence[Block], read: set[int], *, max_link_share: float) -> None:
        sizes = [len(block.key) for block in blocks]
        loose = [block.link_share < max_link_share for block in blocks]
        self._text = [0, *accumulate(size if index in read else 0 for index, size in enumerate(sizes))]
        self._rest = [
            0, *accumulate(size if index not in read and loose[index] else 0 for index, size in enumerate(sizes))
        ]  # fmt: skip

    @property
    def total(self) -> int:
        """Characters that were read."""
        return self._text[-1]

    def text(self, spans: Iterable[Span]) -> int:
        """Characters in the spans that were read."""
        return sum(self._text[end] - self._text[start] for start, end in spans)

    def rest(self, spans: Iterable[Span]) -> int:
        """Characters in the spans that were not."""
        return sum(self._rest[end] - self._rest[start] for start, end in spans)

    def fit(self, spans: Sequence[Span]) -> float:
        """F1 of the characters, 0 to 1."""
        text = self.text(spans)
        return 2 * text / (text + self.rest(spans) + self.total) if text else 0.0
