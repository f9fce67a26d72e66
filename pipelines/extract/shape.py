"""Finds the article by the shape of the page alone: where in the tree its prose stands. Knows no language and no class names.

Both ways here take less than a millisecond once the page is cut into blocks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from lxml.html import HtmlElement

from pipelines.extract.blocks import Block

_MAX_LINK_SHARE = 0.4
_PROSE_CHARS = 60
"""A block this long outside of links counts as prose."""
_PARAGRAPH_CHARS = 40
_MOST_CHARS = 400
"""A block counts for no more: an article is many paragraphs, and one huge block is a transcript, a licence or a copy of the page."""
_BRANCH_SHARE = 0.6
"""A child that holds this much of its parent's prose leads on to the article,"""
_MATES_SHARE = 0.15
"""unless this much stands beside it in elements of its kind or in paragraphs: then the parent holds the article."""
_LEAVES = frozenset({"p", "li", "td", "th", "dd", "dt", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})

_Look = tuple[str, str | None]


def main_branch(tree: HtmlElement, blocks: list[Block]) -> list[Block]:
    """Walk down from the body as long as one child holds most of the prose; the blocks of where that ends."""
    prose: Counter[HtmlElement] = Counter()
    for block, size in _prose(blocks, _PROSE_CHARS):
        for element in (block.element, *block.element.iterancestors()):
            prose[element] += size
    branch = tree.find("body")
    if branch is None or not prose:
        return []
    while len(branch):
        child = max(branch, key=lambda element: prose[element])
        if child.tag in _LEAVES or prose[child] < _BRANCH_SHARE * prose[branch]:
            break
        look = _look(child)
        mates = (element for element in branch if element is not child and prose[element])
        beside = sum(prose[element] for element in mates if element.tag == "p" or _look(element) == look)
        if beside >= _MATES_SHARE * prose[branch]:
            break
        branch = child
    return _inside({branch}, blocks)


def main_paragraphs(blocks: list[Block]) -> list[Block]:
    """The kind of element with the most prose directly in it, wherever it stands: an article may come in several pieces."""
    prose: Counter[_Look] = Counter()
    holders: dict[_Look, set[HtmlElement]] = defaultdict(set)
    for block, size in _prose(blocks, _PARAGRAPH_CHARS):
        holder = block.element.getparent()
        if holder is not None:
            look = _look(holder)
            prose[look] += size
            holders[look].add(holder)
    return _inside(holders[max(prose, key=lambda look: prose[look])], blocks) if prose else []


def _prose(blocks: Iterable[Block], least: int) -> Iterator[tuple[Block, int]]:
    """The blocks that are prose, with how much each counts."""
    for block in blocks:
        size = round(len(block.key) * (1 - block.link_share))
        if size >= least and block.link_share <= _MAX_LINK_SHARE:
            yield block, min(size, _MOST_CHARS)


def _look(element: HtmlElement) -> _Look:
    return str(element.tag), element.get("class")


def _inside(holders: set[HtmlElement], blocks: Iterable[Block]) -> list[Block]:
    """The blocks that stand in one of these elements and are not mostly links."""
    known: dict[HtmlElement, bool] = dict.fromkeys(holders, True)
    found = []
    for block in blocks:
        path = []
        element: HtmlElement | None = block.element
        while element is not None and element not in known:
            path.append(element)
            element = element.getparent()
        held = element is not None and known[element]
        known.update(dict.fromkeys(path, held))
        if held and block.link_share < 0.5:
            found.append(block)
    return found
