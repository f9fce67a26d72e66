"""Files kept in a folder: by default the collection's own, where a finished file already is in its place."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from archive.errors import StoreError
from archive.stores.store import StoredFile, check_name, check_range, is_name, missing, too_short, unwatched


class FileStore:
    """A folder as a `archive.stores.store.Store`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, path: Path, *, on_sent: Callable[[int], None] = unwatched) -> None:
        target = self._path(name)
        with self._explained(name):
            if target.exists() and target.samefile(path):
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            # Beside its target, so that the rename stays within one file system; hidden, so that no listing shows it.
            partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
            try:
                digest = _copy(path, partial, on_sent)
                with partial.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").digest() != digest:
                        raise StoreError(f"{target}: reads back other bytes than were written (check the disk)")
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
            _sync_folder(target.parent)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        check_range(name, offset, length)
        with self.open(name) as file, self._explained(name):
            file.seek(offset)
            data = file.read(length)
            if len(data) < length:
                raise too_short(str(self._path(name)), offset, length, os.fstat(file.fileno()).st_size)
            return data

    def open(self, name: str) -> BinaryIO:
        with self._explained(name):
            try:
                return self._path(name).open("rb")
            except FileNotFoundError:
                raise missing(str(self._path(name))) from None

    def get_size(self, name: str) -> int | None:
        with self._explained(name):
            path = self._path(name)
            return path.stat().st_size if path.is_file() else None

    def iter_files(self, prefix: str = "") -> Iterator[StoredFile]:
        with self._explained(prefix):
            names = sorted(self._names(self._folder, "", prefix), key=str.encode)
        for name in names:
            size = self.get_size(name)
            if size is not None:  # else renamed or removed since
                yield StoredFile(name=name, size=size)

    def url(self, name: str) -> str:
        return self._path(name).absolute().as_uri()

    @property
    def place(self) -> str:
        return str(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / check_name(name)

    def _names(self, folder: Path, parent: str, prefix: str) -> Iterator[str]:
        """Names below one folder; folders that the prefix rules out are not entered."""
        for entry in os.scandir(folder):
            name = parent + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                inside = name + "/"
                if inside.startswith(prefix) or prefix.startswith(inside):
                    yield from self._names(Path(entry.path), inside, prefix)
            elif name.startswith(prefix) and is_name(name) and entry.is_file():
                yield name

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{error.filename or self._folder / name}: {error.strerror} (check its permissions and the disk)"
            ) from None


def _copy(source: Path, target: Path, on_sent: Callable[[int], None]) -> bytes:
    """Copy and sync; the SHA-256 of what was read."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while data := reading.read(1 << 20):
            digest.update(data)
            writing.write(data)
            on_sent(len(data))
        writing.flush()
        os.fsync(writing.fileno())
    return digest.digest()


def _sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
