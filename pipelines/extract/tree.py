"""The few things every rule asks of an element of a parsed page."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from lxml import etree
from lxml.html import HtmlElement

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
MAX_NAMES_CHARS = 500
_SPACES = " \n\t\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""All white space that a parsed page can hold."""
_OUTER = " \u200c\u200d\u200e\u200f"
# Besides what is never seen, what no page may hold, and what is no character: JSON can spell these out.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u00ad\u200b\u2060\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")

# Content of these is never text of the page.
SILENT = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "iframe",
        "object",
        "head",
        "select",
        "button",
        "textarea",
    }
)
_BLOCKS = """
    address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol optgroup option p pre section summary table tbody td tfoot th
    thead tr ul video audio
"""
BLOCKS = frozenset(_BLOCKS.split())


def clean(text: str | None) -> str:
    """Text with white space collapsed and invisible characters gone; joiners that shape letters (ZWNJ, ZWJ) stay."""
    if not text:
        return ""
    line = text.strip()
    # Most text is clean. The space is the one white space that is printable, and splitting is half of a block's cost.
    if line.isprintable():
        return " ".join(line.split()) if "  " in line else line
    line = " ".join(line.split())
    # What is invisible is not printable either; the joiners are not, so Persian takes the longer way.
    if not line.isprintable():
        line = " ".join(_INVISIBLE.sub("", text).split())
    return line.strip(_OUTER)


def least_size(text: str) -> int:
    """How many characters a text has at least, white space collapsed: counting takes a fraction of the time that splitting does."""
    return len(text) - sum(map(text.count, _SPACES))


def text_of(element: HtmlElement) -> str:
    """The element's text on one line, a space where a block or a line break parts it."""
    children = element[:]
    if element.tag not in SILENT and not any(map(len, children)):
        return clean(_shallow_text(element, children))
    parts: list[str] = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if not isinstance(node.tag, str):
            continue
        if node.tag in BLOCKS:
            parts.append(" ")
        if event == "start":
            if node.tag in SILENT:
                walker.skip_subtree()
            elif node.text:
                parts.append(node.text)
        elif node.tail and node is not element:
            parts.append(node.tail)
    return clean("".join(parts))


def _shallow_text(element: HtmlElement, children: list[HtmlElement]) -> str:
    """As `text_of` puts it together, of an element whose children hold no others."""
    parts = [element.text or ""]
    for child in children:
        tag, text = child.tag, child.text
        if tag in BLOCKS:
            parts += (" ", text or "", " ")
        elif text and tag not in SILENT:
            parts.append(text)
        parts.append(child.tail or "")
    return "".join(parts)


def content_of(element: HtmlElement) -> str:
    """All the text an element holds, as `text_content` gives it, in a third of the time."""
    if not len(element):
        return element.text or ""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


def words_of(classes: str | None, identity: str | None = None) -> str:
    """The words of a class and an id.

    >>> words_of("btnShare-top js_x", "adSlot2")
    'btn share top js x ad slot2'
    """
    return _NOT_WORD.sub(" ", _CAMEL.sub(" ", f"{classes or ''} {identity or ''}"[:MAX_NAMES_CHARS]).lower()).strip()


def body_of(tree: HtmlElement) -> HtmlElement | None:
    """What of a tree may hold a story: a page's body, or the element itself where it is a part of a page."""
    return next(tree.iterchildren("body"), None) if tree.tag == "html" else tree


def at_and_in(elements: Iterable[HtmlElement]) -> set[HtmlElement]:
    """These elements and all that they hold, in time proportional to that where they come in page order."""
    found: set[HtmlElement] = set()
    for element in elements:
        if element not in found:
            found.update(element.iter())
    return found


def select(path: etree.XPath, root: HtmlElement) -> list[HtmlElement]:
    """The elements a compiled XPath finds."""
    return cast("list[HtmlElement]", path(root))


def attributes(path: str) -> Callable[[HtmlElement], list[str]]:
    """What lists the values of an attribute below an element, such as of `a/@rel`."""
    return cast("Callable[[HtmlElement], list[str]]", etree.XPath(f"descendant-or-self::{path}", smart_strings=False))


def bearers(path: str) -> Callable[[HtmlElement], Iterator[tuple[str, HtmlElement]]]:
    """What lists those values with the elements that bear them: dearer, but cheaper than an XPath that asks each element."""
    find = cast("Callable[[HtmlElement], list[Any]]", etree.XPath(f"descendant-or-self::{path}"))
    return lambda root: ((str(value), value.getparent()) for value in find(root))


def drop(element: HtmlElement) -> None:
    """Take an element out of its tree and leave the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if tail := element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
        element.tail = None
    parent.remove(element)


def drop_all(tree: HtmlElement, expression: str) -> None:
    """Take out every element an XPath expression finds."""
    found = tree.xpath(expression)
    for element in found if isinstance(found, list) else ():
        if isinstance(element, HtmlElement) and element is not tree:
            drop(element)


def drop_silent(tree: HtmlElement) -> list[HtmlElement]:
    """Take out scripts, styles and whatever else holds text that is never shown, and give them."""
    found = list(tree.iter("script", "style", "noscript", "template", "textarea"))
    for element in found:
        drop(element)
    return found
