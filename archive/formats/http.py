r"""HTTP/1.x messages as they stand on the wire: where a head ends, what it says, what the payload is.

    interim heads (1xx) ... | status line CRLF (field CRLF)* CRLF | body (maybe chunked)
                            '---------------- head ---------------'

Follows RFC 9112; accepts what servers send beyond it (bare LF, folds, no reason phrase). Parses, never re-writes.
"""

import re

import msgspec

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_VERSION = re.compile(r"HTTP/[0-9](?:\.[0-9])?")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_PART_OF_CHUNK_SIZE = re.compile(rb"[ \t]*[0-9A-Fa-f]{0,15}[ \t]*(?:;[^\n]*)?\r?")
_MEDIA_TYPE = re.compile(r"[!-~]{1,127}")  # RFC 6838 section 4.2 bounds each half of a name to 127

_MAX_HEAD_BYTES = 1 << 20
"""What is read of a head. No server is let send so much, but files that others wrote may hold anything."""


class Head(msgspec.Struct, frozen=True):
    """Status line and fields of one response."""

    version: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value of a field, by case-insensitive name."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


def split_head(message: bytes) -> tuple[bytes, bytes]:
    r"""Head (with its blank line) and what follows; a message without a blank line is all head.

    >>> split_head(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody")
    (b'HTTP/1.1 200 OK\r\nA: b\r\n\r\n', b'body')
    """
    end = message.find(b"\r\n\r\n")
    match = _HEAD_END.search(message, 0, end + 4 if end >= 0 else len(message))
    cut = match.end() if match else len(message)
    return message[:cut], message[cut:]


def split_interim(received: bytes) -> tuple[bytes, bytes]:
    r"""Interim 1xx heads, and the final message (RFC 9110 section 15.2). 101 is final: the protocol ends there.

    >>> split_interim(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    (b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 204 No Content\r\n\r\n')
    """
    start = 0
    while received[start : start + 5] == b"HTTP/" and received[start + 8 : start + 10] == b" 1":
        match = _HEAD_END.search(received, start)
        if match is None or match.end() == len(received) or received[start + 9 : start + 12] == b"101":
            break
        start = match.end()
    return received[:start], received[start:]


def parse_head(head: bytes) -> Head | None:
    r"""What a response head says; `None` where it is no HTTP response head.

    >>> parse_head(b"HTTP/1.1 404\r\nX: a\r\n b\r\n\r\n")
    Head(version='HTTP/1.1', status=404, reason='', headers=(('X', 'a b'),))
    """
    lines = head[:_MAX_HEAD_BYTES].decode("latin-1").split("\n")
    version, _, rest = lines[0].rstrip("\r").partition(" ")
    code, _, reason = rest.strip().partition(" ")
    if not _VERSION.fullmatch(version) or not (len(code) == 3 and code.isascii() and code.isdigit()):
        return None
    fields: list[tuple[str, list[str]]] = []
    for raw in lines[1:]:
        line = raw.rstrip("\r")
        if not line:
            break
        if line[0] in " \t":
            if fields:
                fields[-1][1].append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(), [value.strip()]))
    headers = tuple((name, " ".join(filter(None, folds))) for name, folds in fields)
    return Head(version, int(code), reason.strip(), headers)


def is_chunked(head: Head) -> bool:
    """Whether chunked is the last transfer coding (RFC 9112 section 6.1)."""
    codings = [value for name, value in head.headers if name.lower() == "transfer-encoding"]
    return bool(codings) and codings[-1].rsplit(",", 1)[-1].strip().lower() == "chunked"


def dechunk(body: bytes) -> bytes:
    r"""The entity in a chunked body, extensions and trailers left out; of a body cut short, what is there.

    A body that does not begin as a chunk is the entity itself: some archives took the framing off and left the field.

    >>> dechunk(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    b'abcde'
    """
    if not _CHUNK_SIZE.match(body):
        return b"" if _PART_OF_CHUNK_SIZE.fullmatch(body) else body
    parts, at = [], 0
    while match := _CHUNK_SIZE.match(body, at):
        size, start = int(match[1], 16), match.end()
        if size == 0:
            break
        parts.append(body[start : start + size])
        at = start + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return b"".join(parts)


def is_complete(message: bytes) -> bool:
    r"""Whether a final response message holds all that it announces (RFC 9112 section 6.3).

    `False` also where only the connection's close could tell.

    >>> is_complete(b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"), is_complete(b"HTTP/1.1 200 OK\r\n\r\nok")
    (True, False)
    """
    raw_head, body = split_head(message)
    head = parse_head(raw_head)
    if head is None or not _HEAD_END.search(raw_head):
        return False
    if head.status in (204, 304):
        return True
    if is_chunked(head):
        return _chunks_end(body)
    length = head.get("content-length") or ""
    return length.isascii() and length.isdigit() and len(body) == int(length)


def _chunks_end(body: bytes) -> bool:
    at = 0
    while match := _CHUNK_SIZE.match(body, at):
        size, at = int(match[1], 16), match.end()
        if size == 0:
            return bool(re.compile(rb"(?:[^\r\n]+\r?\n)*\r?\n").match(body, at))
        at += size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return False


def entity(head: Head, body: bytes) -> bytes:
    """The payload in the sense of WARC/1.1 section 6.3.2: transfer coding removed, Content-Encoding kept."""
    return dechunk(body) if is_chunked(head) else body


def media_type(content_type: str | None) -> str:
    """The bare media type, lower-case; `unk` where none is given (as CDX files write it).

    >>> media_type("Text/HTML; charset=utf-8")
    'text/html'
    """
    bare = (content_type or "").split(";", 1)[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else "unk"
