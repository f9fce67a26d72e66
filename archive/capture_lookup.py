"""A collection's captures: which there are of a URL, and what one says. The lower half of `archive.collection`, which adds articles."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from archive.access import AccessRules
from archive.config import Settings
from archive.errors import LOOK_WIDER, NoCapture
from archive.formats.timestamp import parse_time, to_timestamp
from archive.formats.urlkey import Match, match_range, urlkey
from archive.index.catalog import CaptureKey, Catalog
from archive.model import Capture, Memento

if TYPE_CHECKING:
    from archive.records import RecordReader


class CaptureLookup:
    """The captures of one collection on disk, as far as its settings let them be shown. For one thread at a time."""

    def __init__(self, folder: Path, settings: Settings, catalog: Catalog) -> None:
        self.folder = folder
        self.settings = settings
        self.catalog = catalog
        self.access = AccessRules.of(settings)
        if self.access.hides_any:
            catalog.hide(lambda rights: self.access.hides(rights.split(" "), _now))
        self._records: RecordReader | None = None  # imported when it is asked for, so that lookup starts sooner

    def close(self) -> None:
        """Let go of the catalog."""
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lookup(
        self,
        url: str,
        *,
        at: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        match: Match = "exact",
        limit: int | None = None,
        after: CaptureKey | None = None,
    ) -> Iterator[Capture]:
        """Captures in order of urlkey and time, lazily; with `at`, of each URL the one that answers best for then.

        `after` goes on behind a capture, given by its `archive.index.catalog.capture_key`.
        """
        start, end = match_range(url, match)
        first = self._timestamp(from_) if from_ else None
        last = self._timestamp(to, end=True) if to else None
        if at is None:
            found = self.catalog.captures(start=start, end=end, from_timestamp=first, to_timestamp=last, after=after)
        else:
            moment = self._timestamp(at)
            start = after[0] + "\0" if after else start
            closest = (self.catalog.closest(key, moment) for key in self.catalog.urlkeys(start, end))
            found = (one for one in closest if one and (first or "") <= one.timestamp <= (last or "99991231235959"))
        return islice(found, limit)

    def closest(self, url: str, at: str | None = None) -> Capture | None:
        """The capture that best answers for this URL at this time, else for now; `None` where there is none."""
        return self.catalog.closest(urlkey(url), self._timestamp(at or "now"))

    def memento(self, url: str | Capture, at: str | None = None) -> Memento:
        """A capture with its headers and payload, revisits resolved. Raises NoCapture, RecordUnreadable."""
        capture = self.closest(url, at) if isinstance(url, str) else url
        if capture is None:
            raise NoCapture(f"{url}: no capture of it{LOOK_WIDER}")
        record = self.records.read_capture(capture)
        original = None
        if capture.revisit:
            held = self.catalog.original_of(capture)
            original = self.records.read_capture(held) if held else None
        from archive.records import to_memento

        return to_memento(capture, record, original)

    def record_bytes(self, capture: Capture) -> bytes:
        """The WARC record of a capture as stored: one gzip member (or a plain record of a foreign file)."""
        return self.records.read_bytes(capture.location)

    def dom(self, url: str | Capture, at: str | None = None) -> bytes:
        """What a browser made of a page, as HTML in UTF-8. Raises NoCapture, RecordUnreadable."""
        capture = self.closest(url, at) if isinstance(url, str) else url
        if capture is None:
            raise NoCapture(f"{url}: no capture of it{LOOK_WIDER}")
        if capture.dom is None:
            raise NoCapture(f"{capture.url}: its capture of {capture.timestamp} was not rendered (see --as html)")
        return self.records.read(capture.dom.location).block

    @property
    def records(self) -> "RecordReader":
        """Reads single records, from this folder or the store."""
        if self._records is None:
            store = None
            if self.settings.store:
                from archive.stores.store import open_store

                store = open_store(self.settings, self.folder)
            from archive.records import RecordReader

            self._records = RecordReader(self.folder, store)
        return self._records

    def _timestamp(self, text: str, *, end: bool = False) -> str:
        return to_timestamp(parse_time(text, now=datetime.now(UTC), end=end))


def _now() -> str:
    return to_timestamp(datetime.now(UTC))
