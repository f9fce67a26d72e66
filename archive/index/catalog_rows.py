"""How captures are packed into rows of a few bytes, and back.

Timestamps are 14-digit integers, which order as they read; record ids 16 bytes and SHA-1 digests 20. What fits neither
form, a foreign record id or a SHA-256, is kept as the text it is: SQLite types values, not columns.
"""

import re
from datetime import date
from typing import Literal

from archive.formats.digest import format_sha1, sha1_bytes
from archive.model import Capture, Outcome, Truncation

Revisit = Literal["identical", "not-modified"]

REVISITS: tuple[Revisit | None, ...] = (None, "identical", "not-modified")
TRUNCATIONS: tuple[Truncation | None, ...] = (None, "length", "time", "disconnect")
OUTCOMES: tuple[Outcome, ...] = ("article", "unchanged", "not-article", "failed")

NOT_MODIFIED = REVISITS.index("not-modified")
FAR_PAST, FAR_FUTURE = 0, 99991231235959

CaptureKey = tuple[str, str, str, int]
"""What orders captures and names one: urlkey, timestamp, file name, offset."""

_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def capture_key(capture: Capture) -> CaptureKey:
    """The key of a capture; sorting by it gives the catalog's order."""
    return capture.urlkey, capture.timestamp, capture.location.file, capture.location.offset


def pack_digest(digest: str | None) -> bytes | str | None:
    """20 bytes of a `sha1:` digest in our spelling; any other as it is."""
    return None if digest is None else sha1_bytes(digest) or digest


def unpack_digest(packed: bytes | str | None) -> str | None:
    """The digest again."""
    return format_sha1(packed) if isinstance(packed, bytes) else packed


def pack_record_id(record_id: str | None) -> bytes | str | None:
    """16 bytes of a `urn:uuid:` in lower case; any other as it is."""
    if record_id is None or not _UUID.fullmatch(record_id):
        return record_id
    return bytes.fromhex(record_id[9:].replace("-", ""))


def unpack_record_id(packed: bytes | str | None) -> str | None:
    """The record id again."""
    if not isinstance(packed, bytes):
        return packed
    digits = packed.hex()
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def pack_timestamp(timestamp: str) -> int:
    """A timestamp as a number of 14 digits."""
    return int(timestamp)


def unpack_timestamp(packed: int) -> str:
    """The timestamp again."""
    return str(packed).zfill(14)  # in half the time of a format


def seconds(packed: int) -> int:
    """Seconds of a packed timestamp since the year 1, for measuring how far two lie apart."""
    day, clock = divmod(packed, 1_000_000)
    days = date(day // 10_000 or 1, day // 100 % 100 or 1, 1).toordinal() + day % 100
    return days * 86_400 + clock // 10_000 * 3600 + clock // 100 % 100 * 60 + clock % 100
