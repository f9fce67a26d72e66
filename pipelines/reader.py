"""Reading archived pages in worker processes: a job goes out as a place in a WARC file, an Extraction comes back.

The page is read back from the archive, never taken from the crawler, so a live page and one captured years ago take the
same path. What a worker does is `read_archived`; which pages to read is left to `pipelines.store`.
"""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from archive.errors import ArchiveError, RecordUnreadable, StoreUnreachable
from archive.formats import http
from archive.formats.timestamp import from_timestamp
from archive.formats.warc import parse_record
from archive.model import Article, Capture, RecordLocation
from archive.warcfile import find_file, read_span
from pipelines.errors import PipelineError, PoolClosed

TIMEOUT_SECONDS = 30.0
MEMORY_BYTES = 2 << 30
FETCHERS = 4
"""Threads that get records from the store."""
STORE_PAUSE_SECONDS = 60.0
"""How long a store that did not answer is left alone: each further page would wait as long for it."""


class ReadJob(msgspec.Struct, frozen=True, kw_only=True):
    """One archived page to read."""

    capture: Capture
    """A complete 200 stored in full."""
    source: str | None = None
    prune: tuple[str, ...] = ()
    """XPath expressions of the source's rules: never part of an article."""
    language: str | None = None
    """The source's, for a page that names none."""
    folder: str
    """The folder of WARC files."""
    member: bytes = b""
    """The record itself, where its file is no longer in the folder."""
    then: tuple["ReadJob", ...] = ()
    """Jobs that wait for this one: their pages are compared with it."""
    rereads: int = 0
    """Whether earlier pages were read again on account of this one, so that it is not asked twice."""


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker read."""

    article: Article
    is_article: bool
    reason: str | None = None
    """Why it is no article."""


class ReadResult(msgspec.Struct, frozen=True, kw_only=True):
    """A job and what came of it."""

    job: ReadJob
    extraction: Extraction | None
    """`None` where reading failed."""
    error: str | None = None
    unavailable: bool = False
    """Whether the page could not be had from the archive, or (without an `error`) its turn did not come before the
    reader was stopped: that says nothing of the page, and another time it may be read."""


class PageReader:
    """A pool of workers that read pages. `submit` may be called from any thread."""

    def __init__(self, workers: int, *, queue_size: int) -> None:
        from pipelines.pool import WorkerPool

        self._pool = WorkerPool(
            workers or os.cpu_count() or 1,
            "pipelines.reader:read_archived",
            timeout_seconds=TIMEOUT_SECONDS,
            memory_bytes=MEMORY_BYTES,
            queue_size=queue_size,
        )
        self._fetchers = ThreadPoolExecutor(FETCHERS, thread_name_prefix="fetch")
        self._to_fetch = threading.Semaphore(queue_size)
        self._silent_until = 0.0
        """When the store, which did not answer, may be asked again; on the monotonic clock."""

    def submit(
        self, job: ReadJob, done: Callable[[ReadResult], None], *, fetch: Callable[[RecordLocation], bytes]
    ) -> None:
        """Have a page read; `done` is called in another thread, always once. Waits while the queue is full.

        `fetch` gets a record whose file is no longer here; it is called in another thread too.
        """
        try:
            find_file(Path(job.folder), job.capture.location.file)
        except RecordUnreadable:
            self._to_fetch.acquire()
            self._fetchers.submit(self._fetch, job, done, fetch)
        else:
            self._send(job, done)

    def terminate(self) -> None:
        """Stop the workers at once; what waits for them comes back unread."""
        self._pool.terminate()

    def close(self) -> None:
        """Stop the workers once they are idle."""
        self._fetchers.shutdown(cancel_futures=True)
        self._pool.close()

    def _fetch(
        self, job: ReadJob, done: Callable[[ReadResult], None], fetch: Callable[[RecordLocation], bytes]
    ) -> None:
        try:
            member = self._get(job.capture.location, fetch)
        except (ArchiveError, OSError) as error:
            done(ReadResult(job=job, extraction=None, error=str(error), unavailable=True))
        else:
            self._send(msgspec.structs.replace(job, member=member), done)
        finally:
            self._to_fetch.release()

    def _get(self, place: RecordLocation, fetch: Callable[[RecordLocation], bytes]) -> bytes:
        if time.monotonic() < self._silent_until:
            raise StoreUnreachable(f"{place.file}: not in its folder, and the store did not answer lately (try later)")
        try:
            return fetch(place)
        except StoreUnreachable:
            self._silent_until = time.monotonic() + STORE_PAUSE_SECONDS
            raise

    def _send(self, job: ReadJob, done: Callable[[ReadResult], None]) -> None:
        # What waits for this job stays here: a worker needs none of it.
        message = msgspec.msgpack.encode(msgspec.structs.replace(job, then=()))
        job = msgspec.structs.replace(job, member=b"")
        try:
            future = self._pool.submit(message)
        except PoolClosed:
            done(ReadResult(job=job, extraction=None, unavailable=True))
        else:
            future.add_done_callback(lambda future: done(_result(job, future)))


def _result(job: ReadJob, future: "Future[bytes]") -> ReadResult:
    try:
        extraction = msgspec.msgpack.decode(future.result(), type=Extraction)
    except PoolClosed:
        return ReadResult(job=job, extraction=None, unavailable=True)
    except PipelineError as error:
        return ReadResult(job=job, extraction=None, error=str(error))
    return ReadResult(job=job, extraction=extraction)


def read_archived(message: bytes) -> bytes:
    """Read one archived page: the task of a worker. Takes a ReadJob, gives an Extraction, both as msgpack."""
    from pipelines.extract import read_page

    job = msgspec.msgpack.decode(message, type=ReadJob)
    member = job.member or _read_member(job)
    record = parse_record(member, f"{job.capture.location.file} at byte {job.capture.location.offset}")
    head_bytes, body = http.split_head(http.split_interim(record.block)[1])
    head = http.parse_head(head_bytes)
    if head is None:
        raise ArchiveError(f"{job.capture.url}: its record holds no HTTP response")
    reading = read_page(
        http.entity(head, body),
        url=job.capture.url,
        headers=head.headers,
        captured=from_timestamp(job.capture.timestamp),
        **({"prune": job.prune} if job.prune else {}),
    )
    article = msgspec.structs.replace(
        reading.article,
        source=job.source,
        capture=job.capture.record_id,
        language=reading.article.language or job.language,
    )
    return msgspec.msgpack.encode(Extraction(article=article, is_article=reading.is_article, reason=reading.reason))


def _read_member(job: ReadJob) -> bytes:
    place = job.capture.location
    return read_span(find_file(Path(job.folder), place.file), place.offset, place.length)
