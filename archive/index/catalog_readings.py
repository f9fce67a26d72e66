"""The catalog's readings: which captures have been read, which article they show, and where its text lies.

A reading belongs to a page and the digest of what was read of it, payload or DOM, so revisits inherit it. An article is known by its key; the pages whose
readings name that key are its addresses, and redirects lead from those it has left.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_adding import is_whole_page
from archive.index.catalog_database import Row
from archive.index.catalog_originals import OriginalsCatalog
from archive.index.catalog_rows import (
    OUTCOMES,
    capture_key,
    pack_digest,
    pack_timestamp,
    unpack_digest,
    unpack_timestamp,
)
from archive.index.catalog_tables import REFRESH_NEWS
from archive.model import Capture, Reading, RecordLocation
from archive.versions import Observation, ReadingEntry

_REDIRECTS = 5
"""Redirects followed from one address to the next."""
_LANDING = 3
"""A page that more articles than this redirect to is where a site sends readers of what is gone, not a new address."""
_ADDRESSES = 100
"""Addresses of one article that are searched for redirects, the newest first."""


class StoredReading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading, and where it was written."""

    reading: Reading
    location: RecordLocation
    """Of its `metadata` record."""
    text_location: RecordLocation | None = None
    """Of its `conversion` record; `None` when the text was known or there is none."""


