"""A seed's payload as it came, handed out unpacked in pieces: never whole in memory, however much it unpacks to.

Content codings (RFC 9110 section 8.4) are undone, and gzip files unpacked. A few kilobytes can claim to be gigabytes, so
what may come out is bounded by what went in.
"""

import zlib
from collections.abc import Iterator

from archive import coding
from archive.errors import RecordUnreadable
from crawler.seeds.reading import CutShort

MAX_UNPACKED_BYTES = 2 * 2**30
"""Ten million URLs as a sitemap are half of it."""

_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_LEAST_BYTES = 100 * 2**20  # Twice what the sitemap protocol allows.
_MOST_TIMES = 100
"""Text is packed to a tenth, lists of much the same URLs to a fortieth; what grows by more is a bomb."""
_MAX_MEMBERS = 10_000


class Payload:
    """A body and the codings it is under; can be read several times."""

    def __init__(self, body: bytes, codings: str = "", *, limit: int | None = None) -> None:
        self._body = body
        self._codings = [name for one in codings.lower().split(",") if (name := one.strip()) in _KNOWN]
        self._limit = limit or min(MAX_UNPACKED_BYTES, max(_LEAST_BYTES, _MOST_TIMES * len(body)))

    def head(self) -> bytes:
        """The first 64 KiB or so; less where it breaks off before."""
        try:
            return next(self.pieces(), b"")
        except CutShort:
            return b""

    def is_empty(self) -> bool:
        """Whether it holds nothing but space; what cannot be unpacked is not empty."""
        try:
            return not any(piece.strip() for piece in self.pieces())
        except CutShort:
            return False

    def whole(self, limit: int) -> bytes | None:
        """All of it; `None` where it is longer than `limit` bytes, or breaks off."""
        try:
            return b"".join(self.pieces(limit))
        except CutShort:
            return None

    def pieces(self, limit: int | None = None) -> Iterator[bytes]:
        """Pieces of even size, at least one. Raises `CutShort` at the limit, and where packed data breaks off."""
        limit = min(limit or self._limit, self._limit)
        gathered, size = bytearray(), 0
        problem = None
        try:
            for piece in self._unpacked():
                gathered += piece[: limit - size]
                size += len(piece)
                if size > limit:
                    raise CutShort(self._too_long(limit))  # noqa: TRY301
                while len(gathered) >= _PIECE:
                    yield bytes(gathered[:_PIECE])
                    del gathered[:_PIECE]
        except CutShort as error:
            problem = error
        yield bytes(gathered)
        if problem:
            raise problem

    def _too_long(self, limit: int) -> str:
        if limit == self._limit and limit >= _MOST_TIMES * len(self._body):
            return f"is a bomb: its {len(self._body)} bytes unpack to more than {limit // 2**20} MiB; the rest was not read"
        return f"is longer than {limit // 2**20} MiB; the rest was not read"

    def _unpacked(self) -> Iterator[bytes]:
        pieces: Iterator[bytes] = _cut(self._body)
        for name in reversed(self._codings):
            pieces = _decoded(pieces, name)
        # A gzip file, whatever was said of it; some servers also pack twice and say so once.
        return _decoded(pieces, "gzip")


def to_payload(payload: bytes | Payload) -> Payload:
    """Bytes under no coding, as a payload."""
    return payload if isinstance(payload, Payload) else Payload(payload)


def _cut(body: bytes) -> Iterator[bytes]:
    return (body[at : at + _PIECE] for at in range(0, len(body), _PIECE))


def _decoded(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Pieces without one coding; those that are not in it are handed on as they are, whatever was declared."""
    first = next(pieces, b"")
    if name in ("gzip", "x-gzip"):
        yield from _gunzip(first, pieces) if first.startswith(_GZIP) else _joined(first, pieces)
    elif name == "deflate":
        yield from _inflate(first, pieces)
    else:
        # Their decoders want the whole; under another coding that happens to nobody but those who mean harm.
        yield from _read(_join(_joined(first, pieces)), name)


def _join(pieces: Iterator[bytes]) -> bytes:
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) > _LEAST_BYTES:
            raise CutShort(f"is longer than {_LEAST_BYTES // 2**20} MiB under two codings; it was not read")
    return bytes(gathered)


def _joined(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _gunzip(data: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for _ in range(_MAX_MEMBERS):
        while len(data) < len(_GZIP) and (more := next(pieces, b"")):
            data += more
        if not data.startswith(_GZIP):  # the end, or the zeros that some servers pad with
            return
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            data = data or next(pieces, b"")
            if not data:
                raise CutShort("is cut short: its gzip data ends early")
            try:
                yield member.decompress(data, _PIECE)
            except zlib.error:
                raise CutShort("is damaged: its gzip data cannot be unpacked") from None
            data = member.unconsumed_tail
        data = member.unused_data
    raise CutShort(f"is packed in more than {_MAX_MEMBERS} gzip members; the rest was not read")


def _inflate(data: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """RFC 9110 means zlib's format; some servers send what is inside it, and some what they have."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        stream = zlib.decompressobj(wbits)
        try:
            stream.decompress(data, 1)
        except zlib.error:
            continue
        break
    else:
        yield from _joined(data, pieces)
        return
    stream = zlib.decompressobj(wbits)
    while not stream.eof:
        data = data or next(pieces, b"")
        if not data:
            raise CutShort("is cut short: its deflate data ends early")
        try:
            yield stream.decompress(data, _PIECE)
        except zlib.error:
            raise CutShort("is damaged: its deflate data cannot be unpacked") from None
        data = stream.unconsumed_tail


def _read(body: bytes, name: str) -> Iterator[bytes]:
    begun = False
    try:
        for piece in coding.iter_decoded(body, name):
            yield piece
            begun = True
    except RecordUnreadable:
        if begun or b"<" not in body[:512]:
            raise CutShort(f"is damaged: its {name} data cannot be unpacked") from None
        yield from _cut(body)


_KNOWN = {"gzip", "x-gzip", "deflate", *coding.STREAMED}
