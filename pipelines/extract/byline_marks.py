"""The marks of a byline on a page: relations, properties, links to authors' pages, classes, and words that introduce an author.

Each is looked for by a function of its own; which is believed is `byline`'s business.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.extract.names import clean_names, is_introduced, is_titled, may_be_introduced
from pipelines.extract.tree import BLOCKS, MAX_NAMES_CHARS, SILENT, attributes, bearers, clean, select, words_of

MAX_BYLINE_CHARS = 150
_MAX_PARTS = 500
_OPENING_PARAGRAPHS = 3
_PROSE_CHARS = 80
_MAX_INTRODUCTION_CHARS = 30
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
# To list attributes takes a tenth of the time that asking each element does, and on most pages says that there is nothing.
_RELATIONS, _RELATED = attributes("a/@rel"), bearers("a/@rel")
_MARKS = {
    name: (attributes(f"*/@{name}"), bearers(f"*/@{name}"), last)
    for name, last in (("itemprop", "author"), ("property", "author"), ("typeof", "person"))
}
_MAX_INNER = 50
_MAX_LINK_CHARS = 1000


def by_relation(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Links of the relation that HTML has for it (`rel=author`)."""
    if any("author" in relation.lower() for relation in _RELATIONS(tree)):
        yield from (link for relation, link in _RELATED(tree) if "author" in relation.lower().split())


def by_property(tree: HtmlElement) -> Iterator[HtmlElement]:
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


def by_author_page(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """Links to authors' pages in the same element: those of editors and recommended writers stand elsewhere."""
    group: HtmlElement | None = None
    for element in opening:
        if element.tag == "a" and leads_to_author(element) and is_titled_byline(element):
            group = element.getparent() if group is None else group
            if element.getparent() is group:
                yield element


def is_titled_byline(element: HtmlElement) -> bool:
    """Whether it holds names, and none that is a phrase: links to authors' pages also say `Read more`."""
    names = clean_names([first_line(element)])
    return bool(names) and all(map(is_titled, names))


def leads_to_author(element: HtmlElement) -> bool:
    """Whether it is a link whose address is that of an author's page."""
    return element.tag == "a" and _AUTHOR_PAGE.search((element.get("href") or "")[:_MAX_LINK_CHARS]) is not None


def by_class(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
    """Innermost elements whose class or id says author."""
    marked = [element for element in opening if says_author(element)]
    outer = {parent for element in marked for parent in element.iterancestors()}
    for element in marked:
        if element not in outer and is_titled_byline(element):
            yield element


def says_author(element: HtmlElement) -> bool:
    """Whether its class or its id says so."""
    classes = element.get("class")
    identity = element.get("id") or element.get("data-component") or element.get("data-testid")
    if not classes and not identity:
        return False
    return _name_an_author((classes or "")[:MAX_NAMES_CHARS], (identity or "")[:MAX_NAMES_CHARS])


@lru_cache(maxsize=20_000)
def _name_an_author(classes: str, identity: str) -> bool:
    words = words_of(classes, identity).split()
    return not _WORDS.isdisjoint(words) and _NOT_WORDS.isdisjoint(words)


def by_introduction(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
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
    # Bounded in steps too: boxes that hold a page of elements and no text nest, and each is asked.
    for event, node in islice(etree.iterwalk(element, events=("start", "end")), 2 * _MAX_PARTS):
        part = node.text if event == "start" else node.tail if node is not element else None
        if not part:
            continue
        text += str(part)
        if not may_be_introduced(text):
            return ""
        if len(text) > MAX_BYLINE_CHARS:
            return text[: MAX_BYLINE_CHARS + 1]
    return text


def by_opening_line(opening: list[HtmlElement]) -> Iterator[HtmlElement]:
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


def first_line(element: HtmlElement) -> str:
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
