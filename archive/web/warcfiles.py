"""WARC files over HTTP, whole or one range of bytes (RFC 9110 section 14): `/warc/FILENAME`, as CDX answers name them.

A link cannot ask for a range: `/warc/FILENAME?offset=N&length=M` gives one whole record, as a file of its own.

Clients fetch single records here, so whatever is hidden from readers has to be hidden here too: a hidden capture, its
request, its metadata, what a browser or an extractor made of it. Of a file that holds any, only the records of captures
that are not hidden are given out.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from archive.captures import to_capture
from archive.collection import Collection
from archive.errors import QueryInvalid, RecordUnreadable
from archive.formats.gzip_members import GZIP, iter_members
from archive.formats.warc import MAX_BLOCK_BYTES, read_records
from archive.model import RecordLocation
from archive.records import ARCHIVE
from archive.stores.store import Store, is_name
from archive.warcfile import find_file, open_file
from archive.web.pool import CollectionPool

_RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.ASCII)
_NAME = re.compile(r"[^/\\]+\.warc(\.gz)?")
_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)
_unsafe = re.compile("[^A-Za-z0-9._-]")
_BEGINNING = 512
"""Bytes, in which a record's first line is."""
_PIECE = 1 << 18
_MOST_OF_A_SECOND = 10_000
"""Captures of one URL and second that are looked through."""


class WarcFiles:
    """Serves the WARC files of one collection: from its folder, else from its store."""

    def __init__(self, folder: Path, store: Store | None, pool: CollectionPool | None = None) -> None:
        """`pool` is asked which bytes are hidden; `None` where none are."""
        self._pool = pool
        self._folder = folder / ARCHIVE
        self._store = store

    def routes(self) -> list[Route]:
        return [Route("/warc/{name}", self.file)]

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = await run_in_threadpool(self._find, name)
        if found is None:
            raise HTTPException(404)
        path, total = found
        record = wanted_record(request.query_params)
        if record:
            return await self._record(request, name, path, total, *record)
        is_head = request.method == "HEAD"  # which knows no ranges
        span = None if is_head else wanted_range(request.headers.get("range"), total)
        start, end = span or (0, total)
        if start >= end > 0 or (span and total == 0):
            raise HTTPException(416, f"{name} has {total} bytes", {"content-range": f"bytes */{total}"})
        await self._refuse_hidden(name, start, end)
        headers = {"accept-ranges": "bytes", "content-length": str(end - start)}
        if span:
            headers["content-range"] = f"bytes {start}-{end - 1}/{total}"
        kind, status = _media_type(name), 206 if span else 200
        if is_head:  # else all of it would be read, for nobody
            return Response(None, status, headers, kind)
        return StreamingResponse(self._read(name, path, start, end), status, headers, kind)

    async def _record(
        self, request: Request, name: str, path: Path | None, total: int, start: int, length: int
    ) -> Response:
        """One record to keep: a WARC file of its own, named after the file and the place it comes from."""
        end = start + length
        if end <= total:
            await self._refuse_hidden(name, start, end)
        if end > total or not await run_in_threadpool(self._is_record, name, path, start, length):
            raise HTTPException(404, f"{name}: no record of {length} bytes begins at byte {start} (see /cdx)")
        stem, dot, ending = name.rpartition(".warc")
        headers = {
            "content-length": str(length),
            "content-disposition": f'attachment; filename="{_unsafe.sub("_", stem)}-{start}{dot}{ending}"',
        }
        if request.method == "HEAD":
            return Response(None, 200, headers, _media_type(name))
        return StreamingResponse(self._read(name, path, start, end), 200, headers, _media_type(name))

    async def _refuse_hidden(self, name: str, start: int, end: int) -> None:
        if self._pool and not await self._pool.ask(partial(_may_give_out, name, start, end)):
            raise HTTPException(
                451,
                f"{name}: holds pages that are not given out (ask for the record of a capture, from offset, length long)",
            )

    def _is_record(self, name: str, path: Path | None, start: int, length: int) -> bool:
        """Whether exactly one record lies there, from its first byte to its last."""
        if length > MAX_BLOCK_BYTES:
            return False
        is_one = _is_member if name.endswith(".gz") else _is_plain
        try:
            # Not the bytes that are asked for: anybody may ask for more of them than the record has.
            with self._open(name, path) as stream:
                return is_one(stream, start, length)
        except OSError as error:
            raise RecordUnreadable(f"{name}: cannot be read: {error.strerror or error}") from error

    def _open(self, name: str, path: Path | None) -> BinaryIO:
        if path:
            return open_file(path)
        assert self._store is not None
        return self._store.open(f"{ARCHIVE}/{name}")

    def _read(self, name: str, path: Path | None, start: int, end: int) -> Iterator[bytes]:
        return _read_local(path, start, end) if path else self._read_stored(name, start, end)

    def _find(self, name: str) -> tuple[Path | None, int] | None:
        """Where the file lies (`None`: in the store) and its size; `None` where there is none."""
        if not (_NAME.fullmatch(name) and is_name(name)):
            return None
        try:
            path = find_file(self._folder, name)
            return path, path.stat().st_size
        except (RecordUnreadable, OSError):
            size = self._store.get_size(f"{ARCHIVE}/{name}") if self._store else None
            return None if size is None else (None, size)

    def _read_stored(self, name: str, start: int, end: int) -> Iterator[bytes]:
        assert self._store is not None
        for at in range(start, end, _PIECE):
            yield self._store.read_range(f"{ARCHIVE}/{name}", at, min(_PIECE, end - at))


