"""What a frontier has in store, read beside a crawl that may be using it: nothing is written, no lock is taken."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from crawler.errors import FrontierUnreadable

_DAY = 86400.0
_OF_SOURCES = "source IN (SELECT value FROM json_each(?))"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """When a URL is fetched next."""

    url: str
    source: str
    kind: str
    due: float
    """Unix time."""


class HostOutlook(msgspec.Struct, kw_only=True):
    """What the next day brings one host, as far as it is known today."""

    polls: float = 0.0
    """Of its seeds, a day."""
    due: int = 0
    """Pages, and what they need, that are due within a day."""
    new: int = 0
    """Pages found in the last day."""


class Outlook:
    """A frontier's file, open for reading."""

    def __init__(self, path: Path, sources: frozenset[str]) -> None:
        """Only of these sources; what has been removed is not going to be visited. Raises FrontierUnreadable."""
        self._path = path
        self._sources = json.dumps(sorted(sources))
        try:
            # Not `mode=ro`: the reader of a WAL file must be able to take part in its locks.
            self._db = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30)
            self._db.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error

    def __enter__(self) -> "Outlook":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def seeds(self) -> frozenset[str]:
        """The seeds it knows."""
        return frozenset(url for (url,) in self._rows("SELECT url FROM entry WHERE kind = 'seed' AND {}"))

    def visits(self, *, until: float) -> Iterator[Visit]:
        """What is due by then, in order."""
        query = "SELECT url, source, kind, due FROM entry WHERE due <= ? AND {} ORDER BY due, priority, url"
        for url, source, kind, due in self._rows(query, until):
            yield Visit(url=url, source=source, kind=kind, due=due)

    def hosts(self, *, now: float) -> dict[str, HostOutlook]:
        """By host."""
        hosts: dict[str, HostOutlook] = {}
        query = "SELECT host, sum(?1 / every) FROM entry WHERE kind = 'seed' AND redirects = 0 AND every > 0 AND {} GROUP BY host"
        for host, polls in self._rows(query, _DAY):
            hosts[host] = HostOutlook(polls=polls)
        query = (
            "SELECT host, sum(due <= ?1 + 86400), sum(first_seen > ?1 - 86400) FROM entry"
            " WHERE kind != 'seed' AND {} GROUP BY host"
        )
        for host, due, new in self._rows(query, now):
            outlook = hosts.setdefault(host, HostOutlook())
            outlook.due, outlook.new = due or 0, new or 0
        return hosts

    def _rows(self, query: str, *values: float) -> Iterator[tuple[Any, ...]]:
        try:
            with closing(self._db.execute(query.format(_OF_SOURCES), (*values, self._sources))) as rows:
                yield from rows
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error


def _unreadable(path: Path, error: sqlite3.Error) -> FrontierUnreadable:
    return FrontierUnreadable(f"{path}: {error}; the next `morgue crawl` mends it, or says what to do")
