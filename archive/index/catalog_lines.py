"""Short answers of the catalog as finished CDXJ lines: what a busy server is asked most, in one read.

How a row becomes a line is `archive.index.catalog_writing`'s.
"""

from collections.abc import Iterable
from itertools import islice

from archive.index.catalog_database import READ_ERRORS, Row
from archive.index.catalog_packing import HAS_RIGHTS, REVISIT_SHIFT, tail_of
from archive.index.catalog_ranges import COLUMNS, RangeCatalog
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import NOT_MODIFIED, pack_timestamp, seconds
from archive.index.catalog_writing import write_lines

# Past the view of what readers may see, which would pass over a million hidden captures before it gives one: here each that
# is left out counts, and `_shown_of` leaves them out.
_RANGE = (
    f"SELECT {COLUMNS} FROM main.capture c WHERE c.urlkey >= ? AND c.urlkey < ? ORDER BY c.urlkey, c.timestamp, c.tie"
)
_SOME = "SELECT count(*) FROM (SELECT 1 FROM main.capture WHERE urlkey >= ? AND urlkey < ? LIMIT ?)"
_SIDE = (
    f"SELECT * FROM (SELECT {COLUMNS} FROM main.capture c WHERE c.urlkey = ?1 AND c.timestamp {{}} ?2 "
    "ORDER BY c.timestamp {way}, c.tie {way} LIMIT ?3)"
)
_NEAREST = _SIDE.format("<=", way="DESC") + " UNION ALL " + _SIDE.format(">", way="ASC")
_SPARE = 3
"""Captures read on each side of a time for those that are left out."""
_REVISIT = 3 << REVISIT_SHIFT
_NOT_MODIFIED = NOT_MODIFIED << REVISIT_SHIFT


class LineCatalog(RangeCatalog):
    """The part of the catalog that answers in lines. Not-modified revisits are left out, as of every CDXJ, and what is hidden."""

    def first_lines(
        self, start: str, end: str, most: int, *, whole: bool = False, as_json: bool = False
    ) -> list[str] | None:
        """The first `most` lines of a range of urlkeys, each with its newline; `as_json` without the two words before the JSON.

        `None` where that is not a short question: there are many that are left out, or with `whole` more than `most`.
        """
        rows = self._shown(_RANGE, (start, end), most + 1 if whole else most)
        if rows is None or (whole and len(rows) > most):
            return None
        return write_lines(rows[:most], self, as_json=as_json)

    def nearest_lines(self, urlkey: str, timestamp: str, most: int, *, as_json: bool = False) -> list[str] | None:
        """As `first_lines`, of the captures of a URL that are nearest to a time, the nearest first."""
        moment = pack_timestamp(timestamp)
        size = most + _SPARE
        rows = self._all(_NEAREST, (urlkey, moment, size))
        before = [row for row in rows if row[1] <= moment]
        nearest: list[Row] = []
        for side in (before, rows[len(before) :]):
            shown = self._shown_of(side)
            if len(side) == size and len(shown) <= most:
                return None
            nearest += shown[:most]
        if len(nearest) > 1:
            goal = seconds(moment)
            nearest.sort(key=lambda row: abs(seconds(row[1]) - goal))  # stays in order where two are equally near
        return write_lines(nearest[:most], self, as_json=as_json)

    def has_at_most(self, most: int, start: str, end: str) -> bool:
        """Whether a range has no more captures than that, with those that are in no answer."""
        return self._number(_SOME, start, end, most + 1) <= most

    def lines_of(self, rows: Iterable[CaptureRow], *, as_json: bool = False) -> list[str]:
        """The lines of some rows of a long answer, as `first_lines` gives them."""
        return write_lines([row.packed for row in rows], self, as_json=as_json)

    def _shown(self, sql: str, parameters: tuple[str | int, ...], most: int) -> list[Row] | None:
        """That many rows that are shown; `None` where too many others are between them."""
        rows: list[Row] = []
        left = 4 * most + 64
        with self._lock:
            try:
                cursor = self._connection.execute(sql, parameters)
            except READ_ERRORS:
                return None  # who asks in the common way is told what it is
            try:
                while len(rows) < most:
                    some = list(islice(cursor, most - len(rows)))
                    rows += self._shown_of(some)
                    left -= len(some)
                    if not some or left < 0:
                        break
            except READ_ERRORS:
                return None  # who asks in the common way is told what it is
            finally:
                cursor.close(force=True)
        return rows if left >= 0 else None

    def _shown_of(self, rows: list[Row]) -> list[Row]:
        """Those of some rows that are in answers: no not-modified revisits, and none that is hidden from readers."""
        is_hidden = self._is_hidden
        shown = [row for row in rows if row[2] & _REVISIT != _NOT_MODIFIED]
        if is_hidden is None:
            return shown
        return [row for row in shown if not row[2] & HAS_RIGHTS or not is_hidden(tail_of(row[3]).rest.rights or "")]
