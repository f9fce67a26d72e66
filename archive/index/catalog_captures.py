"""The catalog's captures: adding them, and every question that an index range answers.

Long answers are read in pieces that each stand by themselves, so a caller may take its time, and a host with a million
captures is never in memory. Readings are `catalog_readings`'.
"""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from archive.errors import QueryInvalid
from archive.formats.urlkey import urlkey as urlkey_of
from archive.index.catalog_database import HTML_MIMES, Database, Row
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import (
    FAR_FUTURE,
    FAR_PAST,
    NOT_MODIFIED,
    REVISITS,
    TRUNCATIONS,
    CaptureKey,
    capture_key,
    pack_code,
    pack_digest,
    pack_record_id,
    pack_timestamp,
    seconds,
    unpack_digest,
    unpack_record_id,
    unpack_timestamp,
)
from archive.model import Capture, Dom, RecordLocation, Reference

_FIRST_PIECE, _LARGEST_PIECE = 32, 1024
_WALK = 10_000
"""Captures looked at on either side of a time for a better answer than the nearest: 3 ms at worst."""
_WALK_IDENTICAL = 1000
"""Captures of one URL that a new payload is compared with."""

_COLUMNS = (
    "c.timestamp, c.file, c.offset, c.length, c.mime, c.status, c.digest, c.record, c.size, c.revisit, c.truncated, "
    "c.url, c.refers_timestamp, c.refers_record, c.refers_url, c.redirect, c.dom_digest, c.dom_offset, c.dom_length, "
    "c.rights"
)
_GOOD = f"(c.status BETWEEN 200 AND 299 OR c.revisit = {NOT_MODIFIED}) AND c.truncated IS NULL"
_NO_LOOP = "(c.redirect IS NULL OR urlkey_of(c.redirect) IS NOT :urlkey)"
_ORIGINAL = "c.status = 200 AND c.revisit IS NULL AND c.truncated IS NULL"
_REQUISITE = "c.mime > 2 AND c.status = 200 AND c.revisit IS NULL AND c.truncated IS NULL AND c.size > 0"
_SIDE = (
    f"SELECT * FROM (SELECT {_COLUMNS}, p.urlkey, p.url FROM page p CROSS JOIN capture c ON c.page = p.id "
    "WHERE p.urlkey = ? AND c.timestamp {} ? ORDER BY c.timestamp {} LIMIT 2)"
)
_CLOSEST = _SIDE.format("<=", "DESC") + " UNION ALL " + _SIDE.format(">", "ASC")
"""Two captures on either side of a time: enough where both sides begin with a good one, which is nearly always."""


def is_whole_page(capture: Capture) -> bool:
    """Whether a capture is a complete 200 of an HTML page that holds what there is to read: its payload, or its DOM."""
    holds = capture.revisit is None or capture.dom is not None
    return holds and capture.mime in HTML_MIMES and capture.status == 200 and not capture.truncated


