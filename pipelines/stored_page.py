"""An archived page, read back from its WARC record for the workers: the entity as it was sent and its headers, or its DOM."""

from pathlib import Path

import msgspec

from archive.errors import ArchiveError
from archive.formats import http
from archive.formats.warc import parse_record
from archive.model import Capture
from archive.warcfile import find_file, read_span


class StoredPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's response held."""

    payload: bytes
    """Transfer coding undone, Content-Encoding kept; of a rendered page the DOM."""
    headers: tuple[tuple[str, str], ...]


def load_page(capture: Capture, folder: Path, member: bytes = b"") -> StoredPage:
    """Read what a capture shows from the WARC files in `folder`, or from its record where that is given.

    Raises ArchiveError.
    """
    place = capture.read_location
    member = member or read_span(find_file(folder, place.file), place.offset, place.length)
    record = parse_record(member, f"{place.file} at byte {place.offset}")
    if capture.dom is not None:
        return StoredPage(payload=record.block, headers=(("Content-Type", record.get("Content-Type") or ""),))
    head_bytes, body = http.split_head(http.split_interim(record.block)[1])
    head = http.parse_head(head_bytes)
    if head is None:
        raise ArchiveError(f"{capture.url}: its record holds no HTTP response")
    return StoredPage(payload=http.entity(head, body), headers=head.headers)
