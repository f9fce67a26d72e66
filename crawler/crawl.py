"""Runs a crawl over one collection: opens what it needs, lets Scrapy run, and leaves everything sealed and settled."""

# First, while few modules are there: for a deprecated name of its own it looks through all of them (a fifth of the start).
import scrapy.core.downloader.contextfactory  # noqa: F401

# isort: split
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from archive.config import Settings
from archive.errors import StoreError
from archive.formats.rights import ROBOT_NAMES
from archive.records import ARCHIVE
from archive.stores.store import unwatched
from archive.writer import ArchiveWriter
from crawler.clock import SYSTEM, Clock
from crawler.frontier.entry import Entry
from crawler.frontier.frontier import Frontier
from crawler.frontier.overview import FRONTIER_FILE
from crawler.frontier.queue import Queue
from crawler.options import Options
from crawler.reactor import run_reactor
from crawler.render.availability import leave_out
from crawler.renewal import renewing
from crawler.requisites import RequisiteFinder
from crawler.rest import Rest, explain_rests, wake_hosts
from crawler.robots import product_token
from crawler.rulebook import Rulebook, Rules, bounds_of, claims_entry, seed_entries
from crawler.run import CrawlRun
from crawler.settings import project_settings
from crawler.signals import Signals
from crawler.source import Source
from crawler.source_match import source_for
from crawler.watch.watcher import watching
from pipelines.claims import Claims
from pipelines.kept import Counts
from pipelines.reader import PageReader
from pipelines.requisites.search import Searcher
from pipelines.site_rights import SiteRights
from pipelines.store import Recorder

logger = logging.getLogger(__name__)

UNREAD_PAGES = 1000
"""Pages left by a killed run that are read before a crawl begins."""
STOP_SECONDS = 20.0
"""How long a run that is to end waits for answers under way. What is given up then is fetched by the next run."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands."""

    counts: Counts
    queued: int
    in_flight: int
    to_read: int
    to_store: int
    """Files on their way to the store."""
    is_stopping: bool = False
    next_due: float | None = None
    """Unix time when a run without end, which has nothing to do now, goes on."""


