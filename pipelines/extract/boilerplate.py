"""Takes out of a page what is no part of its story, before the body is read.

A rule's mark alone removes nothing: each rule has a guard on how much text, and how much of it prose, it may take.
Pruning by class without a guard loses whole pages.
"""

from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import pairwise

from lxml.html import HtmlElement

from pipelines.extract.headline import fold, heading_text
from pipelines.extract.removals import Removal, note
from pipelines.extract.rules import RULES, UNSEEN, Rule, is_shown
from pipelines.extract.structure import Survey
from pipelines.extract.tree import body_of, content_of, drop, least_size, words_of

PROSE_CHARS = 80
"""A paragraph this long outside of links is taken for prose."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE_HOLDERS = (*_HEADINGS, "p", "blockquote", "li", "td", "pre", "code")
_NAME_CHARS = 30
_STORY_CHARS = 300
_NAMING = frozenset({"id", "role", "data-component", "data-testid", "data-module", "data-type"})
"""Beside the class; pages whose classes are generated still say there what a part of them is."""
_DIALOGS = frozenset({"dialog", "alertdialog"})
_STYLING = frozenset({"style", "hidden"})
_SMALL = 400
"""A box of so few characters is held to no share of the page."""

Mark = tuple[int, str]
"""A rule's index, and what called it."""


