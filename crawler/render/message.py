r"""What passes between browser, proxy and origin, as plain functions of bytes: requests read, responses passed on.

    CONNECT host:443 HTTP/1.1      then TLS, and in it:  GET /path HTTP/1.1
    GET http://host/path HTTP/1.1                        a proxy is asked in absolute form where there is no TLS

Spec: RFC 9110 section 7.6 (what belongs to one hop only), RFC 9112 section 3.2 (forms of the target).
"""

import re
from collections.abc import Iterable

import msgspec

from archive.formats import http

MAX_HEAD_BYTES = 64 << 10
"""Of a browser's request."""

_REQUEST_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+)):([0-9]{1,5})")
_HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "proxy-authentication-info",
    )
)
_OUR_OWN = frozenset(("host", "content-length", "cache-control", "pragma"))
"""Of requests: what is written anew, and what Chromium says only because somebody watches it."""
_HINTS = "sec-ch-ua"
"""Begins the fields in which Chromium says what it is: under our name, it guesses."""
_NOT_PASSED_ON = _HOP_BY_HOP | {"content-length", "alt-svc"}
"""Of responses: their length is told anew, and another way to the origin would go round the proxy."""

Headers = tuple[tuple[str, str], ...]


class Asked(msgspec.Struct, frozen=True):
    """The head of a request."""

    method: str
    target: str
    headers: Headers

    def get(self, name: str) -> str | None:
        """The first value of a field, by case-insensitive name."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def has_body(self) -> bool:
        return self.get("transfer-encoding") is not None or (self.get("content-length") or "0").strip() != "0"


class Told(msgspec.Struct, frozen=True):
    """A response for the browser."""

    message: bytes
    is_whole: bool = True
    """Whether it ends where it says; else only closing the connection tells the browser."""


def parse_request(head: bytes) -> Asked | None:
    r"""What a request head says; `None` where it is none.

    >>> parse_request(b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")
    Asked(method='GET', target='http://a/', headers=(('Host', 'a'),))
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        return None
    fields = (field.partition(":") for field in lines if field)
    return Asked(line[1], line[2], tuple((name, value.strip()) for name, colon, value in fields if colon))


def parse_authority(target: str) -> tuple[str, int] | None:
    """Host and port of a CONNECT.

    >>> parse_authority("[::1]:443"), parse_authority("news.example:8443"), parse_authority("news.example")
    (('::1', 443), ('news.example', 8443), None)
    """
    found = _AUTHORITY.fullmatch(target)
    port = int(found[3]) if found else 0
    return (found[1] or found[2], port) if found and 0 < port < 65536 else None


def origin_url(scheme: str, host: str, port: int, target: str) -> str:
    """The URL that a request inside a tunnel means.

    >>> origin_url("https", "news.example", 443, "/a"), origin_url("http", "::1", 8080, "/")
    ('https://news.example/a', 'http://[::1]:8080/')
    """
    place = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{place}{'' if port == default else f':{port}'}{target}"


def to_origin(headers: Headers, agent: str) -> list[tuple[str, str]]:
    """The headers of a browser's request as they go out: in its order, under our name, and for one hop nothing."""
    named = {name.strip().lower() for key, value in headers if key.lower() == "connection" for name in value.split(",")}
    left_out = _HOP_BY_HOP | _OUR_OWN | named
    kept = []
    for name, value in headers:
        key = name.lower()
        if key == "user-agent":
            value = agent
        elif key == "accept-encoding" and "gzip" in value:
            value = "gzip, deflate, br"  # what is archived has to be readable without Chromium
        if key not in left_out and not key.startswith(_HINTS):
            kept.append((name, value))
    return kept


def to_browser(response: bytes, *, method: str, is_whole: bool) -> Told:
    """An origin's response as the browser gets it: its own fields and body, in a plain frame that we are sure of."""
    raw_head, body = http.split_head(http.split_interim(response)[1])
    head = http.parse_head(raw_head)
    if head is None:
        return refusal(502, "The origin's answer is not HTTP.")
    if head.status == 407 or head.status < 200:
        return refusal(502, f"The origin answered with status {head.status}.")
    bodiless = method == "HEAD" or head.status in (204, 304)
    content = b"" if bodiless else http.entity(head, body)
    lines = [f"HTTP/1.1 {head.status} {head.reason}"]
    lines += [f"{name}: {value}" for name, value in head.headers if name.lower() not in _NOT_PASSED_ON]
    if not bodiless:
        # One byte more than there is, and the browser knows that it did not get all.
        lines.append(f"Content-Length: {len(content) + (not is_whole)}")
    return Told("\r\n".join([*lines, "", ""]).encode("latin-1") + content, is_whole or bodiless)


def refusal(status: int, why: str, *fields: str) -> Told:
    """An answer of the proxy's own."""
    body = f"{why}\n".encode()
    own = ("Content-Type: text/plain; charset=utf-8", "Cache-Control: no-store", f"Content-Length: {len(body)}")
    return Told("\r\n".join([f"HTTP/1.1 {status} Refused", *own, *fields, "", ""]).encode() + body)


def drop_fields(response: bytes, names: Iterable[str]) -> bytes:
    """A response without some of its fields."""
    raw_head, body = http.split_head(http.split_interim(response)[1])
    unwanted = tuple(name.lower().encode() + b":" for name in names)
    lines = raw_head.split(b"\n")
    return b"\n".join(line for line in lines if not line.lower().startswith(unwanted)) + body