class ReadingCatalog(OriginalsCatalog):
    """The half of the catalog that knows readings, and through them articles."""

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
        return sorted((self._entry(row) for row in rows), key=lambda one: (one.timestamp, *_position(one)))

    def text_location(self, text_digest: str) -> RecordLocation | None:
        """Where the text with this digest is written; `None` when it is new."""
        row = self._one("SELECT file, offset, length FROM text WHERE digest = ?", (pack_digest(text_digest),))
        return self._location(row) if row else None

    def article_keys(self, urlkey: str) -> tuple[str, ...]:
        """Keys of the article at this address, its present one first; none where no article is.

        More than one when it has moved: addresses that redirect to each other, over at most five hops, are one
        article's.
        """
        page = self._page(urlkey)
        if page is None:
            return ()
        todo = list(self._articles_at(page))
        if not todo:
            moved = self._moved_to(page)
            todo = list(self._articles_at(moved)) if moved else []
        if not todo:
            # A new address that nobody has read yet, and that an article redirects to already.
            todo = [article for other in self._moved_from(page) for article in self._articles_at(other)]
        keys: dict[int, int] = {}
        while todo:
            article = todo.pop()
            if article in keys:
                continue
            addresses = self._addresses(article)
            keys[article] = max(addresses.values(), default=0)
            for address in addresses:
                moved = self._moved_to(address)
                for other in (*self._moved_from(address), *([moved] if moved else [])):
                    todo.extend(self._articles_at(other))
        newest_first = sorted(keys, key=lambda article: (-keys[article], article))
        return tuple(self._urlkey(article) for article in newest_first)

    def observations(self, keys: Collection[str]) -> Iterator[Observation]:
        """The complete 200s and revisits that showed this article, over all its addresses, oldest first, lazily."""
        addresses: set[int] = set()
        for key in keys:
            page = self._page(key)
            if page is not None:
                addresses.update(self._addresses(page, limit=-1))
        streams = [self._observations_at(address, keys) for address in addresses]
        return heapq.merge(*streams, key=lambda one: (one.capture.timestamp, capture_key(one.capture)))

    def unread(self, *, limit: int | None = None) -> Iterator[Capture]:
        """HTML pages that nobody has read, each payload once, oldest page first: what a crash or an import left."""
        last: tuple[int, bytes | str] = (0, b"")
        while limit is None or limit > 0:
            rows = self._all(
                "SELECT u.page, u.digest, u.timestamp, u.file, u.offset, p.urlkey FROM unread u "
                "JOIN page p ON p.id = u.page WHERE (u.page, u.digest) > (?, ?) ORDER BY u.page, u.digest LIMIT ?",
                (*last, min(limit or 256, 256)),
            )
            for row in rows:
                capture = self._capture_at(row[5], row[2:5])
                if capture:
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

    def sites(self) -> list[str]:
        """The sites of all pages: the first part of their urlkeys, such as `org,example)`."""
        rows = self._all("SELECT DISTINCT substr(urlkey, 1, instr(urlkey, ')')) AS site FROM page ORDER BY site")
        return [site for (site,) in rows if site]

    def recent_articles(
        self, site: str, extractor: str, *, limit: int
    ) -> list[tuple[Capture, tuple[ReadingEntry, ...]]]:
        """The newest pages of a site that this extractor took for articles; newest first.

        Each page once, with its newest capture that was read, and with all readings of that, oldest first.
        """
        outcomes = OUTCOMES.index("article"), OUTCOMES.index("unchanged")
        # Pages first: one that changes all day has more readings than all the others.
        pages = self._all(
            "SELECT p.id, p.urlkey, max(r.timestamp) AS newest FROM page p JOIN reading r ON r.page = p.id "
            "JOIN extractor e ON e.id = r.extractor WHERE p.urlkey >= ? AND p.urlkey < ? AND e.name = ? "
            "AND r.outcome IN (?, ?) GROUP BY p.id ORDER BY newest DESC, p.id DESC LIMIT ?",
            (site, site + _LAST, extractor, *outcomes, limit),
        )
        found = []
        for page, urlkey, newest in pages:
            rows = self._all(
                ENTRIES + "WHERE r.page = ? AND r.timestamp = ? AND e.name = ? AND r.outcome IN (?, ?)",
                (page, newest, extractor, *outcomes),
            )
            entries = sorted(map(self._entry, rows), key=_position)
            capture = self._capture_with(urlkey, entries[-1])
            if capture is not None:
                found.append((capture, tuple(entry for entry in entries if entry.digest == capture.read_digest)))
        return found

    def first_article(self, site: str) -> str | None:
        """Timestamp of the oldest capture of this site that was taken for an article."""
        row = self._one(
            "SELECT min(r.timestamp) FROM page p JOIN reading r ON r.page = p.id "
            "WHERE p.urlkey >= ? AND p.urlkey < ? AND r.outcome IN (?, ?)",
            (site, site + _LAST, OUTCOMES.index("article"), OUTCOMES.index("unchanged")),
        )
        return unpack_timestamp(row[0]) if row and row[0] else None

    def _capture_with(self, urlkey: str, entry: ReadingEntry) -> Capture | None:
        """The capture that a reading was made of."""
        seen = self.captures(urlkey=urlkey, from_timestamp=entry.timestamp, to_timestamp=entry.timestamp)
        return next((one for one in seen if one.read_digest == entry.digest), None)

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
        self._run("DELETE FROM unread WHERE page = ? AND digest = ?", (page, digest))
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
        return {digest: tuple(sorted(entries, key=_position)) for digest, entries in found.items()}

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

    def _articles_at(self, page: int) -> set[int]:
        """Articles (ids of their keys' pages) that this page shows, by the reading that holds of each payload."""
        rows = self._all(
            "SELECT digest, article, outcome, file, offset FROM reading WHERE page = ? AND outcome != ?",
            (page, OUTCOMES.index("failed")),
        )
        holding: dict[bytes | str, tuple[tuple[str, int], int | None]] = {}
        for digest, article, outcome, file, offset in rows:
            shown = article if OUTCOMES[outcome] in ("article", "unchanged") else None
            position = (self.file_name(file), offset)
            if digest not in holding or holding[digest][0] < position:
                holding[digest] = (position, shown)
        return {article for _, article in holding.values() if article is not None}

    def _addresses(self, article: int, *, limit: int = _ADDRESSES) -> dict[int, int]:
        """Pages that show the article, each with the time of its newest reading; the newest first."""
        rows = self._all(
            "SELECT page, max(timestamp) AS newest FROM reading WHERE article = ? GROUP BY page "
            "ORDER BY newest DESC, page LIMIT ?",
            (article, limit),
        )
        return {page: newest for page, newest in rows if article in self._articles_at(page)}

    def _moved_to(self, page: int) -> int | None:
        """The article's page that redirects from this page end at."""
        seen = {page}
        for _ in range(_REDIRECTS):
            row = self._one(
                "SELECT target FROM redirect WHERE source = ? ORDER BY timestamp DESC, target LIMIT 1", (page,)
            )
            if row is None or row[0] in seen:
                return None
            page = row[0]
            seen.add(page)
            if self._articles_at(page):
                return page if len(self._sources(page)) <= _LANDING else None
        return None

    def _moved_from(self, page: int) -> list[int]:
        """Pages of articles that redirect to this page; none where it is a landing page."""
        sources = self._sources(page)
        return sources if len(sources) <= _LANDING else []

    def _sources(self, page: int) -> list[int]:
        """Pages of articles whose newest redirects end at this page; one too many at most."""
        found: list[int] = []
        seen, level = {page}, [page]
        for _ in range(_REDIRECTS):
            following: list[int] = []
            for target in level:
                rows = self._all(
                    "SELECT source FROM redirect WHERE target = ? ORDER BY source LIMIT ?", (target, _ADDRESSES)
                )
                for (source,) in rows:
                    if source in seen or not self._leads_to(source, target):
                        continue
                    seen.add(source)
                    if not self._articles_at(source):
                        following.append(source)
                    else:
                        found.append(source)
                        if len(found) > _LANDING:
                            return found
            level = following[:_ADDRESSES]
        return found

    def _leads_to(self, source: int, target: int) -> bool:
        row = self._one(
            "SELECT target FROM redirect WHERE source = ? ORDER BY timestamp DESC, target LIMIT 1", (source,)
        )
        return row is not None and row[0] == target

    def _observations_at(self, address: int, keys: Collection[str]) -> Iterator[Observation]:
        readings = self._page_readings(address)
        for capture in self.captures(urlkey=self._urlkey(address)):
            if capture.truncated or not (capture.status == 200 or capture.revisit == "not-modified"):
                continue
            digest = capture.read_digest
            if capture.revisit and capture.dom is None and digest not in readings:
                original = self.original_of(capture)  # whose digest is not spelled as a foreign writer spelled it
                digest = original.digest if original else None
            observation = Observation(capture=capture, readings=readings.get(digest or "", ()))
            reading = observation.reading
            if reading and reading.is_article and reading.key in keys:
                yield observation

    def _urlkey(self, page: int) -> str:
        row = self._one("SELECT urlkey FROM page WHERE id = ?", (page,))
        return str(row[0]) if row else ""


_ENTRY_COLUMNS = (
    "e.name, e.profile, r.timestamp, r.digest, r.outcome, a.urlkey, r.text_digest, r.headline, r.source, "
    "r.file, r.offset, r.length, t.file, t.offset, t.length"
)
_ENTRY_JOINS = "JOIN extractor e ON e.id = r.extractor LEFT JOIN page a ON a.id = r.article LEFT JOIN text t ON t.digest = r.text_digest"
ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM reading r {_ENTRY_JOINS} "
_LAST = "\U0010ffff"


def _position(entry: ReadingEntry) -> tuple[str, int]:
    """Where the reading stands in the append-only text files: later is newer."""
    return entry.location.file, entry.location.offset
