"""The recorder: one thread that writes all an archive gets, in groups, so that one fsync serves many pages.

    put(exchange) ─> snapshot ─┐                        ┌─> on_kept (durable: the frontier may settle)
                               ├─ group commit ─────────┤
    reader's answer ─> compare ┘  WARC, then catalog    └─> reader (worker processes read the page back)

Bounded: exchanges by whoever puts them, pages to read by the reader's queue; when that is full, capturing waits.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from archive.model import Capture, Exchange, Reading
from archive.writer import ArchiveWriter
from pipelines.claims import NO_CLAIMS, Claims
from pipelines.kept import Counts, Kept
from pipelines.learn import LearnResult
from pipelines.reader import PageReader, ReadJob, ReadResult
from pipelines.readings import Readings
from pipelines.snapshot import Snapshot, take_snapshot
from pipelines.source_rules import SourceRules
from pipelines.unread import unread_reading

logger = logging.getLogger(__name__)

GROUP_SECONDS = 0.1
"""How long the first exchange of a group waits for others."""
GROUP_SIZE = 128
SEARCH_SECONDS = 5.0
"""How often new texts are made searchable while a crawl runs."""


class _Study(msgspec.Struct, frozen=True):
    capture: Capture
    source: str | None


class _Renewal(msgspec.Struct, frozen=True):
    rules: Mapping[str, SourceRules]
    about: Sequence[tuple[str, str]]


Item = tuple[Exchange, Any] | ReadResult | LearnResult | _Study | _Renewal
"""What the recorder's queue holds."""


class Recorder:
    """Keeps exchanges and readings. `put` and `stop` may be called from any thread; the rest is its own thread's."""

    def __init__(
        self,
        writer: ArchiveWriter,
        reader: PageReader | None,
        *,
        rules: Mapping[str, SourceRules] = MappingProxyType({}),
        claims: Claims = NO_CLAIMS,
    ) -> None:
        """`rules` are by source name."""
        self.counts = Counts()
        self.waiting_to_read = 0
        self.readings = Readings(writer, rules, self.counts)
        self.error: BaseException | None = None
        """What stopped the recorder; nothing handed over after it is kept."""
        self._writer = writer
        self._reader = reader
        self._claims = claims
        self.on_kept: Callable[[Sequence[Kept]], None] = _ignore
        self.on_version: Callable[[Reading], None] = _ignore
        self.on_article: Callable[[Reading], None] = _ignore
        """Gets the reading of an article's first version, before `on_version` does."""
        self.on_failure: Callable[[BaseException], None] = _ignore
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._stopping = False
        self._searchable_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, exchange: Exchange, token: Any) -> None:
        """Have an exchange kept; `on_kept` gets `token` back once it is durable. Whoever calls bounds how many wait."""
        self._queue.put((exchange, token))

    def read(self, capture: Capture, source: str | None = None) -> None:
        """Have one archived page read."""
        self._submit(self.readings.job(capture, source))

    def study(self, capture: Capture, source: str | None = None) -> None:
        """Have the site of a capture looked at, whether there is something to learn of it."""
        if self.readings.rules_of(source).extract.profile:
            self._queue.put(_Study(capture, source))

    def renew(self, rules: Mapping[str, SourceRules], about: Sequence[tuple[str, str]]) -> None:
        """Read by other rules from now on, and have WARC files say other things of the crawl."""
        self._queue.put(_Renewal(rules, about))

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
            logger.debug("recorder stopped error=%s", error)
            self.error = error
            self.on_failure(error)

    def _submit(self, job: ReadJob) -> None:
        assert self._reader
        self.waiting_to_read += 1
        self._reader.submit(job, self._queue.put, fetch=self._writer.records.read_bytes)

    def _gather(self) -> list[Item]:
        """The next group: waits for its first member, and a little longer for the others."""
        items: list[Item] = []
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

    def _group(self, items: Sequence[Item]) -> None:
        """Write a group, make it durable, then tell who waits for it."""
        kept: list[Kept] = []
        jobs: list[ReadJob] = []
        versions: list[tuple[Reading, bool]] = []
        with self._writer.group():
            for item in items:
                if isinstance(item, ReadResult):
                    self.waiting_to_read -= 1
                    jobs += self.readings.store(item, versions)
                elif isinstance(item, LearnResult):
                    self.waiting_to_read -= 1
                    self.readings.pupil.take(item)
                elif isinstance(item, _Renewal):
                    self.readings.rules = item.rules
                    self._writer.describe(item.about)
                elif isinstance(item, _Study):
                    self.readings.pupil.look_at(item.capture, self.readings.rules_of(item.source).for_site())
                else:
                    kept.append(self._keep(*item))
        if kept:
            self.on_kept(kept)
        for reading, is_first in versions:
            if is_first:
                self.on_article(reading)
            self.on_version(reading)
        if self._reader is not None:
            jobs += [job for one in kept if (job := self.readings.job_for(one))]
            jobs += [self.readings.job(*later) for one in kept if (later := self.readings.moved_with(one))]
            for job in jobs:
                self._submit(job)
            for lesson in self.readings.pupil.lessons():
                self.waiting_to_read += 1
                self._reader.learn(lesson, self._queue.put, fetch=self._writer.records.read_bytes)

    def _keep(self, exchange: Exchange, token: Any) -> Kept:
        snapshot = take_snapshot(exchange, self._writer.catalog, self._claims)
        if not snapshot.is_kept:
            return self._pass_over(exchange, token, snapshot)
        capture = self._writer.add_capture(snapshot.records, snapshot.capture)
        reading = None
        self.counts.exchanges += 1
        if capture is not None:
            self.counts.revisits += capture.revisit is not None
            self.counts.captures += capture.revisit is None
            if exchange.kind == "page" and (capture.revisit or capture.dom):
                self.readings.count_reversion(capture)
            reading = unread_reading(exchange, capture)
            if reading is not None:
                self._writer.add_reading(reading, None)
            logger.debug("captured url=%s status=%s digest=%s", capture.url, capture.status, capture.digest)
        return Kept(
            token=token,
            capture=capture,
            head=snapshot.head,
            exchange_kind=exchange.kind,
            source=exchange.source,
            unread=reading is not None,
        )

    def _pass_over(self, exchange: Exchange, token: Any, snapshot: Snapshot) -> Kept:
        """Note that a page was asked for, and not kept."""
        self._writer.add_capture(snapshot.records, None)
        self.counts.exchanges += 1
        logger.info("not kept url=%s reason=noarchive", exchange.url)
        return Kept(
            token=token,
            capture=snapshot.capture,
            head=snapshot.head,
            exchange_kind=exchange.kind,
            source=exchange.source,
            unread=True,
            is_archived=False,
        )


def _ignore(_: object) -> None:
    """Stand in for a callback that nobody set."""
