"""How the catalog's SQLite file is opened, locked and committed; its tables are `catalog_tables`'.

WAL, so that any number of readers work beside one writer. A commit is durable (synchronous=FULL): what the frontier
calls done after it, the catalog knows, whatever the power does. The file is opened through apsw alone: its SQLite is not
that of the `sqlite3` module, and of two in one process that have a file open each undoes the other's locks.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import apsw

from archive.errors import ArchiveError, CollectionBusy, FolderUnwritable, IndexOutdated
from archive.index.catalog_packing import FUNCTIONS, HAS_RIGHTS, tail_of
from archive.index.catalog_tables import SCHEMA, TABLES
from archive.index.catalog_upgrades import UPGRADES

_APPLICATION_ID = 0x6D6F7267  # "morg"
_BUSY_SECONDS = 30
_STATEMENTS = 256
"""Prepared statements kept."""

HTML_MIMES = ("text/html", "application/xhtml+xml")
"""What extraction reads. Their ids are 1 and 2, so that indexes can leave them in or out."""

_REFUSED = (apsw.FullError, apsw.ReadOnlyError, apsw.IOError, apsw.CantOpenError, apsw.PermissionsError)
"""Errors of the folder, not of what is in the file."""

READ_ERRORS = (apsw.Error, UnicodeDecodeError)
"""What reading raises: apsw has no error of its own for text that is no UTF-8."""

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """One connection, usable from any thread: statements run one at a time, and a transaction keeps others out."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._cursor = connection.cursor()  # each answer is read to its end before the next is begun
        self._lock = threading.RLock()
        self._in_transaction = False
        self._is_hidden: Callable[[str], bool] | None = None
        self._forget_names()

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Self:
        """Open the catalog, made anew where a writer finds none.

        Raises IndexOutdated when it is missing for a reader, damaged, or of another version.
        """
        if readonly and not path.exists():
            raise IndexOutdated(f"{path}: no catalog (run `morgue reindex`)")
        connection: apsw.Connection | None = None
        try:
            connection = _connect(path, readonly)
            _prepare(connection, path, readonly)
        except BaseException as error:
            if connection:
                connection.close()
            if isinstance(error, apsw.Error):
                raise _failure(error, path) from error
            raise
        return cls(connection, path)

    def close(self) -> None:
        """Close the file; the last to do so folds its write-ahead log in."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_compact(self, path: Path) -> None:
        """Write a copy without the room that inserts leave, durably: a tenth less. What is there already is an error."""
        with self._lock:
            try:
                # Not in place: that would hold all of it in memory (temp_store), and in the write-ahead log.
                self._connection.execute("VACUUM INTO ?", (str(path),))
                # The copy is not in WAL, where a question costs its readers 3 µs less.
                with closing(_connect(path, readonly=False)) as copied:
                    copied.execute("PRAGMA journal_mode = WAL")
            except apsw.Error as error:
                raise _failure(error, self.path) from error
        with path.open("rb+") as copy:
            os.fsync(copy.fileno())

    def hide(self, is_hidden: Callable[[str], bool]) -> None:
        """Let this connection see no capture whose rights, as the catalog writes them, are hidden; for readers."""
        with self._lock:
            self._connection.create_scalar_function("is_hidden", _of_rights(is_hidden), 1)
            # A temporary view stands before the table of its name, for every query there is or will be.
            self._connection.execute(
                "CREATE TEMP VIEW capture AS SELECT * FROM main.capture "
                f"WHERE NOT flags & {HAS_RIGHTS} OR NOT is_hidden(body)"
            )
        self._is_hidden = is_hidden

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One durable commit of everything added inside; nothing of it when an error leaves the block."""
        with self._lock:
            if self._in_transaction:
                yield
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._in_transaction = True
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._forget_names()  # some may be of rows that are gone again
                if isinstance(error, apsw.Error):
                    raise _failure(error, self.path) from error
                raise
            finally:
                self._in_transaction = False

    def _all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        # Whole answers only: an open cursor would hold a snapshot, and with it the write-ahead log, for as long as a
        # slow caller takes.
        with self._lock:
            try:
                return self._cursor.execute(sql, parameters).fetchall()
            except READ_ERRORS as error:
                raise _failure(error, self.path) from error

    def _one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        rows = self._all(sql, parameters)
        return rows[0] if rows else None

    def _run(self, sql: str, parameters: Parameters = ()) -> None:
        """Change something, inside of a transaction."""
        self._cursor.execute(sql, parameters)

    def _changes(self, sql: str, parameters: Parameters = ()) -> bool:
        """Change something, and say whether there was anything to change."""
        self._cursor.execute(sql, parameters)
        return self._connection.changes() > 0

    def _insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Insert a row; its id."""
        self._cursor.execute(sql, parameters)
        return self._connection.last_insert_rowid()

    def _forget_names(self) -> None:
        self._names: dict[int, str] = {}
        self._name_ids: dict[str, int] = {}
        self._files: dict[int, str] = {}
        self._file_ids: dict[str, int] = {}

    def name_of(self, number: int) -> str:
        """A media type, or another name, by its number."""
        if number not in self._names:
            self._names = dict(self._all("SELECT id, name FROM name"))
        if number not in self._names:
            raise IndexOutdated(f"{self.path}: catalog is damaged: name {number} is missing (run `morgue reindex`)")
        return self._names[number]

    def _name_id(self, name: str) -> int:
        if name not in self._name_ids:
            self._run("INSERT OR IGNORE INTO name (name) VALUES (?)", (name,))
            self._name_ids[name] = self._number("SELECT id FROM name WHERE name = ?", name)
        return self._name_ids[name]

    def file_name(self, number: int) -> str:
        """A WARC file's name by its number."""
        if number not in self._files:
            self._files = dict(self._all("SELECT id, name FROM file"))
        if number not in self._files:
            raise IndexOutdated(f"{self.path}: catalog is damaged: file {number} is missing (run `morgue reindex`)")
        return self._files[number]

    def _file_id(self, name: str, kind: str) -> int:
        if name not in self._file_ids:
            self._run("INSERT OR IGNORE INTO file (name, kind) VALUES (?, ?)", (name, kind))
            self._file_ids[name] = self._number("SELECT id FROM file WHERE name = ?", name)
        return self._file_ids[name]

    def _number(self, sql: str, *parameters: Any) -> int:
        row = self._one(sql, parameters)
        return int(row[0]) if row else 0


def _of_rights(is_hidden: Callable[[str], bool]) -> Callable[..., bool]:
    """The same question, asked of a capture's body."""
    return lambda body: is_hidden(tail_of(body).rest.rights or "")


def _connect(path: Path, readonly: bool) -> apsw.Connection:
    address = path.absolute().as_uri()
    # Without SQLite's own mutex, which it takes for each value of each row: a fifth off. `Database` has a lock around it all.
    flags = apsw.SQLITE_OPEN_URI | apsw.SQLITE_OPEN_NOMUTEX
    flags |= apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(address, flags, statementcachesize=_STATEMENTS)
    connection.set_busy_timeout(_BUSY_SECONDS * 1000)
    try:
        connection.execute("PRAGMA user_version")
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError):
        connection.close()
        log = path.with_name(path.name + "-wal")
        if not readonly or (log.exists() and log.stat().st_size):
            raise
        # A reader needs to write the shared memory beside the file; on a read-only medium nobody else writes either.
        address += "?immutable=1"
        connection = apsw.Connection(address, flags, statementcachesize=_STATEMENTS)
    return connection


def _prepare(connection: apsw.Connection, path: Path, readonly: bool) -> None:
    # Else each statement is prepared anew for each value that is bound to it, to plan by the statistics of that value.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for name, arguments, function in FUNCTIONS:
        connection.create_scalar_function(name, function, arguments, deterministic=True)
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA mmap_size = 1073741824")  # a tenth off every lookup
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -65536")
    if not readonly and not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        connection.execute("BEGIN IMMEDIATE")  # two processes may both find it new
        if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
            connection.execute(TABLES)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
    application = connection.pragma("application_id")
    version = int(connection.pragma("user_version"))
    if application != _APPLICATION_ID:
        raise IndexOutdated(f"{path}: is no catalog (move it away and run `morgue reindex`)")
    while not readonly and version in UPGRADES:
        connection.execute("BEGIN IMMEDIATE")  # for which another process may have made us wait, that does the same
        version = int(connection.pragma("user_version"))
        if version in UPGRADES:
            bring_up_to_date, version = UPGRADES[version]
            bring_up_to_date(connection)
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    if version != SCHEMA:
        raise IndexOutdated(f"{path}: catalog of version {version}, this morgue reads {SCHEMA} (run `morgue reindex`)")


def _failure(error: Exception, path: Path) -> ArchiveError:
    """What an SQLite error means for the person who reads it."""
    if isinstance(error, apsw.BusyError):
        return CollectionBusy(f"{path}: another process writes to it (try again when it is done)")
    if isinstance(error, _REFUSED):
        return FolderUnwritable(f"{path}: {error} (free space, or make the folder writable)")
    return IndexOutdated(f"{path}: catalog is damaged: {error} (run `morgue reindex`)")
