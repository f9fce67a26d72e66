"""`journal.sqlite`: what runs did by source and hour, how seeds were, and which alerts stand. Operational, like the frontier.

    run   one row a run: when it began, was last seen alive, ended          seed   the last reading of each seed
    hour  requests by source and hour (unix time // 3600)                   alert  what was said, and not yet taken back

It holds nothing that the archive needs: removed, it begins anew. Rows older than a year go.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from crawler.errors import JournalUnreadable
from crawler.watch.tally import HOUR, HourCount, SeedState

JOURNAL_FILE = "journal.sqlite"
KEPT_SECONDS = 366 * 86400
RUNS_REMEMBERED = 10

_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS run (
    began REAL PRIMARY KEY, seen REAL NOT NULL, ended REAL, endless INTEGER NOT NULL, owner TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hour (
    source TEXT NOT NULL, hour INTEGER NOT NULL, fetched INTEGER NOT NULL, failed INTEGER NOT NULL,
    refused INTEGER NOT NULL, polls INTEGER NOT NULL, PRIMARY KEY (source, hour)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seed (
    url TEXT PRIMARY KEY, source TEXT NOT NULL, at REAL NOT NULL, problem TEXT, candidates INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alert (
    kind TEXT NOT NULL, source TEXT NOT NULL, since REAL NOT NULL, sent REAL, line TEXT NOT NULL,
    PRIMARY KEY (kind, source)) WITHOUT ROWID;
"""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    began: float
    seen: float
    """When it last noted that it goes on."""
    ended: float | None
    """`None` while it goes on, and for ever where it was killed."""
    endless: bool
    """Whether it is a `schedule run`."""


class StandingAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was said, and has not ended."""

    kind: str
    source: str
    """Empty for the collection's own."""
    since: float
    sent: float | None
    """When it was last sent; `None` where it could not be yet."""
    line: str


class Journal:
    """The journal of one collection. Safe to call from several threads."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the journal to write, made where there is none. Raises JournalUnreadable."""
        with _explained(path):
            db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            _check(db, path)
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version={_VERSION}")
        return cls(db, path)

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """Open the journal to read; an empty one where there is none. Raises JournalUnreadable."""
        with _explained(path):
            if path.exists():
                # Not `mode=ro`: the reader of a WAL file must be able to take part in its locks.
                address = path.absolute().as_uri() + "?mode=rw"
                db = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None, timeout=10)
                db.execute("PRAGMA query_only=ON")
                _check(db, path)
            else:
                db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
                db.executescript(_TABLES)
        return cls(db, path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note_run(self, began: float, *, now: float, endless: bool, owner: str, ended: bool = False) -> None:
        """Note that a run goes on, or has ended."""
        with self._changing() as db:
            db.execute(
                "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (began) DO UPDATE SET seen = ?2, ended = ?3",
                (began, now, now if ended else None, endless, owner),
            )

    def add(self, hours: Mapping[tuple[str, int], HourCount], seeds: Iterable[SeedState], *, now: float) -> None:
        """Add counts to those of their hours, and replace what is known of seeds; forget what is older than a year."""
        with self._changing() as db:
            db.executemany(
                "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source, hour) DO UPDATE SET"
                " fetched = fetched + excluded.fetched, failed = failed + excluded.failed,"
                " refused = refused + excluded.refused, polls = polls + excluded.polls",
                [(*key, one.fetched, one.failed, one.refused, one.polls) for key, one in hours.items()],
            )
            db.executemany(
                "INSERT OR REPLACE INTO seed VALUES (?, ?, ?, ?, ?)",
                [(one.url, one.source, one.at, one.problem, one.candidates) for one in seeds],
            )
            db.execute("DELETE FROM hour WHERE hour < ?", ((now - KEPT_SECONDS) // HOUR,))
            db.execute("DELETE FROM run WHERE seen < ?", (now - KEPT_SECONDS,))
            db.execute("DELETE FROM seed WHERE at < ?", (now - KEPT_SECONDS,))

    def runs(self) -> list[RunRow]:
        """The last runs, the newest first."""
        rows = self._all(f"SELECT began, seen, ended, endless FROM run ORDER BY began DESC LIMIT {RUNS_REMEMBERED}")
        return [RunRow(began=row[0], seen=row[1], ended=row[2], endless=bool(row[3])) for row in rows]

    def hours(self, *, since: float) -> dict[str, dict[int, HourCount]]:
        """Counts by source and hour."""
        rows = self._all(
            "SELECT source, hour, fetched, failed, refused, polls FROM hour WHERE hour >= ?", (since // HOUR,)
        )
        found: dict[str, dict[int, HourCount]] = {}
        for source, hour, fetched, failed, refused, polls in rows:
            count = HourCount(fetched=fetched, failed=failed, refused=refused, polls=polls)
            found.setdefault(source, {})[hour] = count
        return found

    def seeds(self) -> list[SeedState]:
        """How each seed was when it was last read."""
        rows = self._all("SELECT url, source, at, problem, candidates FROM seed ORDER BY url")
        return [
            SeedState(url=url, source=source, at=at, problem=problem, candidates=candidates)
            for url, source, at, problem, candidates in rows
        ]

    def alerts(self) -> list[StandingAlert]:
        """The alerts that stand."""
        rows = self._all("SELECT kind, source, since, sent, line FROM alert ORDER BY since, kind, source")
        return [
            StandingAlert(kind=kind, source=source, since=since, sent=sent, line=line)
            for kind, source, since, sent, line in rows
        ]

    def set_alerts(self, alerts: Iterable[StandingAlert]) -> None:
        """Let these be the alerts that stand."""
        with self._changing() as db:
            db.execute("DELETE FROM alert")
            db.executemany(
                "INSERT INTO alert VALUES (?, ?, ?, ?, ?)",
                [(one.kind, one.source, one.since, one.sent, one.line) for one in alerts],
            )

    def _all(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock, _explained(self._path):
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _explained(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _check(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise JournalUnreadable(f"{path}: made by another version of morgue; move it away, and a new one is begun")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalUnreadable(f"{path}: {error}; free space or mend the folder, or move the file away") from error
