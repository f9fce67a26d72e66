"""Pages of long CDX answers, for clients that count them up until one is refused.

Page 300 of a host would be a walk past 299 others, and what a crawl adds before it would push captures from one page to the
next, to be seen twice. So the server keeps in mind where the pages end that it has answered: the next begins there.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import chain, islice

import msgspec

from archive.collection import Collection
from archive.errors import QueryInvalid
from archive.index.catalog import CaptureKey, capture_key
from archive.web.cdx_query import CdxQuery
from archive.web.cdx_row import Row
from archive.web.cdx_walk import all_rows, iter_rows

FORGET_AFTER_SECONDS = 600
_MOST_ENDS = 20_000
"""Kept of all queries together: about 6 MB."""


class Pages:
    """Where the pages of recent queries end. For any number of threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: OrderedDict[object, tuple[float, list[CaptureKey]]] = OrderedDict()
        """By query, the last used at the end: when that was, and the key that each page ends with."""
        self._count = 0

    def ends(self, query: CdxQuery) -> list[CaptureKey]:
        """The keys that the first pages of a query end with."""
        with self._lock:
            self._forget()
            _, ends = self._ends.pop(query.identity, (0, []))
            if ends:
                self._ends[query.identity] = self._clock(), ends
            return ends.copy()

    def add(self, query: CdxQuery, page: int, end: CaptureKey) -> None:
        """Note where a page ends, if all before it are known and it is not."""
        with self._lock:
            _, ends = self._ends.pop(query.identity, (0, []))
            if page == len(ends):
                ends.append(end)
                self._count += 1
            self._ends[query.identity] = self._clock(), ends
            self._forget()

    def _forget(self) -> None:
        while self._ends:
            used, ends = next(iter(self._ends.values()))
            if self._count <= _MOST_ENDS and self._clock() - used <= FORGET_AFTER_SECONDS:
                return
            self._ends.popitem(last=False)
            self._count -= len(ends)


def page_rows(query: CdxQuery, collection: Collection, pages: Pages) -> Iterator[Row]:
    """The rows of the page that is asked for, or of all where none is. Raises QueryInvalid for a page past the end."""
    page = query.page
    if page is None:
        yield from iter_rows(query, collection)
        return
    ends = pages.ends(query)
    known = min(page, len(ends))
    begin = ends[known - 1] if known else query.after
    rows = all_rows(msgspec.structs.replace(query, after=begin), collection)
    for number in range(known, page):
        rows = _behind(query, number, rows, pages)
    if page < len(ends):
        rows = _until(ends[page], rows, newest_first=query.newest_first)
    first = next(rows, None)
    if first is None and page > 0:
        # Clients count pages up until they are told that there is none.
        raise _past_the_end(query)
    rows = chain([first] if first else [], rows)
    shown = rows if page < len(ends) else islice(rows, query.page_size)
    yield from islice(shown, query.offset, None)
    if page >= len(ends):
        _note_end(query, page, rows, pages)


def _behind(query: CdxQuery, page: int, rows: Iterator[Row], pages: Pages) -> Iterator[Row]:
    """The rows behind a page that nobody asked for yet."""
    for _ in islice(rows, query.page_size):
        pass
    following = _note_end(query, page, rows, pages)
    if following is None:
        raise _past_the_end(query)
    return chain([following], rows)


def _note_end(query: CdxQuery, page: int, rows: Iterator[Row], pages: Pages) -> Row | None:
    """The row behind a page; `None` where it was the last, which may grow and has no end yet."""
    following = next(rows, None)
    if following and following.previous and not query.closest:
        pages.add(query, page, capture_key(following.previous))
    return following


def _until(end: CaptureKey, rows: Iterator[Row], *, newest_first: bool) -> Iterator[Row]:
    for row in rows:
        key = capture_key(row.capture)
        if key < end if newest_first else key > end:
            return
        yield row


def _past_the_end(query: CdxQuery) -> QueryInvalid:
    return QueryInvalid(f"page={query.page} is past the end (see showNumPages=true)")
