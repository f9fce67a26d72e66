"""The standfirst: the summary a page shows between headline and body. Inside the body it would be read twice.

It is told by where it stands and by its class, or because the page declares the same text as its description; a plain
paragraph of the body is none.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, islice

from lxml.html import HtmlElement

from pipelines.extract.blocks import Block
from pipelines.extract.body import Body
from pipelines.extract.headline import fold
from pipelines.extract.line_text import Forms, lead_of
from pipelines.extract.tree import MAX_NAMES_CHARS, words_of

MIN_CHARS, MAX_CHARS = 20, 900
_MOST_DECLARED = 4 * MAX_CHARS
_SENTENCE_CHARS = 60
_CLIMB = 3
_NEAR = 4
"""How many blocks after the headline an unmarked one may still be its standfirst."""
_MAX_BETWEEN = 40
_ALIKE = 3
_OPENING = 6
"""Among how many of the first blocks of a text its headline may stand."""
_PEOPLE = frozenset({"author", "authors", "bio", "avatar", "byline", "profile"})
_VOCABULARY = (
    "standfirst intro introduction lead lede perex dek deck subtitle subheadline subheading subhead summary abstract excerpt"
    " chapo chapeau sapo ingress preamble manchet entradilla bajada copete sommario occhiello vorspann anleser synopsis spot"
    " strapline"
)
_WORDS = frozenset(_VOCABULARY.split())
_HEADINGS = frozenset({"h1", "h2", "h3"})
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "؟", "۔", "।", '"', "”", "»", ")")


def find_standfirst(body: Body, titles: Forms, descriptions: tuple[str, ...]) -> Block | None:
    """The block that is the standfirst: declared, else marked, else the one sentence that stands alone before the body."""
    start = _body_start(body, titles)
    if start is None:
        return None
    above, first = _above(body, start, titles), body.blocks[start]
    candidates = [block for block in above if _may_be(block) and not _is_around(block, first)]
    for block in candidates:
        if _is_declared(block.text, descriptions) and not titles.are_in(block.text):
            return block
    for block in candidates:
        if _is_marked(block) and not titles.are_in(block.text):
            return block
    if _is_marked(first):
        return first
    for position, block in enumerate(above[:_NEAR]):
        if block in candidates and _is_sentence(block) and not titles.are_in(block.text):
            alone = body.siblings[block.element.getparent()] < 2 and not _is_wrapped_alike(block, body)
            if position == 0 if block.tag in _HEADINGS else alone:
                return block
    return None


def _body_start(body: Body, titles: Forms) -> int | None:
    """Index of the first block that is a paragraph among others; with none, of the first line. A headline among the lines stands above it."""
    first = body.first or 0
    for index, block in enumerate(body.blocks[first : first + _OPENING], first):
        if titles.have(block.text):
            first = index + 1
            break
    passed = body.blocks[body.first or 0 : first]
    for line in body.lines:
        start = line.block
        if start is None or start.tag in _HEADINGS or start in passed:
            continue
        if body.siblings[start.element.getparent()] >= 3:
            return body.blocks.index(start, first)
    return body.first


def _above(body: Body, start: int, titles: Forms) -> list[Block]:
    """The blocks from the headline to the body; none where no headline stands above it."""
    for index in range(start - 1, max(-1, start - _MAX_BETWEEN), -1):
        block = body.blocks[index]
        if block.tag == "h1" or titles.have(block.text):
            return body.blocks[index + 1 : start]
    return []


def _is_wrapped_alike(block: Block, body: Body) -> bool:
    """Whether it is one of several paragraphs that each stand in a box of their own."""
    around = _box_around(block)
    alone = (line.block for line in body.lines if line.block and body.siblings[line.block.element.getparent()] == 1)
    return around is not None and sum(_box_around(other) is around for other in alone) >= _ALIKE


def _box_around(block: Block) -> HtmlElement | None:
    """What holds the box that a block stands in."""
    box = block.element.getparent()
    return None if box is None else box.getparent()


def _may_be(block: Block) -> bool:
    return MIN_CHARS <= len(block.text) <= MAX_CHARS and block.link_share <= 0.5


def _is_around(block: Block, first: Block) -> bool:
    """A run of text beside the paragraphs, in the very element that holds them, is one of them."""
    return len(block.element) > 0 and any(block.element is above for above in first.element.iterancestors())


def _is_declared(text: str, descriptions: Sequence[str]) -> bool:
    """The page declares it as its description, which is often cut short."""
    if text in descriptions:
        return True
    lead = lead_of(text)
    for description in descriptions:
        # Few begin alike, and those are folded; one that is much longer is not what a block says.
        if len(description) <= _MOST_DECLARED and lead_of(description) == lead:
            folded, whole = fold(text), fold(description)
            if folded == whole or (len(whole) > 40 and folded.startswith(whole)):
                return True
    return False


def _is_marked(block: Block) -> bool:
    """Its own class says so, or that of a box which holds nothing else."""
    if len(block.text) < MIN_CHARS:
        return False
    for ancestor in islice(chain((block.element,), block.element.iterancestors()), _CLIMB):
        if ancestor.tag in {"body", "article", "main"}:
            return False
        words = _words((ancestor.get("class") or "")[:MAX_NAMES_CHARS], (ancestor.get("id") or "")[:MAX_NAMES_CHARS])
        if not _WORDS.isdisjoint(words):
            # No box inside of this one holds more than it does.
            return _PEOPLE.isdisjoint(words) and len(ancestor.text_content()) <= 1.5 * len(block.text) + 60
    return False


@lru_cache(maxsize=2000)
def _words(classes: str, identity: str) -> frozenset[str]:
    return frozenset(words_of(classes, identity).replace("sub ", "sub").split())


def _is_sentence(block: Block) -> bool:
    """A sentence, or a heading as long as one."""
    if len(block.text) < _SENTENCE_CHARS:
        return False
    return block.tag in _HEADINGS or (
        block.tag in {"p", "div", "section", "header"} and block.text.endswith(_SENTENCE_ENDS)
    )
