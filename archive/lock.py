"""The lock of a collection: one process writes, any number read.

The kernel holds it (flock), so it is gone with its holder; the file's text only says who that is, for the message.
"""

import fcntl
import json
import os
import socket
import sys
from pathlib import Path
from typing import Self

from archive.errors import CollectionBusy, FolderUnwritable

LOCK_FILE = ".writer.lock"


class CollectionLock:
    """Held from construction to `release`. Raises CollectionBusy with the holder's command, pid and host."""

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE
        try:
            self._file = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise FolderUnwritable(f"{folder}: {error.strerror}; make the folder writable, then run again") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _describe(path)
            self._file.close()
            raise CollectionBusy(f"{folder}: {holder} is writing to it; wait for it to end, or stop it") from error
        except OSError as error:
            self._file.close()
            raise FolderUnwritable(f"{path}: {error.strerror}; move it to a disk that can lock files") from error
        self._file.truncate(0)
        command = " ".join(["morgue", *sys.argv[1:3]])
        self._file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": command}))
        self._file.flush()

    def release(self) -> None:
        """Let the next writer in."""
        self._file.truncate(0)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _describe(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"`{holder['command']}` (pid {holder['pid']} on {holder['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
