"""The catalog's ranges: captures of one urlkey, of a prefix, a host, a domain, in order, forwards or backwards.

Long answers are read in pieces that each stand by themselves, so a caller may take its time, and a host with a million
captures is never in memory.
"""

from collections.abc import Iterator
from itertools import chain, repeat
from operator import gt, lt

import msgspec

from archive.index.catalog_adding import AddingCatalog
from archive.index.catalog_database import Row
from archive.index.catalog_packing import REVISIT_SHIFT
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import FAR_FUTURE, FAR_PAST, NOT_MODIFIED, CaptureKey
from archive.model import Capture

COLUMNS = "c.urlkey, c.timestamp, c.flags, c.body"
"""What a `PackedRow` is made of."""

_FIRST_PIECE, _LARGEST_PIECE = 32, 1024
_BEYOND = "\U0010ffff"
"""Behind every urlkey."""

_WAYS = ("ASC", "DESC")
"""By whether the newest come first."""
_OF_PAGE = [
    f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey = ? AND c.timestamp BETWEEN ? AND ? "
    f"ORDER BY c.timestamp {way}, c.tie {way} LIMIT ?"
    for way in _WAYS
]
_OF_ALL_TIMES = [
    f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey >= ? AND c.urlkey < ? "
    f"ORDER BY c.urlkey {way}, c.timestamp {way}, c.tie {way} LIMIT ?"
    for way in _WAYS
]
# A page's times are an index range of their own. Over many pages that is a search for each: worth it only where times are asked.
_OF_TIMES = [
    f"SELECT {COLUMNS} FROM page p CROSS JOIN capture c ON c.urlkey = p.urlkey AND c.timestamp BETWEEN ? AND ? "
    f"WHERE p.urlkey >= ? AND p.urlkey < ? ORDER BY p.urlkey {way}, c.timestamp {way}, c.tie {way} LIMIT ?"
    for way in _WAYS
]


class _Span(msgspec.Struct, frozen=True, gc=False):
    """What was asked: a half-open range of urlkeys, times that both count, and the way through them."""

    start: str
    end: str
    first: int
    last: int
    newest_first: bool


