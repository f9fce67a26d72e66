import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import FolderUnwritable, RecordUnreadable
from archive.formats.warc import encode_record, iter_records, new_record_id
from archive.warcfile import WarcWriter, find_file, make_folder, mend, read_span, seal, unread_files, warc_files

NOON = datetime(2024, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def record(block: bytes = b"x") -> bytes:
    return encode_record("resource", new_record_id(), [("WARC-Date", "2024-05-01T12:00:00Z")], block)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sealed() -> list[Path]:
    return []


@pytest.fixture
def make(tmp_path: Path, clock: Clock, sealed: list[Path]) -> Callable[..., WarcWriter]:
    def writer(**settings: object) -> WarcWriter:
        given = {
            "max_bytes": 10_000,
            "max_age_seconds": 3600.0,
            "about": [("software", "test"), ("operator", "a\r\nb")],
        }
        return WarcWriter(tmp_path, prefix="news", on_seal=sealed.append, clock=clock, **(given | settings))

    return writer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def blocks(path: Path) -> list[bytes]:
    return [record.block for record, _ in iter_records(path) if record.kind != "warcinfo"]


def test_a_file_is_open_until_it_is_sealed(tmp_path: Path, make: Callable[..., WarcWriter], sealed: list[Path]) -> None:
    writer = make()
    assert writer.name is None
    assert names(tmp_path) == []
    (place,) = writer.append([record(b"one")])
    assert writer.name == place.file
    assert names(tmp_path) == [place.file + ".open"]
    writer.seal()
    assert writer.name is None
    assert names(tmp_path) == [place.file]
    assert sealed == [tmp_path / place.file]
    assert blocks(tmp_path / place.file) == [b"one"]
    writer.seal()
    assert len(sealed) == 1


def test_its_name_says_who_began_it_and_when(make: Callable[..., WarcWriter]) -> None:
    (place,) = make().append([record()])
    host = socket.gethostname().split(".")[0]
    assert place.file == f"news-20240501120000123-00000-{host}.warc.gz"


def test_a_file_begins_with_a_warcinfo(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    writer = make()
    (place,) = writer.append([record()])
    writer.seal()
    (info, first), (_, second) = iter_records(tmp_path / place.file)
    assert info.kind == "warcinfo"
    assert info.get("WARC-Filename") == place.file
    assert info.get("WARC-Date") == "2024-05-01T12:00:00.123456Z"
    assert info.block == b"software: test\r\noperator: a b\r\n"
    assert (first.offset, second) == (0, place)


def test_places_are_where_the_records_are(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    writer = make(max_bytes=2000)
    records = [record(b"%d" % at + os.urandom(200)) for at in range(30)]
    places = [place for at in range(0, 30, 3) for place in writer.append(records[at : at + 3])]
    writer.seal()
    assert [read_span(tmp_path / place.file, place.offset, place.length) for place in places] == records


def test_files_are_rotated_by_size_between_exchanges(make: Callable[..., WarcWriter], sealed: list[Path]) -> None:
    writer = make(max_bytes=1)
    files = [{place.file for place in writer.append([record(), record()])} for _ in range(3)]
    writer.seal()
    assert [len(group) for group in files] == [1, 1, 1]
    assert [path.name for path in sealed] == sorted(name for group in files for name in group)
    assert len(sealed) == 3


def test_files_are_sealed_by_age(clock: Clock, make: Callable[..., WarcWriter], sealed: list[Path]) -> None:
    writer = make(max_age_seconds=60)
    writer.append([record()])
    clock.now += timedelta(seconds=59)
    writer.seal_if_old()
    assert sealed == []
    clock.now += timedelta(seconds=1)
    writer.seal_if_old()
    assert len(sealed) == 1
    writer.seal_if_old()
    writer.append([record()])
    clock.now += timedelta(seconds=60)
    writer.append([record()])
    assert len(sealed) == 2


def test_what_is_flushed_can_be_read_while_the_file_is_open(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    writer = make()
    (place,) = writer.append([record(b"one")])
    with pytest.raises(RecordUnreadable):
        read_span(find_file(tmp_path, place.file), place.offset, place.length)
    writer.flush()
    path = find_file(tmp_path, place.file)
    assert path.name.endswith(".open")
    assert blocks(path) == [b"one"]
    writer.seal()
    # Whoever looked it up before reads it all the same.
    assert read_span(path, place.offset, place.length) == read_span(
        path.with_name(place.file), place.offset, place.length
    )


def test_no_name_is_given_twice(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    # The clock stands still, as it does for a moment when it is set back.
    files = []
    for _ in range(3):
        writer = make()
        (place,) = writer.append([record(place_name := str(len(files)).encode())])
        writer.seal()
        files.append((place.file, [place_name]))
    abandoned = make()
    abandoned.append([record()])
    make().append([record()])
    assert len(names(tmp_path)) == 5
    for name, content in files:
        assert blocks(tmp_path / name) == content


def test_sealing_never_takes_the_place_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"precious")
    (tmp_path / "a.warc.gz.open").write_bytes(record())
    with pytest.raises(FolderUnwritable, match="is there already"):
        seal(tmp_path / "a.warc.gz.open")
    with pytest.raises(FolderUnwritable, match="is there already"):
        list(mend(tmp_path))
    assert (tmp_path / "a.warc.gz").read_bytes() == b"precious"
    assert blocks(tmp_path / "a.warc.gz.open") == [b"x"]


def test_a_torn_file_is_mended_whatever_byte_it_is_torn_at(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    writer = make()
    writer.append([record(b"one"), record(b"two")])
    (place,) = writer.append([record(b"three")])
    writer.flush()
    whole = (tmp_path / (place.file + ".open")).read_bytes()
    for cut in range(place.offset, len(whole) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / (place.file + ".open")).write_bytes(whole[:cut])
        assert list(mend(folder)) == [folder / place.file]
        kept = len(whole) if cut == len(whole) else place.offset
        assert (folder / place.file).read_bytes() == whole[:kept]
        assert names(folder) == [place.file]
        assert list(mend(folder)) == []


@pytest.mark.parametrize("torn", [b"", b"\x1f\x8b", record()[:-1]])
def test_a_file_without_a_whole_record_is_removed(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "a.warc.gz.open").write_bytes(torn)
    assert list(mend(tmp_path)) == []
    assert names(tmp_path) == []


def test_a_record_within_a_torn_one_is_not_taken_for_one(tmp_path: Path) -> None:
    # A page may be a gzip file that holds WARC records of its own; stored, not deflated, it lies there as it is.
    inner = record(b"forged")
    torn = gzip.compress(b"WARC/1.1\r\n" + b"x" * 100 + inner * 50, 0)
    cut = torn.index(inner) + 3 * len(inner)
    (tmp_path / "a.warc.gz.open").write_bytes(record(b"true") + torn[:cut])
    (path,) = mend(tmp_path)
    assert blocks(path) == [b"true"]


def test_only_our_open_files_are_mended(tmp_path: Path) -> None:
    for name in ("a.warc.gz", "b.warc.open", "c.open", "d.warc"):
        (tmp_path / name).write_bytes(b"other")
    assert list(mend(tmp_path)) == []
    assert len(names(tmp_path)) == 4


def test_warc_files_are_listed_by_name(tmp_path: Path) -> None:
    kept = ["a.warc.gz", "b.warc.gz.open", "c.warc"]
    for name in (*kept, "d.warc.bak", "e.cdxj", "f.warc.gz.part", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in warc_files(tmp_path)] == kept
    assert warc_files(tmp_path / "missing") == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a.warc.gz", "/etc/passwd", "x/a.warc.gz", "a\0b", "a.warc.gz/", "missing.warc.gz"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (tmp_path / "a.warc.gz").touch()
    (folder / "a.warc.gz").touch()
    with pytest.raises(RecordUnreadable):
        find_file(folder, name)


@pytest.mark.parametrize(("offset", "length"), [(0, 11), (5, 6), (11, 1), (-1, 3), (3, -1), (0, 10**15), (10**15, 1)])
def test_a_span_beyond_the_file_is_named(tmp_path: Path, offset: int, length: int) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"0123456789")
    with pytest.raises(RecordUnreadable, match=r"a\.warc\.gz: ends before byte"):
        read_span(tmp_path / "a.warc.gz", offset, length)
    assert read_span(tmp_path / "a.warc.gz", 4, 6) == b"456789"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for name in ("missing.warc.gz", "missing.warc.gz.open", "."):
        with pytest.raises(RecordUnreadable):
            read_span(tmp_path / name, 0, 1)


def test_a_folder_that_is_none_is_named(tmp_path: Path, make: Callable[..., WarcWriter]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnwritable, match=r"file: File exists; .* then run again"):
        make_folder(tmp_path / "file")
    with pytest.raises(FolderUnwritable, match=r"gone: No such file or directory; .* then run again"):
        WarcWriter(
            tmp_path / "gone", prefix="a", about=[], max_bytes=9, max_age_seconds=9, on_seal=lambda _: None
        ).append([record()])


FULL = """
import pathlib, resource, signal, sys
from archive.errors import FolderUnwritable
from archive.warcfile import WarcWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
member = sys.stdin.buffer.read()
writer = WarcWriter(
    pathlib.Path(sys.argv[1]), prefix="a", about=[], max_bytes=10**9, max_age_seconds=10**9, on_seal=lambda path: print(path)
)
durable = 0
try:
    while True:
        writer.append([member])
        writer.sync()
        durable += 1
except FolderUnwritable as error:
    print(error)
writer.abandon()
print(durable)
"""


@pytest.mark.parametrize("size", [500, 70_000])
def test_on_a_full_disk_nothing_that_was_durable_is_lost(tmp_path: Path, size: int) -> None:
    """The limit on a file's size stands for the disk's: the write fails in the middle."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], input=record(os.urandom(size)), capture_output=True, check=True
    )
    message, durable = done.stdout.decode().splitlines()
    assert message.endswith(".warc.gz.open: File too large; free space or make it writable, then run again")
    assert int(durable) > 0
    (path,) = mend(tmp_path)
    assert len(blocks(path)) == int(durable)


def test_a_write_protected_folder_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.warc.gz.open").write_bytes(record())
    folder.chmod(0o500)
    try:
        with pytest.raises(FolderUnwritable, match="Permission denied"):
            list(mend(folder))
    finally:
        folder.chmod(0o700)


def test_folders_of_warc_files_are_named(tmp_path: Path) -> None:
    for name in ("2023/b/old.warc.gz", "2024/new.warc", "notes/readme.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    said = "a folder of WARC files is not read here (move them up)"
    assert unread_files(tmp_path) == [("2023", said), ("2024", said)]
