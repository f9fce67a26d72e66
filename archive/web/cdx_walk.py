"""From a CDX query to the rows of its answer, lazily: a host with a million captures is never in memory.

Not-modified revisits are left out, as they are of `indexes/`: a client that fetches one finds an empty 304.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from archive.collection import Collection
from archive.index.catalog import CaptureKey, Catalog, capture_key
from archive.model import Capture
from archive.web.cdx_query import CdxQuery
from archive.web.cdx_row import Row


def iter_rows(query: CdxQuery, collection: Collection) -> Iterator[Row]:
    """The rows behind the offset, `limit` aside unless it counts from the end; pages are `archive.web.cdx_pages`'."""
    rows = _last_rows(query, collection) if query.from_end else all_rows(query, collection)
    # A client sends its offset along with each resume key, and means the beginning of it all.
    return islice(rows, 0 if query.after else query.offset, None)


def all_rows(query: CdxQuery, collection: Collection) -> Iterator[Row]:
    """All rows that a query means, filtered and collapsed, in its order."""
    captures = _captures(query, collection.catalog, newest_first=query.newest_first, after=query.after)
    return _shown(query, collection, captures, backwards=query.newest_first)


def count_rows(query: CdxQuery, collection: Collection) -> int:
    """How many rows there are on all pages."""
    return sum(1 for _ in all_rows(query, collection))


def _captures(
    query: CdxQuery, catalog: Catalog, *, newest_first: bool, after: CaptureKey | None = None
) -> Iterator[Capture]:
    if query.closest:
        first, last = query.from_ or "", query.to or "9" * 14
        # From a time outside of the range the order is that from its edge, and the walk to it is saved.
        nearest = catalog.nearest(query.start, min(max(query.closest, first), last))
        return (capture for capture in nearest if first <= capture.timestamp <= last)
    return catalog.captures(
        start=query.start,
        end=query.end,
        from_timestamp=query.from_,
        to_timestamp=query.to,
        newest_first=newest_first,
        after=after,
    )


def _last_rows(query: CdxQuery, collection: Collection) -> Iterator[Row]:
    """The last `limit` rows in ascending order. They are counted from the end, and read forward from there."""
    backwards = _captures(query, collection.catalog, newest_first=True)
    begin = None
    for row in islice(_shown(query, collection, backwards, backwards=True), query.limit):
        begin = row.capture
    if begin is not None:
        behind = _captures(query, collection.catalog, newest_first=False, after=capture_key(begin))
        yield from _shown(query, collection, chain([begin], behind), backwards=False)


def _shown(query: CdxQuery, collection: Collection, captures: Iterable[Capture], *, backwards: bool) -> Iterator[Row]:
    rows = _rows(query, collection, captures)
    if query.collapse or query.count_skipped:
        return _collapsed(query, rows, backwards=backwards)
    if query.filters:
        return (row for row in rows if all(wants(row) for wants in query.filters))
    return rows


def _rows(query: CdxQuery, collection: Collection, captures: Iterable[Capture]) -> Iterator[Row]:
    previous = None
    for capture in captures:
        if capture.revisit != "not-modified":
            row = Row(capture, previous)
            if query.resolve:
                row.resolve(collection.catalog.original_of(capture) if capture.revisit else None)
            yield row
        previous = capture


def _collapsed(query: CdxQuery, rows: Iterable[Row], *, backwards: bool) -> Iterator[Row]:
    """Of each run of rows that agree the first in time: the last one where the walk goes backwards."""
    held, held_values = None, None
    for row in rows:
        if all(wants(row) for wants in query.filters):
            values = [value(row) for value in query.collapse]
            if held is None or not query.collapse or values != held_values:
                if held is not None:
                    yield held
                held, held_values = row, values
                continue
            if backwards:
                row.previous = held.previous
                held = row
                continue
        if held is not None:
            held.skipped += 1
            held.last_skipped = row.capture.timestamp
    if held is not None:
        yield held
