"""Adding captures to the catalog, and with each what follows from it: its page, its redirect, that it is to be read.

Captures come in any order, and again; what is known already changes nothing.
"""

from collections.abc import Iterable

from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_database import HTML_MIMES, Database
from archive.index.catalog_packing import PackedRow, is_requisite, pack_capture, pack_tie, short_digest, tail_of
from archive.index.catalog_rows import pack_digest, pack_timestamp
from archive.model import Capture


def is_whole_page(capture: Capture) -> bool:
    """Whether a capture is a complete 200 of an HTML page that holds what there is to read: its payload, or its DOM."""
    holds = capture.revisit is None or capture.dom is not None
    return holds and capture.mime in HTML_MIMES and capture.status == 200 and not capture.truncated


_FIRST = "urlkey = ? AND timestamp = ? AND tie = x''"
"""The first capture of a second has no tie: nearly always it is the only one."""
_ADD = "INSERT INTO capture VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


class AddingCatalog(Database):
    """The part of the catalog that takes captures in."""

    def add_captures(self, captures: Iterable[Capture]) -> int:
        """Take in captures, in one commit of their own where no transaction is open; the number that were new."""
        added: dict[int, tuple[int, int, int]] = {}
        with self.transaction():
            for capture in captures:
                file, timestamp = self._file_id(capture.location.file, "archive"), pack_timestamp(capture.timestamp)
                if self._add_capture(capture, file, timestamp):
                    originals, revisits, last = added.get(file, (0, 0, 0))
                    is_revisit = capture.revisit is not None
                    added[file] = originals + (not is_revisit), revisits + is_revisit, max(last, timestamp)
            for file, counts in added.items():
                self._run(
                    "UPDATE file SET captures = captures + ?, revisits = revisits + ?, last = max(coalesce(last, 0), ?) "
                    "WHERE id = ?",
                    (*counts, file),
                )
        return sum(originals + revisits for originals, revisits, _ in added.values())

    def _add_capture(self, capture: Capture, file: int, timestamp: int) -> bool:
        where = capture.location.file, capture.location.offset
        row = pack_capture(capture, file, self._name_id(capture.mime))
        if not (self._changes(_ADD, (*row[:2], b"", *row[2:])) or self._add_tied(row, pack_tie(*where))):
            return False
        page = self._page_id(capture.urlkey, captured=True)
        self._run(
            "INSERT INTO unsealed SELECT id, ?, ?, ? FROM file WHERE id = ? AND NOT sealed ON CONFLICT DO NOTHING",
            (capture.location.offset, page, timestamp, file),
        )
        if is_requisite(row[2], capture.size):
            self._run(
                "INSERT INTO requisite VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (short_digest(capture.digest), page, timestamp),
            )
        if capture.rights:
            self._run("INSERT INTO rights VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (file, page, timestamp))
        if capture.redirect:
            self._add_redirect(page, capture.redirect, timestamp)
        digest = pack_digest(capture.read_digest)
        if is_whole_page(capture) and digest:
            self._run(
                "INSERT INTO unread SELECT ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM reading WHERE page = ? AND digest = ?) ON CONFLICT DO NOTHING",
                (page, short_digest(capture.read_digest), timestamp, page, digest),
            )
        return True

    def _add_tied(self, row: PackedRow, tie: bytes) -> bool:
        """Take in a capture of a URL and second that has one already; `False` where it is known."""
        ((body,),) = self._all(f"SELECT body FROM capture WHERE {_FIRST}", row[:2])
        first = tail_of(body)
        first_tie = pack_tie(self.file_name(first.file), first.offset)
        if tie == first_tie:
            return False
        if tie < first_tie:
            self._run(f"UPDATE capture SET tie = ? WHERE {_FIRST}", (first_tie, *row[:2]))
            tie = b""
        return self._changes(_ADD, (*row[:2], tie, *row[2:]))

    def _add_redirect(self, source: int, url: str, timestamp: int) -> None:
        try:
            target = self._page_id(urlkey_of(url))
        except QueryInvalid:
            return  # a Location header says what it likes
        if target != source:
            self._run(
                "INSERT INTO redirect VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)",
                (source, target, timestamp),
            )

    def _page(self, urlkey: str) -> int | None:
        """Id of a page; `None` where its urlkey is not known."""
        row = self._one("SELECT id FROM page WHERE urlkey = ?", (urlkey,))
        return int(row[0]) if row else None

    def _page_id(self, urlkey: str, *, captured: bool = False) -> int:
        """Id of a page, which has one from now on; a page is known before it is captured where another names it."""
        row = self._one("SELECT id, captured FROM page WHERE urlkey = ?", (urlkey,))
        if row is None:
            return self._insert("INSERT INTO page (urlkey, captured) VALUES (?, ?)", (urlkey, captured))
        if captured and not row[1]:
            self._run("UPDATE page SET captured = 1 WHERE id = ?", (row[0],))
        return int(row[0])
