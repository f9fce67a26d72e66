"""Finds furniture by its structure alone: where its links lead, what its forms ask for, how it is laid out.

A finder is given a survey of what it may look at, made in one walk over the page. It judges nothing of how much an element holds:
that is the work of the guards of `rules`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import cast

from lxml.html import HtmlElement

from pipelines.extract.tree import MAX_NAMES_CHARS, content_of, words_of

_SHARE_HINTS = (
    "shar",
    "intent",
    "wa.me",
    "whatsapp",
    "pin/create",
    "submit",
    "plugins.line",
    "mailto:?",
    "bookmarklet",
    "print",
)
_SHARE_LINK = re.compile(
    r"facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share)|wa\.me/|whatsapp:|api\.whatsapp\.com"
    r"|t\.me/share|telegram\.me/share|linkedin\.com/(?:share|cws)|pinterest\.\w+/pin/create|reddit\.com/submit"
    r"|vk\.com/share|social-plugins\.line\.me|weibo\.com/share|mailto:\?|flipboard\.com/bookmarklet"
    r"|window\.print|#(?:share|print)"
)
_CLIMB, _FORM_CLIMB = 4, 8
_BOXES = frozenset(
    {"div", "section", "aside", "ul", "ol", "li", "nav", "p", "span", "header", "footer", "form", "fieldset", "details"}
)
_STORY_HOLDERS = frozenset({"body", "main", "article", "td"})
_NOT_DISPLAYED = re.compile(r"display\s{0,4}:\s{0,4}none")
_ASKED = frozenset({"email", "tel", "password"})
_LEAF_CHARS = 9
_ASIDE_CHARS, _ASIDE_PARAGRAPH = 600, 120
_BUTTONS = frozenset({"btn", "button", "cta"})
_ROWS = frozenset({"table", "tr", "li", "ul", "ol"})
_CALL_CHARS, _CALL_CLIMB, _MAX_ALIKE = 250, 6, 3
_MIN_JUMPS = 3
_JUMP_SHARE = 0.6
"""Of a list's text: footnotes lead back by a sign or a number only."""
_LABEL_CHARS = 40
_MAX_DIALOGS = 20
_COOKIES = re.compile(r"cookie|куки|クッキー|쿠키|कुकी|ملفات تعريف الارتباط", re.IGNORECASE)


class Survey:
    """What of a page the finders look at, in page order; what is told by more than a tag is noted on the one walk over it."""

    def __init__(self, root: HtmlElement) -> None:
        self.root = root
        self.links = list(root.iterdescendants("a"))
        self.fields = list(root.iterdescendants("input"))
        self.lists: list[HtmlElement] = []
        self.lists_above: int | None = None
        """How many of the lists stand above the first h1; `None` without one."""
        self.leaves: list[HtmlElement] = []
        """Short ones with a class."""
        self.hidden: list[HtmlElement] = []
        self.dialogs: list[HtmlElement] = []
        """By their role."""
        for element in root.iterdescendants("ul", "ol", "h1"):
            if element.tag != "h1":
                self.lists.append(element)
            elif self.lists_above is None:
                self.lists_above = len(self.lists)

    def note_class(self, element: HtmlElement) -> None:
        """Take up an element that has a class, if a finder may want it."""
        if not len(element) and (text := element.text) and len(text) < _LEAF_CHARS:
            self.leaves.append(element)

    def note_style(self, element: HtmlElement, name: str, value: str) -> None:
        """Take up an element that is never displayed, by the attribute `hidden` or by its style."""
        if name == "hidden" or ("none" in value and _NOT_DISPLAYED.search(value.lower())):
            self.hidden.append(element)


def breakpoint_probes(survey: Survey) -> Iterator[HtmlElement]:
    """Adjacent short leaves, each named by the screen width its own class names: `visible-xs-block` says XS."""
    parents = dict.fromkeys(
        cast("HtmlElement", leaf.getparent()) for leaf in survey.leaves if (leaf.text or "").strip()
    )
    for parent in parents:
        if len(parent) > 1 and not (parent.text or "").strip() and all(map(_is_named_by_class, parent)):
            yield parent


def _is_named_by_class(leaf: HtmlElement) -> bool:
    text = (leaf.text or "").strip().lower()
    return not len(leaf) and bool(text) and text in words_of(leaf.get("class"), leaf.get("id")).split()


def anchor_lists(survey: Survey) -> Iterator[HtmlElement]:
    """Lists before the headline that only jump within the page: skip links that lost their class."""
    for element in survey.lists[: survey.lists_above]:
        links = element.findall(".//a")
        if len(links) > 1 and all(map(_jumps, links)):
            yield element


