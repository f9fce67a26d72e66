"""Pages of long CDX answers, for clients that count them up until one is refused.

Page 300 of a host would be a walk past 299 others, and what a crawl adds before it would push captures from one page to the
next, to be seen twice. So the server keeps in mind where the pages end that it has answered: the next begins there.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from itertools import chain

import msgspec

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.index.catalog import CaptureKey
from archive.web.cdx_query import CdxQuery
from archive.web.cdx_row import Row
from archive.web.cdx_walk import Rows, all_rows, is_past, iter_rows, signs, skip, take

FORGET_AFTER_SECONDS = 600
_MOST_CHARACTERS = 10_000_000
"""Kept of all queries together: some 30,000 places."""
_OVERHEAD = 200
"""Of a query or a place, beside its text."""


class _Places:
    """Where the pages of one query end, as far as they are known without a gap."""

    __slots__ = ("ends", "size", "used")

    def __init__(self, size: int) -> None:
        self.ends: list[CaptureKey] = []
        self.size = size
        """In characters."""
        self.used = 0.0


class Pages:
    """Where the pages of recent queries end. For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: OrderedDict[object, _Places] = OrderedDict()
        """By query, the last used at the end."""
        self._size = 0

    def ends(self, query: CdxQuery) -> list[CaptureKey]:
        """The keys that the first pages of a query end with."""
        with self._lock:
            self._forget()
            places = self._places.get(query.identity)
            if places is None:
                return []
            self._use(query, places)
            return places.ends.copy()

    def add(self, query: CdxQuery, page: int, end: CaptureKey) -> None:
        """Note where a page ends, if all before it are known and it is not."""
        with self._lock:
            places = self._places.get(query.identity)
            if places is None:
                places = _Places(len(repr(query.identity)) + _OVERHEAD)
                self._size += places.size
            self._use(query, places)
            if page == len(places.ends):
                places.ends.append(end)
                places.size += len(end[0]) + _OVERHEAD
                self._size += len(end[0]) + _OVERHEAD
            self._forget()

    def _use(self, query: CdxQuery, places: _Places) -> None:
        places.used = self._clock()
        self._places[query.identity] = places
        self._places.move_to_end(query.identity)

    def _forget(self) -> None:
        while self._places:
            oldest = next(iter(self._places.values()))
            if self._size <= _MOST_CHARACTERS and self._clock() - oldest.used <= FORGET_AFTER_SECONDS:
                return
            self._places.popitem(last=False)
            self._size -= oldest.size


def page_rows(query: CdxQuery, collection: Collection, pages: Pages) -> Rows:
    """The rows of the page that is asked for, or of all where none is. Raises QueryInvalid for a page past the end."""
    if query.page is None:
        return iter_rows(query, collection)
    return _rows_of(query, query.page, collection, pages)


def _rows_of(query: CdxQuery, page: int, collection: Collection, pages: Pages) -> Rows:
    ends = [] if query.closest else pages.ends(query)  # the nearest first: no page of those ends at a key
    known = min(page, len(ends))
    begin = ends[known - 1] if known else query.after
    if known < page and is_past(query, collection, page * query.page_size):
        raise _past_the_end(query)
    rows = all_rows(msgspec.structs.replace(query, after=begin), collection)
    first: Row | None = None
    for number in range(known, page + 1):
        if number > known:
            yield from signs(take(rows, query.page_size - 1))
        first = None
        for row in rows:
            if row is not None:
                first = row
                break
            yield None
        if first is None and page > 0:
            # Clients count pages up until they are told that there is none.
            raise _past_the_end(query)
        if number > known:
            _note(pages, query, number - 1, first)
    yield from skip(_page(query, pages, chain([first] if first else [], rows), ends), query.offset)


def _page(query: CdxQuery, pages: Pages, rows: Rows, ends: list[CaptureKey]) -> Rows:
    page = query.page or 0
    if page < len(ends):
        yield from _until(ends[page], rows, newest_first=query.newest_first)
        return
    yield from take(rows, query.page_size)
    for following in rows:
        if following is not None:
            _note(pages, query, page, following)
            return
        yield None


def _note(pages: Pages, query: CdxQuery, page: int, following: Row | None) -> None:
    """A page ends before the first row of the next one. The last has no end: it may grow."""
    if following and following.previous and not query.closest:
        pages.add(query, page, following.previous.key)


def _until(end: CaptureKey, rows: Rows, *, newest_first: bool) -> Rows:
    for row in rows:
        key = row.capture.key if row else end
        if key < end if newest_first else key > end:
            return
        yield row


def _past_the_end(query: CdxQuery) -> QueryInvalid:
    return QueryInvalid(f"page={query.page} is past the end (see showNumPages=true)")
