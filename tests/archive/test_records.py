import gzip
import shutil
from pathlib import Path

import msgspec
import pytest

from archive.captures import to_capture
from archive.collection import Collection
from archive.errors import DigestMismatch, NoCapture, RecordUnreadable
from archive.formats.warc import IDENTICAL, NOT_MODIFIED, Record
from archive.model import Capture, RecordLocation
from archive.records import TEXT, RecordReader, to_memento
from archive.warcfile import warc_files

HERE = RecordLocation(file="x.warc.gz", offset=0, length=1)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Mine: original\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def record(block: bytes, kind: str = "response", **fields: str) -> Record:
    named = {
        "WARC-Target-URI": "http://example.org/",
        "WARC-Date": "2024-05-01T10:30:00Z",
        "WARC-Record-ID": "<urn:1>",
    } | fields
    return Record(kind, tuple((name.replace("_", "-"), value) for name, value in named.items()), block)


def capture(given: Record) -> Capture:
    found = to_capture(given, HERE)
    assert found
    return found


def test_a_memento_is_the_message_as_received_and_the_payload_without_its_framing() -> None:
    given = record(CHUNKED)
    memento = to_memento(capture(given), given, None)
    assert (memento.status, memento.reason, memento.payload, memento.message) == (200, "OK", b"hello", CHUNKED)
    assert memento.header("x-mine") == "original"


def test_a_leading_interim_head_is_no_part_of_it() -> None:
    given = record(b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED)
    assert to_memento(capture(given), given, None).message == CHUNKED


def test_a_revisit_has_its_own_head_and_the_payload_of_its_original() -> None:
    head = b"HTTP/1.1 200 Fine\r\nX-Mine: revisit\r\n\r\n"
    given = record(head, "revisit", WARC_Profile=IDENTICAL)
    memento = to_memento(capture(given), given, record(CHUNKED))
    assert (memento.reason, memento.header("X-Mine"), memento.payload) == ("Fine", "revisit", b"hello")
    assert memento.message == head + b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("head", [b"HTTP/1.1 304 Not Modified\r\nX-Mine: revisit\r\n\r\n", b""])
def test_a_304_is_answered_as_its_original(head: bytes) -> None:
    given = record(head, "revisit", WARC_Profile=NOT_MODIFIED)
    memento = to_memento(capture(given), given, record(CHUNKED))
    assert (memento.status, memento.header("X-Mine"), memento.payload, memento.message) == (
        200,
        "original",
        b"hello",
        CHUNKED,
    )


def test_a_revisit_without_a_head_has_its_originals() -> None:
    given = record(b"", "revisit", WARC_Profile=IDENTICAL)
    assert to_memento(capture(given), given, record(CHUNKED)).message == CHUNKED


def test_a_revisit_of_what_is_not_archived_is_named() -> None:
    given = record(b"", "revisit")
    with pytest.raises(RecordUnreadable, match="this revisit of 20240501103000 refers to is not archived"):
        to_memento(capture(given), given, None)


def test_an_original_that_is_no_http_is_named() -> None:
    given = record(b"", "revisit")
    with pytest.raises(NoCapture, match="holds no HTTP response"):
        to_memento(capture(given), given, record(b"hello"))


@pytest.fixture
def folder(tmp_path: Path, chronicle: Path) -> Path:
    return Path(shutil.copytree(chronicle, tmp_path / "news"))


def test_records_are_read_by_their_place(chronicle: Path) -> None:
    reader = RecordReader(chronicle, None)
    with Collection.open(chronicle) as collection:
        captures = list(collection.lookup("example.org", match="domain"))
        for one in captures:
            assert reader.read_capture(one).get("WARC-Record-ID") == f"<{one.record_id}>"
            assert len(reader.read_bytes(one.location)) == one.location.length
        for one in captures:
            for entry in collection.catalog.readings(one.urlkey, one.digest or ""):
                assert reader.read(entry.location, TEXT).kind == "metadata"


def test_a_place_where_another_record_lies_is_noticed(folder: Path) -> None:
    """As when a WARC file was replaced and the catalog was not made anew."""
    with Collection.open(folder) as collection:
        first, second = list(collection.lookup("https://www.example.org/story"))[:2]
        swapped = msgspec.structs.replace(first, location=second.location)
        with pytest.raises(DigestMismatch, match=r"is not what the catalog says, https://.*; run `morgue verify`"):
            collection.memento(swapped)


def test_damage_in_a_plain_file_is_noticed(folder: Path) -> None:
    with Collection.open(folder) as collection:
        one = next(collection.lookup("https://www.example.org/story"))
        data = gzip.decompress(collection.record_bytes(one)).replace(b"<p>A", b"<p>Z")
        assert b"<p>Z" in data
        path = folder / "archive" / one.location.file
        path.write_bytes(data)
        place = RecordLocation(file=one.location.file, offset=0, length=len(data))
        changed = msgspec.structs.replace(one, location=place)
        with pytest.raises(DigestMismatch):
            collection.memento(changed)


def test_damage_in_a_gzip_member_is_noticed(folder: Path) -> None:
    with Collection.open(folder) as collection:
        one = next(collection.lookup("https://www.example.org/story"))
        path = folder / "archive" / one.location.file
        data = bytearray(path.read_bytes())
        data[one.location.offset + one.location.length - 1] ^= 1
        path.write_bytes(data)
        with pytest.raises(RecordUnreadable, match=f"archive/{one.location.file} at byte {one.location.offset}: "):
            collection.memento(one)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    with Collection.open(folder) as collection:
        one = next(collection.lookup("https://www.example.org/story"))
        for path in warc_files(folder / "archive"):
            path.unlink()
        with pytest.raises(RecordUnreadable, match=rf"archive/{one.location.file}: .*morgue verify"):
            collection.memento(one)


@pytest.mark.parametrize("name", ["..", "../catalog.sqlite", "/etc/passwd", "", "a\0b"])
def test_no_file_name_leads_out_of_the_folder(chronicle: Path, name: str) -> None:
    with pytest.raises(RecordUnreadable):
        RecordReader(chronicle, None).read(RecordLocation(file=name, offset=0, length=10))


def test_a_span_beyond_the_file_is_named(chronicle: Path) -> None:
    (name, *_) = (path.name for path in warc_files(chronicle / "archive"))
    for offset, length in ((10**12, 10), (0, 10**15), (-5, 10), (3, 0)):
        with pytest.raises(RecordUnreadable):
            RecordReader(chronicle, None).read(RecordLocation(file=name, offset=offset, length=length))
