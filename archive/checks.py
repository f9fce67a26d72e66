"""What may be wrong with one WARC file: its records by themselves, and against the catalog."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from archive.captures import pair_captures
from archive.errors import RecordUnreadable
from archive.formats import http
from archive.formats.digest import matches, parse_digest, payload_digest
from archive.formats.urlkey import urlkey
from archive.formats.warc import Record, read_records
from archive.index.catalog import Catalog, FileEntry
from archive.model import Capture, RecordLocation
from archive.readings import pair_readings
from archive.records import ARCHIVE
from archive.stores.store import is_name
from archive.warcfile import OPEN, find_file, open_file

Records = Iterator[tuple[Record, RecordLocation]]
Note = Callable[[int | None, str], None]
"""Takes the byte in the file at hand, where there is one, and what is wrong there."""


MOST_FINDINGS = 10_000
"""Of one file."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    file: str
    """Path within the collection."""
    offset: int | None = None
    problem: str


def notebook(name: str) -> tuple[list[Finding], Note]:
    """A list of findings about one file, and what puts one there."""
    found: list[Finding] = []

    def note(offset: int | None, problem: str) -> None:
        # A file may be wrong in a million places.
        if len(found) < MOST_FINDINGS:
            found.append(Finding(file=name, offset=offset, problem=problem))
        elif len(found) == MOST_FINDINGS:
            found.append(Finding(file=name, offset=offset, problem="more is wrong from here on than is named"))

    return found, note


def check_digests(record: Record) -> Iterator[str]:
    """What is wrong with a record's digests, in words. Those of algorithms that are not known here are passed over."""
    stated = parse_digest(record.get("WARC-Block-Digest") or "")
    # GNU wget states the digest of nothing for revisits, whatever head they hold.
    is_wget = record.kind == "revisit" and stated == payload_digest(b"")
    if stated and matches(stated, record.block) is False and not is_wget:
        yield f"block digest is {payload_digest(record.block)}, stated {stated}"
    if record.kind != "response":
        return
    stated = parse_digest(record.get("WARC-Payload-Digest") or "")
    raw_head, body = http.split_head(http.split_interim(record.block)[1])
    head = http.parse_head(raw_head)
    if stated and head:
        payload = http.entity(head, body)
        # Writers disagree on whether chunk framing belongs to the payload; both readings are sound.
        if matches(stated, payload) is False and not matches(stated, body):
            yield f"payload digest is {payload_digest(payload)}, stated {stated}"


def check_file(folder: Path, name: str, catalog: Catalog | None) -> list[Finding]:
    """Everything that is wrong with a file of the folder, by its name in the collection."""
    if not is_name(name):
        return [Finding(file=ascii(name), problem="is no name for a WARC file (rename it)")]
    found, note = notebook(name)
    kind, _, file_name = name.partition("/")
    known = catalog.get_file(file_name) if catalog else None
    try:
        path = find_file(folder / kind, file_name)
        with open_file(path) as stream:
            size = stream.seek(0, io.SEEK_END)
            if known and size < known.size:
                note(size, f"ends here, the catalog knows of {known.size} bytes")
            end = size
            if catalog and (path.name.endswith(OPEN) or (known and not known.sealed)):
                end = known.size if known else 0

            def damaged(at: int, problem: str) -> None:
                if at < end:
                    note(at, problem)

            check_records(read_records(stream, path, on_damage=damaged), end, kind, catalog, known, note)
    except (RecordUnreadable, OSError) as error:
        note(None, str(error))
    return found


def check_records(
    records: Records, end: int, kind: str, catalog: Catalog | None, known: FileEntry | None, note: Note
) -> None:
    """Check the records before byte `end`, each by itself and against the catalog."""
    sound = _check_each(records, end, note)
    if catalog is None:
        for _ in sound:
            pass
    elif kind == ARCHIVE:
        _check_captures(sound, catalog, known, note)
    else:
        _check_readings(sound, catalog, note)


def _check_each(records: Records, end: int, note: Note) -> Records:
    for record, location in records:
        if location.offset >= end:
            return
        for problem in check_digests(record):
            note(location.offset, problem)
        yield record, location


def _check_captures(records: Records, catalog: Catalog, known: FileEntry | None, note: Note) -> None:
    indexed: set[int] = set()
    for capture in pair_captures(records, lambda location, problem: note(location.offset, problem)):
        offset = capture.location.offset
        entry = _find(catalog, capture)
        if entry is None:
            note(offset, f"{capture.url} is not in the catalog (run `morgue reindex`)")
            continue
        indexed.add(offset)
        if entry != capture:
            note(offset, f"{capture.url} differs from its entry in the catalog (run `morgue reindex`)")
    # Only where numbers differ is it worth a walk through the whole catalog.
    if known and known.captures + known.revisits != len(indexed):
        for entry in catalog.captures():
            if entry.location.file == known.name and entry.location.offset not in indexed:
                note(entry.location.offset, f"{entry.url} is in the catalog, but not here")


def _check_readings(records: Records, catalog: Catalog, note: Note) -> None:
    for stored in pair_readings(records, note):
        reading, location = stored.reading, stored.location
        held = [
            (entry.location.file, entry.location.offset)
            for entry in catalog.readings(urlkey(reading.url), reading.digest)
            if (entry.extractor, entry.profile) == (reading.extractor, reading.profile)
        ]
        is_known = bool(held) and held[0] >= (location.file, location.offset)
        if stored.text_location and reading.text_digest:
            is_known &= catalog.text_location(reading.text_digest) is not None
        if not is_known:
            note(location.offset, f"the reading of {reading.url} is not in the catalog (run `morgue reindex`)")


def _find(catalog: Catalog, capture: Capture) -> Capture | None:
    stamp = capture.timestamp
    for indexed in catalog.captures(urlkey=capture.urlkey, from_timestamp=stamp, to_timestamp=stamp):
        if indexed.location == capture.location:
            return indexed
    return None
