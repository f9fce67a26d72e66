"""Cuts a tree into blocks: the runs of text a reader sees as one line or paragraph, in page order.

A block ends where a block-level element begins or ends, and at a line break. Nothing is judged here.
"""

import re

from lxml.html import HtmlElement

from pipelines.extract.tree import BLOCKS, SILENT, clean

MAX_DEPTH = 400
_UNSEEN = re.compile("[\\s\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff\ufff9-\ufffb]+")


def key_of(text: str) -> str:
    """A text's visible characters: what two readings of one block agree on.

    Readers differ in spacing, and some drop the joiners that Persian is written with.
    """
    return "".join(text.split()) if text.isprintable() else _UNSEEN.sub("", text)


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
    cutter = _Cutter()
    cutter.cut(root, root, in_link=False, depth=0)
    cutter.flush(root)
    return cutter.blocks


class _Cutter:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._link_chars = 0

    def cut(self, element: HtmlElement, around: HtmlElement, *, in_link: bool, depth: int) -> None:
        """Take in what an element holds; `around` is the nearest block-level element at or above it."""
        if element.tag in SILENT or depth >= MAX_DEPTH:
            return
        parts = self._parts
        text = element.text
        if text and (parts or not text.isspace()):  # white space alone opens no block: three in four would be empty
            parts.append(text)
            if in_link:
                self._link_chars += len(text)
        for child in element:
            tag = child.tag
            if tag in BLOCKS:
                if parts:
                    self.flush(around)
                if tag != "br":
                    self.cut(child, child, in_link=in_link, depth=depth + 1)
                    if parts:
                        self.flush(child)
            elif isinstance(tag, str):
                self.cut(child, around, in_link=in_link or tag == "a", depth=depth + 1)
            text = child.tail
            if text and (parts or not text.isspace()):
                parts.append(text)
                if in_link:
                    self._link_chars += len(text)

    def flush(self, around: HtmlElement) -> None:
        """End a block."""
        text = clean("".join(self._parts))
        if text:
            self.blocks.append(Block(around, text, self._link_chars))
        self._parts.clear()
        self._link_chars = 0
