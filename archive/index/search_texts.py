"""What a search index keeps of each version to show it, in files beside tantivy's own: read in one step, never merged.

search/texts-000001, …    what is kept of one version after another, with nothing between; what is added stands at the end

Each ends with its checksum (CRC-32, four bytes, big-endian): a file that was cut, and grew on, would answer for another
version. The index says where: `place`, the file's number times 2**32 and the byte where it begins, and `size`, in bytes.
Files are written through before the index is: what a crash leaves at the end of one, nothing points to. What is taken
out of the index stays in its file until all of the file is out; then the file goes.
"""

import errno
import os
import re
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib

FILE_BYTES = 1 << 28
"""A file that has grown so large is followed by the next."""
_LONGEST = 1 << 28  # bytes; whatever says that a version takes more is damaged
_BITS = 32
_SUM_BYTES = 4
_name = re.compile(r"texts-([0-9]{6})")


class Place(NamedTuple):
    """Where the text of a version is."""

    place: int
    size: int


class TextsWriter:
    """Adds to the files of a folder. One at a time: who holds the index's writer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd: int | None = None
        self._number = 0
        self._end = 0

    def add(self, text: bytes) -> Place:
        """Where it stands from now on, for certain after `sync`. Raises OSError."""
        text += isal_zlib.crc32(text).to_bytes(_SUM_BYTES)
        fd = self._open_file()
        place = Place(self._number << _BITS | self._end, len(text))
        try:
            written = os.write(fd, text)
        finally:
            self._end = os.fstat(fd).st_size  # wherever a write that failed left it
        if written < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return place

    def sync(self) -> None:
        """Make everything so far durable."""
        if self._fd is not None:
            os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def drop_files(self, is_needed: Callable[[int, int], bool]) -> None:
        """Remove the files, all but the last, of which nothing is needed any more: asked for the places from and to."""
        for number in _numbers(path.name for path in self._folder.iterdir())[:-1]:
            if not is_needed(number << _BITS, ((number + 1) << _BITS) - 1):
                (self._folder / _file_name(number)).unlink()

    def _open_file(self) -> int:
        if self._fd is not None and self._end < FILE_BYTES:
            return self._fd
        self.sync()
        self.close()
        number = max(_numbers(path.name for path in self._folder.iterdir()), default=1)
        path = self._folder / _file_name(number)
        if path.exists() and path.stat().st_size >= FILE_BYTES:
            number += 1
            path = self._folder / _file_name(number)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self._number, self._end = number, os.fstat(self._fd).st_size
        if not self._end:
            from archive.warcfile import sync_folder  # who only reads needs none of it

            sync_folder(self._folder)
        return self._fd


class Texts:
    """The files of a folder, open for reading: the same folder, should another take its place."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._fds: dict[int, int] = {}
        weakref.finalize(self, _close_all, self._folder, self._fds)
        # All at once: one that is not needed any more may go while an answer is read that still needs it.
        for number in _numbers(os.listdir(self._folder)):  # noqa: PTH208 - a descriptor is no path
            with suppress(FileNotFoundError):
                self._open(number)

    def are_of(self, folder: Path) -> bool:
        """Whether this is still the folder of that name. Raises OSError where there is none."""
        return os.path.samestat(os.fstat(self._folder), folder.stat())

    def read(self, place: int, size: int) -> bytes:
        """What stands there. Raises OSError where the file is gone, ValueError where that is not what was put there."""
        number, offset = place >> _BITS, place & ((1 << _BITS) - 1)
        if size > _LONGEST:
            raise ValueError(f"{size} bytes of {_file_name(number)} are no version")
        fd = self._fds.get(number)
        text = os.pread(self._open(number) if fd is None else fd, size, offset)
        if len(text) < size:
            raise ValueError(f"{_file_name(number)} ends before byte {offset + size}")
        kept = text[:-_SUM_BYTES]
        if isal_zlib.crc32(kept).to_bytes(_SUM_BYTES) != text[-_SUM_BYTES:]:
            raise ValueError(f"{_file_name(number)} was damaged at byte {offset}")
        return kept

    def _open(self, number: int) -> int:
        fd = os.open(_file_name(number), os.O_RDONLY, dir_fd=self._folder)
        # Another thread may have been quicker; its descriptor is in use.
        if self._fds.setdefault(number, fd) != fd:
            os.close(fd)
        return self._fds[number]


def _numbers(names: Iterable[str]) -> list[int]:
    return sorted(int(match[1]) for match in map(_name.fullmatch, names) if match)


def _file_name(number: int) -> str:
    return f"texts-{number:06}"


def _close_all(folder: int, fds: dict[int, int]) -> None:
    for fd in (folder, *fds.values()):
        os.close(fd)
