"""Authors a page prints without declaring them: marked-up bylines, from the surest mark to the weakest."""

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipelines.extract.names import clean_names, is_introduced, without_outlets
from pipelines.extract.tree import text_of, words_of

MAX_BYLINE_CHARS = 150
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|by|people|staff|journalist(?:en)?|contributors?|reporters?|writers?)/[^/?#]"
)
_WORDS = frozenset({"author", "authors", "byline", "username", "autor", "auteur", "writer"})
_NOT_WORDS = frozenset(
    {
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
    }
)


def printed_authors(tree: HtmlElement, outlets: frozenset[str]) -> tuple[str, ...]:
    """The names of the first kind of byline that has any."""
    for find in (_by_relation, _by_property, _by_author_page, _by_class, _by_introduction):
        texts = [text for element in find(tree) if 0 < len(text := text_of(element)) <= MAX_BYLINE_CHARS]
        if names := without_outlets(clean_names(texts[:10]), outlets):
            return names
    return ()


def _by_relation(tree: HtmlElement) -> Iterator[HtmlElement]:
    return (link for link in tree.iter("a") if "author" in (link.get("rel") or "").lower().split())


def _by_property(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Microdata (itemprop) and RDFa (property, typeof)."""
    for element in tree.iter("span", "a", "div", "p", "li", "address", "strong", "b", "em"):
        attributes = element.attrib
        if attributes.get("itemprop") == "author" or "author" in attributes.get("property", "").lower().split(":")[-1:]:
            named = element.find(".//*[@itemprop='name']")
            yield element if named is None else named
        elif attributes.get("typeof", "").lower().split(":")[-1] == "person":
            yield element


def _by_author_page(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Links to authors' pages that stand together: those of editors and recommended writers stand elsewhere."""
    group: HtmlElement | None = None
    for element in _opening(tree):
        if element.tag == "a" and _AUTHOR_PAGE.search(element.get("href") or ""):
            group = element.getparent() if group is None else group
            if element.getparent() is group:
                yield element


def _by_class(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Innermost elements whose class says author."""
    for element in _opening(tree):
        words = words_of(element.get("class")).split() if element.get("class") else ()
        if not _WORDS.isdisjoint(words) and _NOT_WORDS.isdisjoint(words):
            inner = [
                child
                for child in element.iterdescendants()
                if child.get("class") and not _WORDS.isdisjoint(words_of(child.get("class")).split())
            ]
            if not inner:
                yield element


def _by_introduction(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Short runs of text that begin as bylines do."""
    for element in _opening(tree):
        if element.tag in _HOLDERS and is_introduced(element.text_content()[: MAX_BYLINE_CHARS + 1]):
            yield element
            return


_HOLDERS = frozenset({"p", "span", "div", "li", "address", "em", "strong", "small", "h4", "h5", "h6"})


def _opening(tree: HtmlElement) -> Iterator[HtmlElement]:
    """What stands around the headline: from the first h1 on, for a while."""
    seen = 0
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if seen or element.tag == "h1":
            seen += 1
            yield element
        if seen > 300:
            return
