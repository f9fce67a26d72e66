"""The rules of `boilerplate`: one for each kind of furniture, with what marks it and how much it may be.

A rule marks elements by the words of their class and id (a content system's vocabulary, the same in every language), by
their tag, or by structure (the finders below). `boilerplate` applies them and holds them to their guards.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import cast

import msgspec
from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.extract.tree import select, words_of


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, and how much of a page it may remove."""

    name: str
    words: tuple[str, ...] = ()
    """Words, or pairs of words, of class and id: `sr only` finds `sr-only`, `srOnly` and `sr_only`."""
    tags: frozenset[str] = frozenset()
    find: Callable[[HtmlElement], Iterable[HtmlElement]] | None = None
    """Marks elements of a page's body by their structure."""
    max_chars: int
    max_prose: int = 0
    max_share: float = 0.3
    """Of the page's text."""
    min_link_share: float = 0.0
    pictures: bool = True
    """Whether it may take a picture along."""
    max_plain: int | None = None
    """Characters outside of links."""


def _breakpoint_probes(body: HtmlElement) -> Iterator[HtmlElement]:
    """Adjacent short leaves, each named by the screen width its own class names: `visible-xs-block` says XS."""
    parents = dict.fromkeys(cast("HtmlElement", leaf.getparent()) for leaf in select(_SHORT_LEAVES, body))
    for parent in parents:
        if len(parent) > 1 and not (parent.text or "").strip() and all(map(_is_named_by_class, parent)):
            yield parent


def _is_named_by_class(leaf: HtmlElement) -> bool:
    text = (leaf.text or "").strip().lower()
    return not len(leaf) and bool(text) and text in words_of(leaf.get("class"), leaf.get("id")).split()


def _anchor_lists(body: HtmlElement) -> Iterator[HtmlElement]:
    """Lists before the headline that only jump within the page: skip links that lost their class."""
    for element in body.iter("ul", "ol", "h1"):
        if element.tag == "h1":
            return
        links = element.findall(".//a")
        if len(links) > 1 and all((link.get("href") or "").startswith("#") for link in links):
            yield element


_SHARE_LINK = re.compile(
    r"facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share)|wa\.me/|whatsapp:|api\.whatsapp\.com"
    r"|t\.me/share|telegram\.me/share|linkedin\.com/(?:share|cws)|pinterest\.\w+/pin/create|reddit\.com/submit"
    r"|vk\.com/share|social-plugins\.line\.me|weibo\.com/share|mailto:\?|flipboard\.com/bookmarklet"
    r"|window\.print|#(?:share|print)",
    re.IGNORECASE,
)
_SHARE_CLIMB = 4


def _share_lists(body: HtmlElement) -> Iterator[HtmlElement]:
    """The largest boxes in which most links lead to a network's share form."""
    shares = [a for a in body.iter("a") if _SHARE_LINK.search(f"{a.get('href')} {a.get('onclick')}")]
    counts: Counter[HtmlElement] = Counter()
    for link in shares:
        counts.update(islice(link.iterancestors(), _SHARE_CLIMB))
    for element, count in counts.items():
        if element.tag in _STRUCTURE and 2 * count >= len(element.findall(".//a")):
            yield element


def _hidden(body: HtmlElement) -> Iterable[HtmlElement]:
    return select(_HIDDEN, body)


_SHORT_LEAVES = XPath("descendant::*[@class][not(*)][string-length(.) < 9][normalize-space(.)]")
_HIDDEN = XPath("descendant::*[@hidden or contains(translate(@style, 'N ', 'n'), 'display:none')]")
_STRUCTURE = frozenset({"div", "section", "aside", "ul", "ol", "li", "nav", "p", "span", "header", "footer"})

