"""What a store is: a place that holds a collection's finished files under their names in the collection.

A name is `archive/x.warc.gz`, `text/x.warc.gz`, `indexes/x.cdxj`, `profiles/voa.toml` or `access.jsonl`, so a store
mirrors the collection's folder. A store never deletes anything, neither its own files nor local ones.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from archive.config import Settings
from archive.errors import StoreError


def unwatched(_: object) -> None:
    """Watch nothing: the default of parameters that report."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a store, as its listing shows it."""

    name: str
    size: int
    md5: str | None = None
    """In hex; `None` where listing does not tell it."""


class Store(Protocol):
    """A place for finished files. Safe to use from several threads.

    Every method raises `StoreError`, or its kind `StoreUnreachable` where a later try may succeed. A name that leads
    out of the store is a `StoreError` too.
    """

    def put(self, name: str, path: Path, *, on_sent: Callable[[int], None] = unwatched) -> None:
        """Copy a local file; returns once the store is known to hold exactly its bytes. Replaces an older copy.

        `on_sent` gets the length of each piece as it goes: signs of life, more of them where a piece is sent again.
        """

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes, at least one; a file that is missing or ends earlier is a `StoreError`."""

    def open(self, name: str) -> BinaryIO:
        """The file from its start, seekable."""

    def get_size(self, name: str) -> int | None:
        """Bytes; `None` when the store holds no such file."""

    def iter_files(self, prefix: str = "") -> Iterator[StoredFile]:
        """Every file whose name begins with `prefix`, in byte order of the names."""

    def url(self, name: str) -> str:
        """Where the file is or would be, for people."""

    @property
    def place(self) -> str:
        """Where the store is, for people."""


def open_store(settings: Settings, folder: Path) -> Store:
    """The store that a collection's settings name; nothing is contacted before its first use."""
    if settings.store:
        from archive.stores.s3 import S3Store

        return S3Store(settings.store)
    from archive.stores.file import FileStore

    return FileStore(folder)


def is_name(name: str) -> bool:
    """Whether a name stays inside any store: relative, printable, with no hidden or upward part.

    >>> [is_name(name) for name in ("archive/a b-é.warc.gz", "archive/../catalog.sqlite", "/etc/passwd", ".git/config")]
    [True, False, False, False]
    """
    return (
        not any(part == "" or part.startswith(".") for part in name.split("/"))
        and "\\" not in name
        and name.isprintable()
        and len(name.encode()) <= 900  # S3 allows 1024 bytes for prefix and name together
    )


def check_name(name: str) -> str:
    """The name, if `is_name`; else `StoreError`."""
    if not is_name(name):
        raise StoreError(f"{name!r:.200} is not a name in a store (rename the file)")
    return name


def check_range(name: str, offset: int, length: int) -> None:
    """Refuse what no index of a sound archive asks for."""
    if offset < 0 or length < 1:
        raise StoreError(f"{name}: no range begins at {offset} with {length} bytes (run `morgue reindex`)")


def too_short(place: str, offset: int, length: int, size: int | None = None) -> StoreError:
    """The error for a file that ends before the range does."""
    ends = "ends earlier" if size is None else f"has {size} bytes"
    return StoreError(f"{place}: {ends}, wanted {length} at {offset} (run `morgue verify`)")


def missing(place: str) -> StoreError:
    """The error for reading a file that the store does not hold."""
    return StoreError(f"{place}: no such file in the store (run `morgue verify`)")
