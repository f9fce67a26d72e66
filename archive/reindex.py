"""Makes the derived indexes from the WARC files: all anew (`reindex`), or what they lack (`Indexer.catch_up`).

The same code takes in a reading when it is written and when it is found in a file, so both give the same answers.
How far the catalog has come in each file it says itself; how far the search index, its `position.json` does.
"""

import logging
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Self

import msgspec

from archive.captures import to_capture
from archive.collection import CATALOG_FILE, SEARCH_FOLDER
from archive.errors import FolderUnwritable, RecordUnreadable
from archive.formats.warc import Record, iter_records
from archive.index.catalog import Catalog, FileKind, StoredReading
from archive.index.search import SearchDocument, SearchIndex
from archive.lock import CollectionLock
from archive.model import Capture, RecordLocation
from archive.readings import StoredText, pair_readings
from archive.records import ARCHIVE, TEXT, RecordReader
from archive.warcfile import mend, sync_folder, warc_files

logger = logging.getLogger(__name__)


_POSITION = "position.json"
_BATCH = 2000

Progress = Callable[[str, int, int], None]
"""Takes a file's name, and the bytes done and in all."""


def silent(_name: str, _done: int, _total: int) -> None:
    """Show no progress."""


class Reindexed(msgspec.Struct, kw_only=True):
    """What a reindex found."""

    files: int = 0
    captures: int = 0
    readings: int = 0
    unreadable: list[str] = []
    """What could not be read, and why."""


