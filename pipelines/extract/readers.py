"""Readers of the body: each takes a pruned page and gives its article's lines. Which reading holds is the caller's choice.

A reader never changes the tree it is given.
"""

import logging
from collections.abc import Callable

import msgspec
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from pipelines.extract.tree import clean

# trafilatura logs each page it gives up on; the caller counts those.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reader's lines of a page."""

    reader: str
    lines: tuple[str, ...]


Reader = Callable[[HtmlElement, str], Reading]


def read_with_trafilatura(tree: HtmlElement, url: str) -> Reading:
    """The default mode of trafilatura, without comments."""
    document = bare_extraction(tree, url=url, include_comments=False)
    text = getattr(document, "text", None) or ""
    return Reading(reader="trafilatura", lines=tuple(line for raw in text.split("\n") if (line := _plain(raw))))


def _plain(line: str) -> str:
    """A line without the marks trafilatura sets for list items and table cells."""
    line = clean(line).removeprefix("- ")
    if line.startswith("|") and line.endswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        line = "" if all(set(cell) <= set("-: ") for cell in cells) else " ".join(filter(None, cells))
    return line
