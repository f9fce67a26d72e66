"""The catalog's readings: which captures have been read, as what, and where the text lies.

A reading belongs to a page and the digest of what was read of it, payload or DOM, so revisits inherit it. Which article they
show is `catalog_articles`'.
"""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_adding import is_whole_page
from archive.index.catalog_database import Row
from archive.index.catalog_originals import OriginalsCatalog
from archive.index.catalog_packing import short_digest
from archive.index.catalog_rows import (
    OUTCOMES,
    pack_digest,
    pack_timestamp,
    unpack_digest,
    unpack_timestamp,
)
from archive.index.catalog_tables import REFRESH_NEWS
from archive.model import Capture, Reading, RecordLocation
from archive.versions import ReadingEntry


class StoredReading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading, and where it was written."""

    reading: Reading
    location: RecordLocation
    """Of its `metadata` record."""
    text_location: RecordLocation | None = None
    """Of its `conversion` record; `None` when the text was known or there is none."""


class ReadingCatalog(OriginalsCatalog):
    """The part of the catalog that knows readings."""

    def add_readings(self, readings: Iterable[StoredReading]) -> None:
        """Take in readings, in any order: of two by one extractor and profile the later in the text files holds, of those that did not
        fail where one did not."""
        with self.transaction():
            articles: set[int] = set()
            for stored in readings:
                articles |= self._add_reading(stored)
            for article in articles:
                self._run("DELETE FROM news WHERE article = ?", (article,))
                self._run(REFRESH_NEWS, (article,))

    def readings(self, urlkey: str, digest: str) -> tuple[ReadingEntry, ...]:
        """Every reading of a payload of this URL, oldest first; revisits share their original's."""
        page = self._page(urlkey)
        if page is None:
            return ()
        return self._page_readings(page, digest).get(digest, ())

    def readings_of(self, key: str) -> list[ReadingEntry]:
        """Every reading that names this article, in order of capture."""
        page = self._page(key)
        if page is None:
            return []
        rows = self._all(ENTRIES + "WHERE r.article = ?", (page,))
        return sorted((self._entry(row) for row in rows), key=lambda one: (one.timestamp, *position_of(one)))

    def text_location(self, text_digest: str) -> RecordLocation | None:
        """Where the text with this digest is written; `None` when it is new."""
        row = self._one("SELECT file, offset, length FROM text WHERE digest = ?", (pack_digest(text_digest),))
        return self._location(row) if row else None

    def unread(self, *, limit: int | None = None) -> Iterator[Capture]:
        """HTML pages that nobody has read, each payload once, oldest page first: what a crash or an import left."""
        last: tuple[int, bytes] = (0, b"")
        while limit is None or limit > 0:
            rows = self._all(
                "SELECT u.page, u.digest, u.timestamp, p.urlkey FROM unread u "
                "JOIN page p ON p.id = u.page WHERE (u.page, u.digest) > (?, ?) ORDER BY u.page, u.digest LIMIT ?",
                (*last, min(limit or 256, 256)),
            )
            moments: dict[tuple[str, int], set[bytes]] = {}
            for _, digest, timestamp, urlkey in rows:
                moments.setdefault((urlkey, timestamp), set()).add(digest)
            for moment, wanted in moments.items():
                for capture in self._captures_at(*moment, wanted):
                    digest = short_digest(capture.read_digest)
                    if digest in wanted and is_whole_page(capture):
                        wanted.discard(digest)
                        yield capture
            if not rows:
                return
            last = (rows[-1][0], rows[-1][1])
            limit = None if limit is None else limit - len(rows)

    def unread_by(self, is_read: Callable[[Capture, tuple[ReadingEntry, ...]], bool]) -> Iterator[Capture]:
        """HTML pages whose readings do not suffice, each payload once: what a better extractor reads again.

        `is_read` gets a page's capture and its readings, oldest first. Goes through the whole catalog.
        """
        page, seen = "", set[str]()
        for capture in self.captures():
            digest = capture.read_digest
            if not is_whole_page(capture) or digest is None:
                continue
            if capture.urlkey != page:
                page, seen = capture.urlkey, set()
            if digest in seen:
                continue
            seen.add(digest)
            if not is_read(capture, self.readings(capture.urlkey, digest)):
                yield capture

    def _add_reading(self, stored: StoredReading) -> set[int]:
        """Take in one reading; the articles of which more or less is known now."""
        reading, location = stored.reading, stored.location
        page = self._page_id(urlkey_of(reading.url))
        digest, text_digest = pack_digest(reading.digest), pack_digest(reading.text_digest)
        extractor = self._extractor_id(reading.extractor, reading.profile)
        held = self._one(
            "SELECT file, offset, outcome, article FROM reading WHERE page = ? AND digest = ? AND extractor = ?",
            (page, digest, extractor),
        )
        article = None if reading.key is None else self._page_id(reading.key)
        # A reading that failed takes nothing away: the page was read before, or is read later.
        rank = (reading.outcome != "failed", location.file, location.offset)
        if held is None or (OUTCOMES[held[2]] != "failed", self.file_name(held[0]), held[1]) <= rank:
            self._run(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    page,
                    digest,
                    extractor,
                    self._file_id(location.file, "text"),
                    location.offset,
                    location.length,
                    pack_timestamp(reading.timestamp),
                    OUTCOMES.index(reading.outcome),
                    article,
                    text_digest,
                    reading.article.headline if reading.article else None,
                    None if reading.source is None else self._name_id(reading.source),
                ),
            )
        self._run("DELETE FROM unread WHERE page = ? AND digest = ?", (page, short_digest(reading.digest)))
        if stored.text_location and text_digest:
            self._add_text(text_digest, stored.text_location)
        return {one for one in (article, held[3] if held else None) if one is not None}

    def _add_text(self, digest: bytes | str, location: RecordLocation) -> None:
        held = self._one("SELECT file, offset FROM text WHERE digest = ?", (digest,))
        # Of two records with one text the earlier, whichever comes in first: a reindex then finds the same.
        if held is None or (location.file, location.offset) < (self.file_name(held[0]), held[1]):
            file = self._file_id(location.file, "text")
            self._run(
                "INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?)", (digest, file, location.offset, location.length)
            )

    def _extractor_id(self, name: str, profile: str | None) -> int:
        self._run("INSERT OR IGNORE INTO extractor (name, profile) VALUES (?, ?)", (name, profile or ""))
        return self._number("SELECT id FROM extractor WHERE name = ? AND profile = ?", name, profile or "")

    def _page_readings(self, page: int, digest: str | None = None) -> dict[str, tuple[ReadingEntry, ...]]:
        """Readings of a page by payload digest, oldest first."""
        wanted = "WHERE r.page = ?" + (" AND r.digest = ?" if digest else "")
        rows = self._all(ENTRIES + wanted, (page, pack_digest(digest)) if digest else (page,))
        found: dict[str, list[ReadingEntry]] = {}
        for row in rows:
            entry = self._entry(row)
            found.setdefault(entry.digest, []).append(entry)
        return {digest: tuple(sorted(entries, key=position_of)) for digest, entries in found.items()}

    def _entry(self, row: Row) -> ReadingEntry:
        extractor, profile, timestamp, digest, outcome, key, text_digest, headline, source, *places = row
        return ReadingEntry(
            extractor=extractor,
            profile=profile or None,
            timestamp=unpack_timestamp(timestamp),
            digest=unpack_digest(digest) or "",
            outcome=OUTCOMES[outcome],
            key=key,
            text_digest=unpack_digest(text_digest),
            headline=headline,
            source=None if source is None else self.name_of(source),
            location=self._location(places[:3]),
            text_location=None if places[3] is None else self._location(places[3:]),
        )

    def _location(self, place: Row | list[int]) -> RecordLocation:
        file, offset, length = place
        return RecordLocation(file=self.file_name(file), offset=offset, length=length)


_ENTRY_COLUMNS = (
    "e.name, e.profile, r.timestamp, r.digest, r.outcome, a.urlkey, r.text_digest, r.headline, r.source, "
    "r.file, r.offset, r.length, t.file, t.offset, t.length"
)
_ENTRY_JOINS = "JOIN extractor e ON e.id = r.extractor LEFT JOIN page a ON a.id = r.article LEFT JOIN text t ON t.digest = r.text_digest"
ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM reading r {_ENTRY_JOINS} "


def position_of(entry: ReadingEntry) -> tuple[str, int]:
    """Where the reading stands in the append-only text files: later is newer."""
    return entry.location.file, entry.location.offset
