"""Is a page an article, and how sure are we? Told by structure and declarations, not by the words of any language.

A page that is none names its kind: challenge, consent wall, login wall, soft 404, front page, listing, empty. The verdict's
confidence is a plain sum of signs; with how far the readers agree it makes the article's.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

from pipelines.extract.body import Line
from pipelines.extract.language import count_scripts
from pipelines.extract.metadata import Fields

Reason = str

MIN_TEXT = 120
"""Weighted characters under which a page that declares no article has no text; one that does may be half as short."""
SHORT_TEXT = 800
LONG_TEXT = 1000
_WALL_TEXT = 3000
_HEADLINE_LINK_CHARS = 25
_MANY_LINKS = 12
_LISTING_PROSE = 1000
_PROSE_CHARS = 140
_THRESHOLD = 0.3
# What share of a text is right where readers agree so far: token F1 by agreement, measured on 826 pages (bench/extraction.py).
_AGREEMENTS = (0.0, 0.5, 0.7, 0.9, 1.0)
_EXPECTED_F1 = (0.3, 0.75, 0.88, 0.95, 0.98)
_VERDICT_WEIGHT = 0.05
"""The signs of an article say little of whether its text is right."""

_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform|cf-chl-|cf_chl_|_Incapsula_Resource|captcha-delivery\.com|px-captcha|perimeterx"
    rb"|ddos-guard|/_sec/cp_challenge|awsWafCookieDomainList|token\.awswaf\.com|geo\.captcha|kpsdk|/distil_r_captcha|hcaptcha\.com"
    rb"|google\.com/recaptcha|challenges\.cloudflare\.com",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    rb"privacy-mgmt\.com|sourcepoint|consent\.(?:yahoo|google|youtube)\.|consent-management|onetrust|didomi|usercentrics"
    rb"|cookiebot|quantcast|trustarc|contentpass|cmp\.\w+\.(?:com|net|de)|consentmanager",
    re.IGNORECASE,
)
_HAS_PATH = re.compile(r"https?://[^/?#\s]+/[^?#\s]")
_NOT_FOUND = re.compile(r"(?<!\d)(?:404|410)(?!\d)")
_LISTING_TYPES = frozenset(
    {"collectionpage", "itemlist", "searchresultspage", "profilepage", "website", "contactpage", "aboutpage"}
)
_WIDE_SCRIPTS = frozenset({"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "THAI"})


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted on a page before anything is taken out of it."""

    headline_links: int
    """Links with as much text as a headline has."""
    asks_password: bool
    listing_type: bool
    """Its linked data or OpenGraph calls it a list or a site."""


NO_SIGNS = Signs(headline_links=0, asks_password=False, listing_type=False)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How the text that was read stands on the page."""

    together: int
    """The largest number of lines in one element."""
    prose: int
    """Characters in long lines that are not links."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a page is an article."""

    confidence: float
    reason: Reason | None
    """Why it is none; `None` when it is one."""


def shape_of(lines: Iterable[Line]) -> Shape:
    """Count how the lines stand."""
    together: dict[HtmlElement | None, int] = {}
    prose = 0
    for line in lines:
        size, block = len(line.text), line.block
        if block is not None:
            parent = block.element.getparent()
            together[parent] = together.get(parent, 0) + 1
        if size >= _PROSE_CHARS and (block is None or block.link_share < 0.3):
            prose += size
    return Shape(together=max(together.values(), default=0), prose=prose)


def count_signs(tree: HtmlElement, fields: Fields) -> Signs:
    """Look over the whole page."""
    return Signs(
        headline_links=sum(1 for link in tree.iter("a") if len((link.text_content()).strip()) >= _HEADLINE_LINK_CHARS),
        asks_password=any((field.get("type") or "").lower() == "password" for field in tree.iter("input")),
        listing_type=not _LISTING_TYPES.isdisjoint(fields.types),
    )


def judge(payload: bytes, url: str, text: str, fields: Fields, signs: Signs, shape: Shape) -> Verdict:
    """Weigh the signs of a page whose text has been read."""
    # A text of so many characters weighs enough for whatever is asked of it.
    enough = LONG_TEXT if fields.declared_article else _WALL_TEXT
    weight = weigh(text) if len(text) < enough else len(text)
    confidence = _confidence(weight, fields, signs, shape)
    reason = _kind(payload, url, weight, fields, signs, shape)
    if reason is None and confidence < _THRESHOLD:
        reason = "unsure"
    return Verdict(
        confidence=round(confidence if reason is None else min(confidence, _THRESHOLD / 2), 2), reason=reason
    )


def confidence_of(verdict: Verdict, agreement: float) -> float:
    """How much of the text is expected to be right, 0 to 1; of a page that is no article, never more than its verdict's.

    >>> sure = Verdict(confidence=1.0, reason=None)
    >>> confidence_of(sure, 1.0), confidence_of(sure, 0.6), confidence_of(sure, 0.0)
    (0.98, 0.81, 0.3)
    """
    place = min(bisect_right(_AGREEMENTS, agreement), len(_AGREEMENTS) - 1)
    (low, high), (least, most) = _AGREEMENTS[place - 1 : place + 1], _EXPECTED_F1[place - 1 : place + 1]
    expected = least + (most - least) * (agreement - low) / (high - low)
    if verdict.reason is not None:
        return round(expected * verdict.confidence, 2)
    return round(expected * (1 - _VERDICT_WEIGHT + _VERDICT_WEIGHT * verdict.confidence), 2)


def weigh(text: str) -> float:
    """A text's length in characters of an alphabet: an ideograph or a syllable says as much as two and a half letters."""
    counts = count_scripts(text)
    wide = sum(counts[script] for script in _WIDE_SCRIPTS)
    return len(text) * (1 + 1.5 * wide / max(1, counts.total()))


def _kind(payload: bytes, url: str, weight: float, fields: Fields, signs: Signs, shape: Shape) -> Reason | None:
    """The kind of page it is when it is no article."""
    declared = fields.declared_article
    if weight < SHORT_TEXT and not declared and _CHALLENGE.search(payload):
        return "challenge"
    if weight < _WALL_TEXT and not declared and fields.date_published is None and _CONSENT.search(payload):
        return "consent-wall"
    if weight < SHORT_TEXT and not declared and signs.asks_password:
        return "login-wall"
    if _is_root(url):
        return "front-page"
    if not declared and (_is_not_found(fields, weight) or (fields.canonical_url and _is_root(fields.canonical_url))):
        return "soft-404"
    if weight < (MIN_TEXT / 2 if declared else MIN_TEXT):
        return "empty"
    listed = shape.together < 3 and shape.prose < _LISTING_PROSE
    if listed and not declared and (signs.headline_links >= _MANY_LINKS or signs.listing_type):
        return "listing"
    return None


def _confidence(weight: float, fields: Fields, signs: Signs, shape: Shape) -> float:
    sure = 0.40 * min(1.0, weight / LONG_TEXT)
    sure += 0.20 * min(1.0, shape.together / 4)
    sure += 0.10 * (fields.headline is not None)
    sure += 0.20 * fields.declared_article
    sure += 0.10 * (fields.date_published is not None)
    return sure - 0.20 * (signs.listing_type and not fields.declared_article)


def _is_root(url: str) -> bool:
    if _HAS_PATH.match(url):
        return False  # as most have: splitting takes eight times as long
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _is_not_found(fields: Fields, weight: float) -> bool:
    """The status is in the title, whatever the language, on a page of few words."""
    return weight < SHORT_TEXT and any(_NOT_FOUND.search(title) and len(title) < 80 for title in fields.titles)
