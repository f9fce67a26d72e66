"""Links as strangers write them, made into URLs that can be asked for."""

import re
from urllib.parse import urljoin, urlsplit

from w3lib.url import safe_url_string

from crawler.source import is_web_url

MAX_URL_LENGTH = 2048
"""Longer links are ignored: the sitemap protocol's limit, and what servers commonly accept."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NEWLINES = re.compile(r"[\t\r\n]+")
# What needs no quoting, lower-casing or completing: nearly every link, at a tenth of the cost.
_PLAIN = re.compile(r"https?://[a-z0-9.-]++/[A-Za-z0-9._~!$'()*+,;=:@/-]*+")
# Parameters that say where the reader came from. With them every feed would give the same story another URL.
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id|_hs(?:enc|mi)|"
    r"at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|ns_(?:mchannel|source|campaign|linkname|fee)|"
    r"xtor|wt_mc|wt_zmc)(?:=|$)",
    re.IGNORECASE,
)


def clean_link(href: str, base: str) -> str | None:
    """The absolute http(s) URL a link leads to, without fragment and tracking; `None` where it leads to none.

    >>> clean_link("/a/1?utm_source=rss&id=7#top", "https://Example.org/feed")
    'https://example.org/a/1?id=7'
    >>> clean_link("mailto:desk@example.org", "https://example.org/")
    """
    href = href.strip()
    if not href or len(href) > MAX_URL_LENGTH:
        return None
    if _PLAIN.fullmatch(href) and "/." not in href:
        return href
    href = _NEWLINES.sub("", href)
    if _SCHEME.match(href) and not href[:6].lower().startswith(("http:", "https:")):
        return None
    try:
        url = safe_url_string(urljoin(base, href).partition("#")[0])
        if not is_web_url(url):
            return None
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if port and (parts.scheme, port) not in {("http", 80), ("https", 443)}:
        host = f"{host}:{port}"
    url = f"{parts.scheme}://{host}{_without_dots(parts.path)}"
    if query := strip_tracking(parts.query):
        url += f"?{query}"
    return url if len(url) <= MAX_URL_LENGTH else None


def strip_tracking(query: str) -> str:
    """A query string without parameters that only say where the reader came from; the rest in its order.

    >>> strip_tracking("id=7&utm_medium=rss&b=%20")
    'id=7&b=%20'
    """
    return "&".join(part for part in query.split("&") if part and not _TRACKING.match(part))


def same_site(url: str, other: str) -> bool:
    """Whether two URLs are on one site: the same host and port but for `www.` and `m.`, or one a subdomain of the other.

    >>> same_site("https://www.example.org/a", "https://sport.example.org/")
    True
    >>> same_site("https://example.org/a", "https://notexample.org/")
    False
    """
    try:
        one, two = urlsplit(url), urlsplit(other)
        ports = one.port, two.port
    except ValueError:
        return False
    first, second = (re.sub(r"^(?:www|m|amp)\.", "", parts.hostname or "") for parts in (one, two))
    if ports[0] != ports[1] or not first or not second:
        return False
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def _without_dots(path: str) -> str:
    return urljoin("/", path) if "/." in path and not path.startswith("//") else path or "/"
