"""The classes of a page's elements, gathered in one walk: what is asked of them is asked once for each way they are written.

A page has a tenth as many different classes as elements, so a question costs next to nothing more.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain

from lxml.html import HtmlElement

from pipelines.extract.selectors import find_all
from pipelines.extract.tree import drop

_WORD = re.compile(r"[^ \t\r\n]+")
"""Of a class attribute; what else Unicode calls white space parts none."""
_USUAL_CHARS = 1000
_BY_CLASS = re.compile(r'([a-z][a-z0-9-]*)(?:\.([\w-]+)|\[class\*="([^"]*)"\])?', re.ASCII)


class Classes:
    """The elements of a tree as it was, by class; those that are dropped through here are known to be gone."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree
        # Held on to: lxml makes an object for each element that is met anew, which is half the cost of a walk over a page.
        self._elements = list(tree.iter())
        self._places: dict[str, list[int]] = {}
        self._gone: set[HtmlElement] = set()
        places = self._places
        for place, element in enumerate(self._elements):
            if classes := element.get("class"):
                if classes in places:
                    places[classes].append(place)
                else:
                    places[classes] = [place]

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        """The classes as they are written, by each of their words."""
        found: dict[str, list[str]] = {}
        for classes in self._places:
            # Pages of strangers may hold megabytes of them, and what is kept of those would add up.
            for word in _words(classes) if len(classes) <= _USUAL_CHARS else frozenset(_WORD.findall(classes)):
                found.setdefault(word, []).append(classes)
        return found

    def find_all(self, selector: str) -> list[HtmlElement]:
        """The elements that a CSS selector names, in page order (`selectors.find_all`)."""
        match = _BY_CLASS.fullmatch(selector)
        if match is None:
            return find_all(selector, self._tree)
        tag, name, part = match.groups()
        if name is None and part is None:
            return list(self._tree.iter(tag))
        if name is not None:
            found = self._places_with(self._by_word.get(name, ()))
        else:
            found = self._places_with([classes for classes in self._places if part in classes])
        return [element for place in found if (element := self._elements[place]).tag == tag]

    def below(
        self, root: HtmlElement, says: Callable[[str], bool], others: Iterable[HtmlElement] = ()
    ) -> Iterator[HtmlElement]:
        """The elements inside `root` whose class says so, and others in page order; none that is gone."""
        places = {*self._places_with([classes for classes in self._places if says(classes)]), *self._places_of(others)}
        if not places:
            return
        first = self._elements.index(root)
        for place in sorted(places):
            element = self._elements[place]
            if place > first and not self._is_gone(element):
                yield element

    def drop(self, element: HtmlElement) -> None:
        """Take an element out of the tree."""
        drop(element)
        self._gone.add(element)

    def _places_with(self, written: Sequence[str]) -> list[int]:
        if len(written) > 1:
            return sorted(chain.from_iterable(self._places[classes] for classes in written))
        return self._places[written[0]] if written else []

    def _places_of(self, elements: Iterable[HtmlElement]) -> Iterator[int]:
        at = 0
        for element in elements:
            at = self._elements.index(element, at)
            yield at

    def _is_gone(self, element: HtmlElement) -> bool:
        gone = self._gone
        return bool(gone) and (element in gone or any(ancestor in gone for ancestor in element.iterancestors()))


@lru_cache(maxsize=20_000)
def _words(classes: str) -> frozenset[str]:
    return frozenset(_WORD.findall(classes))
