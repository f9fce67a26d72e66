"""Reading archived pages in worker processes: a job goes out as a place in a WARC file, an Extraction comes back.

The page is read back from the archive, never taken from the crawler, so a live page and one captured years ago take the
same path. Which pages to read is left to `pipelines.readings`; a worker's other task is `pipelines.learn`.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec

from archive.errors import ArchiveError, RecordUnreadable, StoreUnreachable
from archive.formats.timestamp import from_timestamp
from archive.model import Article, Capture, RecordLocation
from archive.warcfile import find_file
from pipelines.errors import PipelineError, PoolClosed
from pipelines.extract.profile import SiteRules
from pipelines.learn import LearnJob, LearnResult, learn_result
from pipelines.stored_page import load_page

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 30.0
MEMORY_BYTES = 2 << 30
FETCHERS = 4
"""Threads that get records from the store."""
LESSON_BYTES = 64 << 20
"""Of records that are got from the store for one lesson."""
STORE_PAUSE_SECONDS = 60.0
"""How long a store that did not answer is left alone: each further page would wait as long for it."""


class ReadJob(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    """One archived page to read."""

    capture: Capture
    """A complete 200, stored in full or rendered."""
    source: str | None = None
    rules: SiteRules = SiteRules()
    folder: str
    """The folder of WARC files."""
    member: bytes = b""
    """The record itself, where its file is no longer in the folder."""
    then: tuple["ReadJob", ...] = ()
    """Jobs that wait for this one: their pages are compared with it."""
    rereads: int = 0
    """How many readings were made on account of comparing this page, so that none is asked for twice."""
    held: "Extraction | None" = None
    """How the page reads with its profile, where it is read by the readers for a comparison: stored with that, or not at all."""


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker read."""

    article: Article
    is_article: bool
    reason: str | None = None
    """Why it is no article."""
    reader: str | None = None
    profile: str | None = None
    """Label of the profile it was read with."""
    is_doubted: bool = False
    """The page fits the profile, but the readers read something else."""


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
            "pipelines.worker:work",
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
        if _is_here(job.capture, job.folder):
            self._send(job, done)
        else:
            self._to_fetch.acquire()
            self._fetchers.submit(self._fetch, job, done, fetch)

    def learn(
        self, job: LearnJob, done: Callable[[LearnResult], None], *, fetch: Callable[[RecordLocation], bytes]
    ) -> None:
        """Have a site's profile learned; `done` is called in another thread, always once. Waits while the queue is full.

        `fetch` is as for `submit`.
        """
        missing = [place for place, capture in enumerate(job.captures) if not _is_here(capture, job.folder)]
        if missing:
            self._to_fetch.acquire()
            self._fetchers.submit(self._fetch_lesson, job, missing, done, fetch)
        else:
            self._send_lesson(job, done)

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
            member = self._get(job.capture.read_location, fetch)
        except (ArchiveError, OSError) as error:
            done(ReadResult(job=job, extraction=None, error=str(error), unavailable=True))
        else:
            self._send(msgspec.structs.replace(job, member=member), done)
        finally:
            self._to_fetch.release()

    def _fetch_lesson(
        self,
        job: LearnJob,
        missing: list[int],
        done: Callable[[LearnResult], None],
        fetch: Callable[[RecordLocation], bytes],
    ) -> None:
        members: dict[int, bytes] = {}
        left = LESSON_BYTES
        try:
            for place in missing:
                where = job.captures[place].read_location
                left -= where.length
                if left < 0:
                    break  # the pages that are here, and those that came so far, will have to do
                members[place] = self._get(where, fetch)
        except (ArchiveError, OSError) as error:
            logger.debug("put off learning site=%s error=%s", job.site, error)
            done(LearnResult(job=job, learned=None))
        else:
            self._send_lesson(msgspec.structs.replace(job, members=members), done)
        finally:
            self._to_fetch.release()

    def _send_lesson(self, job: LearnJob, done: Callable[[LearnResult], None]) -> None:
        message = msgspec.msgpack.encode(job)
        job = msgspec.structs.replace(job, members={})
        try:
            future = self._pool.submit(message)
        except PoolClosed:
            done(LearnResult(job=job, learned=None))
        else:
            future.add_done_callback(lambda future: done(learn_result(job, future)))

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
        message = msgspec.msgpack.encode(msgspec.structs.replace(job, then=(), held=None))
        job = msgspec.structs.replace(job, member=b"")
        try:
            future = self._pool.submit(message)
        except PoolClosed:
            done(ReadResult(job=job, extraction=None, unavailable=True))
        else:
            future.add_done_callback(lambda future: done(_result(job, future)))


def _is_here(capture: Capture, folder: str) -> bool:
    try:
        find_file(Path(folder), capture.read_location.file)
    except RecordUnreadable:
        return False
    return True


def _result(job: ReadJob, future: "Future[bytes]") -> ReadResult:
    try:
        extraction = msgspec.msgpack.decode(future.result(), type=Extraction)
    except PoolClosed:
        return ReadResult(job=job, extraction=None, unavailable=True)
    except PipelineError as error:
        return ReadResult(job=job, extraction=None, error=str(error))
    return ReadResult(job=job, extraction=extraction)


def read_archived(job: ReadJob) -> bytes:
    """Read one archived page; gives an Extraction as msgpack."""
    from pipelines.extract import read_page

    page = load_page(job.capture, Path(job.folder), job.member)
    reading = read_page(
        page.payload,
        url=job.capture.url,
        headers=page.headers,
        captured=from_timestamp(job.capture.timestamp),
        rules=job.rules,
    )
    article = msgspec.structs.replace(reading.article, source=job.source, capture=job.capture.record_id)
    return msgspec.msgpack.encode(
        Extraction(
            article=article,
            is_article=reading.is_article,
            reason=reading.reason,
            reader=reading.reader,
            profile=reading.profile,
            is_doubted=reading.is_doubted,
        )
    )
