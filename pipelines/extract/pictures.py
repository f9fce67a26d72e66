"""Takes the pictures out of a page: where they lie, their captions, and their credits, apart.

A caption is found by the element it stands in (figcaption, or a class that says so), never by its wording.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from archive.model import Image
from pipelines.extract.classes import Classes
from pipelines.extract.declared import joined
from pipelines.extract.rules import UNSEEN, is_shown
from pipelines.extract.tree import (
    MAX_NAMES_CHARS,
    at_and_in,
    body_of,
    clean,
    content_of,
    drop,
    least_size,
    text_of,
    words_of,
)

MAX_CAPTION_CHARS = 1500
MAX_IMAGES = 200
_MAX_CANDIDATES = 500
_FEW = 200
"""Elements that a figure may hold; most hold five."""
_CLIMB = 3
"""How far above a caption its picture may be joined to it."""

_CAPTION_WORDS = frozenset({"caption", "captions", "legend", "legende", "bildunterschrift", "cutline", "figcaption"})
_PICTURE_WORDS = frozenset({"image", "img", "photo", "picture", "bild", "foto", "imagen", "imagem"})
_MARKS = _CAPTION_WORDS | _PICTURE_WORDS
_TEXT_WORDS = frozenset({"text", "content", "body", "story", "article", "gallery", "card", "teaser"})
_MAX_BOX_CHARS = 300
_NOT_IN_BOXES = ("a", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "form")
_CREDITS = "credit credits copyright photographer photocredit source rights quelle fotograf agency"
_CREDIT_WORDS = frozenset(_CREDITS.split())
_CREDIT_PROPS = frozenset({"creditText", "copyrightHolder"})
_LABEL_WORDS = frozenset({"label"})
_MAX_LABEL_CHARS = 40
_NOT_PICTURES = frozenset({"blockquote", "table", "pre", "ul", "ol"})
_INTRODUCED = (
    r"(?:photo(?:graph)?s?|picture|image|credit|foto|crédit|crédito|imagen|bild|fotó|zdjęcie|фото|صورة|عکس|写真|사진|图|圖)"
    r"(?:\s+(?:by|credit|de|von|par|di))?\s*[:：=]"
)
_MARKED_CREDIT = re.compile(
    rf"(?:^|(?<=[.!?…。」”\"»|/])\s*|\s*[(\[（]|\s*(?=©))\s*(?:©|{_INTRODUCED})\s*(?P<credit>[^()\[\]（）]{{2,100}})[)\]）]?\s*\.?$",
    re.IGNORECASE,
)
_CREDIT_LINE = re.compile(
    rf"[\W_]{{0,3}}(?:(?:image|photo|picture) (?:credit|source|courtesy)s?\b|{_INTRODUCED}|©)", re.IGNORECASE
)
_Captioned = tuple[HtmlElement, HtmlElement | None, list[HtmlElement]]
"""What holds a picture, the caption, and all that the first holds: several things are asked of those, and they are met once."""
_CREDIT_SIGNS = ("©", ":", "：", "=")
_CLOSING = frozenset(")]）")
_BRACKETED_CREDIT = re.compile(r"\s*[(\[（](?P<credit>[^()\[\]（）]{2,60}(?:/|via )[^()\[\]（）]{2,60})[)\]）]\s*\.?$")


def take_pictures(tree: HtmlElement, url: str, classes: Classes | None = None) -> tuple[Image, ...]:
    """Remove every captioned picture from the tree, and give them in page order."""
    body = body_of(tree)
    if body is None:
        return ()
    found: dict[Image, None] = {}
    for holder, caption, inside in _captioned(body, classes or Classes(body)):
        image = _image(holder, caption, inside, url)
        if image is not None:
            found.setdefault(image)
        drop(holder if holder.tag in {"figure", "picture"} else caption if caption is not None else holder)
    return tuple(found)[:MAX_IMAGES]


def _captioned(body: HtmlElement, classes: Classes) -> Iterator[_Captioned]:
    """Figures, and other captions with the element that joins them to a picture."""
    gone: set[HtmlElement] = set()
    candidates = classes.below(_says_picture, body.iter("figure"))
    for element in list(islice(candidates, _MAX_CANDIDATES)):
        if gone and not gone.isdisjoint(element.iterancestors()):
            continue
        if element.tag == "figure":
            inside = _in_picture(element)
            if inside is not None:
                gone.add(element)
                yield element, _caption_in(inside), inside
        elif not _has_words(element, _CAPTION_WORDS):
            if _is_picture_box(element):
                gone.add(element)
                yield element, element, list(element.iterdescendants())
        elif _is_short(element) and (holder := _holder(element)) is not None:
            gone.add(element)
            yield holder, element, list(holder.iterdescendants())


def _in_picture(figure: HtmlElement) -> list[HtmlElement] | None:
    """What a figure holds; `None` for a quotation, a table or a list that only borrows the element, and for a wrapper of the story."""
    if len(content_of(figure)) > 2 * MAX_CAPTION_CHARS:
        return None
    inside = list(islice(figure.iterdescendants(), _FEW))
    if any(element.tag in _NOT_PICTURES for element in inside):
        return None
    if len(inside) == _FEW:
        # Strangers put figures into each other, around a page of elements: those are listed for one of them.
        if next(figure.iterdescendants(*_NOT_PICTURES), None) is not None:
            return None
        inside = list(figure.iterdescendants())
    return inside


def _is_picture_box(box: HtmlElement) -> bool:
    """A box named for its picture, which holds one, a few words and nothing else: the words are its caption."""
    if box.tag not in {"div", "section", "aside"} or _has_words(box, _TEXT_WORDS):
        return False
    if next(box.iter("img", "picture"), None) is None or next(box.iter(*_NOT_IN_BOXES), None) is not None:
        return False
    text = content_of(box)
    return not text.isspace() and text != "" and not _is_longer(text, _MAX_BOX_CHARS)


def _is_short(element: HtmlElement) -> bool:
    return not _is_longer(content_of(element), MAX_CAPTION_CHARS) and next(element.iter("h1", "table"), None) is None


def _caption_in(inside: Sequence[HtmlElement]) -> HtmlElement | None:
    for element in inside:
        if element.tag == "figcaption":
            return element
    return next((element for element in inside if _has_words(element, _CAPTION_WORDS)), None)


def _holder(caption: HtmlElement) -> HtmlElement | None:
    """The nearest ancestor that also holds a picture, with little other text in it."""
    size = len(content_of(caption))
    for step, ancestor in enumerate(caption.iterancestors()):
        if step == _CLIMB or ancestor.tag in {"body", "article", "main"}:
            return None
        if next(ancestor.iter("img", "picture"), None) is not None:
            return None if _is_longer(content_of(ancestor), 2 * size + 200) else ancestor
    return None


def _is_longer(text: str, limit: int) -> bool:
    """Whether a text has more characters, white space collapsed; of the long ones that are asked about most are."""
    return len(text) > limit and (least_size(text) > 2 * limit or len(clean(text)) > limit)


@lru_cache(maxsize=20_000)
def _says_picture(classes: str) -> bool:
    return not _MARKS.isdisjoint(words_of(classes).split())


def _has_words(element: HtmlElement, words: frozenset[str]) -> bool:
    classes = element.get("class")
    return classes is not None and _says(classes[:MAX_NAMES_CHARS], words)


@lru_cache(maxsize=20_000)
def _says(classes: str, words: frozenset[str]) -> bool:
    return not words.isdisjoint(words_of(classes).split())


def _image(holder: HtmlElement, caption: HtmlElement | None, inside: Sequence[HtmlElement], url: str) -> Image | None:
    credit = _take_credit(inside, caption)
    text = text_of(caption) if caption is not None else ""
    if credit is None:
        text, credit = split_credit(text)
    source = None
    for image in holder.iter("img"):
        if source := _source(image, url):
            break
    if not text and (source is None or not _is_in_story(holder)):
        return None
    return Image(url=source, caption=text or None, credit=credit)


def _is_in_story(holder: HtmlElement) -> bool:
    """A picture without a caption counts inside an article, and when it is no link to elsewhere."""
    return next(holder.iterancestors("article", "main"), None) is not None and next(holder.iter("a"), None) is None


def _take_credit(inside: Sequence[HtmlElement], caption: HtmlElement | None) -> str | None:
    """The credit's text, its elements removed; labels beside it go with it, as does what only screen readers are told there and in a caption."""
    marked: list[HtmlElement] = []
    unseen: list[HtmlElement] = []
    for element in inside:
        classes = element.get("class")
        is_credit, is_unseen = _means(classes[:MAX_NAMES_CHARS]) if classes else (False, False)
        is_credit = is_credit or element.get("itemprop") in _CREDIT_PROPS
        if is_unseen and _is_short_label(element):
            unseen.append(element)
            if is_credit and element is not caption:
                drop(element)
        elif is_credit and element is not caption:
            marked.append(element)
    if unseen:
        # What else the holder has may be the story, in whose sentences hidden words count.
        around = at_and_in(marked if caption is None else (caption, *marked))
        for element in unseen:
            if element is not caption and element in around:
                drop(element)
    return _credit_of(marked, inside) if marked else None


