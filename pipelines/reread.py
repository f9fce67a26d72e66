"""Reading archived pages again: what an import or a crash left unread, and all that an older extractor read.

A page read by today's extractor already is left alone. What is found is stored as a better reading of the same capture:
versions keep their numbers (`archive.versions`).
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from archive.config import Settings
from archive.errors import StoreError
from archive.writer import ArchiveWriter
from pipelines.extract.version import EXTRACTOR
from pipelines.reader import PageReader
from pipelines.store import SEED, Recorder

PROGRESS_SECONDS = 0.5


class Reread(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading again; the keys of `extract --json`."""

    read: int
    """Pages read."""
    articles: int
    """Articles that had not been read before."""
    versions: int
    """Versions that had not been known before."""
    failed: int


def read_again(
    folder: Path,
    settings: Settings,
    *,
    sources: frozenset[str] = frozenset(),
    since: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Reread, dict[str, StoreError]]:
    """Read what today's extractor has not read; of these sources only, and captured since this timestamp, if given.

    Returns what came of it, and what the store did not take, by name. `on_progress` gets the pages read and those found
    so far. Raises CollectionBusy, IndexOutdated.
    """
    with ArchiveWriter.open(folder, settings) as writer:
        reader = PageReader(settings.workers, queue_size=settings.queue_size)
        recorder = Recorder(writer, reader)
        recorder.start()
        found, shown_at = 0, time.monotonic()
        try:
            for capture in writer.catalog.unread_by(EXTRACTOR):
                readings = writer.catalog.readings(capture.urlkey, capture.digest or "")
                source = readings[-1].source if readings else None
                if any(entry.extractor == SEED for entry in readings):
                    continue
                if (since and capture.timestamp < since) or (sources and source not in sources):
                    continue
                recorder.read(capture, source)
                found += 1
                if on_progress and time.monotonic() - shown_at > PROGRESS_SECONDS:
                    shown_at = time.monotonic()
                    on_progress(found - recorder.waiting_to_read, found)
        finally:
            recorder.stop()
            reader.close()
    counts = recorder.counts
    done = Reread(read=found, articles=counts.articles, versions=counts.versions, failed=recorder.unreadable)
    return done, writer.failed_uploads
