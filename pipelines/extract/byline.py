"""Authors a page prints without declaring them: marked-up bylines, from the surest mark to the weakest.

Of the elements that bear a mark, those that stand together with the first are read: other writers stand elsewhere.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.extract.names import clean_names, is_introduced, is_titled, may_be_introduced, without_outlets
from pipelines.extract.tree import BLOCKS, MAX_NAMES_CHARS, SILENT, attributes, bearers, clean, select, words_of

MAX_BYLINE_CHARS = 150
_OPENING_ELEMENTS = 300
_BESIDE_ELEMENTS = 30
_MAX_MARKED = 10
_MAX_PARTS = 500
_OPENING_PARAGRAPHS = 3
_PROSE_CHARS = 80
_MAX_INTRODUCTION_CHARS = 30
_PAGE = frozenset({"body", "html", "main"})
_BREAK = "\x1e"
"""No text of a page has it: XML allows no control characters."""
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|by|people|staff|journalist(?:en)?|contributors?|reporters?|writers?)/[^/?#]"
)
_VOCABULARY = (
    "author authors byline username autor autores autore auteur auteurs writer writers contributor contributors reporter journalist"
    " yazar penulis redacteur skribent forfatter kirjoittaja toimittaja signature firma assinatura"
)
_WORDS = frozenset(_VOCABULARY.split())
_NOT_WORDS = frozenset(
    [
        "bio",
        "description",
        "about",
        "image",
        "img",
        "avatar",
        "related",
        "comment",
        "comments",
        "role",
        "title",
        "social",
        "date",
    ]
)
_MARKED = frozenset({"span", "a", "div", "p", "li", "address", "strong", "b", "em"})
_HOLDERS = frozenset({"p", "span", "div", "li", "address", "em", "i", "strong", "small", "h3", "h4", "h5", "h6"})
# No unions and no parent steps: libxml2 takes time with the square of the nodes for those.
_WRITERS = etree.XPath("//*[self::h1 or contains(@class, 'author') or contains(@class, 'byline')]")
_LINKS = ("/aut", "/people/", "/contributor")
# To list attributes takes a tenth of the time that asking each element does, and on most pages says that there is nothing.
_RELATIONS, _RELATED = attributes("a/@rel"), bearers("a/@rel")
_ADDRESSES = attributes("a/@href")
_CLASSES = attributes("*/@class")
_MARKS = {
    name: (attributes(f"*/@{name}"), bearers(f"*/@{name}"), last)
    for name, last in (("itemprop", "author"), ("property", "author"), ("typeof", "person"))
}
_MAX_ANYWHERE = 100
_MAX_LOOKED_AT = 200
_MAX_INNER = 50
_MAX_LINK_CHARS = 1000


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
    yield _by_relation(tree)
    yield _by_property(tree)
    opening = opening_of(heading) if heading is not None else []
    yield from (find(opening) for find in (_by_author_page, _by_class, _by_introduction))
    if is_declared:
        yield _by_opening_line(opening)


def _only_names(tree: HtmlElement, heading: HtmlElement | None, outlets: frozenset[str]) -> tuple[str, ...]:
    """The name that stands anywhere below the headline where no other is marked like it."""
    for find in (_linked_writers, _named_writers):
        marked = find(tree)
        below = marked[marked.index(heading) + 1 :] if heading in marked else marked
        found = {
            names
            for element in below[:_MAX_ANYWHERE]
            if (_leads_to_author(element) or _says_author(element)) and _is_titled(element)
            if (names := without_outlets(clean_names([_first_line(element)]), outlets))
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
        text = _first_line(element)
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


def _by_relation(tree: HtmlElement) -> Iterator[HtmlElement]:
    if any("author" in relation.lower() for relation in _RELATIONS(tree)):
        yield from (link for relation, link in _RELATED(tree) if "author" in relation.lower().split())


def _by_property(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Microdata (itemprop) and RDFa (property, typeof)."""
    marks = tuple(
        name for name, (find, _, last) in _MARKS.items() if any(value.lower().endswith(last) for value in find(tree))
    )
    for element in _marked(tree, marks) if marks else ():
        if element.tag not in _MARKED:
            continue
        if element.get("itemprop") == "author" or "author" in (element.get("property") or "").lower().split(":")[-1:]:
            inner = islice(element.iter("*"), _MAX_INNER)
            yield next((part for part in inner if part.get("itemprop") == "name"), element)
        elif (element.get("typeof") or "").lower().split(":")[-1] == "person":
            yield element


def _marked(tree: HtmlElement, marks: tuple[str, ...]) -> Iterable[HtmlElement]:
    """The elements that have one of these attributes; with one only, those whose value may mean an author."""
    if len(marks) > 1:
        return select(_bearing(marks), tree)
    _, find, last = _MARKS[marks[0]]
    return (element for value, element in find(tree) if value.lower().endswith(last))


@cache
def _bearing(attributes: tuple[str, ...]) -> etree.XPath:
    """Finds the elements that have one of these attributes."""
    return etree.XPath(f"//*[{' or '.join(f'@{name}' for name in attributes)}]")


