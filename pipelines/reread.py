"""Reading archived pages again: what an import or a crash left unread, and all that an older extractor read.

A page read by today's extractor already is left alone. What is found is stored as a better reading of the same capture:
versions keep their numbers (`archive.versions`).
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from archive.config import Settings
from archive.errors import StoreError
from archive.index.catalog import Catalog
from archive.writer import ArchiveWriter
from pipelines.extract.version import EXTRACTOR
from pipelines.reader import PageReader
from pipelines.source_rules import SourceRules
from pipelines.store import Recorder

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
    rules: Mapping[str, SourceRules] = MappingProxyType({}),
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Reread, dict[str, StoreError]]:
    """Read what today's extractor has not read, or not with the profile of its time; of these sources only, and captured
    since this timestamp, if given.

    Sites are learned on the way, so some pages are read twice. Returns what came of it, and what the store did not take,
    by name. `rules` are by source name; `on_progress` gets the pages read and those found so far. Raises CollectionBusy,
    IndexOutdated, SettingInvalid.
    """
    with ArchiveWriter.open(folder, settings) as writer:
        reader = PageReader(settings.workers, queue_size=settings.queue_size)
        total = Reread(read=0, articles=0, versions=0, failed=0)
        try:
            for step in (_read, _study, _read):
                recorder = Recorder(writer, reader, rules=rules)
                recorder.start()
                try:
                    found = step(recorder, writer.catalog, _Wanted(sources, since, on_progress, total.read))
                finally:
                    recorder.stop()
                counts = recorder.counts
                total = Reread(
                    read=total.read + found,
                    articles=total.articles + counts.articles,
                    versions=total.versions + counts.versions,
                    failed=total.failed + recorder.readings.unreadable,
                )
        finally:
            reader.close()
    return total, writer.failed_uploads


class _Wanted(msgspec.Struct, frozen=True):
    sources: frozenset[str]
    since: str | None
    on_progress: Callable[[int, int], None] | None
    done: int
    """Pages read in the steps before."""


def _read(recorder: Recorder, catalog: Catalog, wanted: _Wanted) -> int:
    """Have pages read whose readings do not suffice; how many."""
    found, shown_at = 0, time.monotonic()
    for capture in catalog.unread_by(recorder.readings.is_read):
        readings = catalog.readings(capture.urlkey, capture.read_digest or "")
        source = readings[-1].source if readings else None
        if (wanted.since and capture.timestamp < wanted.since) or (wanted.sources and source not in wanted.sources):
            continue
        recorder.read(capture, source)
        found += 1
        if wanted.on_progress and time.monotonic() - shown_at > PROGRESS_SECONDS:
            shown_at = time.monotonic()
            wanted.on_progress(wanted.done + found - recorder.waiting_to_read, wanted.done + found)
    return found


def _study(recorder: Recorder, catalog: Catalog, wanted: _Wanted) -> int:
    """Have every site looked at whose pages may teach something; reads none for itself."""
    for site in catalog.sites():
        newest = catalog.recent_articles(site, EXTRACTOR, limit=1)
        for capture, readings in newest:
            if not wanted.sources or readings[-1].source in wanted.sources:
                recorder.study(capture, readings[-1].source)
    return 0