class CaptureCatalog(Database):
    """The half of the catalog that knows captures."""

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

    def captures(
        self,
        *,
        start: str = "",
        end: str | None = None,
        urlkey: str | None = None,
        from_timestamp: str | None = None,
        to_timestamp: str | None = None,
        newest_first: bool = False,
        after: CaptureKey | None = None,
        limit: int | None = None,
    ) -> Iterator[Capture]:
        """Captures in order of urlkey, timestamp, file and offset, lazily; all of it turned round by `newest_first`.

        Either of one `urlkey` or of a range as `archive.formats.urlkey.match_range` gives it; times are inclusive.
        `after` resumes behind a capture seen before. Captures added meanwhile may or may not appear.
        """
        if urlkey is not None:
            start, end = urlkey, urlkey + "\0"
        times = (int(from_timestamp or FAR_PAST), int(to_timestamp or FAR_FUTURE))
        piece = _FIRST_PIECE if limit is None else min(limit + 1, _LARGEST_PIECE)
        return islice(self._captures(start, end, times, newest_first, after, piece), limit)

    def rows(
        self,
        *,
        start: str = "",
        end: str | None = None,
        urlkey: str | None = None,
        from_timestamp: str | None = None,
        to_timestamp: str | None = None,
        newest_first: bool = False,
        after: CaptureKey | None = None,
        limit: int | None = None,
    ) -> Iterator[CaptureRow]:
        """As `captures`, in rows that decode what is asked of them: for answers of many captures."""
        found = self.captures(
            start=start,
            end=end,
            urlkey=urlkey,
            from_timestamp=from_timestamp,
            to_timestamp=to_timestamp,
            newest_first=newest_first,
            after=after,
            limit=limit,
        )
        return map(CaptureRow, found)

    def count(
        self,
        start: str = "",
        end: str | None = None,
        from_timestamp: str | None = None,
        to_timestamp: str | None = None,
        *,
        most: int | None = None,
    ) -> int:
        """How many captures a range has, none of them decoded; counting stops at `most`."""
        times = (int(from_timestamp or FAR_PAST), int(to_timestamp or FAR_FUTURE))
        return self._number(
            "SELECT count(*) FROM (SELECT 1 FROM page p CROSS JOIN capture c ON c.page = p.id WHERE p.urlkey >= ? "
            f"{'AND p.urlkey < ?' if end is not None else ''} AND c.timestamp BETWEEN ? AND ? LIMIT ?)",
            start,
            *([end] if end is not None else []),
            *times,
            -1 if most is None else most,
        )

    def closest(self, urlkey: str, timestamp: str) -> Capture | None:
        """The capture that answers best for this time; `None` when the URL was never captured.

        A complete 2xx (or 304) before any other status, then the nearest in time, then the earlier. A redirect to the
        same urlkey never answers: following it would come back here.
        """
        moment = pack_timestamp(timestamp)
        rows = self._all(_CLOSEST, (urlkey, moment, urlkey, moment))
        if not rows:
            return None
        page = (None, rows[0][-2], rows[0][-1])
        if all(_is_good(row) for row in rows) and len({row[0] for row in rows}) == len(rows):
            return self._capture(page, _nearest_to(moment, rows))
        for condition in (_GOOD, _NO_LOOP):
            sides = [self._nearest(urlkey, moment, condition, forward=forward) for forward in (False, True)]
            found = [row for row in sides if row]
            if found:
                return self._capture(page, _nearest_to(moment, found))
        return None

    def nearest(self, urlkey: str, timestamp: str) -> Iterator[Capture]:
        """All captures of a URL, the nearest in time first, lazily."""
        goal = seconds(pack_timestamp(timestamp))

        def distance(capture: Capture) -> int:
            return abs(seconds(pack_timestamp(capture.timestamp)) - goal)

        before = self.captures(urlkey=urlkey, to_timestamp=timestamp, newest_first=True)
        behind = self.captures(urlkey=urlkey, from_timestamp=unpack_timestamp(pack_timestamp(timestamp) + 1))
        return heapq.merge(before, behind, key=distance)

    def spans(self, urlkey: str, size: int, *, start: str = "") -> Iterator[tuple[str, str]]:
        """First and last timestamp of every `size` captures of a URL, from `start` on; a second is never parted."""
        page = self._page(urlkey)
        if page is None:
            return
        sides = "SELECT timestamp FROM capture WHERE page = ? AND timestamp >= ? ORDER BY timestamp {} LIMIT 1 OFFSET ?"
        newest = self._one(sides.format("DESC"), (page[0], FAR_PAST, 0))
        first = self._one(sides.format(""), (page[0], int(start or FAR_PAST), 0))
        while first and newest:
            last = self._one(sides.format(""), (page[0], first[0], size - 1)) or newest
            yield unpack_timestamp(first[0]), unpack_timestamp(last[0])
            first = self._one(sides.format(""), (page[0], last[0] + 1, 0))

    def urlkeys(self, start: str, end: str) -> Iterator[str]:
        """The captured urlkeys of a range, in order, lazily."""
        piece = _FIRST_PIECE
        while True:
            rows = self._all(
                "SELECT urlkey FROM page WHERE urlkey >= ? AND urlkey < ? AND url IS NOT NULL ORDER BY urlkey LIMIT ?",
                (start, end, piece),
            )
            yield from (key for (key,) in rows)
            if len(rows) < piece:
                return
            start = rows[-1][0] + "\0"
            piece = min(piece * 4, _LARGEST_PIECE)

    def latest_original(self, url: str) -> Capture | None:
        """The full, complete 200 that shows what this very URL last said: what a conditional request is made from."""
        page = self._page(urlkey_of(url))
        if page is None:
            return None
        row = self._one(
            f"SELECT {_COLUMNS} FROM (SELECT * FROM capture WHERE page = ? ORDER BY timestamp DESC LIMIT {_WALK}) AS c "
            "WHERE c.truncated IS NULL AND (c.status = 200 OR c.revisit IS NOT NULL) AND coalesce(c.url, ?) = ? LIMIT 1",
            (page[0], page[2], url),
        )
        if row is None:
            return None
        newest = self._capture(page, row)
        original = self.original_of(newest) if newest.revisit else newest
        if original and original.url == url and original.status == 200 and original.truncated is None:
            return original
        row = self._one(
            f"SELECT {_COLUMNS} FROM (SELECT * FROM capture WHERE page = ? ORDER BY timestamp DESC LIMIT {_WALK}) AS c "
            f"WHERE {_ORIGINAL} AND coalesce(c.url, ?) = ? LIMIT 1",
            (page[0], page[2], url),
        )
        return self._capture(page, row) if row else None

    def original_of(self, capture: Capture) -> Capture | None:
        """The full response that a revisit stands for; the capture itself when it is none; `None` when it is missing.

        Found by what the revisit refers to (record id, then URL and time), else by digest: within its URL the newest
        before it, then in all of the archive's requisites.
        """
        if capture.revisit is None:
            return capture
        if capture.refers_to:
            for candidate in self._at(capture.refers_to):
                if _agree(candidate, capture):
                    return candidate
        packed = pack_digest(capture.digest)
        page = self._page(capture.urlkey)
        if page:
            row = self._one(
                f"SELECT {_COLUMNS} FROM (SELECT * FROM capture WHERE page = ? AND timestamp <= ? "
                f"ORDER BY timestamp DESC LIMIT {_WALK}) AS c WHERE c.digest = coalesce(?, c.digest) AND {_ORIGINAL} LIMIT 1",
                (page[0], pack_timestamp(capture.timestamp), packed),
            )
            if row:
                return self._capture(page, row)
        return self._requisite(packed) if packed else None

    def read_from(self, capture: Capture) -> Capture | None:
        """The capture that holds what this one shows: itself where it has a DOM, else its original."""
        return capture if capture.dom else self.original_of(capture)

    def find_identical(self, digest: str, size: int, *, url: str | None = None) -> Capture | None:
        """A complete 200 with this payload, for a revisit to point at; of this very URL, or with `None` of any.

        Any URL's means any requisite's: pages are held against captures of their own URL alone.
        """
        if size <= 0:
            return None
        packed = pack_digest(digest)
        if url is None:
            return self._requisite(packed, size)
        page = self._page(urlkey_of(url))
        if page is None:
            return None
        row = self._one(
            f"SELECT {_COLUMNS} FROM (SELECT * FROM capture WHERE page = ? ORDER BY timestamp DESC "
            f"LIMIT {_WALK_IDENTICAL}) AS c "
            f"WHERE c.digest = ? AND c.size = ? AND {_ORIGINAL} AND coalesce(c.url, ?) = ? LIMIT 1",
            (page[0], packed, size, page[2], url),
        )
        return self._capture(page, row) if row else None

    def hides_bytes(self, file: str, start: int, end: int) -> bool:
        """Whether a range of a WARC file holds a part of a hidden capture."""
        if self._is_hidden is None:
            return False
        rows = self._all(
            "SELECT rights, offset, length, dom_offset, dom_length FROM main.capture "
            "WHERE file = (SELECT id FROM file WHERE name = ?) AND rights IS NOT NULL AND (offset < ? OR dom_offset < ?)",
            (file, end, end),
        )
        for rights, offset, length, dom_offset, dom_length in rows:
            reaches = offset < end and offset + length > start
            if dom_offset is not None:
                reaches = reaches or (dom_offset < end and dom_offset + dom_length > start)
            if reaches and self._is_hidden(rights):
                return True
        return False

    def _add_capture(self, capture: Capture, file: int, timestamp: int) -> bool:
        page = self._page_id(capture.urlkey, capture.url)
        digest = pack_digest(capture.digest)
        refers_to = capture.refers_to
        added = self._run(
            "INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "nullif(?, (SELECT url FROM page WHERE id = ?)), ?, ?, nullif(?, ?), ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                page,
                timestamp,
                file,
                capture.location.offset,
                capture.location.length,
                self._name_id(capture.mime),
                capture.status,
                digest,
                pack_record_id(capture.record_id),
                capture.size,
                pack_code(REVISITS, capture.revisit),
                pack_code(TRUNCATIONS, capture.truncated),
                capture.url,
                page,
                pack_timestamp(refers_to.timestamp) if refers_to else None,
                pack_record_id(refers_to.record_id) if refers_to else None,
                refers_to.url if refers_to else None,
                capture.url,
                capture.redirect,
                pack_digest(capture.dom.digest) if capture.dom else None,
                capture.dom.location.offset if capture.dom else None,
                capture.dom.location.length if capture.dom else None,
                " ".join(capture.rights) or None,
            ),
        ).rowcount
        if not added:
            return False
        self._run(
            "INSERT INTO unsealed SELECT id, ?, ?, ? FROM file WHERE id = ? AND NOT sealed ON CONFLICT DO NOTHING",
            (capture.location.offset, page, timestamp, file),
        )
        if capture.redirect:
            self._add_redirect(page, capture.redirect, timestamp)
        digest = pack_digest(capture.read_digest)
        if is_whole_page(capture) and digest:
            self._run(
                "INSERT INTO unread SELECT ?, ?, ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM reading WHERE page = ? AND digest = ?) ON CONFLICT DO NOTHING",
                (page, digest, timestamp, file, capture.location.offset, page, digest),
            )
        return True

    def _add_redirect(self, source: int, url: str, timestamp: int) -> None:
        try:
            target = self._page_id(urlkey_of(url), None)
        except QueryInvalid:
            return  # a Location header says what it likes
        if target != source:
            self._run(
                "INSERT INTO redirect VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET timestamp = max(timestamp, excluded.timestamp)",
                (source, target, timestamp),
            )

    def _page_id(self, urlkey: str, url: str | None) -> int:
        page = self._page(urlkey)
        if page is None:
            return int(self._run("INSERT INTO page (urlkey, url) VALUES (?, ?)", (urlkey, url)).lastrowid or 0)
        if page[2] is None and url is not None:
            self._run("UPDATE page SET url = ? WHERE id = ?", (url, page[0]))
        return int(page[0])

    def _page(self, urlkey: str) -> Row | None:
        """Id, urlkey and first URL of a page."""
        return self._one("SELECT id, urlkey, url FROM page WHERE urlkey = ?", (urlkey,))

    def _captures(
        self,
        start: str,
        end: str | None,
        times: tuple[int, int],
        newest_first: bool,
        after: CaptureKey | None,
        piece: int,
    ) -> Iterator[Capture]:
        # Where the next piece begins: inside this page, at its captures beyond this time; then with the pages beyond it.
        page: tuple[str, int] | None = None
        if after and start <= after[0] and (end is None or after[0] < end):
            page = (after[0], int(after[1]) + (1 if newest_first else -1))
        while True:
            rows = self._piece(start, end, times, newest_first, page, piece)
            full = len(rows) == piece
            if full:
                # The last second may go on in the next piece, and captures of one second are put in order together.
                last = (rows[-1][-2], rows[-1][0])
                whole = [row for row in rows if (row[-2], row[0]) != last]
                if not whole:
                    piece *= 4
                    continue
                rows = whole
            if any(one[0] == next_one[0] for one, next_one in pairwise(rows)):
                # By file name, which unlike the file's number is the same after a reindex.
                rows.sort(key=self._row_key, reverse=newest_first)
            for row in rows:
                if after is None or self._is_beyond(row, after, newest_first):
                    yield self._capture((None, row[-2], row[-1]), row)
            if not full:
                return
            page = (rows[-1][-2], rows[-1][0])
            piece = min(piece * 4, _LARGEST_PIECE)

    def _row_key(self, row: Row) -> CaptureKey:
        return row[-2], unpack_timestamp(row[0]), self._file(row[1]), row[2]

    def _is_beyond(self, row: Row, after: CaptureKey, newest_first: bool) -> bool:
        key = self._row_key(row)
        return key < after if newest_first else key > after

    def _piece(
        self,
        start: str,
        end: str | None,
        times: tuple[int, int],
        newest_first: bool,
        page: tuple[str, int] | None,
        limit: int,
    ) -> list[Row]:
        first, last = times
        way = "DESC" if newest_first else ""
        rows: list[Row] = []
        if page:
            urlkey, beyond = page
            bounds = (first, min(last, beyond - 1)) if newest_first else (max(first, beyond + 1), last)
            rows = self._all(
                f"SELECT {_COLUMNS}, p.urlkey, p.url FROM page p JOIN capture c ON c.page = p.id "
                "WHERE p.urlkey = ? AND c.timestamp BETWEEN ? AND ? "
                f"ORDER BY c.timestamp {way}, c.file {way}, c.offset {way} LIMIT ?",
                (urlkey, *bounds, limit),
            )
            if newest_first:
                end = urlkey
            else:
                start = urlkey + "\0"
        if len(rows) < limit and (end is None or start < end):
            rows += self._all(
                f"SELECT {_COLUMNS}, p.urlkey, p.url FROM page p CROSS JOIN capture c ON c.page = p.id "
                f"WHERE p.urlkey >= ? {'AND p.urlkey < ?' if end is not None else ''} AND c.timestamp BETWEEN ? AND ? "
                f"ORDER BY p.urlkey {way}, c.timestamp {way}, c.file {way}, c.offset {way} LIMIT ?",
                (start, *([end] if end is not None else []), first, last, limit - len(rows)),
            )
        return rows

    def _nearest(self, urlkey: str, moment: int, condition: str, *, forward: bool) -> Row | None:
        """The row nearest on one side that meets the condition."""
        side, way = (">", "") if forward else ("<=", "DESC")
        parameters = {"urlkey": urlkey, "moment": moment}
        rows = self._all(
            f"SELECT {_COLUMNS} FROM (SELECT c.* FROM page p JOIN capture c ON c.page = p.id WHERE p.urlkey = :urlkey "
            f"AND c.timestamp {side} :moment ORDER BY c.timestamp {way} LIMIT {_WALK}) AS c WHERE {condition} LIMIT 2",
            parameters,
        )
        if len(rows) == 2 and rows[0][0] == rows[1][0]:
            parameters["moment"] = rows[0][0]
            rows = self._all(
                f"SELECT {_COLUMNS} FROM page p JOIN capture c ON c.page = p.id WHERE p.urlkey = :urlkey "
                f"AND c.timestamp = :moment AND {condition} LIMIT {_WALK}",
                parameters,
            )
            rows.sort(key=lambda row: (self._file(row[1]), row[2]))
        return rows[0] if rows else None

    def _capture_at(self, page: Row, place: Row) -> Capture | None:
        """The capture with this timestamp, file number and offset."""
        row = self._one(
            f"SELECT {_COLUMNS} FROM capture c WHERE c.page = ? AND c.timestamp = ? AND c.file = ? AND c.offset = ?",
            (page[0], *place),
        )
        return self._capture(page, row) if row else None

    def _at(self, reference: Reference) -> list[Capture]:
        """Full responses of that URL and time, the one with that record id first."""
        try:
            page = self._page(urlkey_of(reference.url))
        except QueryInvalid:
            return []
        if page is None:
            return []
        rows = self._all(
            f"SELECT {_COLUMNS} FROM capture c WHERE c.page = ? AND c.timestamp = ? AND c.revisit IS NULL LIMIT {_WALK}",
            (page[0], pack_timestamp(reference.timestamp)),
        )
        found = [self._capture(page, row) for row in rows]
        found.sort(key=lambda one: (one.record_id != reference.record_id, one.url != reference.url, capture_key(one)))
        return found

    def _requisite(self, digest: bytes | str | None, size: int | None = None) -> Capture | None:
        row = self._one(
            f"SELECT {_COLUMNS}, p.urlkey, p.url FROM capture c JOIN page p ON p.id = c.page "
            f"WHERE c.digest = ? AND {_REQUISITE} AND c.size = coalesce(?, c.size) LIMIT 1",
            (digest, size),
        )
        return self._capture((None, row[-2], row[-1]), row) if row else None

    def _capture(self, page: Row, row: Row) -> Capture:
        """A capture from the values of `_COLUMNS`."""
        (timestamp, file, offset, length, mime, status, digest, record, size, revisit, truncated, url) = row[:12]
        refers_timestamp, refers_record, refers_url, redirect, dom_digest, dom_offset, dom_length, rights = row[12:20]
        url = url or page[2]
        refers_to = None
        if refers_timestamp is not None:
            refers_to = Reference(
                url=refers_url or url,
                timestamp=unpack_timestamp(refers_timestamp),
                record_id=unpack_record_id(refers_record),
            )
        dom = None
        if dom_digest is not None:
            place = RecordLocation(file=self._file(file), offset=dom_offset, length=dom_length)
            dom = Dom(digest=unpack_digest(dom_digest) or "", location=place)
        return Capture(
            urlkey=page[1],
            timestamp=unpack_timestamp(timestamp),
            url=url,
            mime=self._name(mime),
            status=status,
            digest=unpack_digest(digest),
            location=RecordLocation(file=self._file(file), offset=offset, length=length),
            record_id=unpack_record_id(record),
            revisit=REVISITS[revisit or 0],
            refers_to=refers_to,
            truncated=TRUNCATIONS[truncated or 0],
            size=size,
            redirect=redirect,
            rights=tuple(rights.split(" ")) if rights else (),
            dom=dom,
        )


def _agree(original: Capture, revisit: Capture) -> bool:
    """Whether a revisit may stand for this capture: by record id, else by digest as far as the two can be compared.

    Digests of originals are computed by us, those of revisits written by others: in SHA-256, or of a chunked body.
    """
    if revisit.refers_to and revisit.refers_to.record_id and original.record_id == revisit.refers_to.record_id:
        return True
    digests = (original.digest or "", revisit.digest or "")
    return digests[0] == digests[1] or not all(digest.startswith("sha1:") for digest in digests)


def _is_good(row: Row) -> bool:
    """As `_GOOD`, of a row in hand."""
    status, revisit, truncated = row[5], row[9], row[10]
    return truncated is None and (revisit == NOT_MODIFIED or (status is not None and 200 <= status <= 299))


def _nearest_to(moment: int, rows: list[Row]) -> Row:
    """The row nearest in time, of two equally near the earlier."""
    goal = seconds(moment)
    return min(rows, key=lambda row: (abs(seconds(row[0]) - goal), row[0]))