class Crawled(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    counts: Counts
    """What was written."""
    errors: dict[str, str]
    """The last error of each URL that failed or could not be read, hosts' troubles left out."""
    failed_uploads: dict[str, StoreError]
    """What the store did not take, by name: it goes up when the collection is next written to."""
    signal: int | None
    """The number of the signal that ended it before its work was done."""
    next_due: float | None
    """Unix time when the next visit to one of its sources falls due."""
    rests: Sequence[Rest] = ()
    """Hosts that are left alone, and URLs wait for."""


def _unheard(_: str) -> None:
    """Stand in for whoever listens to events."""


def crawl(
    folder: Path,
    settings: Settings,
    sources: Sequence[Source],
    options: Options,
    *,
    again: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    on_event: Callable[[str], None] = _unheard,
    clock: Clock = SYSTEM,
    stop_seconds: float = STOP_SECONDS,
    metrics: tuple[str, int] | None = None,
) -> Crawled:
    """Crawl what is due, and leave everything sealed, settled and stored. Once per process.

    `on_event` gets a line for each change of state that a person would write down. Raises CollectionBusy,
    FolderUnwritable, FrontierUnreadable, RenderUnavailable; what went wrong with single pages is counted.
    """
    rules = Rules(settings=settings, sources=tuple(sources))
    rulebook = Rulebook(folder, rules, on_event=on_event)
    unrendered = leave_out(sources, settings.browser, wanted=options.sources, urls=options.urls)
    options = msgspec.structs.replace(options, left_out=frozenset(unrendered))
    with ExitStack() as stack:
        # First: a container's first process would not even hear of a signal that it has no handler for.
        signals = stack.enter_context(Signals(on_hangup=rulebook.ask if options.endless else None))
        # A run that ends says in the end what was not stored; one that goes on says so when it happens.
        on_store_failure = _log_store_failure if options.endless else unwatched
        writer = stack.enter_context(
            ArchiveWriter.open(
                folder,
                settings,
                about=rules.about,
                on_store_failure=on_store_failure,
                clock=clock.utc,
            )
        )
        frontier = stack.enter_context(Frontier(folder / FRONTIER_FILE))
        now = clock.now()
        # The collection is locked: whoever held a lease is gone.
        frontier.recover(now=now, dead=True)
        _plan(frontier, sources, options, tdm=settings.tdm, again=again, now=now)
        wake_hosts(frontier, options, again=again, now=now)
        reader = None
        if settings.extract:
            reader = PageReader(settings.workers, queue_size=settings.queue_size)
            stack.callback(reader.close)
        recorder = Recorder(writer, reader, rules=rules.of_reading, claims=_claims(settings, writer))
        run = CrawlRun(
            settings=settings, sources=sources, frontier=frontier, recorder=recorder, options=options, clock=clock
        )
        for name, why in unrendered.items():
            run.settlement.failures.note(f"sources/{name}.toml", why)
            if options.endless:  # which says what went wrong when it ends, and that may be next year
                on_event(f"sources/{name}.toml: {why}")
        stack.callback(run.close)
        if options.endless:
            count = len(sources if options.sources is None else options.sources)
            on_event(f"following {count or 'no'} source{'' if count == 1 else 's'} until stopped (Ctrl-C)")
            run.company.add(renewing(run, rulebook, on_event=on_event))
        finder = RequisiteFinder(
            frontier,
            Searcher(folder / ARCHIVE, writer.records.read_bytes),
            writer.catalog.read_from,
            on_found=run.search.found,
            on_idle=run.search.all_found,
            on_failure=run.broken,
        )
        stack.callback(finder.stop)
        run.search.finder = finder
        stack.enter_context(watching(folder, run, to_store=lambda: writer.to_store, metrics=metrics, on_event=on_event))
        recorder.on_kept = run.kept
        recorder.on_version = run.version_found
        recorder.on_article = run.tally.article
        recorder.on_failure = run.broken
        recorder.start()
        if reader is not None:
            _read_what_is_left(recorder, writer, frontier, sources)
        with _Ticker(lambda: on_progress(_progress(run, writer)) if on_progress else None):
            # A run without end must notice when a site moves to another address.
            scrapy_settings = {**project_settings(settings), "DNSCACHE_ENABLED": not options.endless}

            def say_stopping() -> None:
                on_event(f"stopping: what is under way has {stop_seconds:g} s to end (a second signal ends it at once)")

            error = run_reactor(run, scrapy_settings, signals, stop_seconds=stop_seconds, on_stop=say_stopping)
            # What it has not looked through yet, the next crawl does.
            finder.stop()

            def stop_reading() -> None:
                # Whoever stops a crawl wants it to end. What is not read yet, the next one reads.
                run.stopped = True
                if reader is not None:
                    reader.terminate()

            # In a thread: a handler must not wait for locks that what it interrupted holds.
            signals.during(threading.Thread(target=stop_reading, name="stop", daemon=True).start)
            recorder.stop()
            if problem := run.error or error:
                raise problem
            signals.during(_nothing)
            run.close()
            if reader is not None:
                reader.close()
            run.admission.report(frontier.dropped)
            # Not left to the stack, so that progress is shown while the store takes its time.
            writer.close()
        next_due = frontier.next_due(sources=options.sources, now=clock.now())
        errors, rests = explain_rests(run, now=clock.now())
    unnamed = run.settlement.failures.count - len(run.settlement.failures.errors)
    recorder.counts.failed = len(errors) + unnamed + sum(rest.failed for rest in rests) + recorder.readings.unreadable
    unread = {url: f"captured, but not read: {reason}" for url, reason in recorder.readings.unread.items()}
    return Crawled(
        counts=recorder.counts,
        errors={**unread, **errors},
        rests=rests,
        failed_uploads=writer.failed_uploads,
        signal=signals.number if run.stopped else None,
        next_due=next_due,
    )


def _plan(frontier: Queue, sources: Sequence[Source], options: Options, *, tdm: str, again: bool, now: float) -> None:
    """Bring the frontier up to date with the sources, and with what was asked."""
    if options.urls is not None:
        entries = []
        for url in sorted(options.urls):
            source = source_for(url, sources)
            entries.append(Entry(url=url, kind="page", source=source.name if source else None))
        frontier.force(entries, now=now)
        return
    for source in sources:
        frontier.set_seeds(source.name, seed_entries(source), now=now, bounds=bounds_of(source))
        if tdm == "ask":
            frontier.add([claims_entry(source)], now=now)
        if again and (options.sources is None or source.name in options.sources):
            frontier.make_due(source.name, now=now, younger_than=now - source.crawl.max_age.total_seconds())


def _read_what_is_left(recorder: Recorder, writer: ArchiveWriter, frontier: Queue, sources: Sequence[Source]) -> None:
    """Read the pages that a killed run captured and did not get to read. More than that is `morgue extract`'s work."""
    left = list(writer.catalog.unread(limit=UNREAD_PAGES))
    kinds = frontier.kinds_of(capture.url for capture in left)
    for capture in left:
        if kinds.get(capture.url, "page") == "page":
            source = source_for(capture.url, sources)
            recorder.read(capture, source.name if source else None)


def _claims(settings: Settings, writer: ArchiveWriter) -> Claims:
    names = ROBOT_NAMES | {product_token(settings.agent)} - {""}
    of_site = SiteRights(writer.catalog, writer.records)
    return Claims(names=names, skip_noarchive=settings.noarchive == "skip", of_site=of_site)


def _log_store_failure(error: StoreError) -> None:
    logger.warning("could not store what is sealed; it stays here and is tried again error=%s", error)


def _progress(run: CrawlRun, writer: ArchiveWriter) -> Progress:
    return Progress(
        counts=run.recorder.counts,
        queued=run.politeness.queued,
        in_flight=run.politeness.in_flight,
        to_read=run.recorder.waiting_to_read,
        to_store=writer.to_store,
        is_stopping=run.stopped,
        next_due=run.supply.next_due if run.endless else None,
    )


def _nothing() -> None:
    """What a first signal does where the end has come already."""


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
