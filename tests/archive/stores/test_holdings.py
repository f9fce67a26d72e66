"""Which WARC files a collection has, be they in its folder, in its store, or in both."""

import time
from pathlib import Path
from typing import Any

import pytest

from archive.config import init_collection
from archive.errors import IndexOutdated, RecordUnreadable
from archive.model import RecordLocation
from archive.records import RecordReader
from archive.reindex import Indexer
from archive.stores.holdings import held_files, holds_warcs
from archive.stores.s3 import S3Store
from archive.stores.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_collection(tmp_path / "news")
    return tmp_path / "news"


def fill(folder: Path, store: Store, *, here: tuple[str, ...], there: tuple[str, ...]) -> None:
    for name in there:
        (folder / "sent").write_text(f"{name} in the store")
        store.put(name, folder / "sent")
    for name in here:
        (folder / name).write_text(name)


def test_each_file_is_named_once_wherever_it_is(store: Store, folder: Path) -> None:
    fill(
        folder,
        store,
        here=("archive/b.warc.gz", "archive/c.warc.gz.open", "text/a.warc.gz", "archive/notes.txt"),
        there=("archive/a.warc", "archive/b.warc.gz", "archive/b.cdxj", "archive/old/c.warc.gz", "access.jsonl"),
    )
    found = held_files(folder, store)
    assert [(file.full_name, file.path is not None, file.is_open, file.stored_size) for file in found] == [
        ("archive/a.warc", False, False, 27),
        ("archive/b.warc.gz", True, False, 30),
        ("archive/c.warc.gz", True, True, None),
        ("text/a.warc.gz", True, False, None),
    ]
    contents = []
    for file in found:
        with file.open() as stream:
            contents.append(stream.read().decode())
    assert contents == ["archive/a.warc in the store", "archive/b.warc.gz", "archive/c.warc.gz.open", "text/a.warc.gz"]
    assert [file.size for file in found] == [len(content) for content in contents]
    assert [file.name for file in held_files(folder, None, ("text",))] == ["a.warc.gz"]


def test_a_store_without_warc_files_holds_none(store: Store, folder: Path) -> None:
    fill(folder, store, here=(), there=("access.jsonl", "profiles/voa.toml"))
    assert not holds_warcs(store)
    fill(folder, store, here=(), there=("text/a.warc.gz",))
    assert holds_warcs(store)


def test_nobody_waits_long_for_a_store_that_hangs(gated_bucket: str, gate: Any) -> None:
    gate.trouble = lambda _asked: "hang"
    began = time.monotonic()
    assert not holds_warcs(S3Store(f"s3://{gated_bucket}"), patience_seconds=0.5)
    assert time.monotonic() - began < 3


def test_a_full_store_is_not_taken_for_a_new_collections(s3_store: S3Store, folder: Path) -> None:
    Indexer.open(folder, s3_store).close()
    fill(folder, s3_store, here=(), there=("archive/a.warc.gz",))
    with pytest.raises(IndexOutdated, match=r"know nothing of the WARC files in s3://.* at .*run `morgue reindex`"):
        Indexer.open(folder, s3_store)


def test_a_collection_without_warc_files_here_is_not_taken_for_a_new_one(folder: Path) -> None:
    (folder / "indexes/a.cdxj").write_text("")
    with pytest.raises(IndexOutdated, match="no catalog"):
        Indexer.open(folder)
    assert not (folder / "catalog.sqlite").exists()


def test_a_lost_search_index_is_not_made_anew_as_if_there_were_nothing(folder: Path) -> None:
    indexer = Indexer.open(folder)
    indexer.catalog.set_file("a.warc.gz", kind="text", size=10, sealed=True, uploaded=True)
    indexer.close()
    for path in (folder / "search").iterdir():
        path.unlink()
    (folder / "search").rmdir()
    with pytest.raises(IndexOutdated, match="no search index"):
        Indexer.open(folder)


def test_a_record_is_read_here_or_there(store: Store, folder: Path) -> None:
    fill(folder, store, here=("archive/b.warc.gz",), there=("archive/a.warc.gz", "archive/b.warc.gz"))
    reader = RecordReader(folder, store)
    place = RecordLocation(file="a.warc.gz", offset=8, length=9)
    assert reader.read_bytes(place) == b"a.warc.gz"
    for name in ("b.warc.gz", "../a.warc.gz", "c.warc.gz"):
        with pytest.raises(RecordUnreadable):
            reader.read_bytes(RecordLocation(file=name, offset=100, length=9))
    with pytest.raises(RecordUnreadable, match="no `store` is set"):
        RecordReader(folder, None).read_bytes(place)
