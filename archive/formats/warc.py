r"""WARC/1.1 records (ISO 28500:2017): made as bytes, one gzip member each, and read back.

    WARC/1.1 CRLF                      one gzip member (RFC 1952)
    Name: value CRLF ...
    Content-Length: n CRLF CRLF
    n bytes of block CRLF CRLF

Writing is our own, because the hot path is here: 0.14 ms a record where warcio takes 0.87. Fields are FastWARC's to read;
where a record ends is found here, so that damage is noticed, memory is bounded, and one bad record does not hide the rest.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import msgspec
from fastwarc import ArchiveIterator, WarcRecord
from isal import igzip

from archive.errors import RecordUnreadable
from archive.formats.gzip_members import GZIP, iter_members, next_sound_member
from archive.model import RecordLocation

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
RESPONSE_TYPE = "application/http;msgtype=response"
DOM_TYPE = "text/html; charset=utf-8"
REQUEST_TYPE = "application/http;msgtype=request"
FIELDS_TYPE = "application/warc-fields"

MAX_BLOCK_BYTES = 1 << 28
"""A record is in memory as a whole while it is read; those with larger blocks are left alone."""

Damage = Callable[[int, str], None]
"""Takes the byte where something in a file cannot be read, and what is wrong there."""

_MAX_HEADER_BYTES = 1 << 20
_MAX_RECORD_BYTES = _MAX_HEADER_BYTES + MAX_BLOCK_BYTES
_FIRST_READ = 1 << 12
_WARC, _ARC, _ZSTD = b"WARC/", b"filedesc:", b"\x28\xb5\x2f\xfd"
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CONTENT_LENGTH = re.compile(rb"^Content-Length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_FIRST_LINE = re.compile(rb"[^\n]*\r\n")
_BARE_FEED = re.compile(rb"(?<!\r)\n")
_LINE_ENDS = re.compile(rb"[\r\n]*")
_ISAL_LEVEL = 1  # Bodies mostly arrive compressed: level 1 gives zlib's size for a twelfth of its time.


class Record(msgspec.Struct, frozen=True):
    """One WARC record read back: its named fields, in order, and its block."""

    kind: str
    fields: tuple[tuple[str, str], ...]
    block: bytes

    def get(self, name: str) -> str | None:
        """The first value of a field, by case-insensitive name."""
        name = name.lower()
        return next((value for key, value in self.fields if key.lower() == name), None)


def new_record_id() -> str:
    """A fresh record id, without the angle brackets that the field puts round it."""
    return uuid4().urn


def warc_date(moment: datetime) -> str:
    """WARC-Date of an aware moment; with microseconds, which WARC/1.1 allows, where it has any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def encode_record(kind: str, record_id: str, fields: Sequence[tuple[str, str]], block: bytes) -> bytes:
    """One record as one gzip member.

    Raises ValueError where a value would break out of its line: values come from strangers.
    """
    lines = [f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{record_id}>"]
    lines += [f"{name}: {value}" for name, value in fields]
    lines.append(f"Content-Length: {len(block)}\r\n\r\n")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) + 3 or head.count("\r") != len(lines) + 3:
        raise ValueError(f"a WARC field of {record_id} holds a line break")
    return igzip.compress(b"".join((head.encode(), block, b"\r\n\r\n")), _ISAL_LEVEL, mtime=0)


def iter_records(
    path: Path, *, offset: int = 0, on_damage: Damage | None = None
) -> Iterator[tuple[Record, RecordLocation]]:
    """Every record of a WARC file with its place, lazily; plain and gzipped files of any writer are read.

    What cannot be read goes to `on_damage`, and the records behind it still come where they can be told for certain;
    without `on_damage`, RecordUnreadable is raised there. It is always raised where the disk does not give the file.
    """
    try:
        with path.open("rb") as stream:
            yield from read_records(stream, path, offset=offset, on_damage=on_damage)
    except OSError as error:
        raise RecordUnreadable(f"{path}: cannot be read: {error.strerror or error}") from error


def read_records(
    stream: BinaryIO, path: Path, *, offset: int = 0, on_damage: Damage | None = None
) -> Iterator[tuple[Record, RecordLocation]]:
    """As `iter_records`, of a file that is open already; `path` only names it. What its `read` raises is passed on."""

    def damage(at: int, problem: str) -> None:
        if on_damage is None:
            raise RecordUnreadable(f"{path} at byte {at}: {problem}")
        on_damage(at, problem)

    name = path.name.removesuffix(".open")
    total = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    is_plain = stream.read(len(_ARC)).startswith((_WARC, _ARC, _ZSTD))
    find = _plain if is_plain else _gzipped
    for at, length, content in find(stream, offset, total, damage):
        for record in _only_record(content, at, damage):
            yield record, RecordLocation(file=name, offset=at, length=length)


