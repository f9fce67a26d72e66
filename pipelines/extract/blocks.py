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


def key_size(text: str) -> int:
    """How many characters a text's key has."""
    # The space is the one white space that is printable.
    return len(text) - text.count(" ") if text.isprintable() else len(key_of(text))


class Block:
    """One run of text."""

    __slots__ = ("_key", "element", "link_chars", "link_share", "tag", "text")

    def __init__(self, element: HtmlElement, text: str, link_chars: int) -> None:
        self.element = element
        """The nearest block-level element around it."""
        self.tag: str = element.tag
        self.text = text
        self.link_chars = link_chars
        """How many of the characters are inside links, white space included as the page has it."""
        self.link_share = min(1.0, link_chars / len(text)) if link_chars else 0.0
        self._key: str | None = None

    @property
    def key(self) -> str:
        """Its text's visible characters (`key_of`)."""
        if self._key is None:
            self._key = key_of(self.text)
        return self._key

    def __repr__(self) -> str:
        return f"Block({self.tag}, {self.text[:40]!r})"


def cut_blocks(root: HtmlElement) -> list[Block]:
    """The blocks of an element, in page order."""
    cutter = _Cutter()
    cutter.begin(root.text, False)
    cutter.cut(root[:], root, False, 0)
    cutter.flush(root)
    return cutter.blocks


class _Cutter:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._link_chars = 0

    def begin(self, text: str | None, in_link: bool) -> None:
        """Take in what an element holds before the first in it."""
        # White space alone opens no block: three in four would be empty.
        if text and (self._parts or not text.isspace()):
            self._parts.append(text)
            if in_link:
                self._link_chars += len(text)

    # One call for each element that holds others, with the list of them, which is had in a third of the time that it takes
    # to walk from one to the next: a call is dear, and so is what is named in it instead of here.
    def cut(self, children: list[HtmlElement], around: HtmlElement, in_link: bool, depth: int) -> None:
        """Take in the elements that an element holds; `around` is the nearest block-level element at or above it."""
        parts = self._parts
        depth += 1
        for child in children:
            tag = child.tag
            if tag in BLOCKS:
                if parts:
                    self.flush(around)
                if tag != "br" and depth < MAX_DEPTH:
                    text = child.text
                    if text and not text.isspace():
                        self.begin(text, in_link)
                    if inside := child[:]:
                        self.cut(inside, child, in_link, depth)
                    if parts:
                        self.flush(child)
            elif tag not in SILENT and depth < MAX_DEPTH and isinstance(tag, str):
                is_linked = in_link or tag == "a"
                self.begin(child.text, is_linked)
                # From here and from no call between: of a deep page it would take all that Python's bound allows.
                if inside := child[:]:
                    self.cut(inside, around, is_linked, depth)
            text = child.tail
            if text and (parts or not text.isspace()):
                parts.append(text)
                if in_link:
                    self._link_chars += len(text)

    def flush(self, around: HtmlElement) -> None:
        """End a block."""
        parts = self._parts
        text = clean(parts[0] if len(parts) == 1 else "".join(parts))
        if text:
            self.blocks.append(Block(around, text, self._link_chars))
        parts.clear()
        self._link_chars = 0
