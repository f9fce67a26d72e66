"""A search index that may be read but not written: on a read-only medium, or another user's.

tantivy locks a folder with a file in it before it opens what is there, and reads a list of its files that it makes for their
owner alone. So it gets a folder of the reader's own: a copy of `meta.json`, and links to the segments that it names.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Annotated

import msgspec

from archive.errors import FolderUnwritable


class _Segment(msgspec.Struct):
    # Another's `meta.json` may say anything: a link that took the name of a file of ours would have us write where it leads.
    segment_id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]{32,36}\\Z")]


class _Meta(msgspec.Struct):
    segments: list[_Segment]


_decoder = msgspec.json.Decoder(_Meta)


class Mirror:
    """Such a folder, which goes with this object."""

    def __init__(self, path: Path) -> None:
        """Raises FolderUnwritable, OSError, msgspec.DecodeError."""
        self._path = path.absolute()
        try:
            self._folder = TemporaryDirectory(prefix="morgue-search-", ignore_cleanup_errors=True)
        except OSError as error:
            problem = f"may not be written, and no temporary folder can be made to search it from: {error.strerror}"
            raise FolderUnwritable(f"{path}: {problem} (set TMPDIR to a folder that may)") from error
        self.folder = Path(self._folder.name)
        """What tantivy is to open."""
        self._lock = Lock()
        self.refresh()

    def refresh(self) -> None:
        """Show what the index holds now. Raises OSError, msgspec.DecodeError."""
        with self._lock:
            self._refresh()

    def _refresh(self) -> None:
        meta = (self._path / "meta.json").read_bytes()
        names = {segment.segment_id.replace("-", "") for segment in _decoder.decode(meta).segments}
        # Only what is found there is linked: a name with a path in it is none.
        wanted = {path.name for path in self._path.iterdir() if path.name.partition(".")[0] in names}
        held = {path.name for path in self.folder.iterdir() if path.is_symlink()}
        for name in wanted - held:
            (self.folder / name).symlink_to(self._path / name)
        partial = self.folder / "meta.partial"
        partial.write_bytes(meta)
        partial.replace(self.folder / "meta.json")
        for name in held - wanted:
            (self.folder / name).unlink()


def is_needed(path: Path) -> bool:
    """Whether tantivy cannot open an index itself."""
    effective = os.access in os.supports_effective_ids
    needs = ((path, os.W_OK), (path / ".tantivy-meta.lock", os.W_OK), (path / ".managed.json", os.R_OK))
    return any(one.exists() and not os.access(one, leave, effective_ids=effective) for one, leave in needs)
