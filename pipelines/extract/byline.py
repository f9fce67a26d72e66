"""Authors a page prints without declaring them: marked-up bylines, from the surest mark to the weakest.

Of the elements that bear a mark, those that stand together with the first are read: other writers stand elsewhere.
"""

from collections.abc import Iterator
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.extract.byline_marks import (
    MAX_BYLINE_CHARS,
    by_author_page,
    by_class,
    by_introduction,
    by_opening_line,
    by_property,
    by_relation,
    first_line,
    is_titled_byline,
    leads_to_author,
    says_author,
)
from pipelines.extract.names import clean_names, without_outlets
from pipelines.extract.tree import attributes, select

_OPENING_ELEMENTS = 300
_BESIDE_ELEMENTS = 30
_MAX_MARKED = 10
_PAGE = frozenset({"body", "html", "main"})
# No unions and no parent steps: libxml2 takes time with the square of the nodes for those.
_WRITERS = etree.XPath("//*[self::h1 or contains(@class, 'author') or contains(@class, 'byline')]")
_LINKS = ("/aut", "/people/", "/contributor")
_ADDRESSES = attributes("a/@href")
_CLASSES = attributes("*/@class")
_MAX_ANYWHERE = 100
_MAX_LOOKED_AT = 200


def printed_authors(
    tree: HtmlElement, heading: HtmlElement | None, outlets: frozenset[str], *, is_declared: bool = False
) -> tuple[str, ...]:
    """The names of the first kind of byline that has any.

    `heading` is the h1 that bylines stand near. Where an author is declared, but only as the outlet, the text may open with
    the name alone.
    """
    for byline in _bylines(tree, heading, is_declared=is_declared):
        if names := without_outlets(clean_names(_texts(byline)), outlets):
            return _without_repeats(names)
    return () if is_declared else _only_names(tree, heading, outlets)


def _bylines(tree: HtmlElement, heading: HtmlElement | None, *, is_declared: bool) -> Iterator[Iterator[HtmlElement]]:
    yield by_relation(tree)
    yield by_property(tree)
    opening = opening_of(heading) if heading is not None else []
    yield from (find(opening) for find in (by_author_page, by_class, by_introduction))
    if is_declared:
        yield by_opening_line(opening)


def _only_names(tree: HtmlElement, heading: HtmlElement | None, outlets: frozenset[str]) -> tuple[str, ...]:
    """The name that stands anywhere below the headline where no other is marked like it."""
    for find in (_linked_writers, _named_writers):
        marked = find(tree)
        below = marked[marked.index(heading) + 1 :] if heading in marked else marked
        found = {
            names
            for element in below[:_MAX_ANYWHERE]
            if (leads_to_author(element) or says_author(element)) and is_titled_byline(element)
            if (names := without_outlets(clean_names([first_line(element)]), outlets))
        }
        if len(found) == 1:
            return found.pop()
    return ()


def _linked_writers(tree: HtmlElement) -> list[HtmlElement]:
    """The links that may lead to authors' pages, and the h1 elements, in page order."""
    addresses = "\n".join(_ADDRESSES(tree))
    if not any(map(addresses.__contains__, _LINKS)):
        return list(tree.iter("h1"))
    return [
        one for one in tree.iter("h1", "a") if one.tag == "h1" or any(map((one.get("href") or "").__contains__, _LINKS))
    ]


def _named_writers(tree: HtmlElement) -> list[HtmlElement]:
    classes = " ".join(_CLASSES(tree))
    return select(_WRITERS, tree) if "author" in classes or "byline" in classes else []


def _texts(found: Iterator[HtmlElement]) -> Iterator[str]:
    """The texts of elements that stand together."""
    around: HtmlElement | None = None
    taken = 0
    for element in islice(found, _MAX_LOOKED_AT):
        if taken == _MAX_MARKED:
            return
        if around is not None and around not in element.iterancestors():
            continue
        text = first_line(element)
        if 0 < len(text) <= MAX_BYLINE_CHARS:
            taken += 1
            around = _surroundings(element) if around is None else around
            yield text


def _surroundings(element: HtmlElement) -> HtmlElement | None:
    """Three levels up, but not the whole page."""
    around = element
    for parent in islice(element.iterancestors(), 3):
        if parent.tag in _PAGE:
            break
        around = parent
    return around


def _without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    """Without those that only say another name again (`More about Jane Doe`)."""
    return tuple(name for name in names if not any(other != name and other in name for other in names))


def opening_of(heading: HtmlElement) -> list[HtmlElement]:
    """What stands around the headline: beside it in its container, and from it on for a while."""
    found: list[HtmlElement] = []
    parent = heading.getparent()
    if parent is not None and parent.tag not in _PAGE:
        for sibling in heading.itersiblings(preceding=True):
            found += islice(sibling.iter("*"), _BESIDE_ELEMENTS)
            if len(found) > _BESIDE_ELEMENTS:
                break
    found += islice(_following(heading), _OPENING_ELEMENTS)
    return found


def _following(heading: HtmlElement) -> Iterator[HtmlElement]:
    """The elements of a heading and those behind it, in page order."""
    yield from heading.iter("*")
    node: HtmlElement | None = heading
    while node is not None:
        for sibling in node.itersiblings():
            yield from sibling.iter("*")
        node = node.getparent()
