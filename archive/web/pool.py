"""Open collections for the threads that answer requests, each lent to one request at a time.

A collection is opened anew when its indexes were: after `morgue reindex` the next request sees the new ones.
"""

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
        self._idle: deque[tuple[State, Collection]] = deque()

    @contextmanager
    def borrow(self) -> Iterator[Collection]:
        """A collection that nobody else uses meanwhile. Raises CollectionNotFound, IndexOutdated."""
        state, collection = self._take()
        try:
            yield collection
        finally:
            self._give_back(state, collection)

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
        found = []
        for name in ("catalog.sqlite", "search/morgue-search.json"):
            try:
                found.append((self.folder / name).stat().st_ino)
            except OSError:
                found.append(0)
        return tuple(found)
