"""HTTP/1.1 by hand, for the newsroom: a request as received, and an answer built byte by byte. Pure.

Answers differ on purpose, by the page's manner: gzip, brotli, plain; chunked or with a length; odd header case, a
repeated Set-Cookie, a latin-1 byte in a value. RFC 9110 and 9112 hold for all of them.
"""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import brotli
import msgspec

from crawler.demo.site import Page

_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    304: "Not Modified",
    303: "See Other",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request message."""

    method: str
    path: str
    """Percent-encoded, without query."""
    version: str
    headers: dict[str, str]
    """By lower-case name; the last of several."""
    raw: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the client will send another request on this connection."""
        said = self.headers.get("connection", "").lower()
        return said != "close" and (self.version == "HTTP/1.1" or said == "keep-alive")


def parse_request(raw: bytes) -> Request | None:
    """The request in these bytes (head, blank line, body); `None` when it is none."""
    head = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    words = head[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    target = words[1]
    if "://" in target:
        target = "/" + target.partition("://")[2].partition("/")[2]
    return Request(method=words[0], path=target.partition("?")[0], version=words[2], headers=headers, raw=raw)


def answer(page: Page, request: Request, now: datetime) -> bytes:
    """The response message to a request for this page."""
    headers = [("Date", _http_date(now)), ("Server", "newsroom")]
    if page.etag:
        headers.append(("ETag", page.etag))
    if page.modified:
        headers.append(("Last-Modified", _http_date(page.modified)))
    if page.status == 200 and _is_unchanged(page, request):
        return _head(304, _dressed(headers, page.manner), request)

    body, coding = _code(page, request.headers.get("accept-encoding", ""))
    headers += [("Content-Type", page.content_type), ("Vary", "Accept-Encoding")]
    if page.location:
        headers.append(("Location", page.location))
    if coding:
        headers.append(("Content-Encoding", coding))
    if page.manner % 3 == 1 and request.version == "HTTP/1.1":
        headers.append(("Transfer-Encoding", "chunked"))
        message = b"".join(_chunks(body))
    else:
        headers.append(("Content-Length", str(len(body))))
        message = body
    head = _head(page.status, _dressed(headers, page.manner), request)
    return head if request.method == "HEAD" else head + message


def _is_unchanged(page: Page, request: Request) -> bool:
    """RFC 9110, 13.1: If-None-Match decides alone where it is sent; tags compare weakly."""
    if asked := request.headers.get("if-none-match"):
        tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return page.etag is not None and (page.etag in tags or "*" in tags)
    if page.modified and (since := request.headers.get("if-modified-since")):
        try:
            return page.modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False
    return False


def _code(page: Page, accepted: str) -> tuple[bytes, str | None]:
    """The body in the coding of the page's manner, or the nearest one that the client takes."""
    takes = {
        name.strip().lower()
        for name, _, weight in (part.partition(";") for part in accepted.split(","))
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    }
    wish = ("gzip", "br", "gzip", "identity")[page.manner % 4]
    if page.content_type.startswith("image/") or page.content_type == "application/x-gzip":
        wish = "identity"
    if wish == "br" and "br" in takes:
        return brotli.compress(page.body, quality=5), "br"
    if wish != "identity" and "gzip" in takes:
        return gzip.compress(page.body, 6, mtime=0), "gzip"
    return page.body, None


def _dressed(headers: list[tuple[str, str]], manner: int) -> list[tuple[str, str]]:
    """The headers as this page's server is used to writing them."""
    match manner % 7:
        case 1:
            return [(_swing(name), value) for name, value in headers]
        case 2:
            return [*headers, ("Set-Cookie", "edition=morning; Path=/"), ("Set-Cookie", "seen=1; Path=/; HttpOnly")]
        case 3:
            return [*headers, ("X-Desk", "Rédaction")]
        case 4:
            return [(name.lower(), value) for name, value in headers]
    return headers


def _swing(name: str) -> str:
    """A name in the case of a server that counts letters.

    >>> _swing("Content-Type")
    'cOnTeNt-tYpE'
    """
    return "".join(letter.upper() if i % 2 else letter.lower() for i, letter in enumerate(name))


def _head(status: int, headers: list[tuple[str, str]], request: Request) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", *(f"{name}: {value}" for name, value in headers)]
    lines.append("Connection: keep-alive" if request.keeps_alive else "Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _chunks(body: bytes) -> Iterator[bytes]:
    """The body in chunks of uneven sizes, written in either case of hexadecimal."""
    sizes = (1, 11, 1500, 173, 4091)
    at = i = 0
    while at < len(body):
        chunk = body[at : at + sizes[i % len(sizes)]]
        size = f"{len(chunk):x}" if i % 2 else f"{len(chunk):X}"
        yield size.encode() + b"\r\n" + chunk + b"\r\n"
        at += len(chunk)
        i += 1
    yield b"0\r\n\r\n"


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
