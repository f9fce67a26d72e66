"""Uploads beside other work: a thread of its own brings files into the store, and nobody waits for it before the end.

A store that is slow, hangs or goes away costs a crawl nothing: what could not be stored is tried again with whatever comes
next. The thread is a daemon, so that a hanging store does not keep the process either.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from archive.errors import StoreError, StoreUnreachable
from archive.stores.store import Store, unwatched
from archive.stores.upload import upload_pending

PATIENCE_SECONDS = 30.0
"""How long `finish` waits for a store that shows no sign of life."""


class Uploader:
    """Stores files of one collection. Its methods are for one thread, the collection's writer."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        on_failure: Callable[[StoreError], None] = unwatched,
    ) -> None:
        """`on_failure` is called in another thread when the store begins to fail while work goes on."""
        self._store = store
        self._folder = folder
        self._patience_seconds = patience_seconds
        self._on_failure = on_failure
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        # What both threads use, guarded by the condition; dicts stand for sets that keep their order.
        self._waiting: dict[str, None] = {}
        self._current: dict[str, None] = {}
        self._stored: list[str] = []
        self._failed: dict[str, StoreError] = {}
        self._moved = time.monotonic()
        self._known: Collection[str] = ()
        self._finishing = False
        self._bug: BaseException | None = None

    @property
    def remaining(self) -> int:
        """Files that wait, are on their way, or failed."""
        return len(self._waiting) + len(self._current) + len(self._failed)

    def submit(self, names: Iterable[str]) -> None:
        """Have these files stored, and with them what failed before; returns at once."""
        with self._changed:
            self._waiting |= dict.fromkeys(names)
            if self._thread is None:
                self._moved = time.monotonic()
                self._thread = threading.Thread(target=self._run, name="upload", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def take_stored(self) -> list[str]:
        """Files that the store is known to hold, each told once."""
        with self._changed:
            stored, self._stored = self._stored, []
        return stored

    def finish(self, names: Iterable[str], *, known: Collection[str] = ()) -> dict[str, StoreError]:
        """Store these files and what failed before, then end; returns what could not be stored, and why.

        Waits for as long as anything moves, and then a little longer. `known` is as for `upload_pending`.
        """
        self._finishing = True
        self._known = known
        self.submit((*self._failed, *names))
        with self._changed:
            while (self._waiting or self._current) and self._bug is None:
                left = self._moved + self._patience_seconds - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            if self._bug is not None:
                raise self._bug
            late = [name for name in (*self._current, *self._waiting) if name not in known]
            self._waiting = {}
            error = StoreUnreachable(
                f"{self._store.place}: no answer within {self._patience_seconds:g} s (check AWS_ENDPOINT_URL, or try later)"
            )
            return self._failed | dict.fromkeys(late, error)

    def _run(self) -> None:
        try:
            failed: dict[str, StoreError] = {}
            while names := self._next():
                failing = bool(failed)
                _, failed = upload_pending(
                    self._store,
                    self._folder,
                    names,
                    known=self._known,
                    on_stored=self._note_stored,
                    on_sent=self._note_sent,
                )
                self._note_failed(failed)
                if failed and not failing and not self._finishing:
                    self._on_failure(next(iter(failed.values())))
        except BaseException as error:  # noqa: BLE001  A thread has no caller: `finish` raises it.
            with self._changed:
                self._bug = error
                self._changed.notify_all()

    def _next(self) -> list[str]:
        """What to store next, and what failed before; nothing once all has been tried."""
        with self._changed:
            while not (self._waiting or self._finishing):
                self._changed.wait()
            if self._waiting:
                self._current = dict.fromkeys((*self._failed, *self._waiting))
                self._waiting, self._failed = {}, {}
            return list(self._current)

    def _note_sent(self, _bytes: int) -> None:
        self._moved = time.monotonic()

    def _note_stored(self, name: str) -> None:
        with self._changed:
            del self._current[name]
            self._stored.append(name)
            self._moved = time.monotonic()

    def _note_failed(self, failed: dict[str, StoreError]) -> None:
        with self._changed:
            self._failed, self._current = failed, {}
            self._moved = time.monotonic()
            self._changed.notify_all()
