"""The requisites of an HTML page: whatever a browser without scripts loads to show it, for any window and screen.

Also what scripts would put in place of a placeholder (`data-src` and its like). Left out: scripts, frames, sound and
film, pictures of one pixel, which show nothing and count readers.
"""

import re
from collections.abc import Callable

from lxml import etree
from lxml.html import HtmlElement

from archive.formats.srcset import iter_candidates
from archive.formats.style import MAX_STYLE_CHARS, Role, iter_style_urls
from pipelines.extract.parsing import check_size, parse
from pipelines.extract.tree import select
from pipelines.requisites.gathering import Gathering, Requisite

PLAIN, CHOICE = 1, 2
"""Weights: what is shown; one of several renditions, of which a browser takes one."""
LAZY = ("data-src", "data-lazy-src", "data-lazy", "data-original", "data-original-src", "data-hi-res-src", "data-image")
LAZY_SRCSETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-srcset", "imagesrcset")
LAZY_BACKGROUNDS = ("data-bg", "data-background", "data-background-image", "data-bgset")
_STYLED = etree.XPath("//*[contains(@style, '(')]")
_LAZILY_BACKED = etree.XPath(f"//*[{' or '.join(f'@{name}' for name in LAZY_BACKGROUNDS)}]")
_PICTURES = frozenset({"img", "source", "amp-img", "amp-anim", "image"})
_BACKGROUNDS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})
_PRELOADS: dict[str, Role] = {"image": "image", "style": "style", "font": "font"}
_UNLIKE_URL = re.compile(r"[\s{}<>\"\\^`|]")
_LAZY_CHARS = 2048
_NOTHING = re.compile(r"\s*[01](?:\.0*)?(?:px)?\s*")


def page_requisites(payload: bytes, *, url: str, content_type: str | None = None) -> tuple[Requisite, ...]:
    """The requisites of a page, content codings undone, weightiest first. Raises `PayloadTooLarge`."""
    check_size(payload)
    tree = parse(payload, content_type)
    if tree is None:
        return ()
    found = Gathering(url, _base(tree, url))
    # What is asked of each element costs more than parsing it: libxml2 picks those that may name something.
    for element in tree.iter(*_LOOKS, *_PICTURES):
        if look := _LOOKS.get(element.tag):
            look(element, found)
        if element.tag in _PICTURES:
            _look_at_picture(element, found)
    room = MAX_STYLE_CHARS
    for element in [*tree.iter("style"), *select(_STYLED, tree)]:
        style = element.text_content() if element.tag == "style" else element.get("style", "")
        if room <= 0:
            break
        room -= len(style)
        for value, role in iter_style_urls(style):
            found.add(value, role, weight=0 if role == "style" else PLAIN)
    for element in select(_LAZILY_BACKED, tree):
        for name in LAZY_BACKGROUNDS:
            _look_at_background(element.get(name, ""), found)
    return found.requisites()


def _base(tree: HtmlElement, url: str) -> str | None:
    """Where `<base href>` says that URLs begin; only the first counts."""
    element = next((base for base in tree.iter("base") if base.get("href")), None)
    if element is None:
        return None
    base = Gathering(url)
    base.add(element.get("href"), "image")
    return next((found.url for found in base.requisites()), None)


def _look_at_picture(element: HtmlElement, found: Gathering) -> None:
    if _NOTHING.fullmatch(element.get("width") or "") and _NOTHING.fullmatch(element.get("height") or ""):
        return
    if element.tag != "source":  # of a source it is sound or film
        found.add(element.get("src"), "image", weight=PLAIN)
    for name in LAZY:
        if _is_like_url(value := (element.get(name) or "").strip()):
            found.add(value, "image", weight=PLAIN)
    for name in LAZY_SRCSETS:
        for place, value in enumerate(iter_candidates(element.get(name) or "")):
            if _is_like_url(value):
                found.add(value, "image", weight=CHOICE if place or element.get("src") else PLAIN)


def _is_like_url(value: str) -> bool:
    """Whether a value that scripts read is a URL: it may as well be a template of one, JSON, or a word."""
    return len(value) <= _LAZY_CHARS and ("/" in value or "." in value) and _UNLIKE_URL.search(value) is None


def _look_at_background(value: str, found: Gathering) -> None:
    if "(" in value:
        for url, _ in iter_style_urls(value):
            found.add(url, "image", weight=PLAIN)
        return
    for url in iter_candidates(value):
        if _is_like_url(url):
            found.add(url, "image", weight=PLAIN)


def _look_at_link(element: HtmlElement, found: Gathering) -> None:
    relations = (element.get("rel") or "").lower().split()
    if "stylesheet" in relations:
        found.add(element.get("href"), "style")
    elif "icon" in relations:
        found.add(element.get("href"), "image", weight=PLAIN)
    elif "preload" in relations and (role := _PRELOADS.get((element.get("as") or "").strip().lower())):
        found.add(element.get("href"), role, weight=PLAIN)
        for value in iter_candidates(element.get("imagesrcset") or ""):
            found.add(value, "image", weight=CHOICE)


def _look_at_reference(element: HtmlElement, found: Gathering) -> None:
    """SVG: `<image href>`, `<use href>`; the older spelling too."""
    for name in ("href", "xlink:href"):
        found.add(element.get(name), "image", weight=PLAIN)


def _look_at_poster(element: HtmlElement, found: Gathering) -> None:
    for name in ("poster", "data-poster"):
        found.add(element.get(name), "image", weight=PLAIN)


def _look_at_input(element: HtmlElement, found: Gathering) -> None:
    if (element.get("type") or "").strip().lower() == "image":
        found.add(element.get("src"), "image", weight=PLAIN)


def _look_at_object(element: HtmlElement, found: Gathering) -> None:
    if (element.get("type") or "").strip().lower().startswith("image/"):
        found.add(element.get("data") or element.get("src"), "image", weight=PLAIN)


def _look_at_old_background(element: HtmlElement, found: Gathering) -> None:
    found.add(element.get("background"), "image", weight=PLAIN)


_LOOKS: dict[str, Callable[[HtmlElement, Gathering], None]] = {
    "link": _look_at_link,
    "image": _look_at_reference,
    "use": _look_at_reference,
    "feimage": _look_at_reference,
    "video": _look_at_poster,
    "amp-video": _look_at_poster,
    "input": _look_at_input,
    "object": _look_at_object,
    "embed": _look_at_object,
    **dict.fromkeys(_BACKGROUNDS, _look_at_old_background),
}
