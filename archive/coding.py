"""Content codings (RFC 9110 section 8.4) undone, within a bound: from the payload as captured to the page as read."""

import contextlib
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from fastwarc.stream_io import BrotliReader, GzipReader, ZstdReader

from archive.errors import ContentTooLarge, RecordUnreadable

MOST_DECODED = 256 * 1024 * 1024
"""Bytes; a few kilobytes of zeros can claim to be more."""
_PIECE = 1 << 18
_READERS: dict[str, Callable[[io.BytesIO], "_Reader"]] = {
    "br": BrotliReader,
    "zstd": ZstdReader,
}


STREAMED = frozenset(_READERS)
"""Codings that `iter_decoded` undoes."""


class _Reader(Protocol):
    def read(self, size: int = ...) -> bytes: ...


def decode_content(payload: bytes, content_encoding: str | None, *, limit: int = MOST_DECODED) -> bytes:
    """The payload without its codings, last applied first; of a stream cut short what is there.

    Names that mean no coding, such as `identity` or a charset, change nothing. Raises RecordUnreadable where the payload
    is not in the coding it claims, ContentTooLarge where it exceeds the limit.
    """
    for name in reversed((content_encoding or "").lower().split(",")):
        name = name.strip()
        if not payload:
            break
        if name in {"gzip", "x-gzip"}:
            payload = _gunzip(payload, name, limit)
        elif name in _READERS:
            payload = _read(_READERS[name](io.BytesIO(payload)), name, limit)
        elif name == "deflate":
            payload = _inflate(payload, limit)
    return payload


def iter_decoded(payload: bytes, name: str) -> Iterator[bytes]:
    """A payload without one of the `STREAMED` codings, in pieces. Raises RecordUnreadable where it is not in that coding."""
    reader = _READERS[name](io.BytesIO(payload))
    try:
        while piece := reader.read(_PIECE):
            yield piece
    except OSError:
        raise _wrong(name) from None


def decode_start(payload: bytes, content_encoding: str | None, size: int) -> bytes:
    """The first bytes of the payload without its coding; nothing where it has several, or is not in the one it claims."""
    name = (content_encoding or "").strip().lower()
    try:
        if name in {"gzip", "x-gzip"}:
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(payload[: size + _PIECE], size)
        if name in _READERS:
            return _READERS[name](io.BytesIO(payload)).read(size)
        if name == "deflate":
            return _inflate(payload[: size + _PIECE], size, cut=True)
    except (zlib.error, OSError, RecordUnreadable):
        return b""
    return b"" if "," in name else payload[:size]


def _gunzip(payload: bytes, name: str, limit: int) -> bytes:
    """Browsers look neither at the checksum nor at what follows the last member."""
    try:
        return _read(GzipReader(io.BytesIO(payload)), name, limit)
    except ContentTooLarge:
        raise
    except RecordUnreadable:
        for end in (None, -8):  # the checksum is in the last eight bytes
            stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            with contextlib.suppress(zlib.error):
                if decoded := stream.decompress(payload[:end], limit + 1):
                    if len(decoded) > limit:
                        raise _too_large(limit) from None
                    return decoded
        raise


def _inflate(payload: bytes, limit: int, *, cut: bool = False) -> bytes:
    """RFC 9110 means zlib's format; some servers send what is inside it."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            decoded = zlib.decompressobj(wbits).decompress(payload, limit + 1)
        except zlib.error:
            continue
        if len(decoded) > limit:
            if not cut:
                raise _too_large(limit)
            return decoded[:limit]
        return decoded
    raise _wrong("deflate")


def _read(reader: _Reader, name: str, limit: int) -> bytes:
    decoded = bytearray()
    while True:
        try:
            piece = reader.read(_PIECE)
        except OSError:
            if decoded:
                break
            raise _wrong(name) from None
        if not piece:
            break
        decoded += piece
        if len(decoded) > limit:
            raise _too_large(limit)
    return bytes(decoded)


def _wrong(name: str) -> RecordUnreadable:
    return RecordUnreadable(
        f"the payload is no {name} stream, as its Content-Encoding says (see `morgue show --as http`)"
    )


def _too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(f"the payload decodes to more than {limit} bytes (see `morgue show --as http`)")
