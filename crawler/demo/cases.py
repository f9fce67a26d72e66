"""Odd, broken and hostile answers, each as the exact bytes that `crawler.demo.oddities` sends. Pure.

What HTTP makes of them: RFC 9112, of folds 5.2, of interim answers RFC 9110 15.2, of lengths RFC 9112 6.3.
"""

import gzip
import struct
import zlib
from typing import Literal

import msgspec

Ending = Literal["keep", "close", "reset", "hang"]
"""What follows the last byte: the next request, an orderly close, a TCP reset, or silence."""

BODY = b"<!DOCTYPE html>\n<title>Odd</title>\n<p>An odd page, served for the sake of its envelope.</p>\n"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One odd exchange."""

    about: str
    parts: tuple[bytes, ...]
    """What is sent; between two parts passes `pause_seconds`."""
    ending: Ending = "keep"
    pause_seconds: float = 0.0
    endless: bytes = b""
    """Sent again and again after the parts, until the client goes (the server gives up in the end)."""
    complete: bool = True
    """Whether the answer is whole by the rules of HTTP, odd as it is."""

    @property
    def response(self) -> bytes:
        """All that is sent, when nobody hangs up before the end (an endless answer: its beginning)."""
        return b"".join(self.parts)


def ok(
    *headers: bytes,
    body: bytes = BODY,
    status: bytes = b"HTTP/1.1 200 OK",
    kind: bytes = b"text/html; charset=utf-8",
    length: bool = True,
) -> bytes:
    """A response message with some header lines added; `length` adds its right Content-Length."""
    lines = [status, b"Content-Type: " + kind, *headers]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def _chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def _bomb(mebibytes: int) -> bytes:
    """A gzip file of zeros: one flushed deflate block of a mebibyte, over and over."""
    zeros = bytes(1024 * 1024)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(mebibytes):
        checksum = zlib.crc32(zeros, checksum)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    return head + block * mebibytes + b"\x03\0" + struct.pack("<II", checksum, mebibytes * len(zeros))


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n"
_ZIPPED = gzip.compress(BODY * 20, mtime=0)
_BIG = b"<p>Big.</p>\n" * 1365 + b"\n\n\n\n"
_EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"

CASES: dict[str, Case] = {
    "/plain": Case(about="nothing odd", parts=(ok(),)),
    "/header-case": Case(
        about="header names in any case",
        parts=(
            b"HTTP/1.1 200 OK\r\ncOnTeNt-TyPe: text/html\r\nCONTENT-length: %d\r\nx-a: 1\r\n\r\n" % len(BODY) + BODY,
        ),
    ),
    "/folded": Case(
        about="values folded over several lines (obs-fold)",
        parts=(ok(b"X-Folded: one\r\n two\r\n\tthree", b"Set-Cookie: a=1;\r\n Path=/"),),
    ),
    "/continue": Case(about="a 100 before the answer", parts=(b"HTTP/1.1 100 Continue\r\n\r\n" + ok(),)),
    "/early-hints": Case(
        about="several interim answers, the last some time before the final one",
        parts=(b"HTTP/1.1 100 Continue\r\n\r\n" + _EARLY, _EARLY, ok()),
        pause_seconds=0.05,
    ),
    "/lf-only": Case(about="lines end in LF alone", parts=(ok().replace(b"\r\n", b"\n"),)),
    "/http-1.0": Case(
        about="HTTP/1.0, ended by the close",
        parts=(ok(status=b"HTTP/1.0 200 OK", length=False),),
        ending="close",
    ),
    "/no-length": Case(about="HTTP/1.1 without any length", parts=(ok(length=False),), ending="close"),
    "/chunk-extensions": Case(
        about="extensions on chunks, leading zeros, upper-case sizes",
        parts=(
            _CHUNKED
            + b"\r\n"
            + _chunk(BODY[:26], b';name="a;b";flag')
            + b"000%X ; x=1\r\n%s\r\n" % (len(BODY) - 26, BODY[26:])
            + b"0;last\r\n\r\n",
        ),
    ),
    "/trailers": Case(
        about="fields after the last chunk",
        parts=(_CHUNKED + b"Trailer: X-Sum\r\n\r\n" + _chunk(BODY) + b"0\r\nX-Sum: 42\r\nx-sum: 43\r\n\r\n",),
    ),
    "/no-reason": Case(about="a status line without a reason", parts=(ok(status=b"HTTP/1.1 200"),)),
    "/empty-reason": Case(about="a status line with an empty reason", parts=(ok(status=b"HTTP/1.1 200 "),)),
    "/odd-reason": Case(about="a reason in latin-1", parts=(ok(status=b"HTTP/1.1 200 Tr\xe8s bien"),)),
    "/odd-status": Case(about="a status nobody knows", parts=(ok(status=b"HTTP/1.1 299 Odd"),)),
    "/latin-1-header": Case(
        about="bytes beyond ASCII in values", parts=(ok(b"X-Desk: R\xe9daction", b"X-Utf: \xd9\x85"),)
    ),
    "/space-before-colon": Case(about="a space before the colon", parts=(ok(b"X-Spaced : 1"),)),
    "/no-colon": Case(about="a header line without a colon", parts=(ok(b"X-No-Colon"),)),
    "/empty-header": Case(about="empty values and repeated fields", parts=(ok(b"X-Empty:", b"Via: a", b"Via: b"),)),
    "/two-lengths": Case(
        about="Content-Length twice, with the same value",
        parts=(ok(b"Content-Length: %d" % len(BODY)),),
    ),
    "/two-unequal-lengths": Case(
        about="Content-Length twice, with different values",
        parts=(ok(b"Content-Length: %d" % (len(BODY) + 10)),),
        ending="close",
        complete=False,
    ),
    "/length-and-chunks": Case(
        about="Content-Length beside chunks, which win",
        parts=(_CHUNKED + b"Content-Length: 5\r\n\r\n" + _chunk(BODY) + b"0\r\n\r\n",),
        ending="close",
    ),
    "/gzip": Case(about="gzip with its right length", parts=(ok(b"Content-Encoding: gzip", body=_ZIPPED),)),
    "/gzip-wrong-length": Case(
        about="gzip, with the length of what it unpacks to",
        parts=(ok(b"Content-Encoding: gzip", b"Content-Length: %d" % (20 * len(BODY)), body=_ZIPPED, length=False),),
        ending="close",
        complete=False,
    ),
    "/gzip-cut": Case(
        about="gzip that ends early, in a message that is whole",
        parts=(ok(b"Content-Encoding: gzip", body=_ZIPPED[:-12]),),
    ),
    "/not-gzip": Case(about="said to be gzip, and is not", parts=(ok(b"Content-Encoding: gzip"),)),
    "/no-content": Case(about="204", parts=(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",)),
    "/empty-body": Case(about="a body of no bytes", parts=(ok(body=b""),)),
    "/leading-newline": Case(about="an empty line before the status line", parts=(b"\r\n" + ok(),)),
    "/truncated": Case(
        about="fewer bytes than Content-Length says",
        parts=(ok(b"Content-Length: %d" % (len(BODY) * 2), length=False),),
        ending="close",
        complete=False,
    ),
    "/truncated-chunks": Case(
        about="chunks without their last",
        parts=(_CHUNKED + b"\r\n" + _chunk(BODY),),
        ending="close",
        complete=False,
    ),
    "/truncated-chunk": Case(
        about="a chunk shorter than it says",
        parts=(_CHUNKED + b"\r\n" + b"400\r\n" + BODY,),
        ending="close",
        complete=False,
    ),
    "/truncated-head": Case(
        about="a head that stops in the middle",
        parts=(b"HTTP/1.1 200 OK\r\nContent-Type: text/ht",),
        ending="close",
        complete=False,
    ),
    "/bad-chunk-size": Case(
        about="a chunk size that is no number",
        parts=(_CHUNKED + b"\r\n" + b"zz\r\n" + BODY,),
        ending="close",
        complete=False,
    ),
    "/reset": Case(
        about="a TCP reset in the middle of the body",
        parts=(ok(b"Content-Length: 100000", length=False),),
        ending="reset",
        complete=False,
    ),
    "/reset-at-once": Case(about="a TCP reset for an answer", parts=(), ending="reset", complete=False),
    "/empty": Case(about="a close for an answer", parts=(), ending="close", complete=False),
    "/hang": Case(about="no answer at all", parts=(), ending="hang", complete=False),
    "/hang-in-body": Case(
        about="half a body, then silence",
        parts=(ok(b"Content-Length: 100000", length=False),),
        ending="hang",
        complete=False,
    ),
    "/drip": Case(
        about="a body that comes a few bytes at a time",
        parts=(ok(body=BODY)[: -len(BODY)], *(BODY[i : i + 8] for i in range(0, len(BODY), 8))),
        pause_seconds=0.02,
    ),
    "/slow-drip": Case(
        about="a body that would take half an hour",
        parts=(ok(b"Content-Length: 3600", length=False, body=b""), *(b"." for _ in range(3600))),
        pause_seconds=0.5,
        complete=False,
    ),
    "/garbage": Case(
        about="no HTTP", parts=(b"\x16\x03\x01 this is not HTTP\r\n\r\n",), ending="close", complete=False
    ),
    "/http-0.9": Case(about="a bare body, as HTTP/0.9 had it", parts=(BODY,), ending="close", complete=False),
    "/endless-headers": Case(
        about="header lines without end",
        parts=(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",),
        endless=b"X-More: " + b"a" * 1000 + b"\r\n",
        ending="close",
        complete=False,
    ),
    "/endless-header": Case(
        about="one header line without end",
        parts=(b"HTTP/1.1 200 OK\r\nX-Long: ",),
        endless=b"a" * 4096,
        ending="close",
        complete=False,
    ),
    "/endless-interim": Case(
        about="interim answers without end",
        parts=(),
        endless=_EARLY,
        ending="close",
        complete=False,
    ),
    "/endless-body": Case(
        about="a body without end",
        parts=(_CHUNKED + b"\r\n",),
        endless=_chunk(b"<p>More and more.</p>\n" * 200),
        ending="close",
        complete=False,
    ),
    "/huge": Case(
        about="a body of 32 MiB, announced",
        parts=(ok(b"Content-Length: %d" % (2048 * len(_BIG)), body=b"", length=False), *(_BIG for _ in range(2048))),
    ),
    "/bomb": Case(about="gzip that unpacks to 96 MiB", parts=(ok(b"Content-Encoding: gzip", body=_bomb(96)),)),
    "/redirect-loop": Case(
        about="a redirect to itself",
        parts=(b"HTTP/1.1 302 Found\r\nLocation: /redirect-loop\r\nContent-Length: 0\r\n\r\n",),
    ),
    "/redirect-nowhere": Case(
        about="a redirect to a port where nobody listens",
        parts=(b"HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",),
    ),
}
