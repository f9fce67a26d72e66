"""How bytes become an lxml tree, and what is too large to.

No entities are resolved, nothing is loaded, and libxml2's bounds stay on: the narrow ones, or the wide where a page needs them.
"""

import re
import threading
from copy import deepcopy
from itertools import islice
from typing import cast

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from archive.formats.encoding import to_utf8
from pipelines.errors import PayloadTooLarge

# Characters that no XML tree can hold; a stray one would make lxml refuse the text later.
_CONTROL = bytes([*range(9), 11, 12, *range(14, 32), 127])
_NO_CHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")
_CHARACTER_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));?")
_NEVER_CLOSED = ("button", "select", "svg", "math", "object")
_LOST_PARAGRAPHS = 5
"""A button with as many paragraphs in it is one whose end tag the parser could not place: the page goes on in it."""

_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
_EMPTY = lxml.html.HTMLParser()
_EMPTY.set_element_class_lookup(_ONE_CLASS)


def _parser(*, huge: bool) -> lxml.html.HTMLParser:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=huge, collect_ids=False
    )
    # lxml.html asks a Python function for the class of every element each time it is met: a quarter of all the time.
    parser.set_element_class_lookup(_ONE_CLASS)
    return parser


class _Parsers(threading.local):
    """Kept, since one is dear to make; for each thread, since what a parser met is asked of it afterwards."""

    def __init__(self) -> None:
        self.narrow = _parser(huge=False)
        self.wide = _parser(huge=True)


_PARSERS = _Parsers()

MAX_PAGE_BYTES = 24 * 1024 * 1024
MAX_TAGS = 500_000
"""Opening and closing ones; the fullest of a thousand news pages had ten thousand."""
MAX_TEXT_CHARS = 4_000_000
_TEXT_CHARS = etree.XPath("string-length(.)")
_STRIDE = 2000
"""A tag of twice as many bytes is looked into."""
_MAX_ATTRIBUTES = 400
_MAX_ATTRIBUTES_BYTES = 1 << 20
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")
_TAG_NAME = re.compile(rb"<[a-zA-Z][\w:-]{0,60}")


def check_size(payload: bytes) -> None:
    """Raise `PayloadTooLarge` for what is larger than any page: reading it would take minutes."""
    if len(payload) > MAX_PAGE_BYTES:
        raise PayloadTooLarge(
            f"the page has {len(payload)} bytes, more than the {MAX_PAGE_BYTES} that are read (it is kept unread)"
        )
    if len(payload) > MAX_TAGS and (tags := payload.count(b"<")) > MAX_TAGS:
        raise PayloadTooLarge(f"the page has {tags} tags, more than the {MAX_TAGS} that are read (it is kept unread)")


def check_text(tree: HtmlElement) -> None:
    """Raise `PayloadTooLarge` for more text than a book has, once what is never shown is gone."""
    if (size := int(cast("float", _TEXT_CHARS(tree)))) > MAX_TEXT_CHARS:
        raise PayloadTooLarge(
            f"the page has {size} characters of text, more than the {MAX_TEXT_CHARS} that are read (it is kept unread)"
        )


def parse(payload: bytes, content_type: str | None = None) -> HtmlElement | None:
    """The page as a tree without comments; `None` where there is no element at all."""
    return parse_utf8(to_utf8(payload, content_type))


def parse_utf8(document: bytes) -> HtmlElement | None:
    """As `parse`, of a document that is in UTF-8."""
    document = _with_few_attributes(_without_control_characters(document))
    tree, is_cut = _parse(document, huge=False)
    # Elements that nobody closes nest by the hundred, and libxml2 gives up where they do: the story would end there.
    if is_cut:
        tree, _ = _parse(document, huge=True)
    if tree is not None:
        _open_silent(tree)
    return tree


def _parse(document: bytes, *, huge: bool) -> tuple[HtmlElement | None, bool]:
    """The tree, and whether the parser met a bound before the document's end; `huge` allows a depth of 2048 and text of any length."""
    parser = _PARSERS.wide if huge else _PARSERS.narrow
    try:
        tree = cast("HtmlElement | None", etree.fromstring(document, parser))
    except (etree.ParserError, etree.XMLSyntaxError):
        tree = None
    return tree, any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)


def _open_silent(tree: HtmlElement) -> None:
    """Make a plain container of a silent element that swallowed the page.

    An unclosed element inside keeps libxml2 from seeing `</button>`; a browser closes the button there.
    """
    small: HtmlElement | None = None
    for element in tree.iter(*_NEVER_CLOSED):
        if small is not None and any(ancestor is small for ancestor in element.iterancestors(*_NEVER_CLOSED)):
            continue
        if sum(1 for _ in islice(element.iter("p"), _LOST_PARAGRAPHS)) == _LOST_PARAGRAPHS:
            element.tag = "div"
        else:
            small = element


def page_of(element: HtmlElement) -> HtmlElement:
    """A page that holds nothing but a copy of this element."""
    page = _EMPTY.makeelement("html")
    body = _EMPTY.makeelement("body")
    page.append(body)
    copied = deepcopy(element)
    copied.tail = None
    body.append(copied)
    return cast("HtmlElement", page)


def _without_control_characters(document: bytes) -> bytes:
    document = document.translate(None, _CONTROL)
    # One byte is searched for many times as fast as two.
    if b"\xef" in document:
        document = _NO_CHARACTER.sub(b"", document)
    return _CHARACTER_REFERENCE.sub(_keep_if_allowed, document) if b"&" in document else document


def _keep_if_allowed(reference: re.Match[bytes]) -> bytes:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    allowed = code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if allowed else b""


def _with_few_attributes(document: bytes) -> bytes:
    """A tag with hundreds of attributes, or a megabyte of them, loses all: work grows with the square of their number."""
    kept: list[bytes] = []
    done = at = 0
    while at < len(document):
        if document.find(b">", at, at + _STRIDE) >= 0:
            at += _STRIDE
            continue
        # No tag ends here: this is script or text, or a tag of some thousand bytes.
        start, end = document.rfind(b">", done, at) + 1, document.find(b">", at)
        start, end = max(start, done), len(document) if end < 0 else end
        piece = document[start:end]
        opening = piece.rfind(b"<")
        name = _TAG_NAME.match(piece, max(0, opening))
        if name and _is_overfull(piece[opening:]):
            kept += [document[done:start], piece[:opening], name[0]]
            done = end
        at = max(end, at + 1)
    return b"".join([*kept, document[done:]]) if kept else document


def _is_overfull(tag: bytes) -> bool:
    return len(tag) > _MAX_ATTRIBUTES_BYTES or len(_QUOTED.sub(b"", tag).split()) > _MAX_ATTRIBUTES