class _Marks:
    """Which rules an element's words, tag or structure call up; the words' answer is kept, since pages repeat classes."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._by_tag = {tag: index for index, rule in enumerate(rules) for tag in rule.tags}
        self._by_word: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            for word in rule.words:
                self._by_word.setdefault(word, []).append(index)
        self._by_attributes = lru_cache(maxsize=20_000)(self._look_up)

    def _look_up(self, classes: str | None, identity: str | None) -> tuple[Mark, ...]:
        said = words_of(classes, identity)
        words = said.split()
        called: dict[int, str] = {}
        not_meant = UNSEEN if is_shown(said) else ()
        for word in (*words, *(f"{first} {second}" for first, second in pairwise(words))):
            if word in not_meant:
                continue
            for index in self._by_word.get(word, ()):
                called.setdefault(index, f"class or id says {word!r}")
        return tuple(sorted(called.items()))

    def on(self, root: HtmlElement) -> dict[HtmlElement, list[Mark]]:
        """The marked elements in page order, then those found by structure; each with the rules it calls up."""
        marks: dict[HtmlElement, list[Mark]] = {}
        survey = Survey(root)
        by_tag, by_attributes = self._by_tag, self._by_attributes
        for element in root.iterdescendants():
            tag = element.tag
            classes, names = _names(element, tag, survey)
            if classes:
                survey.note_class(element)
            if (classes or names) and (found := by_attributes(classes, names)):
                marks[element] = [*found]
            if tag in by_tag:
                marks.setdefault(element, []).append((by_tag[tag], f"tag {tag}"))
        for index, rule in enumerate(self._rules):
            for element in rule.find(survey) if rule.find else ():
                marks.setdefault(element, []).append((index, "structure"))
        return marks


_MARKS = _Marks(RULES)


def _names(element: HtmlElement, tag: str, survey: Survey) -> tuple[str | None, str]:
    """The class, and the other names that the template gave; of the attributes, all in one walk over them."""
    classes, names = None, ""
    for name, value in element.items():
        if name == "class":
            classes = value
        elif name in _STYLING:
            survey.note_style(element, name, value)
        # A heading's id, or a long one, is made from the story's words.
        elif name in _NAMING and len(value) <= _NAME_CHARS and not (name == "id" and tag in _HEADINGS):
            names += f" {value}"
            if name == "role" and value in _DIALOGS:
                survey.dialogs.append(element)
    return classes, names


class _Box:
    """An element under suspicion, and what it holds; each is counted when a guard asks, and once."""

    __slots__ = ("_least", "_plain_size", "_prose", "element", "text")

    def __init__(self, element: HtmlElement) -> None:
        self.element = element
        self.text = content_of(element)
        self._least: int | None = None
        self._plain_size: int | None = None
        self._prose: int | None = None

    def is_longer(self, limit: int) -> bool:
        """Whether its text has more characters, white space collapsed; most that are so are far longer, which is told by counting."""
        if len(self.text) <= limit:
            return False
        if self._least is None:
            self._least = least_size(self.text)
        return self._least > limit or self.size > limit

    @property
    def size(self) -> int:
        return len(" ".join(self.text.split()))

    @property
    def plain_size(self) -> int:
        if self._plain_size is None:
            self._plain_size = len("".join(self.text.split()))
        return self._plain_size

    @property
    def prose(self) -> int:
        if self._prose is None:
            self._prose = _prose_chars(self.element)
        return self._prose

    def is_protected(self) -> bool:
        """It holds the headline, or is a word inside a sentence."""
        element = self.element
        if next(element.iter("h1"), None) is not None:
            return True
        return element.tag == "span" and next(element.iterancestors(*_INLINE_HOLDERS), None) is not None


def remove_boilerplate(tree: HtmlElement, removals: list[Removal] | None = None) -> None:
    """Apply every rule to a page, or to one element of it, in place; what each took is added to `removals`, if given."""
    root = body_of(tree)
    if root is None:
        return
    total = len(content_of(root))
    gone: set[HtmlElement] = set()
    for element, marks in _MARKS.on(root).items():
        if gone and any(ancestor in gone for ancestor in element.iterancestors()):
            continue
        box = _Box(element)
        called = next((mark for mark in sorted(marks) if _may_remove(box, RULES[mark[0]], total)), None)
        if called is not None:
            if removals is not None:
                removals.append(note(RULES[called[0]].name, "tree", box.text, called[1]))
            drop(element)
            gone.add(element)


def remove_other_stories(tree: HtmlElement, titles: Container[str], removals: list[Removal] | None = None) -> None:
    """Take out the stories that a page loads below its own: each an `article` with an h1 that is none of the page's titles, folded.

    None goes where it is not plain which is the page's own, or where that holds little.
    """
    own: list[HtmlElement] = []
    others: list[HtmlElement] = []
    for article in tree.iter("article"):
        if (heading := next(article.iter("h1"), None)) is not None:
            (own if fold(heading_text(heading)) in titles else others).append(article)
    if len(own) != 1 or not others or len(content_of(own[0])) < _STORY_CHARS:
        return
    around = {own[0], *own[0].iterancestors(), *own[0].iter("article")}
    for other in others:
        if other not in around and around.isdisjoint(other.iterancestors("article")):
            if removals is not None:
                removals.append(note("other-story", "tree", content_of(other), "an article with a headline of its own"))
            drop(other)
            around.add(other)


def _may_remove(box: _Box, rule: Rule, total: int) -> bool:
    if box.is_longer(rule.max_chars):
        return False
    size = len(box.text) if len(box.text) <= rule.max_chars else box.size
    if size > _SMALL and size > rule.max_share * total:
        return False
    if box.is_protected():
        return False
    if not rule.pictures and next(box.element.iter("img", "picture"), None) is not None:
        return False
    if rule.min_link_share or rule.max_plain is not None:
        linked = _link_chars(box.element)
        if linked < rule.min_link_share * box.plain_size:
            return False
        if rule.max_plain is not None and box.plain_size - linked > rule.max_plain:
            return False
    return box.prose <= rule.max_prose


def _link_chars(element: HtmlElement) -> int:
    links = [element] if element.tag == "a" else element.iter("a")
    return sum(len("".join(content_of(link).split())) for link in links)


def _prose_chars(element: HtmlElement) -> int:
    total = 0
    for paragraph in element.iter("p"):
        size = len(" ".join(content_of(paragraph).split()))
        if size >= PROSE_CHARS and _link_chars(paragraph) < size / 2:
            total += size
    return total
