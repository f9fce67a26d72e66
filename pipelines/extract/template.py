"""Reads an article straight from where a site's profile says it stands, and checks that what stands there can be one.

Only the template's frame is cleared and cut, not the page: that is where the time is won. The page itself is left as it
is, for the readers to take over where the check fails.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.assembly import Cleared, clear
from pipelines.extract.blocks import Block, key_size
from pipelines.extract.body import Body, body_of
from pipelines.extract.classes import Classes
from pipelines.extract.naming import kind_of
from pipelines.extract.parsing import MAX_TEXT_CHARS, page_of
from pipelines.extract.profile import Template
from pipelines.extract.selectors import find_all
from pipelines.extract.slicing import Slice
from pipelines.extract.tree import at_and_in, content_of

MIN_SHARE = 0.75
"""How much of the least share seen while learning a container must hold of the page's text."""
MAX_STRANGERS, MAX_STRANGERS_UNCLEARED = 0.1, 0.02
PLAIN = frozenset({"p", "h2", "h3", "h4", "li", "blockquote", "blockquote > p", "td", "th"})
"""How text stands anywhere: no stranger, though no page before had it."""
MAX_MORE_REST = 0.15
_PROSE_CHARS = 80
_MIN_CHARS = 120
MAX_LINK_SHARE = 0.5


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of this template."""

    template: Template
    cleared: Cleared
    body: Body


class _Named(msgspec.Struct, frozen=True):
    """The elements that a template's selectors name on a page, before anything is taken out."""

    frames: list[HtmlElement]
    containers: list[HtmlElement]
    skipped: list[HtmlElement]
    furniture: list[HtmlElement]


def read_with_templates(tree: HtmlElement, url: str, templates: Sequence[Template]) -> Found | None:
    """Read the page with the first template that fits it; `None` where none does. Leaves the tree as it is."""
    size = 0
    for template in templates:
        frame = _frame_of(template, tree)
        if frame is not None:
            size = size or text_size(tree)
            page = page_of(frame)
            classes = Classes(page[0])
            if found := _read_frame(template, page, classes, _named(template, classes), url, size):
                return found
    return None


def read_slice(page: HtmlElement, url: str, template: Template, piece: Slice) -> Found | None:
    """Read the page that a slice was parsed to, and take it apart; `None` where the template does not fit it."""
    body = next(page.iterchildren("body"), None)
    if body is None:
        return None
    classes = Classes(body)
    named = _named(template, classes)
    frame = named.frames[0] if named.frames else None
    if frame is None or not any(_is_within(frame, one) for one in named.containers):
        return None
    # No character of a text is written in less than a byte.
    is_bounded = len(piece.document) <= MAX_TEXT_CHARS
    page_text = text_size(frame) + piece.outside
    return _read_frame(template, page, classes, named, url, page_text, is_bounded=is_bounded)


def _is_within(frame: HtmlElement, element: HtmlElement) -> bool:
    return element is frame or frame in element.iterancestors(frame.tag)


def _frame_of(template: Template, tree: HtmlElement) -> HtmlElement | None:
    frame = next(iter(find_all(template.frame, tree)), None)
    return frame if frame is not None and any(find_all(one, frame) for one in template.container) else None


def _named(template: Template, classes: Classes) -> _Named:
    skips = tuple(skip.selector for skip in template.skip)
    return _Named(*classes.find_each(((template.frame,), template.container, skips, template.furniture)))


def _read_frame(
    template: Template,
    page: HtmlElement,
    classes: Classes,
    named: _Named,
    url: str,
    page_text: int,
    *,
    is_bounded: bool = False,
) -> Found | None:
    """Read a page that holds nothing but a template's frame, and take it apart."""
    furniture = None if template.cleared else partial(_furniture, page, named.furniture)
    cleared = clear(page, url, furniture=furniture, classes=classes, is_bounded=is_bounded)
    wanted = set(named.containers)
    inside = at_and_in(named.containers) - at_and_in(named.skipped)
    places = list(_lines(template, cleared.blocks, wanted, inside))
    body = body_of(cleared.blocks, places)
    most_rest = template.rest + MAX_MORE_REST
    if (
        _holds(template, body, page_text)
        and strangers(template, body, wanted) <= (MAX_STRANGERS if template.cleared else MAX_STRANGERS_UNCLEARED)
        and rest_of(cleared.blocks, set(places), enough=most_rest) <= most_rest
    ):
        return Found(template=template, cleared=cleared, body=body)
    return None


