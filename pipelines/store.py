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

from archive.formats.http import Head
from archive.model import Capture, Exchange, Reading
from archive.records import ARCHIVE
from archive.versions import OWN, ReadingEntry
from archive.writer import ArchiveWriter
from pipelines.claims import NO_CLAIMS, Claims
from pipelines.compare import REREADS, compare, next_elsewhere, next_unlike, versions_with
from pipelines.extract.profile import SiteRules
from pipelines.extract.version import EXTRACTOR
from pipelines.learn import LearnResult
from pipelines.pupil import Pupil
from pipelines.reader import PageReader, ReadJob, ReadResult
from pipelines.snapshot import Snapshot, take_snapshot
from pipelines.source_rules import NO_RULES, SourceRules
from pipelines.unread import REQUISITE, SEED, UNREAD, is_readable, unread_reading

logger = logging.getLogger(__name__)

GROUP_SECONDS = 0.1
"""How long the first exchange of a group waits for others."""
GROUP_SIZE = 128
UNREAD_KEPT = 1000
"""Pages whose reading failed that a run can name: it may go on for months."""
SEARCH_SECONDS = 5.0
"""How often new texts are made searchable while a crawl runs."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that is now durable."""

    token: Any
    """What `put` was given with it."""
    capture: Capture | None
    """`None` where no HTTP response came."""
    head: Head | None
    exchange_kind: str
    source: str | None
    unread: bool = False
    """Whether nobody is to read it."""
    is_archived: bool = True
    """Whether what was received was kept: a page may say `noarchive`, and the collection heed it."""


class _Study(msgspec.Struct, frozen=True):
    capture: Capture
    source: str | None


class _Renewal(msgspec.Struct, frozen=True):
    rules: Mapping[str, SourceRules]
    about: Sequence[tuple[str, str]]


