"""Runs a crawl over one collection: opens what it needs, lets Scrapy run, and leaves everything sealed and settled."""

# First, while few modules are there: for a deprecated name of its own it looks through all of them (a fifth of the start).
import scrapy.core.downloader.contextfactory  # noqa: F401

# isort: split
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

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
from crawler.report import Crawled, Progress, Ticker, progress_of, settle, unread_of
from crawler.requisites import RequisiteFinder
from crawler.rest import explain_rests, wake_hosts
from crawler.robots import product_token
from crawler.rulebook import Rulebook, Rules, bounds_of, claims_entry, seed_entries
from crawler.run import CrawlRun
from crawler.settings import project_settings
from crawler.signals import Signals
from crawler.source import Source
from crawler.source_match import source_for
from crawler.watch.watcher import watching
from pipelines.claims import Claims
from pipelines.reader import PageReader
from pipelines.requisites.search import Searcher
from pipelines.site_rights import SiteRights
from pipelines.store import Recorder

logger = logging.getLogger(__name__)

UNREAD_PAGES = 1000
"""Pages left by a killed run that are read before a crawl begins."""
STOP_SECONDS = 20.0
"""How long a run that is to end waits for answers under way. What is given up then is fetched by the next run."""


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
        reader = _open_reader(settings, stack)
        recorder = Recorder(writer, reader, rules=rules.of_reading, claims=_claims(settings, writer))
        run = CrawlRun(
            settings=settings, sources=sources, frontier=frontier, recorder=recorder, options=options, clock=clock
        )
        for name, why in unrendered.items():
            run.settlement.failures.note(f"sources/{name}.toml", why)
        stack.callback(run.close)
        if options.endless:
            _announce(sources, options, unrendered, on_event)
            run.company.add(renewing(run, rulebook, on_event=on_event))
        finder = _open_finder(folder, writer, run, stack)
        stack.enter_context(watching(folder, run, to_store=lambda: writer.to_store, metrics=metrics, on_event=on_event))
        _listen(run, recorder)
        recorder.start()
        if reader is not None:
            _read_what_is_left(recorder, writer, frontier, sources)
        with Ticker(lambda: on_progress(progress_of(run, writer)) if on_progress else None):
            error = _fetch(run, signals, stop_seconds, on_event)
            # What it has not looked through yet, the next crawl does.
            finder.stop()
            signals.during(lambda: _end_reading(run, reader))
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
    return Crawled(
        counts=settle(run, errors, rests),
        errors={**unread_of(recorder), **errors},
        rests=rests,
        failed_uploads=writer.failed_uploads,
        signal=signals.number if run.stopped else None,
        next_due=next_due,
    )


def _open_reader(settings: Settings, stack: ExitStack) -> PageReader | None:
    if not settings.extract:
        return None
    reader = PageReader(settings.workers, queue_size=settings.queue_size)
    stack.callback(reader.close)
    return reader


def _open_finder(folder: Path, writer: ArchiveWriter, run: CrawlRun, stack: ExitStack) -> RequisiteFinder:
    finder = RequisiteFinder(
        run.frontier,
        Searcher(folder / ARCHIVE, writer.records.read_bytes),
        writer.catalog.read_from,
        on_found=run.search.found,
        on_idle=run.search.all_found,
        on_failure=run.broken,
    )
    stack.callback(finder.stop)
    run.search.finder = finder
    return finder


def _announce(
    sources: Sequence[Source], options: Options, unrendered: Mapping[str, str], on_event: Callable[[str], None]
) -> None:
    """Say how a run without end begins: what it would say at its end may be wanted next year."""
    for name, why in unrendered.items():
        on_event(f"sources/{name}.toml: {why}")
    count = len(sources if options.sources is None else options.sources)
    on_event(f"following {count or 'no'} source{'' if count == 1 else 's'} until stopped (Ctrl-C)")


def _listen(run: CrawlRun, recorder: Recorder) -> None:
    """Let the run hear of what is kept and read."""
    recorder.on_kept = run.kept
    recorder.on_version = run.version_found
    recorder.on_article = run.tally.article
    recorder.on_failure = run.broken


def _fetch(
    run: CrawlRun, signals: Signals, stop_seconds: float, on_event: Callable[[str], None]
) -> BaseException | None:
    """Let Scrapy run until nothing is left to do, or a signal asks for the end; returns what went wrong."""
    # A run without end must notice when a site moves to another address.
    scrapy_settings = {**project_settings(run.settings), "DNSCACHE_ENABLED": not run.endless}

    def say_stopping() -> None:
        on_event(f"stopping: what is under way has {stop_seconds:g} s to end (a second signal ends it at once)")

    return run_reactor(run, scrapy_settings, signals, stop_seconds=stop_seconds, on_stop=say_stopping)


def _end_reading(run: CrawlRun, reader: PageReader | None) -> None:
    """Whoever stops a crawl wants it to end. What is not read yet, the next one reads."""

    def end() -> None:
        run.stopped = True
        if reader is not None:
            reader.terminate()

    # In a thread: a handler must not wait for locks that what it interrupted holds.
    threading.Thread(target=end, name="stop", daemon=True).start()


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


def _nothing() -> None:
    """What a first signal does where the end has come already."""
