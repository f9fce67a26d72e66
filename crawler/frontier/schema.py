"""The SQLite file of a frontier: its tables, how an older one is brought up to date, and transactions on it."""

import sqlite3
import threading
from pathlib import Path
from types import TracebackType

from crawler.errors import FrontierUnreadable

VERSION = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    url TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL,
    source TEXT,
    seed TEXT,
    every REAL,
    modified REAL,
    redirects INTEGER NOT NULL,
    first_seen REAL NOT NULL,
    due REAL,
    leased_until REAL,
    owner TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_fetched REAL,
    last_changed REAL,
    status INTEGER,
    error TEXT,
    etag TEXT,
    last_modified TEXT,
    digest TEXT,
    trust INTEGER NOT NULL DEFAULT 0,
    referrer TEXT,
    section TEXT,
    pace TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsearched (
    place INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, source TEXT, styles INTEGER NOT NULL, capture BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pause (host TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_due ON entry (host, priority, due) WHERE due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX IF NOT EXISTS entry_failing ON entry (due) WHERE attempts > 0 AND due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX IF NOT EXISTS entry_leased ON entry (leased_until) WHERE leased_until IS NOT NULL;
"""
_FROM_VERSION_1 = tuple(f"ALTER TABLE entry ADD COLUMN {column} TEXT" for column in ("referrer", "section", "pace"))
_NO_DAMAGE = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_READONLY")
"""Troubles of the folder: whoever moved the file away would lose what is due, for nothing."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open a frontier's file, made or brought up to date where need be. Raises FrontierUnreadable."""
    try:
        db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        db.execute("PRAGMA journal_mode=WAL")
        # A commit survives kill -9; power loss may take the last ones, and then a page is fetched once more.
        db.execute("PRAGMA synchronous=NORMAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, 1, VERSION):
            raise FrontierUnreadable(f"{path}: made by another version of morgue; move it away, and run again")
        if version != VERSION:
            _bring_up_to_date(db)
        return db
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_NO_DAMAGE):
            raise refused(path, error) from error
        raise FrontierUnreadable(f"{path}: {error}; move it away, and the next crawl starts a new one") from error


class Transaction:
    """BEGIN IMMEDIATE ... COMMIT under the frontier's lock."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock, path: Path) -> None:
        self._db = db
        self._lock = lock
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._lock.release()
            raise refused(self._path, error) from error
        return self._db

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
            elif self._db.in_transaction:  # SQLite has ended it by itself where the disk is full
                self._db.execute("ROLLBACK")
        except sqlite3.Error as failure:
            error = failure
        finally:
            self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise refused(self._path, error) from error


def refused(path: Path, error: sqlite3.Error) -> FrontierUnreadable:
    """What to say where the folder, not the file, is the trouble."""
    return FrontierUnreadable(f"{path}: {error}; free space or mend the folder, then run again")


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make the tables, or add what version 1 had not. One transaction: a crash leaves the file as it was."""
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have been first.
        if db.execute("PRAGMA user_version").fetchone()[0] == 1:
            for statement in _FROM_VERSION_1:
                db.execute(statement)
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