def _credit_of(marked: Sequence[HtmlElement], inside: Sequence[HtmlElement]) -> str | None:
    """The first text of these elements, which are removed; each of what they hold is met once, however deep they nest."""
    held = at_and_in(marked)
    labels = [one for one in inside if one in held and one.getparent() in held and _has_words(one, _LABEL_WORDS)]
    for label in labels:
        drop(label)
    text = ""
    empty: set[HtmlElement] = set()
    for element in marked:
        if not text and element not in empty:
            text = text_of(element)
            empty.update(element.iter())
    for element in marked:
        drop(element)
    return strip_marks(text) if text else None


@lru_cache(maxsize=20_000)
def _means(classes: str) -> tuple[bool, bool]:
    """Whether a class is that of a credit, and whether that of what is read out and not shown."""
    words = words_of(classes)
    is_unseen = any(f" {name} " in f" {words} " for name in UNSEEN) and not is_shown(words)
    return not _CREDIT_WORDS.isdisjoint(words.split()), is_unseen


def _is_short_label(element: HtmlElement) -> bool:
    return len(content_of(element)) <= _MAX_LABEL_CHARS and next(element.iter("img", "picture"), None) is None


def split_credit(caption: str) -> tuple[str, str | None]:
    """A caption's text and the credit at its end.

    >>> split_credit("A bridge at dusk. (Photo: Ana Reyes)")
    ('A bridge at dusk.', 'Ana Reyes')
    """
    # What the patterns find has these in it, and they take long to say that most captions do not.
    match = _MARKED_CREDIT.search(caption) if any(map(caption.__contains__, _CREDIT_SIGNS)) else None
    match = match or (_BRACKETED_CREDIT.search(caption) if caption.rstrip(" .")[-1:] in _CLOSING else None)
    if match is None:
        return caption, None
    return caption[: match.start()].strip(), strip_marks(match["credit"])


def is_credit(line: str) -> bool:
    """Is this line a picture's credit, and nothing else?

    >>> is_credit("Image: Ana Reyes"), is_credit("Image quality: what to look for")
    (True, False)
    """
    return _CREDIT_LINE.match(line) is not None


def strip_marks(credit: str) -> str | None:
    """A credit without brackets, copyright signs and introductions."""
    match = _MARKED_CREDIT.fullmatch(credit)
    return (match["credit"] if match else credit).strip(" ()[]（）©|/,;:") or None


def _source(image: HtmlElement, url: str) -> str | None:
    for name in ("data-src", "data-lazy", "data-lazy-src", "data-original", "src", "data-srcset", "srcset"):
        value = (image.get(name) or "").strip()
        if value and name.endswith("srcset"):
            value = value.split(",")[0].split(" ")[0]
        if value and not value.startswith("data:"):
            try:
                return joined(url, value)
            except ValueError:
                continue
    return None
