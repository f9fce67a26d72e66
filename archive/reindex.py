"""Makes the derived indexes from the WARC files: all anew (`reindex`), or what they lack (`Indexer.catch_up`).

The same code takes in a reading when it is written and when it is found in a file, so both give the same answers.
How far the catalog has come in each file it says itself; how far the search index, its `position.json` does. Files that
are only in the store any more are read from there. How new indexes take the place of the old is `archive.rebuild`'s.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Self

import msgspec

from archive.captures import pair_captures
from archive.collection import CATALOG_FILE, SEARCH_FOLDER
from archive.errors import FolderUnwritable, IndexOutdated, RecordUnreadable, StoreUnreachable
from archive.formats.warc import Record, read_records
from archive.index.catalog import Catalog, FileKind, StoredReading
from archive.index.search import SearchDocument, SearchIndex
from archive.model import Reading, RecordLocation
from archive.readings import StoredText, pair_readings
from archive.records import ARCHIVE, TEXT, RecordReader
from archive.stores.holdings import HeldFile, held_files, holds_warcs
from archive.stores.store import Store, is_name
from archive.stores.upload import index_name
from archive.troubles import Troubles
from archive.warcfile import sync_folder, warc_files

logger = logging.getLogger(__name__)


_POSITION = "position.json"
_BATCH = 2000

Progress = Callable[[str, int, int], None]
"""Takes a file's name, and the bytes done and in all."""


def silent(_name: str, _done: int, _total: int) -> None:
    """Show no progress."""


def _warn(problem: str) -> None:
    logger.warning("left out what cannot be read problem=%s", problem)


class Reindexed(msgspec.Struct, kw_only=True):
    """What a reindex found."""

    files: int = 0
    captures: int = 0
    readings: int = 0
    unreadable: list[str] = []
    """What could not be read, and why."""


