"""What `morgue save` was given, and what goes with it: where that redirects to, and what it needs to be shown.

Safe in any thread.
"""

import threading
from collections.abc import Iterable

from crawler.frontier.entry import Entry


class Saving:
    """The URLs that a run is to fetch, where somebody named them."""

    def __init__(self, urls: frozenset[str] | None) -> None:
        self._urls = urls
        self._lock = threading.Lock()

    @property
    def urls(self) -> frozenset[str] | None:
        """`None` in a run that fetches whatever is due."""
        return self._urls

    def follow(self, targets: Iterable[Entry]) -> list[Entry]:
        """Go on at these, the targets of redirects; those that are new here. Round and round goes only once."""
        by_url = {entry.url: entry for entry in targets}
        with self._lock:
            if self._urls is None:
                return []
            new = [entry for url, entry in by_url.items() if url not in self._urls]
            self._urls |= by_url.keys()
        return new

    def add_parts(self, url: str, parts: Iterable[Entry]) -> None:
        """Fetch what a document needs as well, where the document is to be saved."""
        with self._lock:
            if self._urls is not None and url in self._urls:
                self._urls |= {entry.url for entry in parts}
