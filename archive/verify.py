"""Checks a collection: each record against its digests, and the indexes against the records. Changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from archive.captures import to_capture
from archive.collection import CATALOG_FILE
from archive.errors import IndexOutdated, RecordUnreadable
from archive.formats import http
from archive.formats.digest import parse_digest, payload_digest
from archive.formats.warc import Record, iter_records, scan_members
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation
from archive.records import ARCHIVE, TEXT
from archive.reindex import Progress, silent
from archive.warcfile import warc_files


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    file: str
    """Path within the collection."""
    offset: int | None = None
    problem: str


def verify(folder: Path, progress: Progress = silent) -> Iterator[Finding]:
    """Everything that is wrong with a collection, lazily. `progress` gets a file's name, and bytes done and in all."""
    paths = [(kind, path) for kind in (ARCHIVE, TEXT) for path in warc_files(folder / kind)]
    total, done = sum(path.stat().st_size for _, path in paths), 0
    catalog: Catalog | None = None
    try:
        catalog = Catalog.open(folder / CATALOG_FILE, readonly=True)
    except IndexOutdated as error:
        yield Finding(file=CATALOG_FILE, problem=str(error))
    seen: set[str] = set()
    try:
        for kind, path in paths:
            progress(path.name, done, total)
            seen.add(path.name.removesuffix(".open"))
            yield from _check_file(folder, kind, path, catalog)
            done += path.stat().st_size
        progress("", total, total)
        for file in catalog.files() if catalog else ():
            if file.name not in seen and not file.uploaded:
                yield Finding(file=f"{file.kind}/{file.name}", problem="is in the catalog, but not in the collection")
    finally:
        if catalog:
            catalog.close()


def check_digests(record: Record) -> Iterator[str]:
    """What is wrong with a record's digests, in words. Digests of other algorithms than SHA-1 are passed over."""
    stated = parse_digest(record.get("WARC-Block-Digest") or "")
    if stated and stated.startswith("sha1:") and stated != payload_digest(record.block):
        yield f"block digest is {payload_digest(record.block)}, stated {stated}"
    if record.kind != "response":
        return
    stated = parse_digest(record.get("WARC-Payload-Digest") or "")
    raw_head, body = http.split_head(http.split_interim(record.block)[1])
    head = http.parse_head(raw_head)
    if stated and stated.startswith("sha1:") and head:
        payload = http.entity(head, body)
        # Writers disagree on whether chunk framing belongs to the payload; both readings are sound.
        if stated not in (payload_digest(payload), payload_digest(body)):
            yield f"payload digest is {payload_digest(payload)}, stated {stated}"


def _check_file(folder: Path, kind: str, path: Path, catalog: Catalog | None) -> Iterator[Finding]:
    name = path.relative_to(folder).as_posix()
    if path.name.endswith((".gz", ".open")):
        whole = max((offset + length for offset, length in scan_members(path)), default=0)
        if whole != path.stat().st_size and not path.name.endswith(".open"):
            yield Finding(file=name, offset=whole, problem="is damaged from here on: no whole gzip member follows")
    try:
        for record, location in iter_records(path):
            for problem in check_digests(record):
                yield Finding(file=name, offset=location.offset, problem=problem)
            if kind == ARCHIVE and catalog:
                yield from _check_indexed(name, record, location, catalog)
    except RecordUnreadable as error:
        yield Finding(file=name, problem=str(error))


def _check_indexed(name: str, record: Record, location: RecordLocation, catalog: Catalog) -> Iterator[Finding]:
    try:
        capture = to_capture(record, location)
    except RecordUnreadable as error:
        yield Finding(file=name, offset=location.offset, problem=str(error))
        return
    if capture is None:
        return
    indexed = _find(catalog, capture)
    if indexed is None:
        yield Finding(
            file=name, offset=location.offset, problem=f"{capture.url} is not in the catalog (run `morgue reindex`)"
        )
    elif indexed.digest != capture.digest or indexed.status != capture.status:
        problem = f"{capture.url} differs from its entry in the catalog (run `morgue reindex`)"
        yield Finding(file=name, offset=location.offset, problem=problem)


def _find(catalog: Catalog, capture: Capture) -> Capture | None:
    stamp = capture.timestamp
    for indexed in catalog.captures(urlkey=capture.urlkey, from_timestamp=stamp, to_timestamp=stamp):
        if indexed.location == capture.location:
            return indexed
    return None
