"""Is a payload a page? The declared type, and what the payload itself says against it: some servers call anything HTML.

After the MIME Sniffing standard, https://mimesniff.spec.whatwg.org, as far as it matters here.
"""

import re

from pipelines.extract.decode import is_binary

_OTHER_XML = re.compile(
    rb"\s{0,99}(?:<\?xml[^>]{0,300}>\s{0,99})?<(?:rss|feed|rdf:rdf|urlset|sitemapindex|svg)\b", re.IGNORECASE
)
"""Feeds and sitemaps that a server calls HTML."""
_AROUND = b"\xef\xbb\xbf \t\r\n"
_UNTOLD = frozenset({"", "text/plain", "application/octet-stream", "unknown/unknown"})


def is_html(payload: bytes, content_type: str) -> bool:
    """Whether a payload, its content codings undone, is an HTML page; `content_type` is its header, empty where it has none.

    >>> is_html(b"<p>A page", ""), is_html(b"%PDF-1.7", "text/html"), is_html(b'{"a": 1}', "text/html")
    (True, False, False)
    """
    if is_no_page(payload):
        return False
    kind = content_type.partition(";")[0].strip().lower()
    return payload[:1024].lstrip(_AROUND)[:1] == b"<" if kind in _UNTOLD else "html" in kind


def is_no_page(payload: bytes) -> bool:
    """Whether a payload is plainly something else, whatever it is called: a picture, a PDF, an archive, JSON, a feed."""
    return is_binary(payload) or _is_json(payload) or _OTHER_XML.match(payload) is not None


def _is_json(payload: bytes) -> bool:
    ends = payload[:1024].lstrip(_AROUND)[:1] + payload[-1024:].rstrip(_AROUND)[-1:]
    return ends in {b"{}", b"[]"}