class Indexer:
    """Catalog and search index of one collection, open for writing."""

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        search: SearchIndex,
        *,
        store: Store | None = None,
        place: Path | None = None,
    ) -> None:
        """`place` is where the indexes are, where that is not the collection's folder."""
        self.catalog = catalog
        self._folder = folder
        self._place = place or folder
        self._search = search
        self._records = RecordReader(folder, store)
        self._last: RecordLocation | None = None
        self._fresh = False
        """Whether the search index holds what was not committed yet."""

    @classmethod
    def open(cls, folder: Path, store: Store | None = None) -> Self:
        """Open both, made anew in a collection that holds nothing yet. Raises IndexOutdated, CollectionBusy."""
        catalog_path, search_path = folder / CATALOG_FILE, folder / SEARCH_FOLDER
        traces = (warc_files(folder / ARCHIVE), warc_files(folder / TEXT), (folder / "indexes").glob("*.cdxj"))
        if not catalog_path.exists() and any(any(paths) for paths in traces):
            # A reader would be told the same: an empty catalog over full WARC files would answer wrongly.
            Catalog.open(catalog_path, readonly=True)
        catalog = Catalog.open(catalog_path)
        try:
            is_new = not catalog.files()
            if is_new and store is not None:
                _refuse_unknown(folder, store)
            make = is_new and not search_path.exists()
            search = SearchIndex.create(search_path) if make else SearchIndex.open(search_path)
        except BaseException:
            catalog.close()
            raise
        return cls(folder, catalog, search, store=store)

    @classmethod
    def create(cls, folder: Path, place: Path, store: Store | None) -> Self:
        """Both, empty, in a place of their own."""
        catalog = Catalog.open(place / CATALOG_FILE)
        return cls(folder, catalog, SearchIndex.create(place / SEARCH_FOLDER), store=store, place=place)

    def close(self) -> None:
        """Close both; what was not committed to the search index is taken in again next time."""
        self._search.close()
        self.catalog.close()

    def add(self, stored: StoredText, text: str | None) -> None:
        """Take in one reading; `text` is its text where it is at hand."""
        self.catalog.add_readings((_stored_reading(stored),))
        self._add_to_search(stored, text)

    def commit_search(self) -> None:
        """Make the search index durable, and note how far it has come."""
        if not self._fresh or self._last is None:
            return
        self._search.commit()
        target = self._place / SEARCH_FOLDER / _POSITION
        partial = target.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(self._last))
        partial.replace(target)
        self._fresh = False

    def catch_up(
        self,
        files: Sequence[HeldFile] | None = None,
        progress: Progress = silent,
        *,
        on_unreadable: Callable[[str], None] = _warn,
    ) -> Reindexed:
        """Take in what the WARC files hold beyond what the indexes know; by default of those in the folder.

        `on_unreadable` gets a line for each place that is left out, a file at a time. Raises StoreError where a file is not
        in the folder and cannot be had from the store.
        """
        found = Reindexed()
        for file in held_files(self._folder, None) if files is None else files:
            if is_name(file.full_name):
                problems = self._catch_up_file(file, found, progress)
            else:
                problems = [f"{file.full_name!a}: is no name for a WARC file (rename it)"]
            found.unreadable += problems
            for problem in problems:
                on_unreadable(problem)
        try:
            self._catch_up_search(held_files(self._folder, None, (TEXT,)) if files is None else files)
        except StoreUnreachable as error:
            if files is not None:
                raise
            logger.warning("search waits for the store error=%s", error)
        self.commit_search()
        return found

    def _catch_up_file(self, file: HeldFile, found: Reindexed, progress: Progress) -> list[str]:
        """Take in what a file holds; what cannot be read of it."""
        known = self.catalog.get_file(file.name)
        if known and known.sealed and known.size >= file.size:
            return []
        # A file of another writer that has grown may have been torn when it was first read: none of it is taken as known.
        offset = known.size if known and not known.sealed else 0
        found.files += 1
        file_kind: FileKind = "archive" if file.kind == ARCHIVE else "text"
        with self.catalog.transaction():
            self.catalog.set_file(file.name, kind=file_kind)
            troubles = Troubles(file.full_name)
            if file.kind == ARCHIVE:
                self._index_captures(file, offset, found, troubles, progress)
            else:
                self._index_readings(file, offset, found, troubles, progress)
            self.catalog.set_file(file.name, size=file.size)
            if not file.is_open:
                if file.kind == ARCHIVE:
                    write_cdxj(self._place, self.catalog, file.name)
                self.catalog.set_file(file.name, sealed=True, uploaded=file.stored_size == file.size or None)
        return troubles.said()

    def _index_captures(
        self, file: HeldFile, offset: int, found: Reindexed, troubles: Troubles, progress: Progress
    ) -> None:
        captures = pair_captures(
            _records(file, offset, troubles), lambda place, problem: troubles.note(place.offset, problem)
        )
        while batch := list(islice(captures, _BATCH)):
            found.captures += self.catalog.add_captures(batch)
            progress(file.name, batch[-1].location.offset, file.size)

    def _index_readings(
        self, file: HeldFile, offset: int, found: Reindexed, troubles: Troubles, progress: Progress
    ) -> None:
        for stored in pair_readings(_records(file, offset, troubles), troubles.note):
            self.catalog.add_readings((_stored_reading(stored),))
            found.readings += 1
            if found.readings % _BATCH == 0:
                progress(file.name, stored.location.offset, file.size)

    def _catch_up_search(self, files: Sequence[HeldFile]) -> None:
        """Replay readings that lie behind the search index's position, in the order they were written."""
        position = self._position()
        for file in files:
            if file.kind != TEXT or not is_name(file.full_name) or (position and file.name < position.file):
                continue
            offset = position.offset if position and file.name == position.file else 0
            troubles = Troubles(file.full_name)  # not said: they were when the catalog took the file in
            for stored in pair_readings(_records(file, offset, troubles), troubles.note):
                if stored.location == position:
                    continue
                try:
                    self._add_to_search(stored, stored.text)
                except RecordUnreadable as error:
                    logger.warning("not searchable url=%s error=%s", stored.reading.url, error)

    def _position(self) -> RecordLocation | None:
        try:
            return msgspec.json.decode((self._place / SEARCH_FOLDER / _POSITION).read_bytes(), type=RecordLocation)
        except (OSError, msgspec.MsgspecError):
            return None

    def _add_to_search(self, stored: StoredText, text: str | None) -> None:
        document = self._to_document(stored.reading, text)
        if document is not None:
            self._search.add(document)
        self._last, self._fresh = stored.location, True

    def _to_document(self, reading: Reading, text: str | None) -> SearchDocument | None:
        article = reading.article
        if reading.outcome != "article" or article is None or reading.key is None or reading.text_digest is None:
            return None
        if text is None:
            place = self.catalog.text_location(reading.text_digest)
            text = self._records.read(place, TEXT).block.decode("utf-8", "replace") if place else ""
        return SearchDocument(
            key=reading.key,
            timestamp=reading.timestamp,
            url=reading.url,
            source=reading.source,
            language=article.language,
            headline=article.headline,
            standfirst=article.standfirst,
            authors=article.authors,
            body=text,
            date_published=article.date_published,
            text_digest=reading.text_digest,
        )


def write_cdxj(folder: Path, catalog: Catalog, name: str) -> None:
    """Write the sorted CDXJ of one sealed file to `indexes/`, under a temporary name first."""
    target = folder / index_name(name)
    partial = target.with_suffix(".partial")
    try:
        target.parent.mkdir(exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in catalog.export_cdxj(name))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise FolderUnwritable(
            f"{target}: {error.strerror}; make the folder writable, then run `morgue reindex`"
        ) from error


def _refuse_unknown(folder: Path, store: Store) -> None:
    if holds_warcs(store):
        raise IndexOutdated(
            f"{folder}: its indexes know nothing of the WARC files in {store.place} (run `morgue reindex`)"
        )


def _stored_reading(stored: StoredText) -> StoredReading:
    return StoredReading(reading=stored.reading, location=stored.location, text_location=stored.text_location)


def _records(file: HeldFile, offset: int, troubles: Troubles) -> Iterator[tuple[Record, RecordLocation]]:
    """The records of a file from a byte on. What cannot be read is noted, and ends nothing but itself."""
    try:
        with file.open() as stream:
            yield from read_records(stream, Path(file.full_name), offset=offset, on_damage=troubles.note)
    except OSError as error:
        troubles.note(None, f"cannot be read: {error.strerror or error}")
