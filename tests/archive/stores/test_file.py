"""What only a folder does."""

from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.stores.file import FileStore


def test_a_file_in_its_place_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "archive" / "x.warc.gz"
    path.parent.mkdir()
    path.write_bytes(b"record")
    before = path.stat()
    FileStore(tmp_path).put("archive/x.warc.gz", path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_hidden_and_unfinished_files_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("archive/x.warc.gz", "archive/.x.partial", "archive/a\\b", ".git/config"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "outside").symlink_to("/", target_is_directory=True)
    assert [file.name for file in FileStore(tmp_path).iter_files()] == ["archive/x.warc.gz"]


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"a file where a folder must be")
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(StoreError, match="check its permissions"):
        FileStore(tmp_path).put("archive/x.warc.gz", tmp_path / "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "x"]