RULES = (
    Rule(name="breakpoint-probe", find=_breakpoint_probes, max_chars=60),
    Rule(
        name="skip-links",
        words=("sr only", "visually hidden", "visuallyhidden", "screen reader", "screenreader", "skip link", "skip links",
               "skip to", "skip nav", "skiplink", "skiplinks", "a11y hidden", "assistive text", "accessibility links"),
        max_chars=400,
        max_share=1.0,
        pictures=False,
    ),
    Rule(name="anchor-list", find=_anchor_lists, max_chars=400),
    Rule(name="hidden", find=_hidden, max_chars=1500, max_prose=200),
    Rule(
        name="ticker",
        words=("ticker", "newsticker", "breaking news", "breaking", "marquee"),
        max_chars=500,
        max_prose=200,
    ),
    Rule(
        name="media-player",
        words=("mmp", "player", "jwplayer", "video js", "vjs", "mejs", "brightcove", "media pholder", "plyr", "no media", "kaltura"),
        max_chars=400,
    ),
    Rule(name="media", tags=frozenset({"audio", "video", "object", "embed", "iframe"}), max_chars=1500),
    Rule(
        name="share",
        words=("share", "shares", "sharing", "social", "sharedaddy", "addthis", "a2a", "addtoany", "print link", "toolbar"),
        max_chars=300,
    ),
    Rule(name="share-links", find=_share_lists, max_chars=200, max_plain=60),
    Rule(
        name="related",
        words=("related", "also read", "read also", "see also", "read more", "readmore", "more on", "more stories", "most read",
               "most popular", "mostread", "popular", "recommended", "recommendation", "recommendations", "trending", "recirc",
               "teaser", "teasers", "promo", "outbrain", "taboola", "next article", "further reading", "playlist"),
        max_chars=6000,
        max_prose=250,
        min_link_share=0.4,
        max_share=0.5,
    ),
    Rule(
        name="advert",
        words=("ad", "ads", "advert", "adverts", "advertisement", "advertising", "adslot", "adsbygoogle", "dfp", "sponsored",
               "sponsor", "mpu"),
        max_chars=300,
        max_prose=200,
    ),
    Rule(
        name="newsletter",
        words=("newsletter", "newsletters", "signup", "sign up", "subscribe", "subscription", "mailinglist"),
        max_chars=800,
        max_prose=400,
        max_share=0.2,
    ),
    Rule(
        name="comments",
        words=("comments", "comment", "disqus", "respond", "commentlist", "comment list", "livefyre"),
        max_chars=200_000,
        max_prose=200_000,
        max_share=0.6,
    ),
    Rule(
        name="paywall",
        words=("paywall", "regwall", "piano", "subscriber", "premium", "metered", "registration wall"),
        max_chars=600,
        max_prose=300,
        max_share=0.2,
    ),
    Rule(
        name="consent",
        words=("cookie", "cookies", "consent", "gdpr", "onetrust", "didomi", "truste", "sp message", "qc cmp"),
        max_chars=4000,
        max_prose=1500,
    ),
    Rule(
        name="popup",
        words=("modal", "popup", "popover", "tooltip", "lightbox", "toast", "snackbar"),
        max_chars=1500,
        max_prose=300,
        max_share=0.2,
    ),
    Rule(
        name="byline",
        words=("byline", "author", "authors", "publishing details", "published", "pubdate", "post date", "timestamp", "posted on",
               "reading time", "read time", "entry meta", "post meta", "article meta"),
        max_chars=200,
    ),
    Rule(name="time", tags=frozenset({"time"}), max_chars=80),
    Rule(
        name="author-box",
        words=("author bio", "about author", "author box", "author info", "authorbox", "author card", "post author"),
        max_chars=1500,
        max_prose=1200,
        max_share=0.2,
    ),
    Rule(
        name="navigation",
        words=("breadcrumb", "breadcrumbs", "dropdown", "menu", "nav", "navbar", "navigation", "pagination", "pager", "tags", "tag list",
               "topics", "keywords", "post tags"),
        tags=frozenset({"nav"}),
        max_chars=6000,
        max_prose=200,
        min_link_share=0.5,
        max_share=0.5,
    ),
)  # fmt: skip
