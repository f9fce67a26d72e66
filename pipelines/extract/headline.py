"""Chooses the headline among the forms of the title a page gives: its h1, JSON-LD, OpenGraph and the title element.

The form that others repeat wins; where all differ, what the reader sees: the h1.
"""

import re
from collections import Counter

from lxml.html import HtmlElement

from pipelines.extract.tree import clean, text_of

_SEPARATOR = re.compile(r"(\s+[|–—·•»:-]\s+|\s*[|｜]\s*|:\s+)")
_CLEAR_SEPARATOR = re.compile(r"\s+[|–—·•»-]\s+|\s*[|｜]\s*")
_WORD = re.compile(r"[^\W_]+")
MAX_HEADLINE_CHARS = 400


def fold(text: str) -> str:
    """A text's words in lower case: what stays of a headline when punctuation and typography differ."""
    return " ".join(_WORD.findall(text.lower()))


def choose_headline(
    tree: HtmlElement, linked: str | None, shared: str | None, site_name: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """The headline, and every form of it.

    `linked` is JSON-LD's, `shared` OpenGraph's.
    """
    element = tree.find(".//title")
    title = clean(element.text_content()[: 2 * MAX_HEADLINE_CHARS]) if element is not None else ""
    shown = [text for h1 in tree.iter("h1") if 0 < len(text := text_of(h1)) <= MAX_HEADLINE_CHARS][:6]
    site = fold(site_name or "")
    shown = [text for text in shown if fold(text) != site] or shown
    candidates = [
        _shown_headline(shown, [linked, shared, title]),
        linked,
        _without_site(shared, site),
        _without_site(title, site),
    ]
    forms = [form for form in candidates if form and len(form) <= MAX_HEADLINE_CHARS and fold(form)]
    if not forms:
        return None, ()
    votes = Counter(map(fold, forms))
    best = max(forms, key=lambda form: votes[fold(form)])  # the first of the best: the order above
    return best, tuple(dict.fromkeys([best, *forms, *filter(None, (shared, title))]))


def _shown_headline(shown: list[str], declared: list[str | None]) -> str | None:
    """The h1 that a declared title repeats; with none, the first."""
    folded = [fold(title) for title in declared if title]
    return next((text for text in shown if any(fold(text) in title for title in folded)), shown[0] if shown else None)


def _without_site(title: str | None, site: str) -> str | None:
    """A title without the site's name at either end; where the name is not known, without what follows a separator."""
    if not title:
        return None
    parts = _SEPARATOR.split(title)
    if site and len(parts) > 2:
        if fold(parts[-1]) == site:
            return "".join(parts[:-2])
        if fold(parts[0]) == site:
            return "".join(parts[2:])
    return _CLEAR_SEPARATOR.split(title)[0] or title
