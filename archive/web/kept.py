"""Answers that are kept while the catalog stays as it is, and how a reader asks whether a page is still the same.

A front page is asked for far more often than it changes. What tells that it may have changed are the catalog's two files:
every commit writes to one of them.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from archive.collection import CATALOG_FILE

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OLDEST_SECONDS = 30.0
"""After this an answer is made again in any case: rules of access change with the clock."""
_MOST = 128
_MOST_SEEN = 2_000
_LARGEST = 400_000
"""Bytes: what is larger is not kept."""


class KeptPages:
    """Pages by what was asked for, as long as nothing was committed since."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._paths = (folder / CATALOG_FILE, folder / f"{CATALOG_FILE}-wal", folder / "morgue.toml")
        self._clock = clock
        self._pages: OrderedDict[Hashable, tuple[object, float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def state(self) -> object:
        """Differs once the catalog was written to, or replaced. To be asked for before a page is made."""
        return tuple(map(_stamp, self._paths))

    def get(self, asked: Hashable, state: object) -> bytes | None:
        """The page that was kept in this state of the catalog, unless it is too old."""
        with self._lock:
            kept = self._pages.get(asked)
            if kept is None or kept[0] != state or self._clock() - kept[1] > OLDEST_SECONDS:
                return None
            self._pages.move_to_end(asked)
            return kept[2]

    def put(self, asked: Hashable, state: object, page: bytes) -> None:
        """Keep a page; the one that nobody asked for longest goes."""
        if len(page) > _LARGEST:
            return
        with self._lock:
            self._pages[asked] = (state, self._clock(), page)
            self._pages.move_to_end(asked)
            while len(self._pages) > _MOST:
                self._pages.popitem(last=False)


class KeptValues(Generic[K, V]):
    """Values that never change, by key; of too many, those that nobody asked for longest go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value, made where it is not kept. What `make` raises is passed on; two threads may make one at a time."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class Appearances:
    """Since when an answer has been as it is, for readers who ask by time alone. For one thread.

    Who restarts has seen nothing: an answer counts as new then, which costs a reader one download.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[Hashable, tuple[str, int]] = OrderedDict()

    def second(self, asked: Hashable, tag: str) -> int:
        """The first full second from which on this was answered, in seconds since 1970.

        Not the one that it appeared in: who asked earlier in that second got another answer, and may name that time.
        """
        seen = self._seen.get(asked)
        if seen is None or seen[0] != tag:
            seen = self._seen[asked] = (tag, int(self._clock()) + 1)
        self._seen.move_to_end(asked)
        while len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)
        return seen[1]


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_size, status.st_mtime_ns


def entity_tag(body: bytes) -> str:
    """A strong tag: equal for equal bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def fresh_answer(request: Request, body: bytes, media_type: str, **headers: str) -> Response:
    """A page with an entity tag, or 304 where the reader has it already (RFC 9110 section 13.1.2)."""
    tag = entity_tag(body)
    given = {"etag": tag, "cache-control": "no-cache", **headers}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=given)
    return Response(body, media_type=media_type, headers=given)


def dated_answer(request: Request, body: bytes, media_type: str, second: int, now: float) -> Response:
    """A page, or 304 by its tag or by the second from which on nothing else was given out (RFC 9110 section 13.1.3)."""
    # A time to come is no time that anything was changed at (section 8.8.2.1); within the second it is not said.
    headers = {} if second > now else {"last-modified": formatdate(second, usegmt=True)}
    since = request.headers.get("if-modified-since")
    if since and "if-none-match" not in request.headers:
        try:
            unchanged = parsedate_to_datetime(since).timestamp() >= second
        except (ValueError, TypeError, OverflowError):
            unchanged = False
        if unchanged:
            return Response(status_code=304, headers=headers)
    return fresh_answer(request, body, media_type, **headers)


def _names(header: str, tag: str) -> bool:
    """Whether If-None-Match holds a tag, compared weakly.

    >>> _names('W/"a", "b"', '"a"'), _names("*", '"a"'), _names('"c"', '"a"')
    (True, True, False)
    """
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))
