"""`morgue reindex`: new indexes beside the old ones, which they replace once they are whole.

    .reindex/catalog.sqlite  search/  indexes/        while they are made; then renamed into the collection

What goes wrong before the end (the store does not answer, the disk is full, a kill) leaves the old indexes as they were.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from archive.collection import CATALOG_FILE, SEARCH_FOLDER
from archive.config import Settings
from archive.errors import FolderUnwritable, IndexOutdated, StoreError
from archive.index.catalog import Catalog
from archive.lock import CollectionLock
from archive.records import ARCHIVE, TEXT
from archive.reindex import Indexer, Progress, Reindexed, silent
from archive.stores.holdings import HeldFile, held_files
from archive.stores.store import Store, open_store
from archive.stores.upload import index_name
from archive.warcfile import mend, sync_folder, unread_files

logger = logging.getLogger(__name__)

_PLACE = ".reindex"


def reindex(folder: Path, settings: Settings, progress: Progress = silent) -> Reindexed:
    """Make catalog, CDXJ files and search index anew from the WARC files, those included that are only in the store.

    Also brings back profiles and access rules that are only there. Raises CollectionBusy, FolderUnwritable, StoreError.
    """
    store = open_store(settings, folder) if settings.store else None
    with CollectionLock(folder):
        for kind in (ARCHIVE, TEXT):
            for path in mend(folder / kind):
                logger.warning("sealed what a killed run left open file=%s", path.name)
        try:
            files = held_files(folder, store)
            _refuse_loss(folder, files, store)
            if store is not None:
                _bring_back(folder, store)
            found = _build(folder, files, store, progress)
        except StoreError as error:
            raise type(error)(f"{error}; the indexes are as they were") from error
        except OSError as error:
            raise FolderUnwritable(
                f"{error.filename or folder}: {error.strerror} (free space, or make it writable)"
            ) from error
    found.unreadable += [f"{ARCHIVE}/{name}: {why}" for name, why in unread_files(folder / ARCHIVE)]
    found.unreadable += _without_file(folder, files)
    return found


def _build(folder: Path, files: Sequence[HeldFile], store: Store | None, progress: Progress) -> Reindexed:
    place = folder / _PLACE
    if place.exists():
        shutil.rmtree(place)  # of a reindex that was killed
    place.mkdir()
    try:
        indexer = Indexer.create(folder, place, store)
        try:
            found = indexer.catch_up(files, progress, on_unreadable=_unsaid)
        finally:
            indexer.close()
        _compact(place)
        _put_in_place(place, folder)
        return found
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unsaid(_problem: str) -> None:
    """Log nothing: what a reindex could not read is its answer."""


def _compact(place: Path) -> None:
    compact = place / f"{CATALOG_FILE}.compact"
    with Catalog.open(place / CATALOG_FILE) as catalog:
        catalog.write_compact(compact)
    for ending in ("-wal", "-shm"):
        (place / (CATALOG_FILE + ending)).unlink(missing_ok=True)
    compact.replace(place / CATALOG_FILE)


def _put_in_place(place: Path, folder: Path) -> None:
    """Let new indexes take the place of the old."""
    (folder / "indexes").mkdir(exist_ok=True)
    for path in (place / "indexes").glob("*.cdxj"):
        path.replace(folder / "indexes" / path.name)
    sync_folder(folder / "indexes")
    if (folder / SEARCH_FOLDER).exists():
        (folder / SEARCH_FOLDER).rename(place / "replaced")
    (place / SEARCH_FOLDER).rename(folder / SEARCH_FOLDER)
    # The old catalog goes before its log: a log without its catalog is nothing, but with another catalog it is a disaster.
    for ending in ("", "-wal", "-shm"):
        (folder / (CATALOG_FILE + ending)).unlink(missing_ok=True)
    (place / CATALOG_FILE).rename(folder / CATALOG_FILE)
    sync_folder(folder)


def _refuse_loss(folder: Path, files: Sequence[HeldFile], store: Store | None) -> None:
    """Keep a catalog that knows stored files from being replaced by one that does not, because no store is set, say."""
    try:
        with Catalog.open(folder / CATALOG_FILE, readonly=True) as catalog:
            stored = [f"{file.kind}/{file.name}" for file in catalog.files() if file.uploaded]
    except IndexOutdated:
        return
    here = {file.full_name for file in files}
    lost = [name for name in stored if name not in here]
    if lost:
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        where = f"not in {store.place} either" if store else "no `store` is set to read it from"
        raise StoreError(
            f"{lost[0]}{more}: was stored and is no longer in {folder}, and {where} "
            f"(set `store`; or, to go on without, remove {CATALOG_FILE} first)"
        )


def _bring_back(folder: Path, store: Store) -> None:
    """Fetch what is primary beside the WARC files, and not here: takedowns hold on a new machine too."""
    for file in (*store.iter_files("access.jsonl"), *store.iter_files("profiles/")):
        wanted = file.name == "access.jsonl" or (file.name.endswith(".toml") and file.name.count("/") == 1)
        target = folder / file.name
        if not wanted or target.exists():
            continue
        target.parent.mkdir(exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        with store.open(file.name) as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        partial.replace(target)
        sync_folder(target.parent)
        logger.info("brought back file=%s from=%s", file.name, store.url(file.name))


def _without_file(folder: Path, files: Sequence[HeldFile]) -> list[str]:
    """What the CDXJ files tell of WARC files that are nowhere."""
    known = {index_name(file.name) for file in files}
    names = sorted(f"indexes/{path.name}" for path in (folder / "indexes").glob("*.cdxj"))
    return [
        f"{name}: its WARC file is not to be found (if it is lost, remove this too)"
        for name in names
        if name not in known
    ]