def contents_lists(survey: Survey) -> Iterator[HtmlElement]:
    """Lists of jumps to the headings below, and the label above them: tables of contents."""
    for element in survey.lists:
        if next(element.iterancestors("ul", "ol"), None) is not None:
            continue
        links = element.findall(".//a")
        if len(links) < _MIN_JUMPS or not all(map(_jumps, links)):
            continue
        if sum(map(_size, links)) < _JUMP_SHARE * _size(element):
            continue
        label = element.getprevious()
        if label is not None and _size(label) <= _LABEL_CHARS and next(label.iter("img"), None) is None:
            yield label
        yield element


def _jumps(link: HtmlElement) -> bool:
    return (link.get("href") or "").startswith("#")


def _size(element: HtmlElement) -> int:
    return len("".join(content_of(element).split()))


def share_lists(survey: Survey) -> Iterator[HtmlElement]:
    """The largest boxes in which most links lead to a network's share form."""
    counts: Counter[HtmlElement] = Counter()
    for link in survey.links:
        target = f"{link.get('href')} {link.get('onclick')}".lower()
        if any(map(target.__contains__, _SHARE_HINTS)) and _SHARE_LINK.search(target):
            counts.update(islice(link.iterancestors(), _CLIMB))
    for element, count in counts.items():
        if element.tag in _BOXES and 2 * count >= len(element.findall(".//a")):
            yield element


def tag_lists(survey: Survey) -> Iterator[HtmlElement]:
    """The largest boxes in which all links are declared tags of the story (`rel="tag"`)."""
    counts: Counter[HtmlElement] = Counter()
    for link in survey.links:
        if "tag" in (link.get("rel") or "").lower().split():
            counts.update(islice(link.iterancestors(), _CLIMB))
    for element, count in counts.items():
        if element.tag in _BOXES and count == len(element.findall(".//a")):
            yield element


def forms(survey: Survey) -> Iterator[HtmlElement]:
    """Boxes around a field that asks for an address, a number or a password: the largest that holds little else."""
    found: dict[HtmlElement, None] = {}
    small: dict[HtmlElement, bool] = {}
    for field in survey.fields:
        if (field.get("type") or "").lower() not in _ASKED and "mail" not in (field.get("name") or ""):
            continue
        box: HtmlElement | None = None
        for ancestor in islice(field.iterancestors(), _FORM_CLIMB):
            if ancestor is survey.root or ancestor.tag in _STORY_HOLDERS:
                break
            if ancestor not in small:
                small[ancestor] = _is_aside(ancestor)
            if not small[ancestor]:
                break
            box = ancestor
        if box is not None:
            found.setdefault(box)
    yield from found


def _is_aside(box: HtmlElement, max_chars: int = _ASIDE_CHARS) -> bool:
    """Little text, of which little can be a paragraph of the story."""
    if _size(box) > max_chars or next(box.iter("h1"), None) is not None:
        return False
    return sum(len(content_of(paragraph)) > _ASIDE_PARAGRAPH for paragraph in box.iter("p")) <= 1


def call_boxes(survey: Survey) -> Iterator[HtmlElement]:
    """Boxes that lead up to a button, each by itself: one of several alike is an entry of the story's."""
    boxes: dict[HtmlElement, None] = {}
    small: dict[HtmlElement, bool] = {}
    for link in survey.links:
        classes = link.get("class")
        if classes is None or not _says_button(classes[:MAX_NAMES_CHARS]):
            continue
        box: HtmlElement | None = None
        for ancestor in islice(link.iterancestors(), _CALL_CLIMB):
            if ancestor is survey.root or ancestor.tag in _STORY_HOLDERS or ancestor.tag in _ROWS:
                break
            if ancestor not in small:
                small[ancestor] = _is_aside(ancestor, _CALL_CHARS)
            if not small[ancestor]:
                break
            box = ancestor
        if box is not None:
            boxes.setdefault(box)
    looks = Counter((str(box.tag), box.get("class")) for box in boxes)
    beside = Counter((box.getparent(), str(box.tag), box.get("class")) for box in boxes)
    for box in boxes:
        look = str(box.tag), box.get("class")
        if looks[look] <= _MAX_ALIKE and beside[box.getparent(), *look] == 1:
            yield box


def consent_dialogs(survey: Survey) -> Iterator[HtmlElement]:
    """Dialogs with a button that speak of cookies: one word in most languages."""
    # Each may hold all that follow it, and its text is searched.
    for element in survey.dialogs[:_MAX_DIALOGS]:
        if next(element.iter("button", "a", "input"), None) is not None and _COOKIES.search(content_of(element)):
            yield element


@lru_cache(maxsize=20_000)
def _says_button(classes: str) -> bool:
    return not _BUTTONS.isdisjoint(words_of(classes).split())


def hidden(survey: Survey) -> Iterator[HtmlElement]:
    """Elements that are never displayed."""
    yield from survey.hidden
