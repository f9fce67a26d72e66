"""Which URLs could not be fetched in this run, and how often each was tried. Bounded: a run may go on for months.

Noted from the recorder's, the frontier's and the reactor's thread.
"""

import threading

ERRORS_KEPT = 1000
TRIES_KEPT = 100_000
"""URLs whose tries are counted: one that is never due again would be so for ever."""


class Failures:
    """The last error of each URL whose last try failed."""

    def __init__(self, *, retries: int) -> None:
        self.retries = retries
        """How often a URL is tried again before it rests."""
        self._lock = threading.Lock()
        self._errors: dict[str, str] = {}
        self._tries: dict[str, int] = {}
        self._unnamed = 0
        """Failures whose URLs are kept no longer."""

    @property
    def errors(self) -> dict[str, str]:
        """By URL, the latest last; the oldest are left out where there are too many."""
        with self._lock:
            return dict(self._errors)

    @property
    def count(self) -> int:
        """How many URLs failed; of those left out it is not known what became of them."""
        with self._lock:
            return len(self._errors) + self._unnamed

    def tries(self, url: str) -> int:
        """How often a URL has failed since it was due."""
        with self._lock:
            return self._tries.get(url, 0)

    def note(self, url: str, error: str | None) -> None:
        """Note how a try ended; no error means well."""
        with self._lock:
            self._errors.pop(url, None)
            tries = self._tries.pop(url, 0) + 1
            if error is None:
                return
            if tries <= self.retries:
                # After the last one it rests for an hour or more, and is then tried anew.
                self._tries[url] = tries
                if len(self._tries) > TRIES_KEPT:
                    del self._tries[next(iter(self._tries))]
            self._errors[url] = error
            if len(self._errors) > ERRORS_KEPT:
                del self._errors[next(iter(self._errors))]
                self._unnamed += 1
