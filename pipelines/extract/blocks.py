"""Cuts a tree into blocks: the runs of text a reader sees as one line or paragraph, in page order.

A block ends where a block-level element begins or ends, and at a line break. Nothing is judged here.
"""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines.extract.tree import BLOCKS, SILENT, clean

MAX_DEPTH = 400
_UNSEEN = re.compile("[\\s\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb]+")


def key_of(text: str) -> str:
    """A text's visible characters: what two readings of one block agree on.

    Readers differ in spacing, and some drop the joiners that Persian is written with.
    """
    return _UNSEEN.sub("", text)


class Block:
    """One run of text."""

    __slots__ = ("element", "key", "link_chars", "text")

    def __init__(self, element: HtmlElement, text: str, link_chars: int) -> None:
        self.element = element
        """The nearest block-level element around it."""
        self.text = text
        self.link_chars = link_chars
        """How many of the characters are inside links, white space included as the page has it."""
        self.key = key_of(text)

    @property
    def tag(self) -> str:
        return str(self.element.tag)

    @property
    def link_share(self) -> float:
        return min(1.0, self.link_chars / len(self.text))

    def __repr__(self) -> str:
        return f"Block({self.tag}, {self.text[:40]!r})"


def cut_blocks(root: HtmlElement) -> list[Block]:
    """The blocks of an element, in page order."""
    return list(_Cutter().cut(root))


class _Cutter:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._link_chars = 0

    def cut(
        self, element: HtmlElement, *, around: HtmlElement | None = None, in_link: bool = False, depth: int = 0
    ) -> Iterator[Block]:
        tag = element.tag
        is_block = tag in BLOCKS or around is None
        if is_block:
            if around is not None:
                yield from self._flush(around)
            around = element
        in_link = in_link or tag == "a"
        if tag not in SILENT and depth < MAX_DEPTH:
            self._take(element.text, in_link)
            for child in element:
                if child.tag == "br":
                    yield from self._flush(around)
                elif isinstance(child.tag, str):
                    yield from self.cut(child, around=around, in_link=in_link, depth=depth + 1)
                self._take(child.tail, in_link)
        if is_block:
            yield from self._flush(element)

    def _take(self, text: str | None, in_link: bool) -> None:
        if text:
            self._parts.append(text)
            if in_link:
                self._link_chars += len(text)

    def _flush(self, around: HtmlElement) -> Iterator[Block]:
        if self._parts:
            text = clean("".join(self._parts))
            if text:
                yield Block(around, text, self._link_chars)
            self._parts, self._link_chars = [], 0
