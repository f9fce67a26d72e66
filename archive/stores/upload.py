"""Brings finished files of a collection into its store, now or whenever the store answers again.

What has been stored is asked of the store itself, by one listing; no record of it is kept that could be lost or wrong.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from archive.errors import StoreError, StoreUnreachable
from archive.stores.store import Store, StoredFile, unwatched

logger = logging.getLogger(__name__)

_FINISHED = (
    "archive/*.warc.gz",
    "archive/*.warc",
    "text/*.warc.gz",
    "indexes/*.cdxj",
    "profiles/*.toml",
    "access.jsonl",
)
_BESIDE = ("profiles/*.toml", "access.jsonl")


def finished_files(folder: Path) -> list[str]:
    """Names of what belongs in the store: sealed WARC files, their indexes, profiles and access rules."""
    return _names(folder, _FINISHED)


def files_of(folder: Path, kind: str, warc_name: str) -> list[str]:
    """Names of a WARC file and its index, and of what else may have changed since the last one was stored."""
    index = [index_name(warc_name)] if kind == "archive" else []
    return [f"{kind}/{warc_name}", *index, *_names(folder, _BESIDE)]


def upload_pending(
    store: Store,
    folder: Path,
    names: Sequence[str],
    *,
    known: Collection[str] = (),
    on_stored: Callable[[str], None] = unwatched,
    on_sent: Callable[[int], None] = unwatched,
) -> tuple[list[str], dict[str, StoreError]]:
    """Store each of these files that the store does not hold yet.

    What was stored now, and what could not be, by name. Failures are returned, not raised: the files are safe here, and
    the next call takes them up again. `known` was stored before: where the store does not even list what it holds, that
    has not failed. `on_stored` gets each name that the store is now known to hold, `on_sent` the bytes of each piece sent.
    """
    done: list[str] = []
    failed: dict[str, StoreError] = {}
    try:
        stored = _listing(store, names)
    except StoreError as error:
        return done, {name: error for name in names if name not in known}
    pending: list[str] = []
    for name in names:
        try:
            if _is_pending(folder / name, stored.get(name), name):
                pending.append(name)
            else:
                on_stored(name)
        except _NotWholeError as error:
            failed[name] = error
    for index, name in enumerate(pending):
        try:
            store.put(name, folder / name, on_sent=on_sent)
        except StoreError as error:
            logger.info("kept here name=%s error=%s", name, error)
            failed[name] = error
            if isinstance(error, StoreUnreachable):  # each further file would wait as long for the same answer
                failed |= dict.fromkeys(pending[index + 1 :], error)
                break
        else:
            logger.info("stored name=%s store=%s", name, store.url(name))
            done.append(name)
            on_stored(name)
    return done, failed


def index_name(warc_name: str) -> str:
    """Name of the CDXJ file of a WARC file.

    >>> index_name("morgue-1.warc.gz"), index_name("morgue-1.warc")
    ('indexes/morgue-1.cdxj', 'indexes/morgue-1.warc.cdxj')
    """
    return f"indexes/{warc_name.removesuffix('.warc.gz')}.cdxj"


def explain_failed(failed: Mapping[str, StoreError], folder: Path) -> list[str]:
    """What could not be stored and why, a line for each reason.

    >>> failed = {name: StoreError("s3://b: no such bucket") for name in ("text/a.warc.gz", "archive/a.warc.gz")}
    >>> explain_failed(failed, Path("news"))
    ['2 files not stored: s3://b: no such bucket; they are safe in news, and go up with the next run']
    """
    names: dict[str, list[str]] = {}
    lines: list[str] = []
    for name, error in failed.items():
        if isinstance(error, _NotWholeError):
            lines.append(str(error))
        else:
            names.setdefault(str(error), []).append(name)
    for reason, kept in names.items():
        what, they = ("1 file", "it is") if len(kept) == 1 else (f"{len(kept)} files", "they are")
        go = "goes" if len(kept) == 1 else "go"
        lines.append(f"{what} not stored: {reason}; {they} safe in {folder}, and {go} up with the next run")
    return lines


def _names(folder: Path, patterns: Sequence[str]) -> list[str]:
    paths = [path for pattern in patterns for path in sorted(folder.glob(pattern)) if not path.name.startswith(".")]
    return [path.relative_to(folder).as_posix() for path in paths]


class _NotWholeError(StoreError):
    """The file here is missing or has lost its end: another try would not mend it."""


def _listing(store: Store, names: Sequence[str]) -> dict[str, StoredFile]:
    """What the store holds of these files, and perhaps others."""
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.partition("/")[0], []).append(name)
    # By folder, and no more of it than need be: the listing of a large store takes many requests.
    prefixes = map(os.path.commonprefix, folders.values())  # a prefix may end within a name
    return {file.name: file for prefix in prefixes for file in store.iter_files(prefix)}


def _is_pending(path: Path, stored: StoredFile | None, name: str) -> bool:
    """Whether the store lacks this file or holds an older state of it.

    WARC files and access rules only grow, so a size tells their state, and a longer file there means that the one here
    has lost its end: it must not replace the good one.
    """
    try:
        size = path.stat().st_size
        if stored is None:
            return True
        if size < stored.size and not name.startswith(("indexes/", "profiles/")):
            raise _NotWholeError(f"{path}: has {size} bytes, but {stored.size} in the store (run `morgue verify`)")
        if size != stored.size:
            return True
        return name.startswith("profiles/") and stored.md5 not in {None, _md5(path)}
    except FileNotFoundError:
        if stored is not None:
            return False  # removed here to save space
        raise _NotWholeError(f"{path}: is neither here nor in the store (run `morgue verify`)") from None


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
