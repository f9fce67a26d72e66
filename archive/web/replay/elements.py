"""What HTML and SVG elements load, run and send: tables for `archive.web.replay.page`.

An attribute that takes a URL and stands in none of them is taken out wherever it is found.
"""

import re

from archive.web.replay.tokens import RAW

DROPPED = frozenset(
    ("script", "noscript", "applet", "portal", "fencedframe", "bgsound", "param", "noembed", "noframes", "keygen")
)
"""Left out; of `noscript` the tags only, as what stands in it is for readers without scripts."""

RENAMED = {"amp-img": "img", "amp-anim": "img", "xmp": "pre", "plaintext": "pre"}
"""What only a script would show, and what no tag could be written into."""

LOADED: dict[str, dict[str, str]] = {
    **{key: {"src": "im_"} for key in ("img", "amp-img", "amp-anim", "source", "audio", "track", "input")},
    "video": {"src": "im_", "poster": "im_"},
    **{key: {"src": "fr_"} for key in ("iframe", "frame", "embed")},
    "object": {"data": "fr_"},
    "image": {"href": "im_", "xlink:href": "im_", "src": "im_"},
    **{key: {"href": "im_", "xlink:href": "im_"} for key in ("use", "feimage")},
    **{key: {"background": "im_"} for key in ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th")},
}
"""Attributes that name what is loaded, and as what. Links and `srcset` are seen to apart."""

STYLED = frozenset(
    ("fill", "stroke", "filter", "mask", "clip-path", "cursor", "marker", "marker-start", "marker-mid", "marker-end",
     "from", "to", "by", "values")
)  # fmt: skip
"""Attributes of SVG whose values are CSS."""

ATTRIBUTES_GONE = frozenset(
    ("srcdoc", "action", "formaction", "formtarget", "formmethod", "formenctype", "method", "enctype", "ping", "manifest",
     "nonce", "integrity", "crossorigin", "codebase", "archive", "classid", "code", "profile", "longdesc", "cite",
     "attributionsrc", "sandbox", "allow", "allowfullscreen", "credentialless", "csp", "referrerpolicy", "download",
     "autofocus", "autoplay", "lowsrc", "dynsrc", "is", "xml:base", "blocking", "fetchpriority")
)  # fmt: skip
"""What sends, asks for rights, or would keep the browser from loading a copy: digests and CORS are the original's."""

KEPT_META = frozenset(("content-language", "default-style", "x-ua-compatible"))
"""Values of `http-equiv` that only say how to show the page."""

SPECIAL = frozenset(
    (
        "base",
        "link",
        "meta",
        "a",
        "area",
        "animate",
        "set",
        "animatemotion",
        "animatetransform",
        "form",
        "button",
        "svg",
    )
) | {*DROPPED, *RENAMED, *LOADED, *RAW} - {"table", "thead", "tbody", "tfoot", "tr", "td", "th"}
"""Elements that are always looked at; of others only those with more than plain attributes."""

PLAIN = re.compile(
    r"<[a-z][a-z0-9-]*+"
    r"(?: (?:class|id|role|lang|dir|title|width|height|name|type|datetime|colspan|rowspan|tabindex|for|itemprop|"
    r"itemscope|itemtype|property|content|d|points|viewbox|transform|aria-[a-z]+|"
    r'data-(?!b|lazy|src|orig)[a-z0-9-]+)(?:="[^"<]*+")?)*+'
    r" ?/?>",
    re.IGNORECASE | re.ASCII,
)
"""A tag that can stay as it is."""
