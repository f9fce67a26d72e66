"""The rules of `boilerplate`: one for each kind of furniture, with what marks it and how much it may be.

A rule marks elements by the words of their class, id and the like (a content system's vocabulary, the same in every language), by
their tag, or by structure (`structure`). `boilerplate` applies them and holds them to their guards.
"""

import re
from collections.abc import Callable, Iterable

import msgspec
from lxml.html import HtmlElement

from pipelines.extract import structure


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, and how much of a page it may remove."""

    name: str
    words: tuple[str, ...] = ()
    """Words, or pairs of words, of class and id: `sr only` finds `sr-only`, `srOnly` and `sr_only`."""
    tags: frozenset[str] = frozenset()
    find: Callable[[structure.Survey], Iterable[HtmlElement]] | None = None
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


UNSEEN = (
    "sr only",
    "visually hidden",
    "visuallyhidden",
    "screen reader",
    "screenreader",
    "a11y hidden",
    "assistive text",
)
"""Words of what is read out and not shown."""
# What is shown only where the keyboard leads to it is not meant to be seen.
_SHOWN = re.compile(r"\b(?<!focus )(?<!within )(?<!visible )(?<!active )(?<!hover )not sr only\b")


def is_shown(words: str) -> bool:
    """Whether a class, as `words_of` gives it, takes back on some screens, or always, what `UNSEEN` says.

    >>> is_shown("sr only md not sr only"), is_shown("sr only focus not sr only")
    (True, False)
    """
    return _SHOWN.search(words) is not None


RULES = (
    Rule(name="breakpoint-probe", find=structure.breakpoint_probes, max_chars=60),
    Rule(
        name="skip-links",
        words=(*UNSEEN, "skip link", "skip links", "skip to", "skip nav", "skiplink", "skiplinks", "accessibility links"),
        max_chars=400,
        max_share=1.0,
        pictures=False,
    ),
    Rule(name="anchor-list", find=structure.anchor_lists, max_chars=400),
    Rule(
        name="contents",
        words=("toc", "tableofcontents", "of contents", "table contents", "this page", "jump links", "anchor links", "toc container"),
        find=structure.contents_lists,
        max_chars=3000,
        max_prose=160,
        max_share=0.3,
    ),
    Rule(name="hidden", find=structure.hidden, max_chars=1500, max_prose=200),
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
    Rule(name="share-links", find=structure.share_lists, max_chars=200, max_plain=60),
    Rule(
        name="related",
        words=("related", "also read", "read also", "see also", "read more", "readmore", "more on", "more stories", "most read",
               "most popular", "mostread", "popular", "recommended", "recommendation", "recommendations", "trending", "recirc",
               "teaser", "teasers", "promo", "outbrain", "taboola", "next article", "further reading", "playlist",
               "recent posts", "recent articles", "latest posts", "latest articles", "latest news", "more from", "you may", "up next",
               "read next", "keep reading", "post navigation", "next post", "prev next", "relatedposts", "yarpp", "most viewed",
               "suggested", "more articles", "more news", "other articles", "similar", "card", "cards", "post item"),
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
        words=("newsletter", "newsletters", "signup", "sign up", "subscribe", "subscription", "mailinglist", "optin", "opt in",
               "mailchimp", "lead magnet", "email capture"),
        max_chars=800,
        max_prose=400,
        max_share=0.2,
    ),
    Rule(name="form", find=structure.forms, max_chars=800, max_prose=300, max_share=0.2),
    Rule(
        name="legal",
        words=("disclaimer", "disclosure", "affiliate", "copyright", "copyrights", "legal", "colophon"),
        max_chars=800,
        max_prose=800,
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
        words=("paywall", "regwall", "piano", "metered", "registration wall"),
        max_chars=600,
        max_prose=300,
        max_share=0.2,
    ),
    # What only subscribers read says so too, paragraph by paragraph; a prompt leads somewhere.
    Rule(name="paywall", words=("subscriber", "premium"), max_chars=600, max_prose=300, max_share=0.2, min_link_share=0.1),
    Rule(
        name="consent",
        words=("cookie", "cookies", "consent", "gdpr", "onetrust", "didomi", "truste", "sp message", "qc cmp"),
        max_chars=4000,
        max_prose=1500,
    ),
    Rule(name="consent", find=structure.consent_dialogs, max_chars=6000, max_prose=4000, max_share=0.9),
    Rule(
        name="popup",
        words=("modal", "popup", "popover", "tooltip", "lightbox", "toast", "snackbar", "dialog"),
        max_chars=1500,
        max_prose=300,
        max_share=0.2,
    ),
    Rule(
        name="call",
        words=("cta", "ctas", "calltoaction", "to action", "conversion panel", "donate", "donation", "donations", "membership",
               "promo box", "promobox", "promotion", "banner"),
        max_chars=700,
        max_prose=500,
        max_share=0.2,
    ),
    Rule(
        name="byline",
        words=("byline", "author", "authors", "publishing details", "published", "pubdate", "post date", "timestamp", "posted on",
               "reading time", "read time", "entry meta", "post meta", "article meta"),
        max_chars=200,
    ),
    Rule(name="time", words=("date", "datetime", "dates"), tags=frozenset({"time"}), max_chars=80),
    Rule(
        name="author-box",
        words=("author bio", "about author", "author box", "author info", "authorbox", "author card", "post author", "saboxplugin",
               "the author", "author profile", "author description", "author desc", "author wrap", "author section", "author details",
               "author block", "author content", "author about", "bio box"),
        max_chars=1500,
        max_prose=1200,
        max_share=0.2,
    ),
    Rule(
        name="navigation",
        words=("breadcrumb", "breadcrumbs", "dropdown", "menu", "nav", "navbar", "navigation", "pagination", "pager", "tags", "tag list",
               "topics", "keywords", "post tags", "labels", "label items", "cat links", "tag links", "tags links"),
        tags=frozenset({"nav"}),
        max_chars=6000,
        max_prose=200,
        min_link_share=0.5,
        max_share=0.5,
    ),
    Rule(
        name="sidebar",
        words=("sidebar", "side bar", "sidebars", "complementary"),
        max_chars=3000,
        max_prose=200,
    ),
    Rule(
        name="footer",
        words=("footer", "contentinfo"),
        tags=frozenset({"footer"}),
        max_chars=3000,
        max_prose=300,
    ),
    Rule(name="call-box", find=structure.call_boxes, max_chars=400, max_prose=250, max_share=0.2),
    Rule(name="button", words=("button", "buttons", "btn"), max_chars=100, min_link_share=0.9),
    Rule(
        name="embed",
        words=("twitter tweet", "instagram media", "tiktok embed", "fb post", "bluesky embed", "embedly card", "reddit embed"),
        max_chars=1500,
        max_prose=1500,
    ),
    Rule(name="feedback", words=("feedback", "survey", "poll", "helpful", "was helpful"), max_chars=400),
    Rule(name="tag-links", find=structure.tag_lists, max_chars=1000, min_link_share=0.6),
)  # fmt: skip
