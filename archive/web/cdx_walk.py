"""From a CDX query to the rows of its answer, lazily: a host with a million captures is never in memory.

Not-modified revisits are left out, as they are of `indexes/`: a client that fetches one finds an empty 304. While nothing
is found the walks give `None` now and then, a sign of life: who reads them may want to stop.
"""

import heapq
import time
from collections.abc import Iterable, Iterator
from itertools import chain

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.index.catalog import CaptureKey, Catalog
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import pack_timestamp, seconds
from archive.web.cdx_query import CdxQuery
from archive.web.cdx_row import Row

SIGN_SECONDS = 0.1
"""Between two signs of life, at least."""

Rows = Iterator[Row | None]


class LongWalk(QueryInvalid):
    """A walk that was to be short is not."""


def iter_rows(query: CdxQuery, collection: Collection) -> Rows:
    """The rows behind the offset, `limit` aside unless it counts from the end; pages are `archive.web.cdx_pages`'."""
    rows = _last_rows(query, collection) if query.from_end else all_rows(query, collection)
    # A client sends its offset along with each resume key, and means the beginning of it all.
    return rows if query.after else skip(rows, query.offset)


def all_rows(query: CdxQuery, collection: Collection) -> Rows:
    """All rows that a query means, filtered and collapsed, in its order."""
    captures = _captures(query, collection.catalog, newest_first=query.newest_first, after=query.after)
    rows = _shown(query, collection, captures, backwards=query.newest_first)
    return rows if query.held is None else _nearest(rows, query.closest or "", query.held)


def take(rows: Rows, most: int | None) -> Rows:
    """The first so many rows; all of them for `None`. What is behind them stays unread."""
    return rows if most is None else _take(rows, most)


def skip(rows: Rows, most: int) -> Rows:
    """The rows behind the first so many."""
    return _skip(rows, most) if most else rows


def _take(rows: Rows, most: int) -> Rows:
    left = most
    while left:
        row = next(rows, _END)
        if isinstance(row, _End):
            return
        left -= row is not None
        yield row


def _skip(rows: Rows, most: int) -> Rows:
    yield from signs(_take(rows, most))
    yield from rows


def signs(rows: Rows) -> Iterator[None]:
    """Reads rows that nobody asked for, and gives signs of life."""
    due = time.monotonic() + SIGN_SECONDS
    for row in rows:
        if row is None or time.monotonic() > due:
            yield None
            due = time.monotonic() + SIGN_SECONDS


def count_rows(query: CdxQuery, collection: Collection) -> Iterator[int | None]:
    """Signs of life, then how many rows there are on all pages."""
    if not (query.filters or query.collapse or query.after):
        yield collection.catalog.count(query.start, query.end, query.from_, query.to, not_modified=False)
        return
    counted, due = 0, time.monotonic() + SIGN_SECONDS
    for row in all_rows(query, collection):
        if row is not None:
            counted += 1
        if row is None or time.monotonic() > due:
            yield None
            due = time.monotonic() + SIGN_SECONDS
    yield counted


def is_past(query: CdxQuery, collection: Collection, position: int) -> bool:
    """Whether a position is certainly behind the last row: told without a walk, where it can be."""
    found = collection.catalog.count(query.start, query.end, query.from_, query.to, most=position + 1)
    return found <= position


class _End:
    """Stands behind the last row."""


_END = _End()


def _captures(
    query: CdxQuery, catalog: Catalog, *, newest_first: bool, after: CaptureKey | None = None
) -> Iterator[CaptureRow]:
    captures = _all_captures(query, catalog, newest_first=newest_first, after=after)
    return captures if query.most_walked is None else _few(captures, query.most_walked)


def _few(captures: Iterator[CaptureRow], most: int) -> Iterator[CaptureRow]:
    for number, capture in enumerate(captures):
        if number == most:
            raise LongWalk(f"more than {most} captures are to be read")
        yield capture