class RangeCatalog(AddingCatalog):
    """The part of the catalog that answers with many captures."""

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
        span = _to_span(start, end, urlkey, from_timestamp, to_timestamp, newest_first)
        return map(CaptureRow.capture, self._rows(span, after, limit))

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
        return self._rows(_to_span(start, end, urlkey, from_timestamp, to_timestamp, newest_first), after, limit)

    def count(
        self,
        start: str = "",
        end: str | None = None,
        from_timestamp: str | None = None,
        to_timestamp: str | None = None,
        *,
        most: int | None = None,
        not_modified: bool = True,
    ) -> int:
        """How many captures a range has, none of them decoded: 0.2 to 0.5 s a million. Counting stops at `most`.

        `not_modified=False` leaves out the revisits that are in no CDX answer.
        """
        span = _to_span(start, end, None, from_timestamp, to_timestamp, False)
        limit = -1 if most is None else most
        told = "" if not_modified else f"AND (c.flags >> {REVISIT_SHIFT} & 3) <> {NOT_MODIFIED}"
        if span.first == FAR_PAST and span.last == FAR_FUTURE:
            asked = f"SELECT 1 FROM capture c WHERE c.urlkey >= ? AND c.urlkey < ? {told} LIMIT ?"
            return self._number(f"SELECT count(*) FROM ({asked})", span.start, span.end, limit)
        asked = (
            "SELECT 1 FROM page p CROSS JOIN capture c ON c.urlkey = p.urlkey AND c.timestamp BETWEEN ? AND ? "
            f"WHERE p.urlkey >= ? AND p.urlkey < ? {told} LIMIT ?"
        )
        return self._number(f"SELECT count(*) FROM ({asked})", span.first, span.last, span.start, span.end, limit)

    def urlkeys(self, start: str, end: str) -> Iterator[str]:
        """The captured urlkeys of a range, in order, lazily."""
        piece = _FIRST_PIECE
        while True:
            rows = self._all(
                "SELECT urlkey FROM page WHERE urlkey >= ? AND urlkey < ? AND captured ORDER BY urlkey LIMIT ?",
                (start, end, piece),
            )
            yield from (key for (key,) in rows)
            if len(rows) < piece:
                return
            start = rows[-1][0] + "\0"
            piece = min(piece * 4, _LARGEST_PIECE)

    def _rows(self, span: _Span, after: CaptureKey | None, limit: int | None) -> Iterator[CaptureRow]:
        # Without a generator around each row: it would cost a fifth more.
        if limit is not None and limit <= _LARGEST_PIECE and after is None:
            return map(CaptureRow, self._first(span.start, span.end, span, limit), repeat(self))
        pieces = self._pieces(span, after, limit)
        return chain.from_iterable(map(CaptureRow, rows, repeat(self)) for rows in pieces)

    def _pieces(self, span: _Span, after: CaptureKey | None, limit: int | None) -> Iterator[list[Row]]:
        # Where the next piece begins: inside this page, at its captures beyond this time; then with the pages beyond it.
        behind: tuple[str, int] | None = None
        piece = _FIRST_PIECE if limit is None else min(limit, _LARGEST_PIECE)
        if after and span.start <= after[0] < span.end:
            behind = (after[0], int(after[1]) + (1 if span.newest_first else -1))
            piece += 1  # for the capture itself
        elif after and (after[0] < span.start) == span.newest_first:
            return
        while True:
            rows = self._piece(span, behind, piece)
            full = len(rows) == piece
            found = rows if after is None else self._beyond(rows, after, span.newest_first)
            if limit is not None and len(found) >= limit:
                yield found[:limit]
                return
            if not full:
                yield found
                return
            # The last second may go on in the next piece, which begins behind a second.
            last = rows[-1][:2]
            while rows and rows[-1][:2] == last:
                del rows[-1]
            if not rows:
                piece *= 4
                continue
            found = rows if after is None else self._beyond(rows, after, span.newest_first)
            yield found
            limit = None if limit is None else limit - len(found)
            behind = rows[-1][:2]
            piece = min(piece * 4, _LARGEST_PIECE)

    def _piece(self, span: _Span, behind: tuple[str, int] | None, limit: int) -> list[Row]:
        """The first rows of a span, or the first behind a time of one of its pages."""
        if behind is None:
            return self._first(span.start, span.end, span, limit)
        urlkey, beyond = behind
        if span.newest_first:
            start, end, first, last = span.start, urlkey, span.first, min(span.last, beyond - 1)
        else:
            start, end, first, last = urlkey + "\0", span.end, max(span.first, beyond + 1), span.last
        rows = self._all(_OF_PAGE[span.newest_first], (urlkey, first, last, limit))
        if len(rows) < limit and start < end:
            rows += self._first(start, end, span, limit - len(rows))
        return rows

    def _first(self, start: str, end: str, span: _Span, limit: int) -> list[Row]:
        """The first rows of some pages of a span."""
        first, last = span.first, span.last
        if end == start + "\0":
            return self._all(_OF_PAGE[span.newest_first], (start, first, last, limit))
        if first == FAR_PAST and last == FAR_FUTURE:
            return self._all(_OF_ALL_TIMES[span.newest_first], (start, end, limit))
        return self._all(_OF_TIMES[span.newest_first], (first, last, start, end, limit))

    def _beyond(self, rows: list[Row], after: CaptureKey, newest_first: bool) -> list[Row]:
        """The rows behind that capture, of some that begin in its second or behind it."""
        second = (after[0], int(after[1]))
        is_beyond = lt if newest_first else gt
        return [row for row in rows if row[:2] != second or is_beyond(CaptureRow(row, self).key, after)]

    def _capture(self, row: Row) -> Capture:
        """A capture from the values of `COLUMNS`."""
        return CaptureRow(row, self).capture()


def _to_span(
    start: str, end: str | None, urlkey: str | None, first: str | None, last: str | None, newest_first: bool
) -> _Span:
    if urlkey is not None:
        start, end = urlkey, urlkey + "\0"
    return _Span(
        start,
        _BEYOND if end is None else end,
        int(first) if first else FAR_PAST,
        int(last) if last else FAR_FUTURE,
        newest_first,
    )
