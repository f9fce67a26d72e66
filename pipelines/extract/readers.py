"""Readers of the body: each takes a pruned page and gives the lines it holds to be the article's.

They are of different kinds on purpose: what they agree on is worth more than what the best of them says. None changes the page
it is given, and none knows of the others; which reading holds is `agreement`'s choice.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import cast

import lxml.html
import msgspec
from lxml import etree
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction

from pipelines.extract.blocks import Block, key_size
from pipelines.extract.profile import Quality
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
# A character of a script written without spaces is a word by itself.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_MAX_DECLARED_CHARS = 500_000


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What the readers are given."""

    tree: HtmlElement
    blocks: list[Block]
    """The tree's, cut once for all."""
    url: str
    declared_body: str | None = None
    """The text of the article as JSON-LD has it, where it has."""
    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    unseen: tuple[HtmlElement, ...] = ()
    """The page's scripts and `<noscript>`, which are no longer in the tree."""


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
    lines = tuple(line for raw in text.split("\n") if (line := _plain(raw)))
    if len(lines) == 1 and key_size(lines[0]) > max((key_size(block.text) for block in page.blocks), default=0):
        lines = ()  # its last resort for short texts, as stories in Chinese are: all of the page in one line
    return Reading(reader="trafilatura", lines=lines)


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
    return Reading(reader="declared", lines=lines_of_markup((page.declared_body or "")[:_MAX_DECLARED_CHARS]))


_FAST: dict[str, Reader] = {
    "resiliparse": read_with_resiliparse,
    "branch": read_branch,
    "paragraphs": read_paragraphs,
    "declared": read_declared,
}
READERS: dict[Quality, dict[str, Reader]] = {"best": {"trafilatura": read_with_trafilatura} | _FAST, "fast": _FAST}
"""By name, in the order in which equal readings are preferred."""


def lines_of_markup(text: str) -> tuple[str, ...]:
    """The lines of a text that may hold markup, and of markup that may be escaped.

    >>> lines_of_markup("<p>One &amp; two</p><p>Three: 1 &lt; 2")
    ('One & two', 'Three: 1 < 2')
    """
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    return _lines(unescape(text))


def bag_of(text: str) -> Counter[str]:
    """How often each word occurs."""
    return Counter(_WORD.findall(text.lower()))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for raw in text.split("\n") if (line := clean(raw)))


def _plain(line: str) -> str:
    """A line without the marks trafilatura sets for list items and table cells."""
    line = clean(line).removeprefix("- ")
    if line.startswith("|") and line.endswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        line = "" if all(set(cell) <= set("-: ") for cell in cells) else " ".join(filter(None, cells))
    return line
