"""The server's own addresses, and the archived ones inside them.

/web/20240501103000id_/https://example.org/a?b=c     everything behind the timestamp, query included, is the URL
/article?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc   elsewhere it is a parameter, escaped
"""

import re
from urllib.parse import quote, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.types import Scope

from archive.errors import QueryInvalid
from archive.web.replay.origins import Origins, scheme

LONGEST_URL = 8000
"""Characters: what browsers and proxies pass on."""

_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"
"""Characters of a URL that stay as they are; the rest would end a header's value, or a link's angle brackets."""
_ESCAPED_SCHEME = re.compile(r"https?%3a", re.IGNORECASE)


class Site:
    """How this archive calls itself, and where it is."""

    def __init__(self, title: str, public_url: str = "", origins: Origins | None = None) -> None:
        """`origins` says where captured pages are shown; `None` where they are not."""
        self.title = title
        self.origins = origins
        self._public_url = public_url.rstrip("/")
        self.prefix = urlsplit(self._public_url).path
        """Of every path, where the archive is not at the root of its host."""

    def absolute(self, request: Request, path: str) -> str:
        """The address of a path as the reader sees it: below `public_url`, else below the address that was asked for."""
        if self._public_url:
            return self._public_url + path
        return f"{scheme(request)}://{request.headers.get('host', '')}{path}"

    def path(self, path: str, **parameters: object) -> str:
        """A path on this server for links in pages; parameters that are `None` or empty are left out."""
        given = {name: value for name, value in parameters.items() if value not in (None, "")}
        return self.prefix + path + ("?" + urlencode(given) if given else "")

    def raw(self, timestamp: str, url: str) -> str:
        """Where the payload of a capture is served as it was captured."""
        return self.prefix + raw_path(timestamp, url)

    def replay(self, request: Request, timestamp: str, url: str) -> str | None:
        """Where a reader sees the whole page as it was at a time: a frame of ours around the origin of captured pages.

        `None` where replay is not served.
        """
        if self.origins is None or self.origins.replay(request) is None:
            return None
        return self.absolute(request, replay_path(timestamp, url))


def replay_path(timestamp: str, url: str) -> str:
    """Where a capture is shown whole, in a frame: what `Site.replay` makes absolute."""
    return f"/replay/{timestamp}/{escape_url(url)}"


def raw_path(timestamp: str, url: str) -> str:
    """As `Site.raw`, without prefix."""
    return f"/web/{timestamp}id_/{escape_url(url)}"


def escape_url(url: str) -> str:
    r"""A URL whose odd characters are escaped, fit for a header or a link; escapes in it stay as they are.

    >>> escape_url('https://example.org/a b>?q=%20\r\n')
    'https://example.org/a%20b%3E?q=%20%0D%0A'
    """
    return quote(url.encode("utf-8", "replace"), safe=_SAFE_IN_URL)


def path_target(scope: Scope, start: str) -> str:
    """What stands in the requested address behind `start`, its query included, exactly as it was sent."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    target = raw.decode("latin-1").partition(start)[2]
    if query := scope["query_string"].decode("latin-1"):
        target += "?" + query
    return target


def check_url(url: str | None) -> str:
    """The archived URL that was asked for; QueryInvalid where there is none, or too much of it.

    One that was escaped as a whole, as some clients do, is unescaped once.
    """
    url = (url or "").strip()
    if _ESCAPED_SCHEME.match(url):
        url = unquote(url)
    if not url:
        raise QueryInvalid("the parameter url is missing (write url= and the address of a page)")
    if len(url) > LONGEST_URL:
        raise QueryInvalid(f"the url has {len(url)} characters, more than the {LONGEST_URL} that are answered")
    return url
