"""Where the lines of a body stand in the page's tree."""

from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from pipelines.extract.body import Line


def stand_together(lines: Sequence[Line], share: float) -> bool:
    """Whether all lines stand side by side in one element, and none of them is so much of the text."""
    parent: HtmlElement | None = None
    sizes: dict[HtmlElement, int] = {}
    for line in lines:
        element = line.block.element if line.block else None
        holder = element.getparent() if element is not None else None
        if element is None or holder is None or (parent is not None and holder is not parent):
            return False
        parent = holder
        sizes[element] = sizes.get(element, 0) + len(line.text)
    return max(sizes.values(), default=0) < share * sum(sizes.values())


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
