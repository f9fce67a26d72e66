"""Selectors of elements, in CSS or XPath, as publisher rules and profiles have them: checked when loaded, bounded when used.

They look into an element or above it, never along its siblings: no work may grow with the square of a page.
"""

import re
from functools import lru_cache

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from archive.formats.toml import FieldInvalid
from pipelines.extract.tree import select

MAX_SELECTOR_CHARS = 300

# Each step along these may visit all of an element's siblings, or all of the page.
_DEAR_AXES = re.compile(r"\b(?:preceding|following)(?:-sibling)?\s*::")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FUNCTION = re.compile(r"([\w:-]+)\s*\(")
_KNOWN = "and or not contains starts-with normalize-space concat translate string string-length substring"
_FUNCTIONS = frozenset(
    f"{_KNOWN} substring-before substring-after position last count name local-name node text".split()
)
_NO_ELEMENT = re.compile(r"(?:/|^)\s*(?:@|attribute\s*::|text\s*\()[^\[\]/]*$")
_SPECIMEN = lxml.html.document_fromstring("<html><body><div class='a' id='b'><p>c</p></div></body></html>")


def _to_xpath(selector: str) -> str:
    """XPath as it is (it begins with `/` or `.//`), or CSS put into XPath."""
    if selector.startswith(("/", ".//")):
        return selector
    from cssselect import HTMLTranslator

    return HTMLTranslator().css_to_xpath(selector)


@lru_cache(maxsize=1000)
def compile_selector(selector: str) -> etree.XPath:
    """What finds the elements; the last ones asked for are kept."""
    return etree.XPath(_to_xpath(selector))


def find_all(selector: str, root: HtmlElement) -> list[HtmlElement]:
    """The elements at and inside `root` that a CSS selector names, in page order."""
    return select(compile_selector(selector), root)


def check_selector(field: str, selector: str) -> None:
    """Raise `FieldInvalid` for what selects no elements, or costs more than a walk through the page."""
    if problem := _problem_of(selector):
        raise FieldInvalid(field, problem)


# A worker is given the profile with each page, and would check it for longer than it takes to decode.
@lru_cache(maxsize=1000)
def _problem_of(selector: str) -> str | None:
    if not selector.strip() or len(selector) > MAX_SELECTOR_CHARS:
        return f"is no selector of 1 to {MAX_SELECTOR_CHARS} characters (name an element by its class)"
    from cssselect import SelectorError

    remedy = "write CSS like aside.related, or XPath like //aside"
    try:
        path = _to_xpath(selector)
        compiled = etree.XPath(path)
    except (SelectorError, etree.XPathError, ValueError) as error:
        return f"is no selector: {error} ({remedy})"
    bare = _QUOTED.sub("", path)
    if _DEAR_AXES.search(bare):
        return "looks at siblings, which is dear on a long page (name the element or its parent)"
    # XPath finds out what a function is, and what a path gives, only where it meets an element to try it on.
    if unknown := set(_FUNCTION.findall(bare)) - _FUNCTIONS:
        return f"is no selector: {min(unknown)}() is not known here ({remedy})"
    try:
        found = compiled(_SPECIMEN)
    except etree.XPathError as error:
        return f"is no selector: {error} ({remedy})"
    if not isinstance(found, list) or _NO_ELEMENT.search(bare):
        return f"selects no elements ({remedy})"
    return None
