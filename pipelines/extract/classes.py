"""The classes of a page's elements, gathered in one walk: what is asked of them is asked once for each way they are written.

A page has a tenth as many different classes as elements, so a question costs next to nothing more.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.selectors import find_all
from pipelines.extract.tree import MAX_NAMES_CHARS, drop

_WORD = re.compile(r"[^ \t\r\n]+")
"""Of a class attribute; what else Unicode calls white space parts none."""
_USUAL_CHARS = 1000
_SIMPLE = re.compile(
    r'([a-z][a-z0-9-]*)(?:\.([\w-]+)|\[class\*="([^"]+)"\]|#([\w-]+)|\[([a-z-]+)="([^"\\]+)"\])?', re.ASCII
)


Groups = tuple[tuple[str, ...], ...]
"""Selectors, in groups of which each is asked for as a whole."""


class _Simple(msgspec.Struct, frozen=True, gc=False):
    """A selector of a tag and one thing that it says of itself."""

    tag: str
    name: str | None
    """A word of the class."""
    part: str | None
    """What stands in the class."""
    attribute: str | None
    value: str


@lru_cache(maxsize=2000)
def _simple(selector: str) -> _Simple | None:
    match = _SIMPLE.fullmatch(selector)
    if match is None:
        return None
    tag, name, part, identity, attribute, value = match.groups()
    return _Simple(tag, name, part, "id" if identity else attribute, identity or value or "")


class Classes:
    """The elements of a tree as it was, by class; those that it is told of are known to be gone."""

    def __init__(self, root: HtmlElement) -> None:
        self._root = root
        # Held on to: lxml makes an object for each element that is met anew, which is half the cost of a walk over a page.
        self._elements = list(root.iter())
        self._places: dict[str, list[int]] = {}
        self._by_attribute: dict[tuple[str, str], dict[str, list[HtmlElement]]] = {}
        self._gone: set[HtmlElement] = set()
        self._holds_gone = False
        """Whether something that is gone held other elements."""
        places = self._places
        for place, element in enumerate(self._elements):
            if classes := element.get("class"):
                if classes in places:
                    places[classes].append(place)
                else:
                    places[classes] = [place]
        self._written = "\n".join(places)
        """All that is said in classes: what is not in here is said by none."""

    def find_all(self, selector: str) -> list[HtmlElement]:
        """The elements that a CSS selector names, in page order (`selectors.find_all`)."""
        wanted = _simple(selector)
        if wanted is None:
            return find_all(selector, self._root)
        tag = wanted.tag
        if wanted.attribute is not None:
            return [*self._with_attribute(tag, wanted.attribute).get(wanted.value, ())]
        part = wanted.name or wanted.part
        if part is None:
            return list(self._root.iter(tag))
        if part not in self._written:
            return []
        written = [classes for classes in self._places if part in classes]
        if wanted.name is not None:
            written = [classes for classes in written if part in _words_of(classes)]
        if not written:
            return []
        return [element for place in self._places_with(written) if (element := self._elements[place]).tag == tag]

    def find_each(self, groups: Groups) -> list[list[HtmlElement]]:
        """The elements that each group of selectors names, in one walk over the classes for all.

        In page order come those that are named by their class, then for each other selector those that it names; some twice.
        """
        asked = _asked(groups)
        places: list[list[int]] = [[] for _ in groups]
        for classes, held in self._places.items():
            for group, tag in asked.answers(classes) if len(classes) <= _USUAL_CHARS else asked.look_up(classes):
                places[group] += [place for place in held if self._elements[place].tag == tag]
        found = [[self._elements[place] for place in sorted(named)] for named in places]
        for group, selector in asked.others:
            found[group] += self.find_all(selector)
        return found

    def may_say(self, letters: str) -> bool:
        """Whether small letters stand in any class, however they are written there: a word that does not is said by none."""
        return letters in self._written.lower()

    def below(self, says: Callable[[str], bool], others: Iterable[HtmlElement] = ()) -> Iterator[HtmlElement]:
        """The elements inside the root whose class says so, and others in page order; none that is gone.

        Of a long class the first `MAX_NAMES_CHARS` are looked at.
        """
        places = {*self._places_of(others)}
        for classes, held in self._places.items():
            if says(classes if len(classes) <= MAX_NAMES_CHARS else classes[:MAX_NAMES_CHARS]):
                places.update(held)
        places.discard(0)
        for place in sorted(places):
            element = self._elements[place]
            if not self._is_gone(element):
                yield element

    def drop(self, element: HtmlElement) -> None:
        """Take an element out of the tree."""
        drop(element)
        self.forget((element,))

    def forget(self, elements: Iterable[HtmlElement]) -> None:
        """Elements that have been taken out of the tree."""
        for element in elements:
            self._gone.add(element)
            self._holds_gone = self._holds_gone or len(element) > 0

    def _with_attribute(self, tag: str, attribute: str) -> dict[str, list[HtmlElement]]:
        """The elements of a tag, by what they say in an attribute."""
        found = self._by_attribute.get((tag, attribute))
        if found is None:
            found = self._by_attribute[tag, attribute] = {}
            for element in self._root.iter(tag):
                if (value := element.get(attribute)) is not None:
                    found.setdefault(value, []).append(element)
        return found

    def _places_with(self, written: Sequence[str]) -> list[int]:
        if len(written) > 1:
            return sorted(chain.from_iterable(self._places[classes] for classes in written))
        return self._places[written[0]]

    def _places_of(self, elements: Iterable[HtmlElement]) -> Iterator[int]:
        at = 0
        for element in elements:
            at = self._elements.index(element, at)
            yield at

    def _is_gone(self, element: HtmlElement) -> bool:
        gone = self._gone
        if not gone:
            return False
        return element in gone or (self._holds_gone and any(ancestor in gone for ancestor in element.iterancestors()))


def _words_of(classes: str) -> frozenset[str]:
    # Pages of strangers may hold megabytes of them, and what is kept of those would add up.
    return _words(classes) if len(classes) <= _USUAL_CHARS else frozenset(_WORD.findall(classes))


@lru_cache(maxsize=20_000)
def _words(classes: str) -> frozenset[str]:
    return frozenset(_WORD.findall(classes))


class _Asked:
    """Groups of selectors, and which of them a class answers to: kept, since pages of a site repeat their classes."""

    def __init__(self, groups: Groups) -> None:
        self._by_class: list[tuple[int, _Simple]] = []
        self.others: list[tuple[int, str]] = []
        """Those that are not of a class alone, each with its group."""
        for group, selectors in enumerate(groups):
            for selector in selectors:
                simple = _simple(selector)
                if simple is not None and (simple.name or simple.part):
                    self._by_class.append((group, simple))
                else:
                    self.others.append((group, selector))
        self.answers = lru_cache(maxsize=500)(self.look_up)

    def look_up(self, classes: str) -> tuple[tuple[int, str], ...]:
        """Group and tag of each selector that names elements of this class."""
        words = _words_of(classes)
        return tuple(
            (group, one.tag)
            for group, one in self._by_class
            if (one.name in words if one.name is not None else (one.part or "") in classes)
        )


_asked = lru_cache(maxsize=200)(_Asked)
