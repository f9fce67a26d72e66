"""The addresses of one archived URL on this server, and the Link relations between them (RFC 7089 section 2.2, RFC 8288).

    original     the URL itself                              timemap   all its captures, /web/timemap/link/URL
    timegate     its capture of any time, /web/URL           memento   one of them, /web/TIMESTAMPid_/URL

URLs are a stranger's words: whatever would end a link's brackets is escaped.
"""

import re

import msgspec
from starlette.requests import Request

from archive.collection import Collection
from archive.formats.timestamp import from_timestamp, to_http_date
from archive.model import Capture
from archive.web.links import Site, escape_url, raw_path

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/?/?[^0-9]", re.IGNORECASE)
_SLASHES = re.compile(r"^(https?):/*", re.IGNORECASE)

LINK_FORMAT = "application/link-format"
JSON_FORMAT = "application/json"
CDXJ_FORMAT = "application/cdxj+ors"

_LONGEST_WITH_NEIGHBOURS = 1500
"""Characters of a URL: it comes in every relation, and clients take headers of some 64 KB."""


class Neighbours(msgspec.Struct, frozen=True, kw_only=True):
    """The captures that a memento's Link header names beside it; `None` where there is none that way."""

    first: Capture
    previous: Capture | None
    next: Capture | None
    last: Capture

    @classmethod
    def of(cls, collection: Collection, capture: Capture) -> "Neighbours":
        """Those of other seconds than the capture's own: in one second all captures have one address."""
        captures, key = collection.catalog.captures, capture.urlkey
        before, behind = (beside(capture.timestamp, way) for way in (-1, 1))
        return cls(
            first=next(captures(urlkey=key, limit=1), capture),
            previous=next(captures(urlkey=key, to_timestamp=before, newest_first=True, limit=1), None),
            next=next(captures(urlkey=key, from_timestamp=behind, limit=1), None),
            last=next(captures(urlkey=key, newest_first=True, limit=1), capture),
        )


class Addresses:
    """The addresses of one URL, as this request's reader sees them."""

    def __init__(self, site: Site, request: Request, url: str) -> None:
        # A link without a scheme would be read as one within this server; some proxies make one slash of two.
        whole = url if _SCHEME.match(url) else f"http://{url.lstrip('/')}"
        self.original = escape_url(_SLASHES.sub(r"\1://", whole))
        self._base = site.absolute(request, "")

    @property
    def timegate(self) -> str:
        """Its TimeGate."""
        return f"{self._base}/web/{self.original}"

    def timemap(self, form: str = "link", start: str | None = None) -> str:
        """Its TimeMap as `link`, `json` or `cdxj`; with `start` the page that begins at this timestamp."""
        return f"{self._base}/web/timemap/{form}/{start + '/' if start else ''}{self.original}"

    def memento(self, timestamp: str, url: str) -> str:
        """A capture of it, by the spelling of the URL that was captured."""
        return self._base + raw_path(timestamp, url)

    def header(self, capture: Capture, neighbours: Neighbours | None) -> str:
        """The Link header of an answer about a capture; without its neighbours where they would make it too long."""
        others = (neighbours.first, neighbours.previous, neighbours.next, neighbours.last) if neighbours else ()
        # One URL has spellings of any length: a user's name, say, is no part of its urlkey.
        if any(len(url) > _LONGEST_WITH_NEIGHBOURS for url in (self.original, *(one.url for one in others if one))):
            neighbours = None
        links = [
            link(self.original, "original"),
            link(self.timegate, "timegate"),
            link(self.timemap(), "timemap", type=LINK_FORMAT, **_span(neighbours)),
        ]
        links += [
            link(self.memento(one.timestamp, one.url), rel, datetime=http_date(one.timestamp))
            for rel, one in _relations(capture, neighbours)
        ]
        return ", ".join(links)


def link(target: str, rel: str, **attributes: str) -> str:
    """One link; attributes are values of ours, that need no escape.

    >>> link("https://example.org/", "original"), link("/t", "timemap", type="a/b")
    ('<https://example.org/>; rel="original"', '</t>; rel="timemap"; type="a/b"')
    """
    return f'<{target}>; rel="{rel}"' + "".join(f'; {name}="{value}"' for name, value in attributes.items())


def beside(timestamp: str, way: int) -> str:
    """What lies next to a timestamp in order; no time by itself, for files say what they like: the year 1, or 9999.

    >>> beside("99991231235959", 1), beside("00010101000000", -1)
    ('99991231235960', '00010100999999')
    """
    return f"{int(timestamp) + way:014}"


def http_date(timestamp: str) -> str:
    """A timestamp as Memento-Datetime and `datetime` attributes have it."""
    return to_http_date(from_timestamp(timestamp))


def _span(neighbours: Neighbours | None) -> dict[str, str]:
    if neighbours is None:
        return {}
    return {"from": http_date(neighbours.first.timestamp), "until": http_date(neighbours.last.timestamp)}


def _relations(capture: Capture, neighbours: Neighbours | None) -> list[tuple[str, Capture]]:
    """Each memento once, with all that it is: `first prev memento`."""
    if neighbours is None:
        return [("memento", capture)]
    named = {"first": neighbours.first, "prev": neighbours.previous, "next": neighbours.next, "last": neighbours.last}
    found: dict[str, tuple[list[str], Capture]] = {capture.timestamp: ([], capture)}
    for rel, one in named.items():
        if one is not None:
            found.setdefault(one.timestamp, ([], one))[0].append(rel)
    return [(" ".join([*rels, "memento"]), one) for _, (rels, one) in sorted(found.items())]