def _furniture(page: HtmlElement, named: Collection[HtmlElement]) -> list[HtmlElement]:
    """What of the named elements is taken out of a frame: none that holds the headline or more than half of it, as under a stale name."""
    if not named:
        return []
    most = len(content_of(page)) / 2
    around_headlines: set[HtmlElement] = set()
    for heading in page.iter("h1"):
        at: HtmlElement | None = heading
        while at is not None and at not in around_headlines:
            around_headlines.add(at)
            at = at.getparent()
    return [element for element in named if element not in around_headlines and len(content_of(element)) <= most]


def _lines(
    template: Template, blocks: Sequence[Block], wanted: set[HtmlElement], inside: set[HtmlElement]
) -> Iterator[int]:
    """Indexes of the blocks that a template takes for the text; `wanted` are its containers, `inside` what of them is not skipped."""
    links = frozenset(template.links)
    for index, block in enumerate(blocks):
        if block.element in inside and (
            block.link_share < MAX_LINK_SHARE or (links and kind_of(block.element, wanted) in links)
        ):
            yield index


def rest_of(blocks: Sequence[Block], places: set[int], *, enough: float = 0.0) -> float:
    """How much prose these blocks have beside the text at these places, as a share of both, 0 to 1.

    Of what is no more than `enough` only that it is not.
    """
    rest = sum(
        # A text's key is no longer than the text.
        size
        for index, block in enumerate(blocks)
        if len(block.text) >= _PROSE_CHARS and index not in places and block.link_share < MAX_LINK_SHARE
        if (size := key_size(block.text)) >= _PROSE_CHARS
    )
    if not rest:
        return 0.0
    both = rest
    # The text may be in short lines: an article is no less of one for that.
    for index, block in enumerate(blocks):
        if rest <= enough * both:
            break
        if index in places:
            both += key_size(block.text)
    return rest / both


def strangers(template: Template, body: Body, wanted: set[HtmlElement]) -> float:
    """How much of a body's text stands as none did on the pages learned from, 0 to 1."""
    known = _known_kinds(template.kinds)
    strange = total = 0
    # Paragraphs beside each other are of one kind.
    are_strange: dict[tuple[HtmlElement | None, str, str | None], bool] = {}
    for line in body.lines:
        size = len(line.text)
        total += size
        if line.block is None:
            continue
        element = line.block.element
        look = (element.getparent(), line.block.tag, element.get("class"))
        is_stranger = are_strange.get(look)
        if is_stranger is None:
            is_stranger = are_strange[look] = kind_of(element, wanted) not in known
        if is_stranger:
            strange += size
    return strange / max(1, total)


@lru_cache(maxsize=1000)
def _known_kinds(kinds: tuple[str, ...]) -> frozenset[str]:
    return frozenset(kinds) | PLAIN


def text_size(tree: HtmlElement) -> int:
    """Characters of a page's paragraphs, as a measure of how much text it has."""
    return sum(len(content_of(paragraph)) for paragraph in tree.iter("p"))


def share_of(body: Body, page_text: int) -> float:
    """How much text a body has for each character in the page's paragraphs; over 1 where paragraphs are marked otherwise."""
    return sum(len(line.text) for line in body.lines) / max(1, page_text)


def _holds(template: Template, body: Body, page_text: int) -> bool:
    size = sum(len(line.text) for line in body.lines)
    return size >= _MIN_CHARS and share_of(body, page_text) >= MIN_SHARE * template.share
