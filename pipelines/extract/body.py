"""The body of the article as lines: a reader chooses, and the page's own blocks say what its lines are and what it lost.

A reader's lines are aligned with the page's blocks. A line that is a block learns which element it stands in; a subhead or
paragraph that the reader lost between kept neighbours comes back. Lines that fit no block stay as they are.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.blocks import Block, cut_blocks, key_of
from pipelines.extract.tree import content_of

MAX_BLOCKS = 20_000
_SIBLINGS = 3
"""How many kept blocks must share a lost block's parent."""
_LOST_TAGS = frozenset({"p", "h2", "h3", "h4", "blockquote", "li", "td", "th", "dt", "dd"})
_HOLDERS = frozenset({"ul", "ol", "li", "dl", "blockquote", "figure", "table", "thead", "tbody", "tr", "td"})
"""What may stand between a lost block and its kept neighbours."""
_CELLS = frozenset({"td", "th", "p", "div"})
_LISTS = frozenset({"ul", "ol", "dl", "table"})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the body."""

    text: str
    block: Block | None = None
    """`None` where the reader's line is none of the page's blocks."""

    @property
    def tag(self) -> str | None:
        return self.block.tag if self.block else None

    @property
    def link_share(self) -> float:
        """How much of it is link text."""
        return self.block.link_share if self.block else 0.0


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The lines, and the page around them."""

    lines: tuple[Line, ...]
    blocks: list[Block]
    """All of the page's."""
    first: int | None
    """Index of the first block that is a line."""
    siblings: Counter[HtmlElement | None]
    """How many of the lines' blocks stand in each element."""


def blocks_of(tree: HtmlElement) -> list[Block]:
    """The page's blocks; none where there are more than any article's page has."""
    root = tree.find("body")
    blocks = cut_blocks(root) if root is not None else []
    return blocks if len(blocks) <= MAX_BLOCKS else []


def body_of(blocks: list[Block], places: Sequence[int]) -> Body:
    """A body whose lines are these of the page's blocks; the cells of a table's row make one line."""
    chosen = [blocks[place] for place in places]
    siblings = Counter([block.element.getparent() for block in chosen])
    rows = {parent: _row_of(parent) for parent in siblings}
    lines = [Line(text=block.text, block=block) for block in chosen]
    return Body(
        lines=tuple(lines if all(row is None for row in rows.values()) else _joined(lines, rows)),
        blocks=blocks,
        first=places[0] if places else None,
        siblings=siblings,
    )


def _row_of(parent: HtmlElement | None) -> HtmlElement | None:
    """The row of a table that an element is, or stands in."""
    return parent if parent is None or parent.tag == "tr" else next(parent.iterancestors("tr"), None)


def _joined(lines: Iterable[Line], rows: Mapping[HtmlElement | None, HtmlElement | None]) -> list[Line]:
    """The lines, those of cells that stand in one row as one; `rows` are their parents'."""
    joined: list[Line] = []
    last_row: HtmlElement | None = None
    for line in lines:
        row = rows[line.block.element.getparent()] if line.block and line.tag in _CELLS else None
        if row is not None and row is last_row:
            joined[-1] = Line(text=f"{joined[-1].text} {line.text}", block=joined[-1].block)
        else:
            joined.append(line)
        last_row = row
    return joined


def lay_over(blocks: list[Block], lines: tuple[str, ...], *, restore: bool = True) -> Body:
    """A reading's lines, laid over the page's blocks; unless `restore`, without what it lost between them."""
    places = _align(list(map(key_of, lines)), [block.key for block in blocks])
    siblings = Counter(blocks[place].element.getparent() for place in places if place is not None)
    is_list_of_links = lru_cache(maxsize=None)(_is_mostly_links)
    found: list[Line] = []
    before: int | None = None
    for text, place in zip(lines, places, strict=True):
        if place is None:
            before = None  # what lies around it may be in it
            found.append(Line(text=text))
            continue
        if before is not None and restore:
            between = blocks[before + 1 : place]
            found += [
                Line(text=block.text, block=block) for block in between if _is_lost(block, siblings, is_list_of_links)
            ]
        found.append(Line(text=blocks[place].text, block=blocks[place]))
        before = place
    first = next((place for place in places if place is not None), None)
    return Body(lines=tuple(found), blocks=blocks, first=first, siblings=siblings)


def _is_lost(
    block: Block, siblings: Counter[HtmlElement | None], is_list_of_links: Callable[[HtmlElement], bool]
) -> bool:
    """A paragraph, subhead, list item, quotation or table cell among kept siblings, not made of links."""
    if block.tag not in _LOST_TAGS or block.link_share >= 0.5 or not any(map(str.isalnum, block.text)):
        return False
    holder = block.element.getparent()
    while holder is not None and holder.tag in _HOLDERS and siblings[holder] < _SIBLINGS:
        if holder.tag in _LISTS and is_list_of_links(holder):
            return False
        holder = holder.getparent()
    return siblings[holder] >= _SIBLINGS


def _is_mostly_links(element: HtmlElement) -> bool:
    size = len(key_of(content_of(element)))
    return sum(len(key_of(content_of(link))) for link in element.iter("a")) >= size / 2


def _align(lines: list[str], blocks: list[str]) -> list[int | None]:
    """For each line the index of its block, rising; `None` for a line that is no block.

    What is unique on both sides anchors the rest (patience diff); between two anchors the first equal block is taken.
    """
    where: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(blocks):
        where[key].append(index)
    times = Counter(lines)
    unique = [(i, where[key][0]) for i, key in enumerate(lines) if times[key] == 1 and len(where.get(key, ())) == 1]
    places: list[int | None] = [None] * len(lines)
    for i, block in _rising(unique):
        places[i] = block
    at = -1
    ends = _next_known(places, len(blocks))
    for i, key in enumerate(lines):
        if places[i] is None and key in where:
            candidates = where[key]
            nearest = bisect_left(candidates, at + 1)
            if nearest < len(candidates) and candidates[nearest] < ends[i]:
                places[i] = candidates[nearest]
        at = places[i] if places[i] is not None else at  # type: ignore[assignment]
    return places


def _next_known(places: list[int | None], end: int) -> list[int]:
    """For each position the nearest known place at or after it."""
    ends = []
    for place in reversed(places):
        end = place if place is not None else end
        ends.append(end)
    return ends[::-1]


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of pairs whose second members rise."""
    tails: list[int] = []
    chain: list[int] = []  # chain[k]: index of the pair that ends the best run of length k + 1
    previous: list[int] = [-1] * len(pairs)
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        previous[index] = chain[length - 1] if length else -1
        tails[length : length + 1] = [place]
        chain[length : length + 1] = [index]
    run = []
    index = chain[-1] if chain else -1
    while index >= 0:
        run.append(pairs[index])
        index = previous[index]
    return run[::-1]