def parse_record(stored: bytes, place: str) -> Record:
    """The record in the bytes of one gzip member (or of one plain record); `place` names it in errors."""
    content: bytes | None = stored
    if stored.startswith(GZIP):
        member = next(iter_members(io.BytesIO(stored), 0, keep=_MAX_RECORD_BYTES), None)
        if member is None:
            raise RecordUnreadable(f"{place}: the record is damaged; run `morgue verify`")
        content = member[2]
    if content is None or len(content) > _MAX_RECORD_BYTES:
        raise RecordUnreadable(f"{place}: the record holds more than {MAX_BLOCK_BYTES} bytes")
    try:
        return _first_record(content)[0]
    except _NoRecordError as error:
        raise RecordUnreadable(f"{place}: {error}; run `morgue verify`") from error


class _NoRecordError(Exception):
    """Why some bytes are no record."""


def _first_record(content: bytes) -> tuple[Record, bool]:
    """The first record in some bytes, and whether another follows it."""
    frame = _frame(content)
    if frame is None:
        raise _NoRecordError(_no_record(content))
    start, end = frame
    if end > len(content):
        raise _NoRecordError(f"the record ends after {len(content) - start} of its {end - start} bytes")
    if end - start > MAX_BLOCK_BYTES:
        raise _NoRecordError(f"a record of {end - start} bytes, more than {MAX_BLOCK_BYTES} are not read")
    behind = _behind(content, end)
    if behind < len(content) and not content.startswith(_WARC, behind):
        raise _NoRecordError("the record does not end where its Content-Length says")
    head = content[:start]
    if not _FIRST_LINE.match(head):
        # FastWARC finds no fields where lines end in a bare line feed.
        head = _BARE_FEED.sub(b"\r\n", head)
    try:
        raw: WarcRecord = next(ArchiveIterator(io.BytesIO(head), parse_http=False, max_header_len=len(head) + 1))
    except (OSError, StopIteration) as error:
        raise _NoRecordError(f"no WARC record begins here: {error}") from error
    record = Record("", tuple(raw.headers.to_tuples()), content[start:end])
    # Not its own record_type, which knows the field in one spelling only.
    kind = record.get("WARC-Type")
    if not kind:
        raise _NoRecordError("the record has no WARC-Type")
    return msgspec.structs.replace(record, kind=kind.lower()), behind < len(content)


def _frame(content: bytes) -> tuple[int, int] | None:
    """Where the block of a record begins and ends, as its header says; `None` where there is no whole WARC header."""
    header = _HEADER_END.search(content, 0, _MAX_HEADER_BYTES) if content.startswith(_WARC) else None
    length = _CONTENT_LENGTH.search(content, 0, header.end()) if header else None
    return (header.end(), header.end() + int(length[1])) if header and length else None


def _no_record(content: bytes) -> str:
    """Why a WARC record does not begin here, as far as a few bytes tell."""
    if content.startswith(_ARC):
        return "this is an ARC file (`warcio recompress` makes a WARC file of it)"
    if content.startswith(_ZSTD):
        return "this is a Zstandard file (`zstd -d` unpacks it)"
    if content.startswith(_WARC):
        return (
            f"no WARC record begins here: a header without Content-Length, or without end in {_MAX_HEADER_BYTES} bytes"
        )
    return "no WARC record begins here"


def _behind(content: bytes, end: int) -> int:
    """Where the line ends behind a record are over."""
    match = _LINE_ENDS.match(content, end)
    return match.end() if match else end


_TAKE_APART = "`gunzip` makes a plain file of it, which is read whole; `warcio recompress` gives each a member"


def _only_record(content: bytes | None, at: int, damage: Damage) -> Iterator[Record]:
    """The one record that some bytes should hold."""
    if content is None:
        damage(at, f"more than {MAX_BLOCK_BYTES} bytes in one record (or in one gzip member) are not read")
        return
    try:
        record, more = _first_record(content)
    except _NoRecordError as error:
        damage(at, str(error))
        return
    yield record
    if more:
        # None of them has a place of its own, so none could be read back.
        damage(at, f"further records in the same gzip member are left out ({_TAKE_APART})")


Found = Iterator[tuple[int, int, bytes | None]]
"""Offset and length in the file, and what is there, unzipped: `None` where that is too much."""


def _gzipped(stream: BinaryIO, offset: int, total: int, damage: Damage) -> Found:
    while offset < total:
        for found in iter_members(stream, offset, keep=_MAX_RECORD_BYTES):
            yield found
            offset = found[0] + found[1]
        if offset < total:
            sound = next_sound_member(stream, offset + 1, total)
            damage(offset, f"no whole gzip member in the {sound - offset} bytes from here")
            offset = sound


def _plain(stream: BinaryIO, offset: int, total: int, damage: Damage) -> Found:
    while offset < total:
        stream.seek(offset)
        header = stream.read(_FIRST_READ)
        frame = _frame(header) or _frame(header + stream.read(_MAX_HEADER_BYTES - len(header)))
        if frame is None:
            damage(offset, f"{_no_record(header)}; {total - offset} bytes are left out")
            return
        end = frame[1]
        if offset + end > total:
            damage(offset, f"the record is cut short, {total - offset} of {end} bytes")
            return
        stream.seek(offset + end)
        length = end + _behind(stream.read(_FIRST_READ), 0)
        content = None
        if end <= _MAX_RECORD_BYTES:
            stream.seek(offset)
            content = stream.read(length)
        yield offset, length, content
        offset += length
