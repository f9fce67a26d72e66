"""Open collections for the threads that answer requests, each lent to one request at a time.

A collection is opened anew when its indexes were: after `morgue reindex` the next request sees the new ones.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from archive.collection import Collection

T = TypeVar("T")
State = tuple[int, ...]

MOST_IDLE = 8
"""Collections kept open while nobody asks."""


class CollectionPool:
    """Collections of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # As text: a path object takes longer to look at than the file system does, and each request looks.
        self._indexes = tuple(str(folder / name) for name in ("catalog.sqlite", "search/morgue-search.json"))
        self._idle: deque[tuple[State, Collection]] = deque()
        self._lent: set[int] = set()

    @property
    def lent(self) -> int:
        """How many collections are lent out."""
        return len(self._lent)

    @contextmanager
    def borrow(self) -> Iterator[Collection]:
        """A collection that nobody else uses meanwhile. Raises CollectionNotFound, IndexOutdated."""
        state, collection = self._take()
        self._lent.add(id(collection))
        try:
            yield collection
        finally:
            self._lent.discard(id(collection))
            self._give_back(state, collection)

    def ask_at_once(self, question: Callable[[Collection], T | None]) -> T | None:
        """The answer to a question to the catalog that takes no time, asked right here; `None` where none lies open."""
        try:
            opened, collection = self._idle.pop()
        except IndexError:
            return None
        if opened[0] != _inode(self._indexes[0]):
            collection.close()
            return None
        try:
            return question(collection)
        finally:
            self._idle.append((opened, collection))

    async def ask(self, question: Callable[[Collection], T]) -> T:
        """The answer to a question, asked in a thread of its own: reading from disk must not stop other requests."""
        return await run_in_threadpool(self._answer, question)

    def close(self) -> None:
        """Close what is idle; what is lent out closes when it comes back."""
        while self._idle:
            self._idle.pop()[1].close()

    def _answer(self, question: Callable[[Collection], T]) -> T:
        with self.borrow() as collection:
            return question(collection)

    def _take(self) -> tuple[State, Collection]:
        state = self._state()
        while True:
            try:
                opened, collection = self._idle.pop()
            except IndexError:
                return state, Collection.open(self.folder)
            if opened == state:
                return opened, collection
            collection.close()

    def _give_back(self, state: State, collection: Collection) -> None:
        if len(self._idle) < MOST_IDLE and state == self._state():
            self._idle.append((state, collection))
        else:
            collection.close()

    def _state(self) -> State:
        """Differs once an index was replaced as a whole."""
        return tuple(map(_inode, self._indexes))


def _inode(path: str) -> int:
    """What differs once a file was replaced; 0 where there is none."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return 0
