"""Runs a crawl over one collection: opens what it needs, lets Scrapy run, and leaves everything sealed and settled."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from archive.config import Settings
from archive.errors import StoreError
from archive.stores.store import unwatched
from archive.writer import ArchiveWriter
from crawler.clock import SYSTEM, Clock
from crawler.frontier.entry import Entry
from crawler.frontier.frontier import Frontier
from crawler.run import CrawlRun, Options
from crawler.settings import project_settings, scrapy_process
from crawler.source import Source, source_for
from crawler.spiders.news import NewsSpider
from pipelines.reader import PageReader
from pipelines.source_rules import SourceRules
from pipelines.store import Counts, Recorder

logger = logging.getLogger(__name__)

FRONTIER_FILE = "frontier.sqlite"
UNREAD_PAGES = 1000
"""Pages left by a killed run that are read before a crawl begins."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands."""

    counts: Counts
    queued: int
    in_flight: int
    to_read: int
    to_store: int
    """Files on their way to the store."""


class Crawled(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    counts: Counts
    """What was written."""
    errors: dict[str, str]
    """The last error of each URL that failed."""
    failed_uploads: dict[str, StoreError]
    """What the store did not take, by name: it goes up when the collection is next written to."""
    stopped: bool
    """Whether a signal ended it before its work was done."""
    next_due: float | None
    """Unix time when the next visit to one of its sources falls due."""


def crawl(
    folder: Path,
    settings: Settings,
    sources: Sequence[Source],
    options: Options,
    *,
    again: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    clock: Clock = SYSTEM,
) -> Crawled:
    """Crawl what is due, and leave everything sealed, settled and stored. Once per process.

    Raises CollectionBusy, FolderUnwritable, FrontierUnreadable; what went wrong with single pages is counted.
    """
    with ExitStack() as stack:
        # A run that ends says in the end what was not stored; one that goes on says so when it happens.
        on_store_failure = _log_store_failure if options.endless else unwatched
        writer = stack.enter_context(
            ArchiveWriter.open(
                folder,
                settings,
                about=_about(settings, sources),
                on_store_failure=on_store_failure,
                clock=clock.utc,
            )
        )
        frontier = stack.enter_context(Frontier(folder / FRONTIER_FILE))
        now = clock.now()
        # The collection is locked: whoever held a lease is gone.
        frontier.recover(now=now, dead=True)
        _plan(frontier, sources, options, again=again, now=now)
        reader = None
        if settings.extract:
            reader = PageReader(settings.workers, queue_size=settings.queue_size)
            stack.callback(reader.close)
        rules = {
            source.name: SourceRules(extract=source.extract, language=source.language or None) for source in sources
        }
        recorder = Recorder(writer, reader, rules=rules)
        run = CrawlRun(
            settings=settings, sources=sources, frontier=frontier, recorder=recorder, options=options, clock=clock
        )
        stack.callback(run.close)
        recorder.on_kept = run.kept
        recorder.on_version = run.version_found
        recorder.on_failure = run.broken
        recorder.start()
        if reader is not None:
            _read_what_is_left(recorder, writer, frontier, sources)
        with _Ticker(lambda: on_progress(_progress(run, writer)) if on_progress else None):
            # A run without end must notice when a site moves to another address.
            process = scrapy_process({**project_settings(settings), "DNSCACHE_ENABLED": not options.endless})
            crawling = process.crawl(NewsSpider, run=run)
            process.start()

            def stop_reading() -> None:
                # Whoever stops a crawl wants it to end. What is not read yet, the next one reads.
                run.stopped = True
                if reader is not None:
                    reader.terminate()

            if run.stopped:
                stop_reading()
            with _call_at_signal(stop_reading):
                recorder.stop()
            if run.error is not None:
                raise run.error
            if crawling.done() and not crawling.cancelled() and (error := crawling.exception()):
                raise error
            run.close()
            if reader is not None:
                reader.close()
            # Not left to the stack, so that progress is shown while the store takes its time.
            writer.close()
        next_due = frontier.next_due(sources=options.sources)
    recorder.counts.failed = len(run.errors) + recorder.unreadable
    return Crawled(
        counts=recorder.counts,
        errors=run.errors,
        failed_uploads=writer.failed_uploads,
        stopped=run.stopped,
        next_due=next_due,
    )


def _plan(frontier: Frontier, sources: Sequence[Source], options: Options, *, again: bool, now: float) -> None:
    """Bring the frontier up to date with the sources, and with what was asked."""
    if options.urls is not None:
        entries = []
        for url in sorted(options.urls):
            source = source_for(url, sources)
            entries.append(Entry(url=url, kind="page", source=source.name if source else None))
        frontier.force(entries, now=now)
        return
    for source in sources:
        frontier.set_seeds(source.name, seed_entries(source), now=now)
        if again and (options.sources is None or source.name in options.sources):
            frontier.make_due(source.name, now=now, younger_than=now - source.crawl.max_age.total_seconds())


def _read_what_is_left(
    recorder: Recorder, writer: ArchiveWriter, frontier: Frontier, sources: Sequence[Source]
) -> None:
    """Read the pages that a killed run captured and did not get to read. More than that is `morgue extract`'s work."""
    left = list(writer.catalog.unread(limit=UNREAD_PAGES))
    seeds = frontier.known_seeds()
    for capture in left:
        if capture.url not in seeds:
            source = source_for(capture.url, sources)
            recorder.read(capture, source.name if source else None)


def seed_entries(source: Source) -> list[Entry]:
    """A source's seeds as entries."""
    return [
        Entry(url=seed.url, kind="seed", source=source.name, seed=seed.kind, every_seconds=seed.every.total_seconds())
        for seed in source.seeds
    ]


def _log_store_failure(error: StoreError) -> None:
    logger.warning("could not store what is sealed; it stays here and is tried again error=%s", error)


def _about(settings: Settings, sources: Sequence[Source]) -> list[tuple[str, str]]:
    """The crawl's part of each warcinfo record."""
    ignoring = [source.name for source in sources if source.crawl.robots == "ignore"]
    about = [
        ("http-header-user-agent", settings.agent),
        ("robots", "ignore for " + ", ".join(ignoring) if ignoring else "obey"),
    ]
    if settings.contact:
        about.append(("operator", settings.contact))
    return about


def _progress(run: CrawlRun, writer: ArchiveWriter) -> Progress:
    return Progress(
        counts=run.recorder.counts,
        queued=run.politeness.queued,
        in_flight=run.politeness.in_flight,
        to_read=run.recorder.waiting_to_read,
        to_store=writer.to_store,
    )


@contextmanager
def _call_at_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Have the first SIGTERM or Ctrl-C call `stop`, in a thread; a second one ends the process.

    Scrapy handles signals while its reactor runs, and leaves handlers behind that do nothing.
    """

    def call(_number: int, _frame: object) -> None:
        restore()
        threading.Thread(target=stop, name="stop", daemon=True).start()

    def restore() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGTERM, call)
    signal.signal(signal.SIGINT, call)
    try:
        yield
    finally:
        restore()


class _Ticker:
    """Calls a function twice a second, in a thread of its own: progress goes on while pages are still being read."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: Any) -> None:
        self._end.set()
        self._thread.join()
        self._tick()

    def _run(self) -> None:
        while not self._end.wait(0.5):
            self._tick()