def _by_author_page(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """Links to authors' pages in the same element: those of editors and recommended writers stand elsewhere."""
    group: HtmlElement | None = None
    for element in opening:
        if element.tag == "a" and _leads_to_author(element) and _is_titled(element):
            group = element.getparent() if group is None else group
            if element.getparent() is group:
                yield element


def _is_titled(element: HtmlElement) -> bool:
    """Whether it holds names, and none that is a phrase: links to authors' pages also say `Read more`."""
    names = clean_names([_first_line(element)])
    return bool(names) and all(map(is_titled, names))


def _leads_to_author(element: HtmlElement) -> bool:
    return element.tag == "a" and _AUTHOR_PAGE.search((element.get("href") or "")[:_MAX_LINK_CHARS]) is not None


def _by_class(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """Innermost elements whose class or id says author."""
    marked = [element for element in opening if _says_author(element)]
    outer = {parent for element in marked for parent in element.iterancestors()}
    for element in marked:
        if element not in outer and _is_titled(element):
            yield element


def _says_author(element: HtmlElement) -> bool:
    classes = element.get("class")
    identity = element.get("id") or element.get("data-component") or element.get("data-testid")
    if not classes and not identity:
        return False
    return _name_an_author((classes or "")[:MAX_NAMES_CHARS], (identity or "")[:MAX_NAMES_CHARS])


@lru_cache(maxsize=20_000)
def _name_an_author(classes: str, identity: str) -> bool:
    words = words_of(classes, identity).split()
    return not _WORDS.isdisjoint(words) and _NOT_WORDS.isdisjoint(words)


def _by_introduction(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """Short runs of text that begin as bylines do."""
    for element in opening:
        if element.tag in _HOLDERS and _may_begin(element) and (text := _beginning(element)) and is_introduced(text):
            yield element
            return


def _may_begin(element: HtmlElement) -> bool:
    """Whether the first text in an element, if it is plain which that is, may introduce somebody."""
    at: HtmlElement | None = element
    while at is not None:
        if (text := at.text) and not text.isspace():
            return may_be_introduced(text)
        at = next(iter(at), None)  # to ask for their number counts them
    return True


def _beginning(element: HtmlElement) -> str:
    """The first characters of an element's text, empty where they introduce nobody: what holds the page's text is not read through."""
    text = element.text or ""
    if len(element) == 0 or not may_be_introduced(text):
        return text[: MAX_BYLINE_CHARS + 1] if may_be_introduced(text) else ""
    text = ""
    for part in element.itertext():
        text += str(part)
        if not may_be_introduced(text):
            return ""
        if len(text) > MAX_BYLINE_CHARS:
            return text[: MAX_BYLINE_CHARS + 1]
    return text


def _by_opening_line(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """The text's first line where it is set apart by weight, has two or three capitalised words a name, and prose follows."""
    paragraphs = (element for element in opening if element.tag == "p" and clean(element.text_content()))
    for paragraph in islice(paragraphs, _OPENING_PARAGRAPHS):
        text = clean(paragraph.text_content()[: MAX_BYLINE_CHARS + 1])
        bold = next(iter(paragraph.iterchildren("strong", "b")), None)
        following = paragraph.getnext()
        if (
            bold is not None
            and clean(bold.text_content()) == text
            and following is not None
            and following.tag == "p"
            and len(clean(following.text_content())) >= _PROSE_CHARS
            and all(map(_is_set_as_a_name, text.split("/")))
        ):
            yield paragraph
            return


def _is_set_as_a_name(text: str) -> bool:
    """Two or three words, each with a capital letter."""
    words = text.split()
    return 2 <= len(words) <= 3 and all(word[:1].isupper() for word in words)


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


def _first_line(element: HtmlElement) -> str:
    """The first of an element's lines that holds a name: below it stands the author's trade, or the date."""
    if len(element) == 0:
        return text if _begins_with_a_name(text := clean(element.text)) else ""
    return next((line for line in _lines(element) if _begins_with_a_name(line)), "")


def _begins_with_a_name(line: str) -> bool:
    names = clean_names([line])
    return bool(names) and 0 <= line.find(names[0]) <= _MAX_INTRODUCTION_CHARS


def _lines(element: HtmlElement) -> list[str]:
    parts: list[str] = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if node.tag in BLOCKS or node.tag == "time":
            parts.append(_BREAK)
        if event == "start":
            if node.tag in SILENT:
                walker.skip_subtree()
            else:
                parts.append(node.text or "")
        elif node is not element:
            # Two links, or spans, without a space between them are two things to a reader: a name, and a place or another name.
            follows = node.tag in {"a", "span"} and not node.tail and getattr(node.getnext(), "tag", None) == node.tag
            parts.append("; " if follows else node.tail or "")
        if len(parts) > _MAX_PARTS:
            break
    return [line for part in "".join(parts).split(_BREAK) if (line := clean(part))]
