"""What a run says of itself: where it stands, twice a second, and in the end what it came to."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from archive.errors import StoreError
from archive.writer import ArchiveWriter
from crawler.rest import Rest
from crawler.run import CrawlRun
from pipelines.kept import Counts
from pipelines.store import Recorder


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


def progress_of(run: CrawlRun, writer: ArchiveWriter) -> Progress:
    """Where a run stands now; called from any thread."""
    return Progress(
        counts=run.recorder.counts,
        queued=run.politeness.queued,
        in_flight=run.politeness.in_flight,
        to_read=run.recorder.waiting_to_read,
        to_store=writer.to_store,
        is_stopping=run.stopped,
        next_due=run.supply.next_due if run.endless else None,
    )


def settle(run: CrawlRun, errors: Mapping[str, str], rests: Sequence[Rest]) -> Counts:
    """The counts, once it is known what failed in the end."""
    counts, failures, readings = run.recorder.counts, run.settlement.failures, run.recorder.readings
    unnamed = failures.count - len(failures.errors)
    counts.failed = len(errors) + unnamed + sum(rest.failed for rest in rests) + readings.unreadable
    return counts


def unread_of(recorder: Recorder) -> dict[str, str]:
    """What was captured and could not be read, by URL."""
    return {url: f"captured, but not read: {reason}" for url, reason in recorder.readings.unread.items()}


class Ticker:
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
