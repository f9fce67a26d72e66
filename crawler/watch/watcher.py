"""Beside a run: writes what it counts to the journal every minute, and in a run without end looks for alerts and tells them.

Threads of its own, so that neither a slow disk nor a slow receiver keeps the crawl waiting. What goes wrong here is logged,
and tried again; a crawl never ends of it.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from archive.collection import Collection
from archive.errors import ArchiveError
from crawler.errors import CrawlerError
from crawler.watch.alert import Alert
from crawler.watch.journal import JOURNAL_FILE, Journal
from crawler.watch.look import look_at, tell
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.run import CrawlRun

logger = logging.getLogger(__name__)

NOTE_SECONDS = 60.0
LOOK_SECONDS = 300.0
LEAST_WAIT_SECONDS = 0.25
"""By the system's clock, where that of the run is compressed."""
LAST_WORD_SECONDS = 5.0
"""How long the end of a run waits for an alert that is being sent."""


@contextmanager
def watching(
    folder: Path,
    run: "CrawlRun",
    *,
    to_store: "Callable[[], int]",
    metrics: tuple[str, int] | None,
    on_event: "Callable[[str], None]",
) -> Iterator[None]:
    """Watch a run while the block lasts, and serve its metrics at this host and port. Raises AddressTaken."""
    with Watcher(folder, run) as watcher:
        if metrics is None:
            yield
            return
        from crawler.frontier.overview import FRONTIER_FILE
        from crawler.watch.metrics import MetricsServer, RunMetrics

        host, port = metrics
        told = RunMetrics(run, folder / FRONTIER_FILE, to_store=to_store, alerts=lambda: watcher.alerts)
        server = MetricsServer(told, host=host, port=port)
        on_event(f"metrics at {server.url}")
        try:
            yield
        finally:
            server.close()


class Watcher:
    """Watches one run, from `__enter__` to `__exit__`."""

    def __init__(
        self,
        folder: Path,
        run: "CrawlRun",
        *,
        look_seconds: float = LOOK_SECONDS,
        note_seconds: float = NOTE_SECONDS,
    ) -> None:
        self.alerts: tuple[Alert, ...] = ()
        """Those that held at the last look."""
        self._folder = folder
        self._run = run
        self._began = run.clock.now()
        self._end = threading.Event()
        self._threads = [self._thread("journal", self._note, note_seconds)]
        if run.options.endless:
            self._threads.append(self._thread("alerts", self.look, look_seconds))

    def __enter__(self) -> Self:
        self._try(self._note)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(LAST_WORD_SECONDS)
        self._try(self._note)

    def look(self) -> None:
        """Look at the collection, and tell what is new."""
        run = self._run
        names = run.options.sources
        sources = [source for source in tuple(run.sources.values()) if names is None or source.name in names]
        with Collection.open(self._folder) as collection:
            look = look_at(collection, sources, now=run.clock.utc())
        before = {(alert.kind, alert.source): alert for alert in self.alerts}
        after = {(alert.kind, alert.source): alert for alert in look.alerts}
        self.alerts = look.alerts
        for key in after.keys() - before.keys():
            logger.warning("alert %s", after[key].line)
        for key in before.keys() - after.keys():
            logger.warning("alert ended %s", before[key].line)
        among = None if names is None else {"", *names}
        tell(self._folder, run.settings, look.alerts, now=run.clock.now(), among=among, stop=self._end)

    def _note(self) -> None:
        """Write what was counted since the last time."""
        run = self._run
        now = run.clock.now()
        with Journal.open(self._folder / JOURNAL_FILE) as journal:
            if run.options.urls is None:
                owner = f"{socket.gethostname()}:{os.getpid()}"
                ended = self._end.is_set()
                journal.note_run(self._began, now=now, endless=run.options.endless, owner=owner, ended=ended)
            journal.add(*run.tally.take_notes(), now=now)

    def _thread(self, name: str, work: "Callable[[], None]", seconds: float) -> threading.Thread:
        return threading.Thread(target=self._repeat, args=(work, seconds), name=name, daemon=True)

    def _repeat(self, work: "Callable[[], None]", seconds: float) -> None:
        while not self._end.wait(max(self._run.clock.real_seconds(seconds), LEAST_WAIT_SECONDS)):
            self._try(work)

    def _try(self, work: "Callable[[], None]") -> None:
        try:
            work()
        except (ArchiveError, CrawlerError, PipelineError, OSError) as error:
            logger.warning("could not watch: %s", error)