def _may_give_out(name: str, start: int, end: int, collection: Collection) -> bool:
    return collection.catalog.may_be_given_out(name, end) or _is_capture(name, start, end, collection)


def _is_capture(name: str, start: int, end: int, collection: Collection) -> bool:
    """Whether these bytes are the record of a capture that is not hidden."""
    place = RecordLocation(file=name, offset=start, length=end - start)
    if place.length > MAX_BLOCK_BYTES:
        return False
    try:
        found = to_capture(collection.records.read(place), place, with_rights=False)
    except RecordUnreadable:
        return False
    if found is None:
        return False
    same_second = collection.catalog.captures(
        urlkey=found.urlkey, from_timestamp=found.timestamp, to_timestamp=found.timestamp
    )
    return any(one.location == place for one in islice(same_second, _MOST_OF_A_SECOND))


def _is_plain(stream: BinaryIO, start: int, length: int) -> bool:
    """Whether a record of a file that is not compressed begins at a place, and is so long."""
    try:
        found = next(read_records(stream, Path("record.warc"), offset=start), None)
    except RecordUnreadable:
        return False
    return found is not None and found[1].length == length


def _is_member(stream: BinaryIO, start: int, length: int) -> bool:
    """Whether a gzip member with a record begins at a place, and is so long. Needs no more memory than for its first line."""
    stream.seek(start)
    beginning = stream.read(_BEGINNING)
    if not beginning.startswith(GZIP):
        return False
    try:
        if not isal_zlib.decompressobj(wbits=31).decompress(beginning, _BEGINNING).startswith(b"WARC/"):
            return False
    except isal_zlib.IsalError:  # type: ignore[misc]  # its stub declares the class as a value
        return False
    member = next(iter_members(stream, start, keep=0, budget=[4 * MAX_BLOCK_BYTES]), None)
    return member is not None and member[1] == length


def wanted_record(given: Mapping[str, str]) -> tuple[int, int] | None:
    """Where a record begins and how long it is; `None` where none is asked for. Raises QueryInvalid.

    >>> wanted_record({"offset": "12", "length": "40"}), wanted_record({})
    ((12, 40), None)
    """
    if "offset" not in given and "length" not in given:
        return None
    offset, length = (given.get(name, "") for name in ("offset", "length"))
    for name, value in (("offset", offset), ("length", length)):
        if not _NUMBER.fullmatch(value):
            raise QueryInvalid(
                f"{name}={value[:40]}: is no number of bytes (give offset= and length= as /cdx has them)"
            )
    if not int(length):
        raise QueryInvalid("length=0: a record has more bytes")
    return int(offset), int(length)


def _media_type(name: str) -> str:
    return "application/warc" if name.endswith(".warc") else "application/gzip"


def wanted_range(header: str | None, total: int) -> tuple[int, int] | None:
    """First byte wanted and first beyond (not before it where there are none); `None` where no single range is wanted.

    >>> [wanted_range(header, 10) for header in ("bytes=2-3", "bytes=-4", "bytes=8-", "bytes=10-", "bytes=0-1,4-5")]
    [(2, 4), (6, 10), (8, 10), (10, 10), None]
    """
    found = _RANGE.fullmatch(header or "")
    if not found:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        return max(0, total - int(suffix)), total
    return int(first), min(int(last) + 1, total) if last else total


def _read_local(path: Path, start: int, end: int) -> Iterator[bytes]:
    with open_file(path) as stream:
        stream.seek(start)
        left = end - start
        while left and (piece := stream.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece
