"""What every store does, whatever is behind it."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from archive.errors import StoreError
from archive.stores.store import Store

NAME = "archive/morgue-20240101000000000-00001-host.warc.gz"
DATA = bytes(range(256)) * 8


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "local.warc.gz"
    path.write_bytes(DATA)
    return path


def test_what_is_put_is_there(store: Store, path: Path) -> None:
    assert store.get_size(NAME) is None
    store.put(NAME, path)
    assert store.get_size(NAME) == len(DATA)
    with store.open(NAME) as file:
        assert file.read() == DATA
    assert path.read_bytes() == DATA


def test_a_second_put_replaces_the_first(store: Store, path: Path) -> None:
    store.put("access.jsonl", path)
    path.write_bytes(DATA + b"more")
    store.put("access.jsonl", path)
    assert store.get_size("access.jsonl") == len(DATA) + 4
    assert [file.name for file in store.iter_files()] == ["access.jsonl"]


def test_an_empty_file_is_a_file(store: Store, path: Path) -> None:
    path.write_bytes(b"")
    store.put("access.jsonl", path)
    assert store.get_size("access.jsonl") == 0
    with store.open("access.jsonl") as file:
        assert file.read() == b""


def test_a_range_is_exact(store: Store, path: Path) -> None:
    store.put(NAME, path)
    end = len(DATA)
    for offset, length in ((0, 1), (0, end), (end - 1, 1), (100, 300), (end - 300, 300)):
        assert store.read_range(NAME, offset, length) == DATA[offset : offset + length]


def test_a_range_that_the_file_does_not_have_is_an_error(store: Store, path: Path) -> None:
    store.put(NAME, path)
    end = len(DATA)
    for offset, length in ((0, end + 1), (end - 1, 2), (end, 1), (end + 5000, 10), (-1, 5), (0, 0), (5, -2)):
        with pytest.raises(StoreError, match="run `morgue") as caught:
            store.read_range(NAME, offset, length)
        assert NAME in str(caught.value)


def test_reading_what_is_not_there_is_an_error(store: Store) -> None:
    for read in (lambda: store.read_range(NAME, 0, 10), lambda: store.open(NAME)):
        with pytest.raises(StoreError, match="no such file in the store") as caught:
            read()
        assert NAME in str(caught.value)


def test_an_open_file_seeks(store: Store, path: Path) -> None:
    store.put(NAME, path)
    with store.open(NAME) as file:
        assert file.seekable()
        file.seek(1000)
        assert file.read(10) == DATA[1000:1010]
        assert file.tell() == 1010
        file.seek(-5, io.SEEK_END)
        assert file.read(100) == DATA[-5:]
        assert file.read(1) == b""
        file.seek(3)
        file.seek(4, io.SEEK_CUR)
        assert file.read() == DATA[7:]


def test_listing_has_names_and_sizes_in_byte_order(store: Store, path: Path) -> None:
    names = ["access.jsonl", "archive/A.warc.gz", "archive/a b.warc.gz", "archive/é字.warc.gz", "text/x+%20&=#.warc.gz"]
    for name in reversed(names):
        store.put(name, path)
    assert [file.name for file in store.iter_files()] == names
    assert [file.name for file in store.iter_files("archive/")] == names[1:4]
    assert [file.name for file in store.iter_files("archive/a")] == names[2:3]
    assert list(store.iter_files("profiles/")) == []
    assert {file.size for file in store.iter_files()} == {len(DATA)}
    for name in names:
        assert store.read_range(name, 0, 4) == DATA[:4]


def test_a_name_that_leads_elsewhere_is_refused(store: Store, path: Path) -> None:
    outside = ["", "/etc/passwd", "../x", "archive/../../x", "archive//x", "archive/", "./x", "a\\..\\x"]
    for name in (*outside, "a\nb", "a\0b", "\udcff", ".hidden", "archive/.part", "x" * 1000):
        calls: list[Callable[[], object]] = [
            lambda name=name: store.put(name, path),
            lambda name=name: store.read_range(name, 0, 1),
            lambda name=name: store.open(name),
            lambda name=name: store.get_size(name),
            lambda name=name: store.url(name),
        ]
        for call in calls:
            with pytest.raises(StoreError, match="is not a name in a store"):
                call()


def test_a_local_file_that_cannot_be_read_is_one_line(store: Store, tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(StoreError) as caught:
            store.put(NAME, path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert store.get_size(NAME) is None


def test_many_threads_share_a_store(store: Store, path: Path) -> None:
    def use(number: int) -> bytes:
        store.put(f"text/{number}.warc.gz", path)
        return store.read_range(f"text/{number}.warc.gz", number, 100)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(24))) == [DATA[number : number + 100] for number in range(24)]
    assert len(list(store.iter_files("text/"))) == 24


def test_a_warc_record_is_read_by_its_range(store: Store, tmp_path: Path) -> None:
    path, ends = tmp_path / "x.warc.gz", [0]
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
        for number in range(3):
            payload = io.BytesIO(b"payload %d" % number)
            writer.write_record(writer.create_warc_record(f"urn:x:{number}", "resource", payload=payload))
            ends.append(file.tell())
    store.put(NAME, path)
    member = store.read_range(NAME, ends[1], ends[2] - ends[1])
    (record,) = ArchiveIterator(io.BytesIO(member))
    assert record.rec_headers.get_header("WARC-Target-URI") == "urn:x:1"
    with store.open(NAME) as file:
        assert [record.content_stream().read() for record in ArchiveIterator(file)] == [
            b"payload 0",
            b"payload 1",
            b"payload 2",
        ]


def test_url_tells_a_person_where_a_file_is(store: Store) -> None:
    assert store.url(NAME).endswith(f"/{NAME}")
    assert store.url(NAME).startswith(("file:///", "s3://"))
