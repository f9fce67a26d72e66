"""Takes out of a page what is no part of its story, before the body is read.

A rule's mark alone removes nothing: each rule has a guard on how much text, and how much of it prose, it may take.
Pruning by class without a guard loses whole pages.
"""

from functools import lru_cache
from itertools import chain, pairwise

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.rules import RULES, Rule
from pipelines.extract.tree import drop, words_of

PROSE_CHARS = 80
"""A paragraph this long outside of links is taken for prose."""


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule took."""

    rule: str
    chars: int
    text: str
    """Its beginning."""


class _Marks:
    """Which rules an element's words, tag or structure call up; the words' answer is kept, since pages repeat classes."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._by_tag: dict[str, list[int]] = {}
        self._by_word: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            for tag in rule.tags:
                self._by_tag.setdefault(tag, []).append(index)
            for word in rule.words:
                self._by_word.setdefault(word, []).append(index)
        self._by_attributes = lru_cache(maxsize=20_000)(self._look_up)

    def _look_up(self, classes: str | None, identity: str | None) -> tuple[int, ...]:
        words = words_of(classes, identity).split()
        pairs = (f"{first} {second}" for first, second in pairwise(words))
        return tuple({index for word in chain(words, pairs) for index in self._by_word.get(word, ())})

    def on(self, body: HtmlElement) -> dict[HtmlElement, list[int]]:
        """The marked elements in page order, each with the rules it calls up."""
        marks: dict[HtmlElement, list[int]] = {}
        for element in body.iterdescendants():
            found = [*self._by_tag.get(element.tag, ())]
            if element.attrib:
                found += self._by_attributes(element.get("class"), _name(element))
            if found:
                marks[element] = found
        for index, rule in enumerate(self._rules):
            for element in rule.find(body) if rule.find else ():
                marks.setdefault(element, []).append(index)
        return marks


_MARKS = _Marks(RULES)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE_HOLDERS = (*_HEADINGS, "p", "blockquote", "li", "td", "pre", "code")
_NAME_CHARS = 30


def _name(element: HtmlElement) -> str | None:
    """The id, where it names a thing of the template: a heading's id, or a long one, is made from the story's words."""
    identity = element.get("id")
    return identity if identity and len(identity) <= _NAME_CHARS and element.tag not in _HEADINGS else None


def remove_boilerplate(tree: HtmlElement) -> list[Removal]:
    """Apply every rule to the tree, in place."""
    body = tree.find("body")
    if body is None:
        return []
    total = len(body.text_content())
    removals = []
    gone: set[HtmlElement] = set()
    for element, indexes in _MARKS.on(body).items():
        if any(ancestor in gone for ancestor in element.iterancestors()):
            continue
        rule = next((RULES[index] for index in sorted(indexes) if _may_remove(element, RULES[index], total)), None)
        if rule is not None:
            text = " ".join(element.text_content().split())
            removals.append(Removal(rule=rule.name, chars=len(text), text=text[:200]))
            drop(element)
            gone.add(element)
    return removals


def _may_remove(element: HtmlElement, rule: Rule, total: int) -> bool:
    text = element.text_content()
    size = len(text) if len(text) <= rule.max_chars else len(" ".join(text.split()))
    if size > rule.max_chars or (size > 400 and size > rule.max_share * total):
        return False
    if next(element.iter("h1"), None) is not None:
        return False
    if not rule.pictures and next(element.iter("img", "picture"), None) is not None:
        return False
    if element.tag == "span" and any(True for _ in element.iterancestors(*_INLINE_HOLDERS)):
        return False
    if rule.min_link_share or rule.max_plain is not None:
        full, linked = len("".join(text.split())), _link_chars(element)
        if linked < rule.min_link_share * full or (rule.max_plain is not None and full - linked > rule.max_plain):
            return False
    return _prose_chars(element) <= rule.max_prose


def _link_chars(element: HtmlElement) -> int:
    links = [element] if element.tag == "a" else element.iter("a")
    return sum(len("".join(link.text_content().split())) for link in links)


def _prose_chars(element: HtmlElement) -> int:
    total = 0
    for paragraph in element.iter("p"):
        size = len(" ".join(paragraph.text_content().split()))
        if size >= PROSE_CHARS and _link_chars(paragraph) < size / 2:
            total += size
    return total
