"""Where the lines of a body stand in the page's tree."""

from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from pipelines.extract.body import Line

_FEW = 50
"""Elements that hold lines; where there are more, they are counted once for all."""


def stand_together(lines: Sequence[Line], share: float) -> bool:
    """Whether all lines stand inside of one element, none in it holds so much of the text, and they stand in few places.

    Then nothing stands outside of the story's element, and no element above the lines has to be counted.
    """
    return bool(lines) and (_stand_beside(lines, share) or _stand_in_few_places(lines, share))


def _stand_beside(lines: Sequence[Line], share: float) -> bool:
    """Whether first and last line stand in one element, so that all do, and side by side with so many of the others.

    So do the paragraphs of most stories.
    """
    holder = _holder_of(lines[0])
    if holder is None or _holder_of(lines[-1]) is not holder:
        return False
    beside: dict[HtmlElement, int] = {}
    total = 0
    for line in lines:
        if line.block is None:
            return False
        size = len(line.text)
        total += size
        element = line.block.element
        if element.getparent() is holder:
            beside[element] = beside.get(element, 0) + size
    most = share * total
    # The others may stand in one of those elements, beside its own lines: together they are not enough.
    return max(beside.values()) + total - sum(beside.values()) < most


def _holder_of(line: Line) -> HtmlElement | None:
    return line.block.element.getparent() if line.block else None


def _stand_in_few_places(lines: Sequence[Line], share: float) -> bool:
    sizes: dict[HtmlElement, int] = {}
    held: dict[HtmlElement, int] = {}
    for line in lines:
        element = line.block.element if line.block else None
        holder = element.getparent() if element is not None else None
        if element is None or holder is None:
            return False
        size = len(line.text)
        sizes[element] = sizes.get(element, 0) + size
        held[holder] = held.get(holder, 0) + size
    story = _common(list(held)) if len(held) <= _FEW else None
    if story is None:
        return False
    branches: dict[HtmlElement, int] = {}
    for element, size in sizes.items():
        branch = element
        while (above := branch.getparent()) is not story and above is not None:
            branch = above
        branches[branch] = branches.get(branch, 0) + size
    return max(branches.values()) < share * sum(branches.values())


def _common(elements: Sequence[HtmlElement]) -> HtmlElement | None:
    """The lowest element that all of these are, or stand in."""
    if len(elements) < 2:
        return elements[0] if elements else None
    path = [elements[0], *elements[0].iterancestors()]
    heights = {element: height for height, element in enumerate(path)}
    height = 0
    for element in elements[1:]:
        at: HtmlElement | None = element
        while at is not None and at not in heights:
            at = at.getparent()
        if at is None:
            return None
        height = max(height, heights[at])
    return path[height]


class Places:
    """Where lines stand in the tree, and how much text each element above them holds."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._elements = [line.block.element if line.block else None for line in lines]
        self._above: dict[HtmlElement | None, list[HtmlElement]] = {}
        self._chars: Counter[HtmlElement] = Counter()
        # Lines stand side by side: what they have above them is walked once for all of one parent.
        sizes: Counter[HtmlElement | None] = Counter()
        for line, element in zip(lines, self._elements, strict=True):
            if element is not None:
                self._chars[element] += len(line.text)
                sizes[element.getparent()] += len(line.text)
        self._depths: dict[HtmlElement, int] = {}
        for parent, size in sizes.items():
            above = self._above[parent] = [] if parent is None else [parent, *parent.iterancestors()]
            for height, element in enumerate(above):
                self._chars[element] += size
                self._depths[element] = len(above) - height - 1
        self._total = sizes.total()

    def lowest(self, share: float) -> HtmlElement | None:
        """The lowest element that holds so much of the text."""
        held = [element for element, size in self._chars.items() if size >= share * self._total]
        return max(held, key=self._depth, default=None)

    def _depth(self, element: HtmlElement) -> int:
        known = self._depths.get(element)
        return sum(1 for _ in element.iterancestors()) if known is None else known

    def is_inside(self, index: int, story: HtmlElement | None) -> bool:
        """Whether a line stands in this element, or nobody knows where."""
        element = self._elements[index]
        return element is None or element is story or story in self._above[element.getparent()]
