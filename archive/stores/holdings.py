"""The WARC files of a collection, wherever they are: in its folder, or only in its store any more."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from archive.errors import StoreError
from archive.stores.store import Store
from archive.warcfile import OPEN, warc_files

KINDS = ("archive", "text")
SOON_SECONDS = 5.0
_ENDINGS = (".warc.gz", ".warc")


class HeldFile(msgspec.Struct, frozen=True, kw_only=True):
    """One WARC file of a collection."""

    kind: str
    """Its folder: `archive` or `text`."""
    name: str
    """The final name, without folder, even while the file is still `.open`."""
    size: int
    path: Path | None
    """`None` where it is only in the store."""
    store: Store | None = None
    stored_size: int | None = None
    """`None` where it is not in the store."""

    @property
    def full_name(self) -> str:
        """Its name in the collection."""
        return f"{self.kind}/{self.name}"

    @property
    def is_open(self) -> bool:
        """Whether it still grows."""
        return self.path is not None and self.path.name.endswith(OPEN)

    def open(self) -> BinaryIO:
        """Its bytes, seekable; from the store in pieces. Raises OSError, or StoreError."""
        if self.path is not None:
            return self.path.open("rb")
        assert self.store
        return self.store.open(self.full_name)


def held_files(folder: Path, store: Store | None, kinds: Iterable[str] = KINDS) -> list[HeldFile]:
    """All WARC files of a collection, by kind and name; what is in the folder is taken from there. Raises StoreError."""
    held: list[HeldFile] = []
    for kind in kinds:
        stored = dict(_stored_warcs(store, kind)) if store else {}
        here = {path.name.removesuffix(OPEN): path for path in warc_files(folder / kind)}
        for name in sorted({*here, *stored}):
            path, stored_size = here.get(name), stored.get(name)
            size = _size(path) if path else stored_size
            assert size is not None
            held.append(HeldFile(kind=kind, name=name, size=size, path=path, store=store, stored_size=stored_size))
    return held


def holds_warcs(store: Store, *, patience_seconds: float = SOON_SECONDS) -> bool:
    """Whether a store holds any WARC file; not when it does not say so soon: a crawl must not wait for it."""
    found: list[str] = []

    def look() -> None:
        # What is wrong with the store is said when the first file is to be stored.
        with suppress(StoreError):
            found.extend(islice((name for kind in KINDS for name, _ in _stored_warcs(store, kind)), 1))

    thread = threading.Thread(target=look, name="look into the store", daemon=True)
    thread.start()
    thread.join(patience_seconds)
    return bool(found)


def is_warc(name: str, kind: str) -> bool:
    """Whether a name in a store is that of a WARC file of this kind."""
    folder, _, file = name.partition("/")
    return folder == kind and "/" not in file and file.endswith(_ENDINGS)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a link to a disk that is not there, say; opening it will tell
        return 0


def _stored_warcs(store: Store, kind: str) -> Iterator[tuple[str, int]]:
    for file in store.iter_files(f"{kind}/"):
        if is_warc(file.name, kind):
            yield file.name.partition("/")[2], file.size
