"""Reads single records back by their place: from the local file, sealed or open, else by a ranged read of the store."""

from pathlib import Path

from archive.captures import to_capture
from archive.errors import DigestMismatch, NoCapture, OriginalMissing, RecordUnreadable, StoreError, StoreUnreachable
from archive.formats import http
from archive.formats.warc import Record, parse_record
from archive.model import Capture, Memento, RecordLocation
from archive.stores.store import Store
from archive.warcfile import find_file, read_span

ARCHIVE, TEXT = "archive", "text"
"""The two folders of WARC files: captures, and readings of them."""


class RecordReader:
    """Reads the records of one collection."""

    def __init__(self, folder: Path, store: Store | None) -> None:
        self._folder = folder
        self._store = store

    def read_bytes(self, location: RecordLocation, kind: str = ARCHIVE) -> bytes:
        """The bytes of one record as stored: its gzip member. Raises RecordUnreadable, or StoreUnreachable."""
        try:
            path = find_file(self._folder / kind, location.file)
        except RecordUnreadable as error:
            if self._store is None:
                raise RecordUnreadable(
                    f"{kind}/{location.file}: not in {self._folder}, and no `store` is set to read it from (run `morgue verify`)"
                ) from error
            return self._from_store(location, kind)
        return read_span(path, location.offset, location.length)

    def read(self, location: RecordLocation, kind: str = ARCHIVE) -> Record:
        """One record. Raises RecordUnreadable where it is not there, or damaged, and StoreUnreachable."""
        place = f"{kind}/{location.file} at byte {location.offset}"
        return parse_record(self.read_bytes(location, kind), place)

    def read_pair(self, one: RecordLocation, other: RecordLocation, kind: str = ARCHIVE) -> tuple[Record, Record]:
        """Two records, in one go where the other is right behind the one."""
        if one.file != other.file or one.offset + one.length != other.offset:
            return self.read(one, kind), self.read(other, kind)
        both = RecordLocation(file=one.file, offset=one.offset, length=one.length + other.length)
        stored = self.read_bytes(both, kind)
        place = f"{kind}/{one.file} at byte"
        return (
            parse_record(stored[: one.length], f"{place} {one.offset}"),
            parse_record(stored[one.length :], f"{place} {other.offset}"),
        )

    def read_capture(self, capture: Capture) -> Record:
        """The record that a capture was made from. Raises DigestMismatch where it would give another one now."""
        record = self.read(capture.location)
        found = to_capture(record, capture.location, with_rights=False)
        # Members of gzip files are checked as they are unzipped; plain files of other writers only here.
        if found is None or (found.url, found.timestamp, found.digest) != (
            capture.url,
            capture.timestamp,
            capture.digest,
        ):
            raise DigestMismatch(
                f"{ARCHIVE}/{capture.location.file} at byte {capture.location.offset}: is not what the catalog says, "
                f"{capture.url} of {capture.timestamp} with {capture.digest}; run `morgue verify`"
            )
        return record

    def _from_store(self, location: RecordLocation, kind: str) -> bytes:
        assert self._store
        name = f"{kind}/{location.file}"
        try:
            return self._store.read_range(name, location.offset, location.length)
        except StoreUnreachable as error:
            raise StoreUnreachable(f"{name}: not in {self._folder}, only in its store: {error}") from error
        except StoreError as error:
            raise RecordUnreadable(f"{name}: not in {self._folder}, only in its store: {error}") from error


def to_memento(capture: Capture, record: Record, original: Record | None) -> Memento:
    """The memento of a capture; `original` is the record that a revisit refers to.

    A 304 is answered with its original's head and payload; another revisit with its own head and its original's body.
    """
    _, message = http.split_interim(record.block)
    head_bytes, body = http.split_head(message)
    if capture.revisit is not None:
        if original is None:
            raise OriginalMissing(f"{capture.url}: what this revisit of {capture.timestamp} refers to is not archived")
        original_head, body = http.split_head(http.split_interim(original.block)[1])
        if capture.revisit == "not-modified" or not head_bytes.strip():
            head_bytes = original_head
        payload_head = http.parse_head(original_head)
    else:
        payload_head = http.parse_head(head_bytes)
    head = http.parse_head(head_bytes)
    if head is None or payload_head is None:
        raise NoCapture(f"{capture.url}: its record of {capture.timestamp} holds no HTTP response")
    return Memento(
        capture=capture,
        status=head.status,
        reason=head.reason,
        headers=head.headers,
        payload=http.entity(payload_head, body),
        message=head_bytes + body,
    )
