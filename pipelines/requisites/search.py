"""Looks through archived pages and style sheets for their requisites, in a worker process, whether or not pages are read.

What is found is URLs; whether and when they are fetched is the crawler's.
"""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Literal

import msgspec

from archive.errors import RecordUnreadable
from archive.formats.style import MAX_STYLE_CHARS, decode_style, iter_style_urls
from archive.model import Capture, RecordLocation
from archive.warcfile import find_file
from pipelines.errors import PayloadTooLarge
from pipelines.extract.decode import decode_content, gunzip_if_gzipped
from pipelines.extract.sniffing import is_html, is_no_page
from pipelines.pool import WorkerPool
from pipelines.requisites.gathering import Gathering, Requisite
from pipelines.requisites.page import page_requisites
from pipelines.stored_page import load_page

TIMEOUT_SECONDS = 20.0
MEMORY_BYTES = 1 << 30
MAX_STYLE_BYTES = 4 * MAX_STYLE_CHARS

Document = Literal["page", "style"]


class SearchJob(msgspec.Struct, frozen=True, kw_only=True):
    """One archived document to look through."""

    capture: Capture
    """Where the payload is stored in full, or its DOM."""
    url: str
    """Where it was found this time: relative URLs are relative to it."""
    document: Document
    folder: str
    """The folder of WARC files."""
    member: bytes = b""
    """The record itself, where its file is no longer in the folder."""


class Searcher:
    """One worker process that looks through documents; it starts with the first of them."""

    def __init__(self, folder: Path, fetch: Callable[[RecordLocation], bytes]) -> None:
        """`fetch` gets a record whose file is no longer in `folder`."""
        self._folder = folder
        self._fetch = fetch
        self._pool = WorkerPool(
            1, "pipelines.requisites.search:work", timeout_seconds=TIMEOUT_SECONDS, memory_bytes=MEMORY_BYTES
        )

    def search(self, capture: Capture, *, url: str, document: Document) -> "Future[bytes]":
        """Have the document at `capture` looked through; the future's result is for `found_in`.

        Raises ArchiveError where its record cannot be had.
        """
        member = b""
        try:
            find_file(self._folder, capture.read_location.file)
        except RecordUnreadable:
            member = self._fetch(capture.read_location)
        job = SearchJob(capture=capture, url=url, document=document, folder=str(self._folder), member=member)
        return self._pool.submit(msgspec.msgpack.encode(job))

    def close(self) -> None:
        """Stop at once; what is being looked through fails with `PoolClosed`."""
        self._pool.terminate()


def found_in(result: bytes) -> tuple[Requisite, ...]:
    """What a worker found."""
    return msgspec.msgpack.decode(result, type=tuple[Requisite, ...])


def work(message: bytes) -> bytes:
    """Do one SearchJob; the task of `pipelines.pool.WorkerPool`. Raises ArchiveError, PayloadUnreadable."""
    job = msgspec.msgpack.decode(message, type=SearchJob)
    page = load_page(job.capture, Path(job.folder), job.member)
    headers = {name.lower(): value for name, value in reversed(page.headers)}
    kind = headers.get("content-type", "")
    payload = gunzip_if_gzipped(decode_content(page.payload, headers.get("content-encoding", "")))
    if job.document == "style":
        return msgspec.msgpack.encode(style_requisites(payload, url=job.url, content_type=kind))
    found = page_requisites(payload, url=job.url, content_type=kind) if is_html(payload, kind) else ()
    return msgspec.msgpack.encode(found)


def style_requisites(payload: bytes, *, url: str, content_type: str = "") -> tuple[Requisite, ...]:
    """The requisites of a style sheet, content codings undone. Raises `PayloadTooLarge`."""
    if len(payload) > MAX_STYLE_BYTES:
        raise PayloadTooLarge(
            f"the style sheet has {len(payload)} bytes, more than the {MAX_STYLE_BYTES} looked through"
        )
    if is_no_page(payload):
        return ()
    found = Gathering(url)
    for value, role in iter_style_urls(decode_style(payload, content_type)):
        found.add(value, role, weight=0 if role == "style" else 1)
    return found.requisites()
