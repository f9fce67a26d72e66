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
from crawler.frontier.entry import SeedState

_OF_SOURCES = "source IN (SELECT value FROM json_each(?))"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """When a URL is fetched next."""

    url: str
    source: str
    kind: str
    due: float
    """Unix time."""


class HostOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """What the next day brings one host from one source besides the polls of its seeds, as far as it is known today."""

    host: str
    source: str
    pages: int = 0
    """Due within a day."""
    requisites: int = 0
    """Due within a day: what pages need."""
    new: int = 0
    """Pages found in the last day."""


class Outlook:
    """A frontier's file, open for reading. Sources are named with each question; what has been removed is no answer."""

    def __init__(self, path: Path) -> None:
        """Raises FrontierUnreadable."""
        self._path = path
        try:
            # Not `mode=ro`: the reader of a WAL file must be able to take part in its locks.
            self._db = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30)
            self._db.execute("PRAGMA query_only=ON")
            self._version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error

    def __enter__(self) -> "Outlook":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def seeds(self, sources: frozenset[str]) -> list[SeedState]:
        """The seeds that it knows, and what was learned of them."""
        pace = "pace" if self._version > 1 else "NULL"
        query = f"SELECT url, host, source, every, {pace} FROM entry WHERE kind = 'seed' AND redirects = 0 AND {{}}"
        names = ("url", "host", "source", "every_seconds", "pace")
        return [SeedState(**dict(zip(names, row, strict=True))) for row in self._rows(query, sources)]

    def visits(self, sources: frozenset[str], *, until: float) -> Iterator[Visit]:
        """What is due by then, in order; not before a host that asked for time may be asked again."""
        query = (
            "SELECT url, source, kind, max(due, coalesce(until, due)) AS at FROM entry LEFT JOIN pause USING (host)"
            " WHERE at <= ? AND {} ORDER BY at, priority, url"
        )
        for url, source, kind, due in self._rows(query, sources, until):
            yield Visit(url=url, source=source, kind=kind, due=due)

    def hosts(self, sources: frozenset[str], *, now: float) -> list[HostOutlook]:
        """One for each host and source."""
        query = (
            "SELECT host, source, sum(kind = 'page' AND due <= ?1 + 86400), sum(kind != 'page' AND due <= ?1 + 86400),"
            " sum(kind = 'page' AND first_seen > ?1 - 86400) FROM entry"
            " WHERE kind != 'seed' AND {} GROUP BY host, source"
        )
        return [
            HostOutlook(host=host, source=source, pages=pages or 0, requisites=requisites or 0, new=new or 0)
            for host, source, pages, requisites, new in self._rows(query, sources, now)
        ]

    def _rows(self, query: str, sources: frozenset[str], *values: float) -> Iterator[tuple[Any, ...]]:
        try:
            with closing(self._db.execute(query.format(_OF_SOURCES), (*values, json.dumps(sorted(sources))))) as rows:
                yield from rows
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error


def _unreadable(path: Path, error: sqlite3.Error) -> FrontierUnreadable:
    return FrontierUnreadable(f"{path}: {error}; the next `morgue crawl` mends it, or says what to do")
