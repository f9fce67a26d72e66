"""The catalog's answers for a moment: the capture of a URL that is closest in time, and all of them by distance."""

import heapq
from collections.abc import Iterator

from archive.index.catalog_database import Row
from archive.index.catalog_packing import ANSWER, HAS_REDIRECT, REVISIT_SHIFT, STATUS, TRUNCATED
from archive.index.catalog_ranges import COLUMNS, RangeCatalog
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import FAR_PAST, NOT_MODIFIED, pack_timestamp, seconds, unpack_timestamp
from archive.model import Capture

WALK = 10_000
"""Captures looked at on either side of a time for a better answer than the nearest: 3 ms at worst."""

_REVISIT = 3 << REVISIT_SHIFT
_NOT_MODIFIED = NOT_MODIFIED << REVISIT_SHIFT
_GOOD = (
    f"(c.flags & {STATUS} BETWEEN 200 AND 299 OR c.flags & {_REVISIT} = {_NOT_MODIFIED}) AND NOT c.flags & {TRUNCATED}"
)
_NO_LOOP = f"(NOT c.flags & {HAS_REDIRECT} OR target_of(c.body) IS NOT :urlkey)"
_SIDE = (
    f"SELECT * FROM (SELECT {COLUMNS} FROM capture c WHERE c.urlkey = ?1 AND c.timestamp {{}} ?2 "
    "ORDER BY c.timestamp {} LIMIT 2)"
)
_CLOSEST = _SIDE.format("<=", "DESC") + " UNION ALL " + _SIDE.format(">", "ASC")
"""Two captures on either side of a time: enough where both sides begin with a good one, which is nearly always."""


class ClosestCatalog(RangeCatalog):
    """The part of the catalog that answers for a moment."""

    def closest(self, urlkey: str, timestamp: str) -> Capture | None:
        """The capture that answers best for this time; `None` when the URL was never captured.

        A complete 2xx (or 304) before any other status, then the nearest in time, then the earlier. A redirect to the
        same urlkey never answers: following it would come back here.
        """
        moment = pack_timestamp(timestamp)
        rows = self._all(_CLOSEST, (urlkey, moment))
        if not rows:
            return None
        if all(_is_good(row[2]) for row in rows) and len({row[1] for row in rows}) == len(rows):
            return self._capture(_nearest_to(moment, rows))
        for condition in (_GOOD, _NO_LOOP):
            sides = [self._nearest(urlkey, moment, condition, forward=forward) for forward in (False, True)]
            found = [row for row in sides if row]
            if found:
                return self._capture(_nearest_to(moment, found))
        return None

    def nearest(self, urlkey: str, timestamp: str) -> Iterator[Capture]:
        """All captures of a URL, the nearest in time first, lazily."""
        return map(CaptureRow.capture, self.nearest_rows(urlkey, timestamp))

    def nearest_rows(self, urlkey: str, timestamp: str) -> Iterator[CaptureRow]:
        """As `nearest`, in rows that decode what is asked of them."""
        goal = seconds(pack_timestamp(timestamp))

        def distance(row: CaptureRow) -> int:
            return abs(seconds(pack_timestamp(row.timestamp)) - goal)

        before = self.rows(urlkey=urlkey, to_timestamp=timestamp, newest_first=True)
        behind = self.rows(urlkey=urlkey, from_timestamp=unpack_timestamp(pack_timestamp(timestamp) + 1))
        return heapq.merge(before, behind, key=distance)

    def spans(self, urlkey: str, size: int, *, start: str = "") -> Iterator[tuple[str, str]]:
        """First and last timestamp of every `size` captures of a URL, from `start` on; a second is never parted."""
        sides = (
            "SELECT timestamp FROM capture WHERE urlkey = ? AND timestamp >= ? ORDER BY timestamp {} LIMIT 1 OFFSET ?"
        )
        newest = self._one(sides.format("DESC"), (urlkey, FAR_PAST, 0))
        first = self._one(sides.format(""), (urlkey, int(start or FAR_PAST), 0))
        while first and newest:
            last = self._one(sides.format(""), (urlkey, first[0], size - 1)) or newest
            yield unpack_timestamp(first[0]), unpack_timestamp(last[0])
            first = self._one(sides.format(""), (urlkey, last[0] + 1, 0))

    def _nearest(self, urlkey: str, moment: int, condition: str, *, forward: bool) -> Row | None:
        """The row nearest on one side that meets the condition."""
        side, way = (">", "") if forward else ("<=", "DESC")
        parameters = {"urlkey": urlkey, "moment": moment}
        rows = self._all(
            f"SELECT {COLUMNS} FROM (SELECT * FROM capture WHERE urlkey = :urlkey "
            f"AND timestamp {side} :moment ORDER BY timestamp {way} LIMIT {WALK}) AS c WHERE {condition} LIMIT 2",
            parameters,
        )
        if len(rows) == 2 and rows[0][1] == rows[1][1]:
            parameters["moment"] = rows[0][1]
            rows = self._all(
                f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey = :urlkey AND c.timestamp = :moment AND {condition} "
                "ORDER BY c.tie LIMIT 1",
                parameters,
            )
        return rows[0] if rows else None


def _is_good(flags: int) -> bool:
    """As `_GOOD`, of a row in hand."""
    if flags & ANSWER == 200:
        return True
    return not flags & TRUNCATED and (flags & _REVISIT == _NOT_MODIFIED or 200 <= flags & STATUS <= 299)


def _nearest_to(moment: int, rows: list[Row]) -> Row:
    """The row nearest in time, of two equally near the earlier."""
    goal = seconds(moment)
    return min(rows, key=lambda row: (abs(seconds(row[1]) - goal), row[1]))
