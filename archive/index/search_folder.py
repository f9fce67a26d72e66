"""The folder of a search index: which version made it, who writes to it, and what its troubles are called.

search/morgue-search.json    {"version": 1}, written last when an index is made
search/meta.json, *          tantivy's own files; a commit puts a new meta.json in the place of the old
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from archive.errors import CollectionBusy, FolderUnwritable, IndexOutdated

STAMP = "morgue-search.json"


def stamped_version(path: Path) -> object:
    """The version that made the folder; `None` where there is no index."""
    try:
        stamp = msgspec.json.decode((path / STAMP).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return stamp.get("version") if isinstance(stamp, dict) else None


def share(path: Path) -> None:
    """Let all read the index who may read the folder's other files: tantivy makes `meta.json` for its owner alone."""
    meta = path / "meta.json"
    if meta.stat().st_uid == os.geteuid():
        meta.chmod((path / STAMP).stat().st_mode & 0o777)


def state(path: Path) -> tuple[int, int] | None:
    """Changes with every commit: tantivy puts a new `meta.json` in the place of the old."""
    try:
        status = os.stat(f"{path}/meta.json")  # noqa: PTH116 - asked before each search: a third of the time
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def refuse_second_writer(path: Path) -> None:
    """Raise `CollectionBusy` while any process writes, be the index readable or not."""
    try:
        lock = (path / ".tantivy-writer.lock").open("rb")
    except OSError:
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _busy(path) from error


def _busy(path: Path) -> CollectionBusy:
    return CollectionBusy(f"{path}: another process writes to the search index (wait for it, or stop it)")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Gives errors met while writing their names: `CollectionBusy`, `FolderUnwritable`."""
    try:
        yield
    except (ValueError, OSError) as error:
        if "LockBusy" in str(error):
            raise _busy(path) from error
        remedy = "make room or give leave there, then `morgue reindex`"
        raise FolderUnwritable(f"{path}: cannot write the search index: {_line(error)} ({remedy})") from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Gives errors met while reading their names: `IndexOutdated`, `FolderUnwritable`."""
    try:
        yield
    except BaseException as error:
        if "Failed to acquire Lockfile" in str(error) and "NotFound" in str(error):
            raise IndexOutdated(
                f"{path}: the search index is being made anew (ask again; else `morgue reindex`)"
            ) from error
        if "Failed to acquire Lockfile" in str(error) and path.exists():
            problem = "cannot be searched where no lock file can be made"
            raise FolderUnwritable(f"{path}: {problem}: {_line(error)} (make it writable, or search a copy)") from error
        # tantivy makes some of its files for their owner alone, whatever the umask.
        if "PermissionDenied" in str(error) or isinstance(error, PermissionError):
            raise FolderUnwritable(f"{path}: {_line(error)} (search as the user who owns the folder)") from error
        # A damaged file makes tantivy raise ValueError, or panic: an exception of its own, above `Exception`.
        damaged = isinstance(error, (ValueError, OSError, msgspec.DecodeError))
        if not damaged and type(error).__name__ != "PanicException":
            raise
        raise IndexOutdated(f"{path}: the search index is damaged: {_line(error)} (run `morgue reindex`)") from error


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
