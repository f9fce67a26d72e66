"""Gzip members on end in one file (RFC 1952 section 2.2), as WARC files hold one a record.

    1f 8b 08 flags time(4) xfl os | deflated bytes | crc32(4) size(4)  | 1f 8b 08 ...

Only whole members count, checksums verified: FastWARC does not miss a trailer that is cut off. What they hold is `warc`'s.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

GZIP = b"\x1f\x8b\x08"

_CHUNK = 1 << 16
_PIECE = 1 << 20
_WORK_FACTOR = 32


def scan_members(path: Path) -> Iterator[tuple[int, int]]:
    """Offset and length of each whole member; stops at the first that is cut or damaged."""
    with path.open("rb") as stream:
        for offset, length, _ in iter_members(stream, 0, keep=0):
            yield offset, length


def iter_members(
    stream: BinaryIO, offset: int, *, keep: int, budget: list[int] | None = None
) -> Iterator[tuple[int, int, bytes | None]]:
    """Offset, length and content of each whole member from `offset` on; stops at the first that is cut or damaged.

    A content of more than `keep` bytes is `None`; so much memory suffices for any. `budget[0]` is lowered by the bytes
    that were read and inflated, and what would go beyond it is not looked at.
    """
    stream.seek(offset)
    inflate, length, size = isal_zlib.decompressobj(wbits=31), 0, 0
    pieces: list[bytes] = []
    buffer = b""
    while buffer or (buffer := stream.read(_CHUNK)):
        length += len(buffer)
        while buffer:
            left = len(buffer)
            try:
                piece = inflate.decompress(buffer, _PIECE)
            except isal_zlib.IsalError:  # type: ignore[misc]  # its stub declares the class as a value
                return
            size += len(piece)
            if size <= keep:
                pieces.append(piece)
            else:
                pieces.clear()
            buffer = inflate.unconsumed_tail
            if budget:
                budget[0] -= len(piece) + left - len(buffer)
                if budget[0] < 0:
                    return
        if inflate.eof:
            buffer = inflate.unused_data
            length -= len(buffer)
            yield offset, length, b"".join(pieces) if size <= keep else None
            offset += length
            inflate, length, size = isal_zlib.decompressobj(wbits=31), 0, 0
            pieces = []


def next_sound_member(stream: BinaryIO, offset: int, total: int) -> int:
    """Where members begin that run on unbroken to the end of the file; `total` where none do.

    A page may hold gzip members too, even such as hold WARC records of its own invention. So behind damage only a run
    to the very end is believed: behind a member in a page comes the rest of the member that the page is in.
    """
    budget = [_WORK_FACTOR * total]  # hostile bytes could make every third byte look like a member's first
    while budget[0] >= 0 and (start := _find_gzip(stream, offset)) is not None:
        end = start
        for at, length, _ in iter_members(stream, start, keep=0, budget=budget):
            end = at + length
        if end == total:
            return start
        offset = max(end, start + 1)
    return total


def _find_gzip(stream: BinaryIO, offset: int) -> int | None:
    stream.seek(offset)
    window = b""
    while piece := stream.read(_CHUNK):
        window += piece
        at = window.find(GZIP)
        if at >= 0:
            return offset + at
        offset += len(window) - 2
        window = window[-2:]
    return None
