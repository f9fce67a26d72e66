"""The recorder: one thread that writes all an archive gets, in groups, so that one fsync serves many pages.

    put(exchange) ─> snapshot ─┐                        ┌─> on_kept (durable: the frontier may settle)
                               ├─ group commit ─────────┤
    reader's answer ─> compare ┘  WARC, then catalog    └─> reader (worker processes read the page back)

Bounded: exchanges by whoever puts them, pages to read by `BACKLOG`, past which capturing waits for reading.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from archive.errors import ArchiveError
from archive.formats.http import Head
from archive.model import Capture, Exchange, Reading
from archive.writer import ArchiveWriter
from pipelines.compare import compare
from pipelines.reader import PageReader, ReadJob, ReadResult
from pipelines.snapshot import take_snapshot

logger = logging.getLogger(__name__)

GROUP_SECONDS = 0.1
"""How long the first exchange of a group waits for others."""
GROUP_SIZE = 128
SEARCH_SECONDS = 5.0
"""How often new texts are made searchable while a crawl runs."""
BACKLOG = 10_000
"""Pages that may wait to be read. Each is a place in a file, not a page."""


class Kept(msgspec.Struct, frozen=True):
    """An exchange that is now durable."""

    token: Any
    """What `put` was given with it."""
    capture: Capture | None
    """`None` where no HTTP response came."""
    head: Head | None


class Counts(msgspec.Struct, kw_only=True):
    """What a recorder has written, as `crawl --json` ends with it."""

    exchanges: int = 0
    captures: int = 0
    revisits: int = 0
    articles: int = 0
    versions: int = 0
    failed: int = 0


class Recorder:
    """Keeps exchanges and readings. `put` and `stop` may be called from any thread; the rest is its own thread's."""

    def __init__(
        self,
        writer: ArchiveWriter,
        reader: PageReader | None,
        *,
        on_kept: Callable[[Sequence[Kept]], None] = lambda kept: None,
        on_version: Callable[[Reading], None] = lambda reading: None,
        on_failure: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self.counts = Counts()
        self.waiting_to_read = 0
        self.error: BaseException | None = None
        """What stopped the recorder; nothing handed over after it is kept."""
        self._writer = writer
        self._reader = reader
        self.on_kept = on_kept
        self.on_version = on_version
        self.on_failure = on_failure
        self._queue: queue.SimpleQueue[tuple[Exchange, Any] | ReadResult | None] = queue.SimpleQueue()
        self._stopping = False
        self._searchable_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, exchange: Exchange, token: Any) -> None:
        """Have an exchange kept; `on_kept` gets `token` back once it is durable. Whoever calls bounds how many wait."""
        self._queue.put((exchange, token))

    def read(self, job: ReadJob) -> None:
        """Have one archived page read."""
        assert self._reader
        self.waiting_to_read += 1
        self._reader.submit(job, self._queue.put)

    def stop(self) -> None:
        """Finish what was put and read, then end; raises what went wrong meanwhile."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while not (self._stopping and self._queue.empty() and not self.waiting_to_read):
                self._group(self._gather())
                if time.monotonic() - self._searchable_at > SEARCH_SECONDS:
                    self._writer.make_searchable()
                    self._searchable_at = time.monotonic()
        except BaseException as error:  # noqa: BLE001  A thread has no caller: the run is told, and raises it in `stop`.
            logger.error("recorder stopped error=%s", error)
            self.error = error
            self.on_failure(error)

    def _gather(self) -> list[tuple[Exchange, Any] | ReadResult]:
        """The next group: waits for its first member, and a little longer for the others."""
        items: list[tuple[Exchange, Any] | ReadResult] = []
        deadline: float | None = None
        while len(items) < GROUP_SIZE:
            left = SEARCH_SECONDS if deadline is None else deadline - time.monotonic()
            try:
                item = self._queue.get(timeout=max(left, 0.0)) if left > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if item is not None:
                items.append(item)
            if deadline is None:
                deadline = time.monotonic() + GROUP_SECONDS
            if self._stopping and self._queue.empty():
                break
        return items

    def _group(self, items: Sequence[tuple[Exchange, Any] | ReadResult]) -> None:
        """Write a group, make it durable, then tell who waits for it."""
        kept: list[Kept] = []
        jobs: list[ReadJob] = []
        versions: list[Reading] = []
        with self._writer.group():
            for item in items:
                if isinstance(item, ReadResult):
                    jobs += self._store_reading(item, versions)
                else:
                    kept.append(self._keep(*item))
        if kept:
            self.on_kept(kept)
        for reading in versions:
            self.on_version(reading)
        if self._reader is not None:
            jobs += [job for one in kept if (job := self._job_for(one))]
            for job in jobs:
                self.read(job)

    def _keep(self, exchange: Exchange, token: Any) -> Kept:
        snapshot = take_snapshot(exchange, self._writer.originals)
        capture = self._writer.add_capture(snapshot.records, snapshot.capture)
        self.counts.exchanges += 1
        if capture is not None:
            if capture.revisit:
                self.counts.revisits += 1
            else:
                self.counts.captures += 1
            logger.debug("captured url=%s status=%s digest=%s", capture.url, capture.status, capture.digest)
        return Kept(token, capture, snapshot.head)

    def _store_reading(self, result: ReadResult, versions: list[Reading]) -> list[ReadJob]:
        """Compare a reading with the article's past and store it; returns what must be read again before it can be."""
        self.waiting_to_read -= 1
        comparison = compare(result, self._writer.past)
        if comparison.reread is not None:
            return [msgspec.structs.replace(comparison.reread, then=(*comparison.reread.then, result.job))]
        if comparison.reading is not None:
            self._writer.add_reading(comparison.reading, comparison.text)
            if comparison.is_new_article:
                self.counts.articles += 1
            if comparison.is_new_version:
                self.counts.versions += 1
                versions.append(comparison.reading)
            if comparison.reading.outcome == "failed":
                logger.warning("failed to read url=%s reason=%s", comparison.reading.url, comparison.reading.reason)
        return list(result.job.then)

    def _job_for(self, kept: Kept) -> ReadJob | None:
        raise NotImplementedError


__all__ = ["ArchiveError", "Counts", "Kept", "Recorder"]