class Counts(msgspec.Struct, kw_only=True):
    """What a recorder has written, as `crawl --json` ends with it."""

    exchanges: int = 0
    captures: int = 0
    revisits: int = 0
    articles: int = 0
    versions: int = 0
    failed: int = 0


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
        self.unreadable = 0
        """Pages whose reading failed."""
        self.unread: dict[str, str] = {}
        """Why, of the first of them, by URL."""
        self.error: BaseException | None = None
        """What stopped the recorder; nothing handed over after it is kept."""
        self._writer = writer
        self._reader = reader
        self._rules = rules
        self._claims = claims
        self.on_kept: Callable[[Sequence[Kept]], None] = _ignore
        self.on_version: Callable[[Reading], None] = _ignore
        self.on_article: Callable[[Reading], None] = _ignore
        """Gets the reading of an article's first version, before `on_version` does."""
        self.on_failure: Callable[[BaseException], None] = _ignore
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._pupil = Pupil(writer.folder, writer.catalog, clock=writer.clock)
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
        self._submit(self._job(capture, source))

    def study(self, capture: Capture, source: str | None = None) -> None:
        """Have the site of a capture looked at, whether there is something to learn of it."""
        if self._rules_of(source).extract.profile:
            self._queue.put(_Study(capture, source))

    def renew(self, rules: Mapping[str, SourceRules], about: Sequence[tuple[str, str]]) -> None:
        """Read by other rules from now on, and have WARC files say other things of the crawl."""
        self._queue.put(_Renewal(rules, about))

    def is_read(self, capture: Capture, readings: Sequence[ReadingEntry]) -> bool:
        """Whether one of these readings was made by today's extractor, with the profile of the capture's time."""
        if any(entry.extractor in UNREAD for entry in readings):
            return True
        rules = self._rules_of(readings[-1].source if readings else None)
        profile = self._pupil.profiles.at(capture.url, capture.timestamp) if rules.extract.profile else None
        labels = {profile.label, profile.label + OWN} if profile else {None}
        return any(entry.extractor == EXTRACTOR and entry.profile in labels for entry in readings)

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
                    jobs += self._store_reading(item, versions)
                elif isinstance(item, LearnResult):
                    self.waiting_to_read -= 1
                    self._pupil.take(item)
                elif isinstance(item, _Renewal):
                    self._rules = item.rules
                    self._writer.describe(item.about)
                elif isinstance(item, _Study):
                    self._pupil.look_at(item.capture, self._rules_of(item.source).for_site())
                else:
                    kept.append(self._keep(*item))
        if kept:
            self.on_kept(kept)
        for reading, is_first in versions:
            if is_first:
                self.on_article(reading)
            self.on_version(reading)
        if self._reader is not None:
            jobs += [job for one in kept if (job := self._job_for(one))]
            jobs += [self._job(*later) for one in kept if (later := self._moved_with(one))]
            for job in jobs:
                self._submit(job)
            for lesson in self._pupil.lessons():
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
                self._count_reversion(capture)
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

    def _count_reversion(self, capture: Capture) -> None:
        """Count the version that a text which has come back makes: it is known, so nothing is read."""
        before = self._writer.catalog.captures(urlkey=capture.urlkey, to_timestamp=capture.timestamp, newest_first=True)
        previous = next((one for one in before if one.location != capture.location), None)
        if previous is None or previous.read_digest == capture.read_digest:
            return
        without, with_it = versions_with(self._writer.catalog, capture, reading=False)
        self.counts.versions += with_it - without

    def _note_unread(self, url: str, reason: str | None) -> None:
        self.unreadable += 1
        if len(self.unread) < UNREAD_KEPT:
            self.unread[url] = reason or "reading failed"
        logger.warning("failed to read url=%s reason=%s", url, reason)

    def _store_reading(self, result: ReadResult, versions: list[tuple[Reading, bool]]) -> list[ReadJob]:
        """Compare a reading with its article's past and store it; returns what is to be read next on its account."""
        self.waiting_to_read -= 1
        catalog, job = self._writer.catalog, result.job
        if result.unavailable and result.error is None:
            return []
        if result.unavailable:
            self._note_unread(job.capture.url, result.error)
            return list(job.then)
        readings = catalog.readings(job.capture.urlkey, job.capture.read_digest or "")
        is_reread = any(entry.is_article for entry in readings)
        if job.held is not None:
            # Without it the page would count as one that does not fit.
            held = compare(ReadResult(job=job, extraction=job.held), catalog)
            assert held.reading
            self._writer.add_reading(held.reading, held.text, known_text=job.held.article.text)
        comparison = compare(result, catalog)
        again = msgspec.structs.replace(job, rereads=job.rereads + 1)
        if comparison.reread_own:
            own = msgspec.structs.replace(job.rules, own=True)
            return [msgspec.structs.replace(again, rules=own, held=result.extraction)]
        if comparison.reread is not None:
            # Read as this page was, whatever the profile of its own time; it stays its own source's.
            before = comparison.reread
            earlier = catalog.readings(before.urlkey, before.read_digest or "")
            first = msgspec.structs.replace(
                job,
                capture=before,
                source=earlier[-1].source if earlier else job.source,
                rules=_rules_like(result),
                member=b"",
                then=(*job.then, again),
                rereads=REREADS,
            )
            return [first]
        assert comparison.reading
        reading = comparison.reading
        text = result.extraction.article.text if result.extraction else None
        self._writer.add_reading(reading, comparison.text, known_text=text)
        without, with_it = (0, 0) if is_reread else versions_with(catalog, job.capture, reading=True)
        if with_it > without:
            self.counts.versions += with_it - without
            self.counts.articles += without == 0
            versions.append((reading, without == 0))
        if reading.outcome == "failed":
            self._note_unread(reading.url, reading.reason)
        elif reading.outcome != "not-article" and not job.then and self._rules_of(job.source).extract.profile:
            is_doubted = result.extraction is not None and result.extraction.is_doubted
            # A job that others wait for was read on their account.
            self._pupil.note(job, reading, is_doubted=is_doubted)
        later = None if is_reread or reading.text_digest is None else next_unlike(catalog, job.capture)
        return [*job.then, *([self._job(*later)] if later else [])]

    def _job_for(self, kept: Kept) -> ReadJob | None:
        """The job of reading a page that was just captured; `None` where there is nothing new to read."""
        capture = kept.capture
        if capture is None or kept.exchange_kind != "page" or kept.unread:
            return None
        readings = self._writer.catalog.readings(capture.urlkey, capture.read_digest or "")
        if any(entry.extractor not in UNREAD for entry in readings):
            return None
        if capture.revisit == "identical" and any(entry.extractor in (SEED, REQUISITE) for entry in readings):
            # What it repeats was fetched as something else, and therefore left unread.
            capture = self._writer.catalog.original_of(capture) or capture
        return self._job(capture, kept.source) if is_readable(capture) else None

    def _moved_with(self, kept: Kept) -> tuple[Capture, str | None] | None:
        """What is to be read again because an article has been found to have moved; `None` for most."""
        capture = kept.capture
        if capture is None or capture.redirect is None or kept.exchange_kind != "page" or not kept.is_archived:
            return None
        return next_elsewhere(self._writer.catalog, capture)

    def _rules_of(self, source: str | None) -> SourceRules:
        return self._rules.get(source or "", NO_RULES)

    def _job(self, capture: Capture, source: str | None) -> ReadJob:
        rules = self._rules_of(source)
        profile = self._pupil.profiles.at(capture.url, capture.timestamp) if rules.extract.profile else None
        return ReadJob(
            capture=capture,
            source=source,
            rules=rules.for_site(profile, self._pupil.check_every(capture, profile)) if profile else rules.for_site(),
            folder=str(self._writer.folder / ARCHIVE),
        )


def _rules_like(result: ReadResult) -> SiteRules:
    """The rules that make another page be read as this one was: by the readers where it did not fit the profile."""
    profile = result.extraction.profile if result.extraction else None
    return msgspec.structs.replace(result.job.rules, own=profile is not None and profile.endswith(OWN))


def _ignore(_: object) -> None:
    """Stand in for a callback that nobody set."""
