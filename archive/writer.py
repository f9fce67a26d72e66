"""The one who writes: appends records to WARC files, and keeps catalog, search index, CDXJ files and store in step.

    add_capture, add_reading ─> WARC files ─ fsync ─> catalog ─ commit ─> later: search index, seal, CDXJ, store

WARC files come first and are made durable first. What a crash leaves out of the derived indexes is taken in from them
when the collection is next opened for writing.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from archive.config import Settings
from archive.errors import ArchiveError, StoreError
from archive.index.catalog import FileKind
from archive.lock import CollectionLock
from archive.model import Capture, Reading
from archive.readings import StoredText, encode_reading
from archive.records import ARCHIVE, TEXT, RecordReader
from archive.reindex import Indexer, write_cdxj
from archive.stores.store import Store, open_store, unwatched
from archive.stores.upload import files_of, finished_files, index_name
from archive.stores.uploader import Uploader
from archive.warcfile import WarcWriter, make_folder, mend

logger = logging.getLogger(__name__)

SOFTWARE = "newsmorgue"


class ArchiveWriter:
    """A collection open for writing, by one thread at a time. `open` takes the lock, `close` seals and lets it go."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        lock: CollectionLock,
        indexer: Indexer,
        store: Store | None,
        about: Sequence[tuple[str, str]],
        on_store_failure: Callable[[StoreError], None],
        clock: Callable[[], datetime],
    ) -> None:
        self.folder = folder
        self.catalog = indexer.catalog
        self._indexer = indexer
        self._lock = lock
        self.clock = clock
        self._closing = False
        self._failed = False
        self.records = RecordReader(folder, store)
        self._uploader = Uploader(store, folder, on_failure=on_store_failure) if store else None
        self.failed_uploads: dict[str, StoreError] = {}
        """After `close`: what the store did not take. It stays here, and goes up when the collection is next written to."""
        self._writers = {
            kind: WarcWriter(
                folder / kind,
                prefix=prefix,
                about=_about(folder, about),
                max_bytes=int(settings.max_file_size),
                max_age_seconds=settings.seal_after.total_seconds(),
                clock=clock,
                on_seal=lambda path, kind=kind: self._sealed(kind, path),  # type: ignore[misc]  # binds this turn's kind
            )
            # Which of two readings is the newer is told from the names of their files, whatever the prefix is set to.
            for kind, prefix in ((ARCHIVE, settings.warc_prefix), (TEXT, TEXT))
        }

    @classmethod
    def open(
        cls,
        folder: Path,
        settings: Settings,
        *,
        about: Sequence[tuple[str, str]] = (),
        on_store_failure: Callable[[StoreError], None] = unwatched,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Open a collection for writing; mends what a killed writer left, and takes it into the indexes.

        `about` goes into every warcinfo record; `on_store_failure` is called in another thread when the store begins to
        fail before `close`. Raises CollectionBusy, FolderUnwritable, IndexOutdated.
        """
        with ExitStack() as stack:
            lock = stack.enter_context(CollectionLock(folder))
            for kind in (ARCHIVE, TEXT):
                make_folder(folder / kind)
                for path in mend(folder / kind):
                    logger.warning("sealed what a killed run left open file=%s", path.name)
            store = open_store(settings, folder) if settings.store else None
            indexer = Indexer.open(folder, store)
            stack.callback(indexer.close)
            indexer.catch_up()
            writer = cls(folder, settings, lock, indexer, store, about, on_store_failure, clock)
            writer._store_left_over()
            stack.pop_all()
            return writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def group(self) -> Iterator[None]:
        """Everything added inside becomes durable together, WARC files before the catalog.

        After an error nothing more can be added: `close` then leaves all as a killed process would, and whoever opens
        the collection next takes in what the files hold.
        """
        if self._failed:
            raise ArchiveError(f"{self.folder}: writing to it has failed; close it and open it again")
        try:
            with self.catalog.transaction():
                yield
                for kind, writer in self._writers.items():
                    writer.seal_if_old()
                    writer.sync()
                    if writer.name:
                        self.catalog.set_file(writer.name, kind=_kind(kind), size=writer.size)
                self._note_stored()
        except BaseException:
            self._failed = True
            raise

    def add_capture(self, records: Sequence[bytes], capture: Capture | None) -> Capture | None:
        """Append the records of one exchange; returns its capture, with the place of the first of them, its DOM's of the last.

        In a `group`.
        """
        places = self._writers[ARCHIVE].append(records)
        if capture is None:
            return None
        dom = msgspec.structs.replace(capture.dom, location=places[-1]) if capture.dom else None
        capture = msgspec.structs.replace(capture, location=places[0], dom=dom)
        self.catalog.add_captures((capture,))
        return capture

    def add_reading(self, reading: Reading, text: str | None, *, known_text: str | None = None) -> None:
        """Append a reading, and its text where that is new; else `known_text` is its text. In a `group`."""
        places = self._writers[TEXT].append(encode_reading(reading, text, moment=self.clock()))
        if text is None and known_text is None:
            self._writers[TEXT].flush()  # its text may have come in this very group, and is read back from the file
        stored = StoredText(reading, places[0], places[1] if len(places) > 1 else None)
        # Given by hand: the text's own record may be in the store only, which nothing here should wait for.
        self._indexer.add(stored, known_text if text is None else text)

    def describe(self, about: Sequence[tuple[str, str]]) -> None:
        """Have warcinfo records say this from now on: files whose own says otherwise are sealed. In a `group`."""
        for writer in self._writers.values():
            writer.describe(_about(self.folder, about))

    def make_searchable(self) -> None:
        """Let what was read so far be found by `search`."""
        self._indexer.commit_search()

    @property
    def to_store(self) -> int:
        """Files that wait for the store, or are on their way there."""
        return self._uploader.remaining if self._uploader else 0

    def close(self) -> None:
        """Seal, index and store what is open, and let the next writer in.

        Waits for the store while anything moves; see `failed_uploads`.
        """
        if self._closing:
            return
        self._closing = True
        with ExitStack() as stack:
            stack.callback(self._lock.release)
            stack.callback(self._indexer.close)
            for writer in self._writers.values():
                stack.callback(writer.abandon)
            if self._failed:
                return
            with self.catalog.transaction():
                for writer in self._writers.values():
                    writer.seal()
            self.make_searchable()
            self._store_finished()

    def _store_left_over(self) -> None:
        """Bring into the store what earlier runs could not: this one may go on for weeks before it closes."""
        files = self.catalog.files() if self._uploader else ()
        left = [file for file in files if file.sealed and not file.uploaded]
        names = [name for file in left for name in files_of(self.folder, file.kind, file.name)]
        here = [name for name in names if (self.folder / name).exists()]
        if self._uploader and here:
            self._uploader.submit(here)

    def _store_finished(self) -> None:
        """Bring every finished file into the store, those included that earlier runs could not."""
        if self._uploader is None:
            return
        uploaded = [file for file in self.catalog.files() if file.uploaded]
        known = {f"{file.kind}/{file.name}" for file in uploaded} | {index_name(file.name) for file in uploaded}
        try:
            self.failed_uploads = self._uploader.finish(finished_files(self.folder), known=known)
        finally:
            self._note_stored()
        logger.info("stored what is finished kept_here=%d", len(self.failed_uploads))

    def _note_stored(self) -> None:
        stored = frozenset(self._uploader.take_stored() if self._uploader else ())
        if not stored:
            return
        with self.catalog.transaction():
            for file in self.catalog.files():
                if not file.uploaded and f"{file.kind}/{file.name}" in stored:
                    self.catalog.set_file(file.name, uploaded=True)

    def _sealed(self, kind: str, path: Path) -> None:
        self.catalog.set_file(path.name, kind=_kind(kind), size=path.stat().st_size)
        if kind == ARCHIVE:
            write_cdxj(self.folder, self.catalog, path.name)
        self.catalog.set_file(path.name, sealed=True)
        if self._uploader and not self._closing:  # `close` stores all that is finished
            self._uploader.submit(files_of(self.folder, kind, path.name))


def _kind(kind: str) -> FileKind:
    return "archive" if kind == ARCHIVE else "text"


def _about(folder: Path, about: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    from importlib import metadata

    try:
        version = metadata.version(SOFTWARE)
    except metadata.PackageNotFoundError:
        version = "unpackaged"
    return [
        ("software", f"{SOFTWARE}/{version}"),
        ("format", "WARC File Format 1.1"),
        ("conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
        ("isPartOf", folder.name),
        *about,
    ]
