"""Chooses the headline among the forms of the title a page gives: its h1, JSON-LD, OpenGraph and the title element.

Content systems fill OpenGraph and the title element for search engines, most often with one text: these two are one voice.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipelines.extract.tree import SILENT, clean

_SEPARATOR = re.compile(r"(\s+[|–—·•»:-]\s+|\s*[|｜]\s*|:\s+)")
_CLEAR_SEPARATOR = re.compile(r"\s+[|–—·•»-]\s+|\s*[|｜]\s*")
_HAS_SEPARATOR = re.compile(r"[|–—·•»:｜-]")
_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = str.maketrans({chr(code): chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
# Scripts that set no spaces between words: their characters are compared one by one.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
MAX_HEADLINE_CHARS = 400
_MAX_HEADINGS = 6
_MAX_PARTS = 1000
_MIN_SHARED = 0.5
_MIN_WORDS = 3
_MIN_LESSER_CHARS = 6
# Not part of the headline, though some pages set them inside its element.
_BESIDE = frozenset({"time", "small", "h2", "h3", "h4", "h5", "h6"})
_CUT_FROM_CHARS = 80
"""Search engines once took 110 characters of JSON-LD's headline, and content systems cut it, some at fewer."""


class Titles(msgspec.Struct, frozen=True, kw_only=True):
    """The forms of its title that a page gives, as they stand there."""

    shown: tuple[str, ...] = ()
    """Texts of its h1 elements."""
    linked: str | None = None
    """JSON-LD's headline."""
    shared: str | None = None
    """OpenGraph's title."""
    title: str | None = None
    """The title element's text."""
    site_names: tuple[str, ...] = ()
    is_news: bool = False
    """JSON-LD calls it a news article, so that a newsroom wrote its headline there."""


def fold(text: str) -> str:
    """A text's words in lower case: what stays of a headline when punctuation and typography differ."""
    if text.isascii():  # a third of the time
        return " ".join(text.translate(_ASCII_WORDS).split())
    return " ".join(_WORD.findall(text.lower()))


def shown_titles(headings: Iterable[HtmlElement]) -> tuple[str, ...]:
    """The texts of the first h1 elements that could be a headline: no logo, nothing over long."""
    texts = []
    for heading in headings:
        text = "" if _leads_home(heading) else heading_text(heading)
        if 0 < len(text) <= MAX_HEADLINE_CHARS:
            texts.append(text)
            if len(texts) == _MAX_HEADINGS:
                break
    return tuple(texts)


def lesser_titles(headings: Iterable[HtmlElement], title: str) -> tuple[str, ...]:
    """On an old page without an h1, the longest lesser heading that its title holds: `Ferry sinks / News / Gazette`."""
    folded = f" {fold(title)} "
    found = max((text for text in map(heading_text, headings) if f" {fold(text)} " in folded), key=len, default="")
    return (found,) if len(fold(found)) >= _MIN_LESSER_CHARS else ()


def _leads_home(heading: HtmlElement) -> bool:
    """Whether it is a link to the front page: the paper's own name."""
    links = heading.iterdescendants("a") if len(heading) else ()
    link = next((one for one in links if one.get("href") is not None), None)
    if link is None and (parent := heading.getparent()) is not None and parent.tag == "a":
        link = parent
    return link is not None and (link.get("href") or "").strip() == "/"


def heading_text(heading: HtmlElement) -> str:
    """The text of an h1 without dates and subheads set inside it."""
    if len(heading) == 0:
        return clean(heading.text)
    parts: list[str] = []
    walker = etree.iterwalk(heading, events=("start", "end"))
    for event, node in walker:
        if event == "end":
            parts.append("" if node is heading else node.tail or "")
            parts.append("" if node.tag in _INLINE else " ")
        elif node.tag in _BESIDE or node.tag in SILENT:
            walker.skip_subtree()
        else:
            parts.append("" if node.tag in _INLINE else " ")
            parts.append(node.text or "")
        if len(parts) > _MAX_PARTS:  # an unclosed h1 holds the page
            return ""
    return clean("".join(parts)) or clean(heading.text_content()[: 2 * MAX_HEADLINE_CHARS])


_INLINE = frozenset(
    {"a", "span", "strong", "b", "em", "i", "mark", "sup", "sub", "font", "q", "u", "bdi", "wbr", "nobr"}
)


def choose_headline(titles: Titles) -> tuple[str | None, tuple[str, ...]]:
    """The headline, and every form of it.

    Of a news article it is JSON-LD's, unless h1 and OpenGraph agree on another or it is cut off; elsewhere the h1 that a
    declared title bears out. With neither, the form that most repeat.
    """
    if agreed := _agreed(titles):
        return agreed, tuple(dict.fromkeys(filter(None, (agreed, titles.title))))
    return _choose_among(titles)


