"""Everything that is kept of how a text came about: the exchange on the wire, its records, and the reading made of it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from archive.collection import Collection
from archive.errors import RecordUnreadable
from archive.formats.digest import payload_digest
from archive.formats.gzip_members import iter_members
from archive.formats.http import split_head
from archive.formats.warc import Record, parse_record, read_records
from archive.model import Article, ArticleVersion, Capture, Memento, Reading, RecordLocation
from archive.readings import decode_reading
from archive.records import ARCHIVE, TEXT
from archive.versions import text_digest
from archive.warcfile import find_file, open_file

_COMPANIONS = 6
"""Records looked at behind a response: its request, and what else was noted of the exchange, come right after it."""
_COMPANION_BYTES = 8_000_000
_LONGEST_BLOCK = 16_000
"""Bytes of a companion's block that are shown."""

Headers = Sequence[tuple[str, str]]


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A record that belongs to the same exchange."""

    kind: str
    location: RecordLocation
    fields: Headers
    text: str | None
    """Its block, where that is text of a reasonable length."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where one version comes from."""

    capture: Capture
    fields: Headers
    """Named fields of the capture's WARC record."""
    memento: Memento
    status_line: str
    payload_holds: bool
    """Whether the payload read back just now has the digest that was noted when it was captured."""
    text_holds: bool
    """The same of the text."""
    companions: Sequence[Companion]
    reading: Reading | None
    reading_location: RecordLocation | None
    text_location: RecordLocation | None

    def readable(self, collection: Collection) -> tuple[bytes, Headers]:
        """What extraction reads, and the headers that say how: the payload, or what a browser made of it."""
        if self.capture.dom is not None:
            return collection.dom(self.capture), (("Content-Type", "text/html; charset=utf-8"),)
        return self.memento.payload, self.memento.headers


def read_provenance(collection: Collection, capture: Capture, article: Article, version: ArticleVersion) -> Provenance:
    """Gather what is kept of a capture and its reading. Raises RecordUnreadable, NoCapture, StoreUnreachable."""
    memento = collection.memento(capture)
    record = collection.records.read_capture(capture)
    head, _ = split_head(memento.message)
    entries = collection.catalog.readings(capture.urlkey, capture.read_digest or "")
    entry = next((one for one in reversed(entries) if one.text_digest == version.text_digest), None)
    reading = None
    if entry is not None:
        place = f"text/{entry.location.file} at byte {entry.location.offset}"
        reading = decode_reading(collection.records.read(entry.location, TEXT), place)
    return Provenance(
        capture=capture,
        fields=record.fields,
        memento=memento,
        status_line=head.partition(b"\n")[0].strip().decode("latin-1"),
        payload_holds=capture.digest == payload_digest(memento.payload),
        text_holds=version.text_digest == text_digest(article.headline, article.standfirst, article.text),
        companions=list(_companions(collection, capture, record)),
        reading=reading,
        reading_location=entry.location if entry else None,
        text_location=entry.text_location if entry else None,
    )


def _companions(collection: Collection, capture: Capture, record: Record) -> Iterator[Companion]:
    """The records behind a capture's that name it as theirs; none where its file lies in the store only."""
    own = record.get("WARC-Record-ID")
    try:
        path = find_file(collection.folder / ARCHIVE, capture.location.file)
        start = capture.location.offset + capture.location.length
        for found, location in islice(_records_from(path, start), _COMPANIONS):
            if own is None or own not in (found.get("WARC-Concurrent-To"), found.get("WARC-Refers-To")):
                return
            yield Companion(
                kind=found.kind,
                location=location,
                fields=found.fields,
                text=found.block[:_LONGEST_BLOCK].decode("utf-8", "replace") if _is_text(found) else None,
            )
    except RecordUnreadable:
        return


def _records_from(path: Path, start: int) -> Iterator[tuple[Record, RecordLocation]]:
    name = path.name.removesuffix(".open")
    try:
        with open_file(path) as stream:
            if ".gz" not in path.name:
                yield from read_records(stream, path, offset=start, on_damage=lambda _at, _problem: None)
                return
            for offset, length, content in iter_members(
                stream, start, keep=_COMPANION_BYTES, budget=[2 * _COMPANION_BYTES]
            ):
                if content is None:
                    return
                place = RecordLocation(file=name, offset=offset, length=length)
                yield parse_record(content, f"{name} at byte {offset}"), place
    except OSError as error:
        raise RecordUnreadable(f"{path}: {error.strerror or error}") from error


def _is_text(record: Record) -> bool:
    return record.kind in ("request", "metadata") and b"\0" not in record.block[:_LONGEST_BLOCK]
