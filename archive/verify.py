"""Checks a collection: its WARC files, and what folder, catalog and store hold against each other. Changes nothing.

Of the store it looks at the listing only, unless it is to read every file there too. What may be wrong with one file is in
`archive.checks`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from archive.checks import Finding, check_digests, check_file, check_records, notebook
from archive.collection import CATALOG_FILE
from archive.config import SETTINGS_FILE, Settings
from archive.errors import IndexOutdated, RecordUnreadable, StoreError
from archive.formats.warc import read_records
from archive.index.catalog import Catalog, FileEntry
from archive.records import ARCHIVE, TEXT
from archive.reindex import Progress, silent
from archive.stores.holdings import is_warc
from archive.stores.store import Store, StoredFile, open_store
from archive.warcfile import OPEN, find_file, unread_files, warc_files

__all__ = ["Finding", "check_digests", "verify"]

Stored = Mapping[str, StoredFile]
Known = Mapping[str, FileEntry]
"""Files by their name in the collection."""


def verify(
    folder: Path, settings: Settings, progress: Progress = silent, *, read_store: bool = False
) -> Iterator[Finding]:
    """Everything that is wrong with a collection, file by file. `progress` gets a file's name, and bytes done and in all.

    May run while another process writes: of files still open, only what the catalog vouches for is looked at.
    `read_store` has every WARC file of the store read too.
    """
    catalog: Catalog | None = None
    try:
        catalog = Catalog.open(folder / CATALOG_FILE, readonly=True)
    except IndexOutdated as error:
        yield Finding(file=CATALOG_FILE, problem=str(error))
    store = open_store(settings, folder) if settings.store else None
    stored: Stored | None = None
    try:
        stored = {file.name: file for file in store.iter_files()} if store else None
    except StoreError as error:
        yield Finding(file=SETTINGS_FILE, problem=f"the store could not be checked: {error}")
    try:
        to_read = stored if read_store and stored else {}
        yield from _check_files(folder, catalog, store, to_read, progress)
        for name, why in unread_files(folder / ARCHIVE):
            yield Finding(file=f"{ARCHIVE}/{name}", problem=why)
        known = {f"{file.kind}/{file.name}": file for file in catalog.files()} if catalog else None
        if stored is not None:
            yield from _compare(folder, stored, known)
        yield from _missing(folder, known or {}, stored, is_set=store is not None)
    finally:
        if catalog:
            catalog.close()


def _check_files(
    folder: Path, catalog: Catalog | None, store: Store | None, stored: Stored, progress: Progress
) -> Iterator[Finding]:
    """What is wrong with the WARC files of the folder, then with these of the store."""
    here = {
        f"{kind}/{path.name.removesuffix(OPEN)}": _size(path)
        for kind in (ARCHIVE, TEXT)
        for path in warc_files(folder / kind)
    }
    there = {name: file for name, file in stored.items() if _is_warc(name)}
    total, done = sum(here.values()) + sum(file.size for file in there.values()), 0
    for name, size in here.items():
        progress(name, done, total)
        yield from check_file(folder, name, catalog)
        done += size
    for name, file in there.items():
        assert store
        progress(name, done, total)
        yield from _check_stored(store, folder, file, catalog, is_here=name in here)
        done += file.size
    progress("", total, total)


def _check_stored(
    store: Store, folder: Path, file: StoredFile, catalog: Catalog | None, *, is_here: bool
) -> list[Finding]:
    """Check a file of the store: against the one here, else by itself."""
    found, note = notebook(file.name)
    kind, _, file_name = file.name.partition("/")
    try:
        with store.open(file.name) as stream:
            if is_here:
                with find_file(folder / kind, file_name).open("rb") as local:
                    if _sha256(local) != _sha256(stream):
                        note(None, "holds other bytes here than in the store")
            else:
                known = catalog.get_file(file_name) if catalog else None
                records = read_records(stream, Path(file.name), on_damage=note)
                check_records(records, file.size, kind, catalog, known, note)
    except (RecordUnreadable, StoreError, OSError) as error:
        note(None, str(error))
    return found


def _compare(folder: Path, stored: Stored, known: Known | None) -> Iterator[Finding]:
    """What the store's listing tells."""
    for name, file in stored.items():
        path, entry = folder / name, known.get(name) if known is not None else None
        if _is_there(folder, name) if _is_warc(name) else path.exists():
            size = _size(path)
            if size < file.size and not name.startswith("indexes/"):
                yield Finding(file=name, offset=size, problem=f"ends here, the store holds {file.size} bytes of it")
        elif not _is_warc(name):
            if name == "access.jsonl" or name.startswith("profiles/"):
                yield Finding(file=name, problem="is in the store, but not here (`morgue reindex` brings it back)")
        elif known is not None and entry is None:
            yield Finding(file=name, problem="is in the store, but not in the catalog (run `morgue reindex`)")
        elif entry is not None and entry.size != file.size:
            problem = f"has {file.size} bytes in the store, the catalog knows of {entry.size}"
            yield Finding(file=name, problem=problem)


def _missing(folder: Path, known: Known, stored: Stored | None, *, is_set: bool) -> Iterator[Finding]:
    """Files of the catalog that are nowhere; `stored` is `None` where the store could not say, or none is set."""
    for name, file in known.items():
        if name in (stored or ()) or _is_there(folder, name):
            continue
        if stored is not None:
            yield Finding(file=name, problem="is in the catalog, but neither here nor in the store")
        elif not file.uploaded:
            yield Finding(file=name, problem="is in the catalog, but not in the collection")
        elif not is_set:
            yield Finding(file=name, problem="is not here, and no `store` is set to read it from")


def _sha256(stream: Any) -> bytes:
    return hashlib.file_digest(stream, "sha256").digest()


def _is_warc(name: str) -> bool:
    return is_warc(name, ARCHIVE) or is_warc(name, TEXT)


def _is_there(folder: Path, name: str) -> bool:
    kind, _, file_name = name.partition("/")
    try:
        return bool(find_file(folder / kind, file_name))
    except RecordUnreadable:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # sealed, and so renamed, since it was listed
        return 0
