"""The catalog: an SQLite index over captures, readings and files, derived from the WARC files and rebuilt from them.

    catalog_database   opening, transactions                catalog_adding     captures taken in
    catalog_tables     what is stored; _upgrades from old   catalog_ranges     captures of a prefix, host, domain, time
    catalog_rows       values of a few bytes                catalog_closest    the capture nearest to a moment
    catalog_packing    a capture as four of them, _row      catalog_originals  what a revisit stands for
    catalog_readings   readings, and where texts lie        catalog_news       counts of articles and versions
    catalog_articles   articles and their addresses         catalog_hits       of hits of a search, many at once
    catalog_lines      short answers, as lines of CDXJ      catalog_writing    lines of CDXJ, many at a time
    here               files, CDXJ of a file, counts

It never opens a WARC file; what it is told is all it knows.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Literal

import msgspec

from archive.formats.cdxj import to_cdxj
from archive.index.catalog_hits import HitCatalog
from archive.index.catalog_lines import LineCatalog
from archive.index.catalog_packing import HAS_RIGHTS, REVISIT_SHIFT
from archive.index.catalog_readings import StoredReading
from archive.index.catalog_rows import OUTCOMES, CaptureKey, capture_key, unpack_timestamp
from archive.model import Capture, Outcome

__all__ = ["CaptureKey", "Catalog", "Counts", "FileEntry", "ReadingCount", "StoredReading", "capture_key"]

FileKind = Literal["archive", "text"]


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A WARC file that the catalog has taken in."""

    name: str
    kind: FileKind
    size: int
    """Bytes taken in, as its reader or writer said: what lies beyond them in the file is not indexed yet."""
    sealed: bool
    uploaded: bool
    captures: int
    """Full responses."""
    revisits: int
    last: str | None
    """Timestamp of its newest capture."""


class ReadingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many payloads of one source, captured on one day, were read, by outcome."""

    source: str | None
    day: str
    """8 digits, UTC."""
    outcome: Outcome
    count: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a collection holds."""

    captures: int
    """Full responses."""
    revisits: int
    urls: int
    """Distinct urlkeys captured."""
    articles: int
    versions: int
    unread: int
    last_capture: str | None
    versions_by_source: dict[str, int]


# Few captures have said something of their use, and those that have stand in a table of their own.
_HIDDEN = (
    f"SELECT count(*), coalesce(sum(c.flags >> {REVISIT_SHIFT} & 3 > 0), 0) FROM rights r JOIN page p ON p.id = r.page "
    "JOIN main.capture c ON c.urlkey = p.urlkey AND c.timestamp = r.timestamp "
    f"WHERE c.flags & {HAS_RIGHTS} AND file_of(c.body) = r.file AND is_hidden(c.body)"
)
_HIDDEN_PAGES = (
    "SELECT count(*) FROM (SELECT DISTINCT page FROM rights) r JOIN page p ON p.id = r.page "
    "WHERE p.captured AND NOT EXISTS (SELECT 1 FROM capture c WHERE c.urlkey = p.urlkey)"
)


