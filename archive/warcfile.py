"""Files that WARC records are appended to: named, rotated, synced, sealed, and mended after a crash.

A file is `NAME.warc.gz.open` while it grows and `NAME.warc.gz` once sealed; both are the same file under the same final
name to the catalog. Sealing is fsync, rename, fsync of the folder. What a record holds is left to `archive.formats.warc`.
"""

import logging
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

from archive.errors import FolderUnwritable, RecordUnreadable
from archive.formats.digest import payload_digest
from archive.formats.gzip_members import scan_members
from archive.formats.warc import encode_record, new_record_id, warc_date
from archive.model import RecordLocation

logger = logging.getLogger(__name__)

OPEN = ".open"
_NO_HOST = re.compile(r"[^A-Za-z0-9-]")


class WarcWriter:
    """Appends records to one folder, a file at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        prefix: str,
        about: Sequence[tuple[str, str]],
        max_bytes: int,
        max_age_seconds: float,
        on_seal: Callable[[Path], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self._about = about
        self._max_bytes = max_bytes
        self._max_age_seconds = max_age_seconds
        self._on_seal = on_seal
        self._clock = clock
        self._serial = count()
        self._stream: BinaryIO | None = None
        self._path = folder
        self._offset = 0
        self._born = clock()
        self._synced = True

    @property
    def name(self) -> str | None:
        """Final name of the open file; `None` while there is none."""
        return None if self._stream is None else self._path.name.removesuffix(OPEN)

    @property
    def size(self) -> int:
        """Bytes appended to the open file."""
        return self._offset

    def append(self, records: Sequence[bytes]) -> list[RecordLocation]:
        """Add the records of one exchange, all to one file. They are durable only after `sync`."""
        if self._stream is not None and (self._offset >= self._max_bytes or self._is_old()):
            self.seal()
        if self._stream is None:
            self._open()
        with _writing(self._path):
            return [self._write(record) for record in records]

    def flush(self) -> None:
        """Make what was appended readable by other processes."""
        if self._stream is not None:
            self._stream.flush()

    def sync(self) -> None:
        """Make what was appended durable."""
        if self._stream is not None and not self._synced:
            with _writing(self._path):
                self._stream.flush()
                os.fsync(self._stream.fileno())
            self._synced = True

    def seal(self) -> None:
        """Give the open file its final name. A file with nothing but its warcinfo is sealed too: it says who ran when."""
        if self._stream is None:
            return
        self.sync()
        self._stream.close()
        self._stream = None
        self._on_seal(seal(self._path))

    def abandon(self) -> None:
        """Let go of the open file as it is, as a killed writer would; `mend` makes it whole."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None

    def describe(self, about: Sequence[tuple[str, str]]) -> None:
        """Begin a file with another warcinfo record, unless it is what the open one says already."""
        if list(about) != list(self._about):
            self.seal()
            self._about = about

    def seal_if_old(self) -> None:
        """Seal the open file when it has been open for longer than its term."""
        if self._stream is not None and self._is_old():
            self.seal()

    def _is_old(self) -> bool:
        return (self._clock() - self._born).total_seconds() >= self._max_age_seconds

    def _open(self) -> None:
        self._born = self._clock()
        name = self._new_name()
        self._path = self._folder / (name + OPEN)
        with _writing(self._folder):
            # Exclusive: two writers that draw one name must not share a file.
            self._stream = self._path.open("xb")
            sync_folder(self._folder)
            self._offset = 0
            self._write(_warcinfo(name, self._born, self._about))

    def _new_name(self) -> str:
        stamp = self._born.strftime("%Y%m%d%H%M%S%f")[:17]
        host = _NO_HOST.sub("-", socket.gethostname().split(".", 1)[0])[:63] or "localhost"
        while True:
            name = f"{self._prefix}-{stamp}-{next(self._serial):05d}-{host}.warc.gz"
            # Sealing would put the new file in the place of one that an earlier run gave the same name: clocks go back.
            if not (self._folder / name).exists() and not (self._folder / (name + OPEN)).exists():
                return name

    def _write(self, record: bytes) -> RecordLocation:
        assert self._stream is not None
        self._stream.write(record)
        place = RecordLocation(file=self._path.name.removesuffix(OPEN), offset=self._offset, length=len(record))
        self._offset += len(record)
        self._synced = False
        return place


def _warcinfo(name: str, moment: datetime, about: Sequence[tuple[str, str]]) -> bytes:
    block = "".join(f"{key}: {' '.join(value.split())}\r\n" for key, value in about).encode()
    fields = [
        ("WARC-Date", warc_date(moment)),
        ("WARC-Filename", name),
        ("WARC-Block-Digest", payload_digest(block)),
        ("Content-Type", "application/warc-fields"),
    ]
    return encode_record("warcinfo", new_record_id(), fields, block)