class Indexer:
    """Catalog and search index of one collection, open for writing."""

    def __init__(self, folder: Path, catalog: Catalog, search: SearchIndex) -> None:
        self.catalog = catalog
        self._folder = folder
        self._search = search
        self._records = RecordReader(folder, None)
        self._last: RecordLocation | None = None
        self._fresh = False
        """Whether the search index holds what was not committed yet."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open both, made anew in a collection that holds nothing yet. Raises IndexOutdated, CollectionBusy."""
        catalog_path, search_path = folder / CATALOG_FILE, folder / SEARCH_FOLDER
        empty = not any(warc_files(folder / kind) for kind in (ARCHIVE, TEXT))
        if not empty and not catalog_path.exists():
            # A reader would be told the same: an empty catalog over full WARC files would answer wrongly.
            Catalog.open(catalog_path, readonly=True)
        catalog = Catalog.open(catalog_path)
        try:
            search = (
                SearchIndex.create(search_path) if empty and not search_path.exists() else SearchIndex.open(search_path)
            )
        except BaseException:
            catalog.close()
            raise
        return cls(folder, catalog, search)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Both, empty, in place of whatever there was."""
        for path in folder.glob(CATALOG_FILE + "*"):
            path.unlink()
        return cls(folder, Catalog.open(folder / CATALOG_FILE), SearchIndex.create(folder / SEARCH_FOLDER))

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
        target = self._folder / SEARCH_FOLDER / _POSITION
        partial = target.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(self._last))
        partial.replace(target)
        self._fresh = False

    def catch_up(self, progress: Progress = silent) -> Reindexed:
        """Take in what the WARC files hold beyond what the indexes know."""
        found = Reindexed()
        for kind in (ARCHIVE, TEXT):
            for path in warc_files(self._folder / kind):
                self._catch_up_file(kind, path, found, progress)
        self._catch_up_search()
        self.commit_search()
        return found

    def _catch_up_file(self, kind: str, path: Path, found: Reindexed, progress: Progress) -> None:
        name, size = path.name.removesuffix(".open"), path.stat().st_size
        known = self.catalog.get_file(name)
        if known and known.sealed and known.size >= size:
            return
        offset = known.size if known else 0
        found.files += 1
        file_kind: FileKind = "archive" if kind == ARCHIVE else "text"
        with self.catalog.transaction():
            self.catalog.set_file(name, kind=file_kind)
            if kind == ARCHIVE:
                self._index_captures(path, offset, found, progress)
            else:
                self._index_readings(path, offset, found, progress)
            self.catalog.set_file(name, size=size)
            if not path.name.endswith(".open"):
                if kind == ARCHIVE:
                    write_cdxj(self._folder, self.catalog, name)
                self.catalog.set_file(name, sealed=True)

    def _index_captures(self, path: Path, offset: int, found: Reindexed, progress: Progress) -> None:
        captures = _captures(path, offset, found.unreadable)
        size = path.stat().st_size
        while batch := list(islice(captures, _BATCH)):
            found.captures += self.catalog.add_captures(batch)
            progress(path.name, batch[-1].location.offset, size)

    def _index_readings(self, path: Path, offset: int, found: Reindexed, progress: Progress) -> None:
        size = path.stat().st_size
        for stored in _readings(path, offset, found.unreadable):
            self.catalog.add_readings((_stored_reading(stored),))
            found.readings += 1
            if found.readings % _BATCH == 0:
                progress(path.name, stored.location.offset, size)

    def _catch_up_search(self) -> None:
        """Replay readings that lie behind the search index's position, in the order they were written."""
        position = self._position()
        for path in warc_files(self._folder / TEXT):
            name = path.name.removesuffix(".open")
            if position and name < position.file:
                continue
            offset = position.offset if position and name == position.file else 0
            for stored in _readings(path, offset, []):
                try:
                    self._add_to_search(stored, None)
                except RecordUnreadable as error:
                    logger.warning("not searchable url=%s error=%s", stored.reading.url, error)

    def _position(self) -> RecordLocation | None:
        try:
            return msgspec.json.decode((self._folder / SEARCH_FOLDER / _POSITION).read_bytes(), type=RecordLocation)
        except (OSError, msgspec.MsgspecError):
            return None

    def _add_to_search(self, stored: StoredText, text: str | None) -> None:
        reading, article = stored.reading, stored.reading.article
        self._last, self._fresh = stored.location, True
        if reading.outcome != "article" or article is None or reading.key is None or reading.text_digest is None:
            return
        if text is None:
            place = self.catalog.text_location(reading.text_digest)
            text = self._records.read(place, TEXT).block.decode("utf-8", "replace") if place else ""
        document = SearchDocument(
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
        self._search.add(document)


def reindex(folder: Path, progress: Progress = silent) -> Reindexed:
    """Make catalog, CDXJ files and search index anew from the WARC files. Raises CollectionBusy, FolderUnwritable."""
    with CollectionLock(folder):
        for kind in (ARCHIVE, TEXT):
            for path in mend(folder / kind):
                logger.warning("sealed what a killed run left open file=%s", path.name)
        indexer = Indexer.create(folder)
        try:
            return indexer.catch_up(progress)
        finally:
            indexer.close()


def write_cdxj(folder: Path, catalog: Catalog, name: str) -> None:
    """Write the sorted CDXJ of one sealed file to `indexes/`, under a temporary name first."""
    target = folder / "indexes" / (name.removesuffix(".gz").removesuffix(".warc") + ".cdxj")
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


def _stored_reading(stored: StoredText) -> StoredReading:
    return StoredReading(reading=stored.reading, location=stored.location, text_location=stored.text_location)


def _captures(path: Path, offset: int, unreadable: list[str]) -> Iterator[Capture]:
    for record, place in _records(path, offset, unreadable):
        try:
            capture = to_capture(record, place)
        except RecordUnreadable as error:
            _note(unreadable, str(error))
            continue
        if capture is not None:
            yield capture


def _readings(path: Path, offset: int, unreadable: list[str]) -> Iterator[StoredText]:
    def damaged(_at: int, problem: str) -> None:
        _note(unreadable, problem)

    return pair_readings(_records(path, offset, unreadable), damaged)


def _records(path: Path, offset: int, unreadable: list[str]) -> Iterator[tuple[Record, RecordLocation]]:
    """The records of a file from a byte on. What cannot be read is noted, and ends nothing but itself."""

    def damaged(at: int, problem: str) -> None:
        _note(unreadable, f"{path.parent.name}/{path.name} at byte {at}: {problem}")

    try:
        yield from iter_records(path, offset=offset, on_damage=damaged)
    except RecordUnreadable as error:
        _note(unreadable, str(error))


def _note(unreadable: list[str], problem: str) -> None:
    unreadable.append(problem)
    logger.warning("left out what cannot be read problem=%s", problem)
