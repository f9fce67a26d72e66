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
CREATE TABLE IF NOT EXISTS trouble (
    host TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    strikes INTEGER NOT NULL,
    since REAL NOT NULL,
    until REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS robots (
    origin TEXT PRIMARY KEY,
    tried REAL NOT NULL,
    text BLOB NOT NULL,
    problem TEXT,
    failures INTEGER NOT NULL,
    failing_since REAL
);
CREATE TABLE IF NOT EXISTS queue (
    host TEXT NOT NULL,
    source TEXT NOT NULL,
    priority INTEGER NOT NULL,
    head REAL,
    PRIMARY KEY (host, source, priority)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (
    source TEXT PRIMARY KEY,
    waiting INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,
    pages INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watched (
    source TEXT NOT NULL,
    section TEXT NOT NULL,
    stage INTEGER NOT NULL,
    edits REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (source, section, stage)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_due ON entry (host, coalesce(source, ''), priority, due)
    WHERE due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX IF NOT EXISTS entry_failing ON entry (host, coalesce(source, ''), priority, due)
    WHERE attempts > 0 AND due IS NOT NULL AND leased_until IS NULL;
CREATE INDEX IF NOT EXISTS entry_leased ON entry (owner, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_seed ON entry (source) WHERE kind = 'seed';
CREATE INDEX IF NOT EXISTS queue_head ON queue (priority, head);
"""
_IS_READY = "{0}.due IS NOT NULL AND {0}.leased_until IS NULL"
_IS_WAITING = (
    "{0}.last_fetched IS NULL AND {0}.due IS NOT NULL AND {0}.source IS NOT NULL AND {0}.kind IN ('page', 'seed')"
)
_OLD_QUEUE = "host = OLD.host AND source = coalesce(OLD.source, '') AND priority = OLD.priority"
_PUT = (
    "INSERT INTO queue VALUES (NEW.host, coalesce(NEW.source, ''), NEW.priority, NEW.due)"
    " ON CONFLICT DO UPDATE SET head = min(head, excluded.head);"
)
_TAKE = (
    "UPDATE queue SET head = (SELECT min(due) FROM entry WHERE host = OLD.host AND coalesce(source, '') ="
    " coalesce(OLD.source, '') AND priority = OLD.priority AND due IS NOT NULL AND leased_until IS NULL)"
    f" WHERE {_OLD_QUEUE} AND head >= OLD.due;"
    f" DELETE FROM queue WHERE {_OLD_QUEUE} AND head IS NULL;"
)
_COUNT_UP = (
    "INSERT INTO tally (source, waiting) VALUES (NEW.source, 1) ON CONFLICT DO UPDATE SET waiting = waiting + 1;"
)
_COUNT_DOWN = "UPDATE tally SET waiting = waiting - 1 WHERE source = OLD.source;"
_READY_COLUMNS = "due, leased_until, host, source, priority"
_WAITING_COLUMNS = "last_fetched, due, source, kind"
_OLD, _NEW = _IS_READY.format("OLD"), _IS_READY.format("NEW")
_OLD_WAITING, _NEW_WAITING = _IS_WAITING.format("OLD"), _IS_WAITING.format("NEW")
# `queue` says when each queue's first entry is due and `tally` how many entries of a source were never fetched: exact
# whatever statement changes an entry, because the database keeps them.
_TRIGGERS = (
    f"entry_put AFTER INSERT ON entry WHEN {_NEW} BEGIN {_PUT} END",
    f"entry_put_back AFTER UPDATE OF {_READY_COLUMNS} ON entry WHEN {_NEW} BEGIN {_PUT} END",
    f"entry_taken AFTER UPDATE OF {_READY_COLUMNS} ON entry WHEN {_OLD} BEGIN {_TAKE} END",
    f"entry_gone AFTER DELETE ON entry WHEN {_OLD} BEGIN {_TAKE} END",
    f"waiting_put AFTER INSERT ON entry WHEN {_NEW_WAITING} BEGIN {_COUNT_UP} END",
    f"waiting_up AFTER UPDATE OF {_WAITING_COLUMNS} ON entry WHEN {_NEW_WAITING} AND"
    f" NOT ({_OLD_WAITING} AND OLD.source = NEW.source) BEGIN {_COUNT_UP} END",
    f"waiting_down AFTER UPDATE OF {_WAITING_COLUMNS} ON entry WHEN {_OLD_WAITING} AND"
    f" NOT ({_NEW_WAITING} AND OLD.source = NEW.source) BEGIN {_COUNT_DOWN} END",
    f"waiting_gone AFTER DELETE ON entry WHEN {_OLD_WAITING} BEGIN {_COUNT_DOWN} END",
)
_FROM_VERSION_1 = (
    *(f"ALTER TABLE entry ADD COLUMN {column} TEXT" for column in ("referrer", "section", "pace")),
    *(f"DROP INDEX IF EXISTS {index}" for index in ("entry_due", "entry_failing", "entry_leased")),
)
_FILL = (
    "INSERT INTO queue SELECT host, coalesce(source, ''), priority, min(due) FROM entry"
    " WHERE due IS NOT NULL AND leased_until IS NULL GROUP BY 1, 2, 3",
    f"INSERT INTO tally (source, waiting) SELECT source, count(*) FROM entry WHERE {_IS_WAITING.format('entry')}"
    " GROUP BY source",
)
_NO_DAMAGE = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_READONLY")
"""Troubles of the folder: whoever moved the file away would lose what is due, for nothing."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a frontier's file, as it is. Not shared by two threads at a time."""
    return sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)


def open_database(path: Path) -> sqlite3.Connection:
    """Open a frontier's file, made or brought up to date where need be. Raises FrontierUnreadable."""
    try:
        db = connect(path)
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
        version = db.execute("PRAGMA user_version").fetchone()[0]
        statements = [*_TABLES.split(";\n"), *(f"CREATE TRIGGER IF NOT EXISTS {trigger}" for trigger in _TRIGGERS)]
        if version == 1:
            statements = [*_FROM_VERSION_1, *statements, *_FILL]
        for statement in statements if version != VERSION else ():
            db.execute(statement)
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
