"""Readers of the body: each takes a pruned page and gives the lines it holds to be the article's.

They are of different kinds on purpose: what they agree on is worth more than what the best of them says. None changes the page
it is given, and none knows of the others; which reading holds is `agreement`'s choice.
"""

import logging
import re
from collections.abc import Callable
from html import unescape
from typing import cast

import lxml.html
import msgspec
from lxml import etree
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction

from pipelines.extract.blocks import Block
from pipelines.extract.shape import main_branch, main_paragraphs
from pipelines.extract.tree import clean

# trafilatura logs each page it gives up on; the caller counts those.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# Bounded: an open bracket alone does not search the rest of the text.
_BREAK = re.compile(r"</?(?:p|br|div|li|h[1-6])\b[^<>]{0,300}>", re.IGNORECASE)
MAX_ELEMENTS = 25_000
"""What trafilatura is given: its work grows with the square of their number. The fullest of a thousand news pages had 5,000."""
_COUNT = etree.XPath("count(descendant::*)")
_IS_DEEP = etree.XPath(f"boolean({'/*' * 300})")
"""Tables in tables: there it takes the cube."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What the readers are given."""

    tree: HtmlElement
    blocks: list[Block]
    """The tree's, cut once for all."""
    url: str
    declared_body: str | None = None
    """The text of the article as JSON-LD has it, where it has."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reader's lines of a page."""

    reader: str
    lines: tuple[str, ...]


Reader = Callable[[Page], Reading]


def read_with_trafilatura(page: Page) -> Reading:
    """The default mode of trafilatura, without comments: many rules, and two other readers where its own fail."""
    if cast("float", _COUNT(page.tree)) > MAX_ELEMENTS or _IS_DEEP(page.tree):
        return Reading(reader="trafilatura", lines=())
    document = bare_extraction(page.tree, url=page.url, include_comments=False)
    text = getattr(document, "text", None) or ""
    return Reading(reader="trafilatura", lines=tuple(line for raw in text.split("\n") if (line := _plain(raw))))


def read_with_resiliparse(page: Page) -> Reading:
    """Resiliparse judges each element by its tag, class and links, and chooses no container."""
    markup = lxml.html.tostring(page.tree, encoding="unicode")
    text = extract_plain_text(markup, main_content=True, list_bullets=False, alt_texts=False)
    return Reading(reader="resiliparse", lines=_lines(text))


def read_branch(page: Page) -> Reading:
    """The branch of the tree where most of the prose grows."""
    return Reading(reader="branch", lines=tuple(block.text for block in main_branch(page.tree, page.blocks)))


def read_paragraphs(page: Page) -> Reading:
    """The elements whose own paragraphs hold most, and those of their kind."""
    return Reading(reader="paragraphs", lines=tuple(block.text for block in main_paragraphs(page.blocks)))


def read_declared(page: Page) -> Reading:
    """What the page declares as the article's body: the whole of it, or a teaser, and now and then something else."""
    text = page.declared_body or ""
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    return Reading(reader="declared", lines=_lines(unescape(text)))


READERS: tuple[Reader, ...] = (
    read_with_trafilatura,
    read_with_resiliparse,
    read_branch,
    read_paragraphs,
    read_declared,
)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for raw in text.split("\n") if (line := clean(raw)))


def _plain(line: str) -> str:
    """A line without the marks trafilatura sets for list items and table cells."""
    line = clean(line).removeprefix("- ")
    if line.startswith("|") and line.endswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        line = "" if all(set(cell) <= set("-: ") for cell in cells) else " ".join(filter(None, cells))
    return line
