"""Images that a page leaves to its scripts to load: a placeholder stands in `src`, the image in an attribute beside it.

As scripts do not run here, the image is put where the script would have put it. Guarded: only where what stands in `src`
shows nothing, and only what looks like a URL.
"""

import re

from archive.web.replay.attributes import unescape

_SOURCES = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-lazy",
    "data-image",
    "data-hi-res-src",
)
_SRCSETS = ("data-srcset", "data-lazy-srcset", "data-original-srcset")
_BACKGROUNDS = ("data-bg", "data-background", "data-background-image")
_UNLIKE_URL = re.compile(r"[\s{}<>\"\\^`|]")
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:1x1|blank|clear|dummy|grey|lazy|lazyload|loader|loading|pixel|placeholder|spacer|transparent)"
    r"[^/]{0,40}\.(?:gif|png|svg|jpe?g|webp)(?:\?|$)",
    re.IGNORECASE,
)
_CLASSES = re.compile(r"\b(?:lazyload|lazyloading|lazy-load|lazy)\b(?!-)")
_LONGEST = 2048


def undo_lazy(attributes: dict[str, str], *, is_shown: frozenset[str] | set[str]) -> bool:
    """Put a lazy image's URL into `src` or `srcset`; whether there was one. What `is_shown` has is shown elsewhere already.

    >>> image = {"src": "data:image/gif;base64,R0lG", "data-src": "/bridge.jpg", "class": "lazyload"}
    >>> undo_lazy(image, is_shown=set()), image["src"], image["class"]
    (True, '/bridge.jpg', 'lazyloaded')
    """
    src = unescape(attributes.get("src", "")).strip()
    if src and not (src[:5].lower() in ("data:", "about") or _PLACEHOLDER.search(src)):
        return False
    found = next((attributes[name] for name in _SOURCES if _is_like_url(attributes.get(name, ""))), "")
    srcset = next((attributes[name] for name in _SRCSETS if attributes.get(name, "").strip()), "")
    if not (found or srcset) or unescape(found).strip() in is_shown:
        return False
    if found:
        attributes["src"] = found
    if srcset or attributes.get("srcset", "").lstrip()[:5].lower() == "data:":
        attributes["srcset"] = srcset
    if "class" in attributes:  # many a style sheet keeps images out of sight until the script says that they are there
        attributes["class"] = _CLASSES.sub("lazyloaded", attributes["class"])
    return True


def lazy_background(attributes: dict[str, str]) -> str | None:
    """The URL of a background that a script would have set."""
    for name in _BACKGROUNDS:
        value = unescape(attributes.get(name, "")).strip()
        if value[:4].lower() == "url(":
            value = value[4:].rstrip("); ").strip("\"' ")
        if _is_like_url(value):
            return value
    return None


def _is_like_url(value: str) -> bool:
    """It may as well be a template of one, JSON, or a word."""
    value = value.strip()
    return 0 < len(value) <= _LONGEST and ("/" in value or "." in value) and _UNLIKE_URL.search(value) is None