def _all_captures(
    query: CdxQuery, catalog: Catalog, *, newest_first: bool, after: CaptureKey | None
) -> Iterator[CaptureRow]:
    if query.closest and query.held is None:
        first, last = query.from_ or "", query.to or "9" * 14
        # From a time outside of the range the order is that from its edge, and the walk to it is saved.
        nearest = catalog.nearest_rows(query.start, min(max(query.closest, first), last))
        return (capture for capture in nearest if first <= capture.timestamp <= last)
    return catalog.rows(
        start=query.start,
        end=query.end,
        from_timestamp=query.from_,
        to_timestamp=query.to,
        newest_first=newest_first,
        after=after,
    )


def _last_rows(query: CdxQuery, collection: Collection) -> Rows:
    """The last `limit` rows in ascending order. They are counted from the end, and read forward from there."""
    backwards = _captures(query, collection.catalog, newest_first=True)
    begin = None
    for row in take(_shown(query, collection, backwards, backwards=True), query.limit):
        if row is None:
            yield None
        else:
            begin = row.capture
    if begin is not None:
        behind = _captures(query, collection.catalog, newest_first=False, after=begin.key)
        yield from _shown(query, collection, chain([begin], behind), backwards=False)


def _shown(query: CdxQuery, collection: Collection, captures: Iterable[CaptureRow], *, backwards: bool) -> Rows:
    rows = _rows(query, collection, captures)
    if query.collapse or query.count_skipped:
        return _collapsed(query, rows, backwards=backwards)
    return _filtered(query, rows) if query.filters else rows


def _rows(query: CdxQuery, collection: Collection, captures: Iterable[CaptureRow]) -> Iterator[Row]:
    previous = None
    for capture in captures:
        if capture.revisit != "not-modified":
            row = Row(capture, previous)
            if query.resolve:
                row.resolve(collection.catalog.original_of(capture.capture()) if capture.revisit else None)
            yield row
        previous = capture


def _nearest(rows: Rows, timestamp: str, most: int) -> Rows:
    """The rows nearest to a time, the nearest first; of equally near ones those that stand first."""
    goal = seconds(pack_timestamp(timestamp))
    heap: list[tuple[int, int, Row]] = []  # the farthest first
    due = time.monotonic() + SIGN_SECONDS
    for number, row in enumerate(rows):
        if row is not None:
            entry = -abs(seconds(pack_timestamp(row.capture.timestamp)) - goal), -number, row
            if len(heap) < most:
                heapq.heappush(heap, entry)
            else:
                heapq.heappushpop(heap, entry)
        if row is None or time.monotonic() > due:
            yield None
            due = time.monotonic() + SIGN_SECONDS
    yield from (row for _, _, row in sorted(heap, reverse=True))


def _filtered(query: CdxQuery, rows: Iterable[Row]) -> Rows:
    due = time.monotonic() + SIGN_SECONDS
    first, *others = query.filters
    for row in rows:
        if first(row) and (not others or all(wants(row) for wants in others)):
            yield row
        elif time.monotonic() > due:
            yield None
        else:
            continue
        due = time.monotonic() + SIGN_SECONDS


def _collapsed(query: CdxQuery, rows: Iterable[Row], *, backwards: bool) -> Rows:
    """Of each run of rows that agree the first in time: the last one where the walk goes backwards."""
    held, held_values = None, None
    due = time.monotonic() + SIGN_SECONDS
    for row in rows:
        if time.monotonic() > due:
            yield None
            due = time.monotonic() + SIGN_SECONDS
        if all(wants(row) for wants in query.filters):
            values = [value(row) for value in query.collapse]
            if held is None or not query.collapse or values != held_values:
                if held is not None:
                    yield held
                held, held_values = row, values
                continue
            if backwards:
                held = row
                continue
        if held is not None:
            held.skipped += 1
            held.last_skipped = row.capture.timestamp
    if held is not None:
        yield held