class Catalog(HitCatalog, LineCatalog):
    """The whole catalog, for one writer or any number of readers."""

    def set_file(
        self,
        name: str,
        *,
        kind: FileKind | None = None,
        size: int | None = None,
        sealed: bool | None = None,
        uploaded: bool | None = None,
    ) -> None:
        """Note what became of a file; what is not given stays. A new name needs its kind (`archive` is assumed)."""
        with self.transaction():
            number = self._file_id(name, kind or "archive")
            self._run(
                "UPDATE file SET kind = coalesce(?, kind), size = coalesce(?, size), sealed = coalesce(?, sealed), "
                "uploaded = coalesce(?, uploaded) WHERE id = ?",
                (kind, size, sealed, uploaded, number),
            )
            if sealed:
                self._run("DELETE FROM unsealed WHERE file = ?", (number,))

    def files(self, kind: FileKind | None = None) -> list[FileEntry]:
        """The files taken in, by name."""
        rows = self._all(
            "SELECT name, kind, size, sealed, uploaded, captures, revisits, last FROM file "
            "WHERE kind = coalesce(?, kind) ORDER BY name",
            (kind,),
        )
        return [_file_entry(row) for row in rows]

    def get_file(self, name: str) -> FileEntry | None:
        """One file, by its final name; `None` when it is not taken in."""
        row = self._one(
            "SELECT name, kind, size, sealed, uploaded, captures, revisits, last FROM file WHERE name = ?", (name,)
        )
        return _file_entry(row) if row else None

    def export_cdxj(self, file: str) -> Iterator[str]:
        """The CDXJ lines of one file's captures, sorted as bytes.

        Not-modified revisits are left out: pywb would answer them with an empty 304. Quick until the file is noted as
        sealed; afterwards a walk through the whole catalog.
        """
        for _, group in groupby(self._captures_of_file(file), key=lambda one: (one.urlkey, one.timestamp)):
            yield from sorted(to_cdxj(capture) for capture in group if capture.revisit != "not-modified")

    def counts(self) -> Counts:
        """What the collection holds, counted from its tables; without what is hidden."""
        captures, revisits, last = self._all(
            "SELECT coalesce(sum(captures), 0), coalesce(sum(revisits), 0), max(last) FROM file"
        )[0]
        urls = self._number("SELECT count(*) FROM page WHERE captured")
        by_source = self.versions_by_source()
        if self._is_hidden:
            hidden, hidden_revisits = self._all(_HIDDEN)[0]
            captures, revisits = captures - hidden + hidden_revisits, revisits - hidden_revisits
            urls -= self._number(_HIDDEN_PAGES)
            articles = len(self.seen_articles())
        else:
            articles = self._number("SELECT count(DISTINCT article) FROM reading WHERE article IS NOT NULL")
        return Counts(
            captures=captures,
            revisits=revisits,
            urls=urls,
            articles=articles,
            versions=sum(by_source.values()),
            unread=self._number("SELECT count(*) FROM unread"),
            last_capture=None if last is None else unpack_timestamp(last),
            versions_by_source=by_source,
        )

    def reading_counts(self, *, from_day: str = "00000000") -> list[ReadingCount]:
        """Payloads that were read, by source, day of capture and outcome; of several readings of one that which holds."""
        rows = self._all(
            "WITH several AS (SELECT page, digest FROM reading WHERE timestamp >= ?1 "
            "GROUP BY page, digest HAVING count(*) > 1) "
            "SELECT n.name, r.day, r.outcome, sum(r.count) FROM ("
            "SELECT source, day, outcome, count(*) AS count FROM ("
            "SELECT source, timestamp / 1000000 AS day, outcome FROM reading WHERE timestamp >= ?1 "
            "GROUP BY page, digest HAVING count(*) = 1) GROUP BY 1, 2, 3 "
            # SQLite takes the other columns from the row that has the maximum.
            "UNION ALL SELECT source, day, outcome, 1 FROM ("
            "SELECT r.source, r.timestamp / 1000000 AS day, r.outcome, "
            "max((r.outcome <> ?2) || f.name || printf(' %016d', r.offset)) "
            "FROM several JOIN reading r USING (page, digest) JOIN file f ON f.id = r.file "
            "WHERE r.timestamp >= ?1 GROUP BY r.page, r.digest)"
            ") r LEFT JOIN name n ON n.id = r.source GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            (int(from_day) * 1_000_000, OUTCOMES.index("failed")),
        )
        return [
            ReadingCount(source=source, day=f"{day:08d}", outcome=OUTCOMES[outcome], count=count)
            for source, day, outcome, count in rows
        ]

    def _captures_of_file(self, file: str) -> Iterator[Capture]:
        number = self._number("SELECT id FROM file WHERE name = ?", file)
        moments = self._all(
            "SELECT DISTINCT p.urlkey, u.timestamp FROM unsealed u JOIN page p ON p.id = u.page "
            "WHERE u.file = ? ORDER BY p.urlkey, u.timestamp",
            (number,),
        )
        if not moments:
            yield from (row.capture() for row in self.rows() if row.file == file)
            return
        for urlkey, timestamp in moments:
            yield from (one for one in self._captures_at(urlkey, timestamp) if one.location.file == file)


def _file_entry(row: tuple[str, FileKind, int, int, int, int, int, int | None]) -> FileEntry:
    name, kind, size, sealed, uploaded, captures, revisits, last = row
    return FileEntry(
        name=name,
        kind=kind,
        size=size,
        sealed=bool(sealed),
        uploaded=bool(uploaded),
        captures=captures,
        revisits=revisits,
        last=None if last is None else unpack_timestamp(last),
    )
