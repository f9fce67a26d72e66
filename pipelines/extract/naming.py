"""Names for the elements of a page, as CSS selectors that find them again on other pages of the site.

Spec of the notation: https://www.w3.org/TR/selectors-3/. Only what an element says of itself goes in (tag, one class, id,
a few attributes), never its position: a banner above it must not move it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml.html import HtmlElement

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}|-[A-Za-z_][A-Za-z0-9_-]{0,78}")
_VALUE = re.compile(r"[A-Za-z0-9_:. /-]{1,60}")
_ATTRIBUTES = (
    "itemprop",
    "role",
    "property",
    "data-testid",
    "data-test",
    "data-qa",
    "data-component",
    "data-module",
    "data-type",
)
_TELLING_TAGS = frozenset(
    {"article", "main", "aside", "footer", "header", "form", "figure", "table", "blockquote", "pre"}
)
_TAG = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""Others, such as Word's `o:p`, mean something else in a selector."""
_MAX_CLASSES = 12
_MAX_NAME_CHARS = 80
_USUAL_CHARS = _MAX_CLASSES * (_MAX_NAME_CHARS + 1)
_MAX_STEPS, _STEP_CLASSES = 4, 3
# CSS modules: `Story_text__2gQno` is named for its component, and ends in what changes with each build.
_BUILT = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40}_[A-Za-z0-9-]{1,40}__)[A-Za-z0-9_-]{5,8}")
_DIGITS = re.compile(r"\d+")
_COUNTED = re.compile(r"\d{3,}")
_MACHINE_MADE = re.compile(r"(?=[^_-]*\d)[A-Za-z0-9]{5,}|[a-z]+[A-Z]+[a-z]+[A-Z]|[bcdfghjklmnpqrstvwxz]{5}")


def selectors_of(element: HtmlElement) -> Iterator[str]:
    """The selectors that an element answers to, each by one thing it says of itself."""
    tag = element.tag
    if not _TAG.fullmatch(tag):
        return
    if tag in _TELLING_TAGS:
        yield tag
    for name in (element.get("class") or "").split()[:_MAX_CLASSES]:
        if _NAME.fullmatch(name) and not _COUNTED.search(name):
            yield f"{tag}.{name}"
        if built := _BUILT.fullmatch(name):
            yield f'{tag}[class*="{built[1]}"]'
    identity = element.get("id")
    if identity and _NAME.fullmatch(identity) and not _COUNTED.search(identity):
        yield f"{tag}#{identity}"
    for attribute in _ATTRIBUTES:
        value = element.get(attribute)
        if value and _VALUE.fullmatch(value) and not _COUNTED.search(value):
            yield f'{tag}[{attribute}="{value}"]'


def kind_of(element: HtmlElement, inside: set[HtmlElement]) -> str:
    """How an element stands in the container around it: its last steps from there, each with its classes.

    Steps that say nothing of themselves leave no trace, so `p` is a paragraph directly in the text, wherever it is. Numbers
    are all one: pages number their paragraphs.
    """
    steps: list[str] = []
    at: HtmlElement | None = element
    while at is not None and at not in inside and len(steps) < _MAX_STEPS:
        tag, classes = at.tag, at.get("class")
        names = _step_of(classes[:_USUAL_CHARS]) if classes else ""
        if names or at is element or tag in _TELLING_TAGS:
            steps.append(tag[:_MAX_NAME_CHARS] + names)
        at = at.getparent()
    return " > ".join(reversed(steps))


@lru_cache(maxsize=5000)
def _step_of(classes: str) -> str:
    names = sorted({_DIGITS.sub("0", name[:_MAX_NAME_CHARS]) for name in classes.split()[:_MAX_CLASSES]})
    return "".join(f".{name}" for name in names[:_STEP_CLASSES])


def plainness(selector: str) -> int:
    """How likely a selector is to outlive a new build of the site: less is likelier.

    >>> plainness('div[itemprop="articleBody"]'), plainness("div.story-text"), plainness("div.css-1x2y3z9")
    (0, 1, 2)
    """
    if _MACHINE_MADE.search(selector.partition("[")[0].replace("-", " ")):
        return 2
    return 0 if "[" in selector or selector in {"article", "main"} else 1