def make_folder(folder: Path) -> None:
    """Make a folder, if it is not there yet."""
    with _writing(folder):
        folder.mkdir(exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a folder's new names durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seal(path: Path) -> Path:
    """Rename an `.open` file, already synced, to its final name."""
    final = path.with_name(path.name.removesuffix(OPEN))
    if final.exists():
        raise FolderUnwritable(f"{final}: is there already, beside {path.name}; rename one of them, then run again")
    with _writing(path):
        path.rename(final)
        sync_folder(path.parent)
    logger.info("sealed file=%s bytes=%d", final.name, final.stat().st_size)
    return final


def mend(folder: Path) -> Iterator[Path]:
    """Seal what a killed writer left open, cut back to its last whole record; yields each sealed file.

    Only for a caller that holds the collection's lock: an `.open` file is then nobody's.
    """
    for path in sorted(folder.glob("*.warc.gz" + OPEN)):
        whole = 0
        for offset, length in scan_members(path):
            whole = offset + length
        torn = path.stat().st_size - whole
        if torn:
            logger.warning("cut torn record file=%s bytes=%d", path.name, torn)
        with _writing(path):
            if whole == 0:
                path.unlink()
                continue
            with path.open("r+b") as stream:
                stream.truncate(whole)
                os.fsync(stream.fileno())
        yield seal(path)


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Gives what the disk refuses its name, FolderUnwritable."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise FolderUnwritable(f"{place}: {reason}; free space or make it writable, then run again") from error


def warc_files(folder: Path) -> list[Path]:
    """The WARC files of a folder, in order of name: sealed, open and foreign ones."""
    endings = (".warc.gz", ".warc", ".warc.gz.open")
    return sorted(path for path in folder.glob("*.warc*") if path.name.endswith(endings) and not path.is_dir())


_UNPACKED = {
    ".warc.zst": "Zstandard is not read here (`zstd -d` unpacks it)",
    ".warc.bz2": "bzip2 is not read here (`bunzip2` unpacks it)",
    ".warc.xz": "xz is not read here (`unxz` unpacks it)",
    ".arc": "ARC is not read here (`warcio recompress` makes a WARC file of it)",
    ".arc.gz": "ARC is not read here (`warcio recompress` makes a WARC file of it)",
    ".wacz": "WACZ is not read here (unzip it, and take the files of its folder archive)",
    ".warc.open": "a plain file that is still open is not ours, and not read (rename it to .warc)",
}


def unread_files(folder: Path) -> list[tuple[str, str]]:
    """Files that hold captures in a form that is not read, and folders of WARC files; what to do about each."""
    names = sorted(path.name for path in folder.glob("*") if path.name.lower().endswith(tuple(_UNPACKED)))
    found = []
    for name in names:
        ending = next(ending for ending in _UNPACKED if name.lower().endswith(ending))
        found.append((name, _UNPACKED[ending]))
    for path in sorted(path for path in folder.glob("*") if path.is_dir()):
        if next(path.rglob("*.warc*"), None):
            found.append((path.name, "a folder of WARC files is not read here (move them up)"))
    return found


def find_file(folder: Path, name: str) -> Path:
    """The file of this final name in a folder, sealed or still open. Raises RecordUnreadable where there is neither."""
    if "/" in name or name in ("", ".", "..") or "\0" in name:
        raise RecordUnreadable(f"{name!r:.200} is no file name; run `morgue reindex`")
    final = folder / name
    # The final name is tried again: the file may have been sealed between the two looks.
    if final.exists():
        return final
    unsealed = folder / (name + OPEN)
    if unsealed.exists():
        return unsealed
    if final.exists():
        return final
    raise RecordUnreadable(f"{final}: no such file; run `morgue verify`")


def open_file(path: Path) -> BinaryIO:
    """A file to read, also when it has been sealed since `find_file` found it open. Raises OSError."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        return path.with_name(path.name.removesuffix(OPEN)).open("rb")


def read_span(path: Path, offset: int, length: int) -> bytes:
    """Exactly `length` bytes of a file. Raises RecordUnreadable."""
    try:
        with open_file(path) as stream:
            # Asked first: a length beyond reason would be set aside in memory before it is found to be too long.
            whole = 0 <= offset <= offset + length <= os.fstat(stream.fileno()).st_size
            stream.seek(offset if whole else 0)
            span = stream.read(length) if whole else b""
    except OSError as error:
        raise RecordUnreadable(
            f"{path}: {error.strerror or error}; make it readable, or run `morgue verify`"
        ) from error
    if len(span) != length or not whole:
        raise RecordUnreadable(f"{path}: ends before byte {offset + length}; run `morgue verify`")
    return span
