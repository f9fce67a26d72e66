"""An index that may be read but not written is searched all the same."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from archive.errors import FolderUnwritable, IndexOutdated
from archive.index.search import SearchDocument, SearchIndex

Leave = Callable[[], AbstractContextManager[None]]


def document(name: str, body: str) -> SearchDocument:
    return SearchDocument(key=name, url=f"https://news.example/{name}", timestamp="20260729120000", body=body)


def names(index: SearchIndex) -> list[str]:
    return [hit.url.rpartition("/")[2] for hit in index.search("quake")]


def fill(path: Path, *documents: SearchDocument, create: bool = True) -> None:
    with SearchIndex.create(path) if create else SearchIndex.open(path) as index:
        for one in documents:
            index.add(one)
        index.commit()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that any user may look into: those of pytest are its user's alone."""
    with tempfile.TemporaryDirectory(prefix="morgue-test-") as made:
        path = Path(made)
        path.chmod(0o755)
        yield path / "search"
        if (path / "search").exists():
            (path / "search").chmod(0o755)


@pytest.fixture
def another_user(folder: Path) -> Leave:
    """A block that has no leave to write to the index: root is another user meanwhile, others take it from themselves."""

    @contextmanager
    def without_leave() -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        else:
            folder.chmod(0o555)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)
            else:
                folder.chmod(0o755)

    return without_leave


def test_an_index_of_another_user_is_searched(folder: Path, another_user: Leave) -> None:
    fill(folder, document("a", "A quake."), document("b", "A bridge."))
    held = sorted(path.name for path in folder.iterdir())
    with another_user(), SearchIndex.open(folder, readonly=True) as index:
        assert names(index) == ["a"]
    assert sorted(path.name for path in folder.iterdir()) == held


def test_it_shows_what_the_other_user_adds(folder: Path, another_user: Leave) -> None:
    fill(folder, document("a", "A quake."))
    with another_user():
        index = SearchIndex.open(folder, readonly=True)
        assert names(index) == ["a"]
    for number in range(12):  # more than one merge
        fill(folder, document(f"b{number}", "One more quake."), create=False)
    with another_user():
        assert len(names(index)) == 13
        index.close()
    fill(folder, document("c", "A quake of another index."))
    with another_user():
        assert names(index) == ["c"]


def test_links_are_made_to_files_of_the_index_alone(folder: Path, another_user: Leave) -> None:
    fill(folder, document("a", "A quake."))
    with another_user():
        with SearchIndex.open(folder, readonly=True) as index:
            assert index._mirror is not None
            mirrored = index._mirror.folder
            linked = [path.resolve().parent for path in mirrored.iterdir() if path.is_symlink()]
            assert linked
            assert set(linked) == {folder.resolve()}
        del index
    assert not mirrored.exists()


@pytest.mark.parametrize("name", ["meta", "meta\n", "", "../meta"])
def test_an_index_of_a_stranger_has_nothing_written_where_its_links_lead(
    folder: Path, another_user: Leave, name: str
) -> None:
    fill(folder, document("a", "A quake."))
    mine = folder.parent / "mine"
    mine.write_text("kept")
    mine.chmod(0o666)  # the reader may write it
    (folder / "meta.partial").symlink_to(mine)
    meta = folder / "meta.json"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "segments": [{"segment_id": name}]}))
    with another_user(), pytest.raises(IndexOutdated, match="damaged"):
        SearchIndex.open(folder, readonly=True)
    assert mine.read_text() == "kept"


def test_without_a_temporary_folder_it_says_so(
    folder: Path, another_user: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(folder, document("a", "A quake."))
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "none"))
    with another_user(), pytest.raises(FolderUnwritable, match="set TMPDIR"):
        SearchIndex.open(folder, readonly=True)