def _choose_among(titles: Titles) -> tuple[str | None, tuple[str, ...]]:
    sites = frozenset(map(_squash, titles.site_names)) - {""}
    linked, shared, title = titles.linked, titles.shared, (titles.title or "")[:MAX_HEADLINE_CHARS]
    declared = [text for text in (linked, shared, title) if text and fold_title(text)]
    heads = [text for text in titles.shown if _squash(text) not in sites and not _closes(title, text)]
    heads = heads or ([] if declared else list(titles.shown))
    shown = _shown_headline(heads, declared)
    linked = _without_tail(linked, shown) or _without_site(linked, sites, guess=False)
    shared = _without_tail(shared, shown) or _without_site(shared, sites)
    title = _without_tail(title, shown) or _without_site(title, sites) or ""
    forms = [
        form for form in (shown, linked, shared, title) if form and len(form) <= MAX_HEADLINE_CHARS and fold_title(form)
    ]
    if not forms:
        return None, ()
    votes = Counter(map(_squash, forms))
    best = max(forms, key=lambda form: votes[_squash(form)])  # the first of the best: the order above
    if titles.is_news and linked and fold_title(linked):
        if not ((shown and _same(shown, shared)) or _is_cut(linked, forms)):
            best = linked
    elif shown and _is_borne_out(shown, declared):
        best = shown
    same = [form for form in forms if _same(form, best)]
    # Of forms that differ in spaces only, an h1 whose parts are set apart by style has too few.
    best = max(same, key=lambda form: len(fold_title(form).split()), default=best)
    return best, tuple(dict.fromkeys([best, *forms, *filter(None, (titles.shared, titles.title))]))


def _agreed(titles: Titles) -> str | None:
    """The one form of the title, where the page gives no other, but for a name of the site behind it in the title element.

    That is so on most pages, and the long way comes to the same.
    """
    title = titles.title or ""
    shown = titles.shown[0] if titles.shown else titles.shared or titles.linked or title
    if any(form and form != shown for form in (*titles.shown, titles.linked, titles.shared)):
        return None
    if max(len(shown), len(title)) > MAX_HEADLINE_CHARS or (_HAS_SEPARATOR.search(shown) and _SEPARATOR.search(shown)):
        return None
    if title and title != shown and not (titles.shown and _is_before_a_separator(shown, title)):
        return None
    return shown if _squash(shown) not in {"", *map(_squash, titles.site_names)} else None


def _is_before_a_separator(shown: str, title: str) -> bool:
    """Whether the title is this form and what stands behind its first separator."""
    if not title.startswith(shown):
        return False
    # Where the form has no sign of a separator, the first begins at its end or later.
    tail = _CLEAR_SEPARATOR.search(title) if _HAS_SEPARATOR.search(shown) else _CLEAR_SEPARATOR.match(title, len(shown))
    return tail is not None and tail.start() == len(shown)


def _closes(title: str, shown: str) -> bool:
    """Whether an h1 is what the title closes with, as titles do with the name of their site."""
    parts = _clear_parts(title)
    return len(parts) > 1 and len(parts[0]) > len(shown) and _same(parts[-1], shown)


# A page gives few titles, and each is compared with each.
fold_title = lru_cache(maxsize=64)(fold)


@lru_cache(maxsize=64)
def _squash(text: str) -> str:
    return fold_title(text).replace(" ", "")


def _clear_parts(title: str) -> list[str]:
    return _CLEAR_SEPARATOR.split(title) if _HAS_SEPARATOR.search(title) else [title]


def _same(one: str, other: str | None) -> bool:
    return other is not None and _squash(one) == _squash(other)


def _is_cut(linked: str, forms: list[str]) -> bool:
    """Whether a longer form begins with this one, which was cut off for its length."""
    if len(linked) < _CUT_FROM_CHARS and not linked.endswith(("…", "...")):
        return False
    begin = _squash(linked)
    return any(len(_squash(form)) > len(begin) and _squash(form).startswith(begin) for form in forms)


def _is_borne_out(shown: str, declared: list[str]) -> bool:
    """Whether a title that is declared has half of the words of the h1, or the other way round."""
    words = set(_UNSPACED.findall(shown.lower()))
    if len(words) < _MIN_WORDS:
        return False
    for title in declared:
        others = set(_UNSPACED.findall(title.lower()))
        if len(words & others) >= _MIN_SHARED * min(len(words), len(others)):
            return True
    return not declared


def _shown_headline(shown: list[str], declared: list[str]) -> str | None:
    """The h1 that a declared title repeats; with none, the first."""
    folded = [fold_title(title) for title in declared]
    return next(
        (text for text in shown if any(fold_title(text) in title for title in folded)), shown[0] if shown else None
    )


def _without_tail(title: str | None, shown: str | None) -> str | None:
    """The h1, where the title is the h1 with something after a separator."""
    if not title or not shown or len(title) > 2 * MAX_HEADLINE_CHARS or not _HAS_SEPARATOR.search(title):
        return None
    return next((shown for match in _CLEAR_SEPARATOR.finditer(title) if _same(title[: match.start()], shown)), None)


def _without_site(title: str | None, sites: frozenset[str], *, guess: bool = True) -> str | None:
    """A title without the site's name at either end; where the name is not known, without what follows a separator."""
    if not title:
        return None
    parts = _SEPARATOR.split(title) if _HAS_SEPARATOR.search(title) else [title]
    if sites and len(parts) > 2:
        if _squash(parts[-1]) in sites:
            return "".join(parts[:-2])
        if _squash(parts[0]) in sites:
            return "".join(parts[2:])
    return (guess and _clear_parts(title)[0]) or title
