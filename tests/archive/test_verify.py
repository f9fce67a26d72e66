import gzip
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from archive.checks import Finding, check_file
from archive.collection import CATALOG_FILE
from archive.config import load_settings
from archive.formats.digest import payload_digest
from archive.formats.gzip_members import scan_members
from archive.formats.warc import encode_record, iter_records, new_record_id
from archive.index.catalog import Catalog
from archive.model import RecordLocation
from archive.verify import verify
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter

STORY = "https://www.example.org/story"
BLOCK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture
def folder(tmp_path: Path, chronicle: Path) -> Path:
    """A collection to damage."""
    return Path(shutil.copytree(chronicle, tmp_path / "news"))


def settings(folder: Path) -> Any:
    return load_settings(folder, environ={})


def findings(folder: Path) -> list[Finding]:
    return list(verify(folder, settings(folder)))


def first_file(folder: Path, kind: str = "archive") -> Path:
    return warc_files(folder / kind)[0]


def unpacked(packed: bytes) -> bytes | None:
    """What another implementation of gzip reads, or None where it cannot."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return None


def change_catalog(folder: Path, sql: str) -> None:
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        assert catalog._changes(sql)


def test_a_sound_collection_has_no_findings(chronicle: Path, news: Path) -> None:
    assert findings(chronicle) == []
    assert findings(news) == []


def test_progress_goes_from_nothing_to_all(folder: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    list(verify(folder, settings(folder), lambda *step: seen.append(step)))
    total = sum(path.stat().st_size for kind in ("archive", "text") for path in warc_files(folder / kind))
    assert seen[0][1:] == (0, total)
    assert seen[-1] == ("", total, total)


@pytest.mark.parametrize("kind", ["archive", "text"])
def test_a_flipped_byte_is_found_wherever_it_is(folder: Path, kind: str) -> None:
    path = first_file(folder, kind)
    sound = path.read_bytes()
    records = unpacked(sound)
    tried = 0
    with Catalog.open(folder / CATALOG_FILE, readonly=True) as catalog:
        assert check_file(folder, f"{kind}/{path.name}", catalog) == []
        for at in sorted({*range(0, len(sound), 7), *range(len(sound) - 40, len(sound))}):
            damaged = sound[:at] + bytes([sound[at] ^ 0x20]) + sound[at + 1 :]
            if unpacked(damaged) == records:
                # Gzip has bytes that nobody reads (time, system, what fills up the last byte) and deflate has several
                # spellings of one text (a match at another distance): nothing is lost, so there is nothing to find.
                continue
            tried += 1
            path.write_bytes(damaged)
            found = check_file(folder, f"{kind}/{path.name}", catalog)
            assert found, at
            assert all(one.file == f"{kind}/{path.name}" for one in found)
    assert tried > len(sound) / 7 * 0.9


@pytest.mark.parametrize("kind", ["archive", "text"])
def test_a_file_that_has_lost_its_end_is_found(folder: Path, kind: str) -> None:
    path = warc_files(folder / kind)[-1]
    *_, (last, length) = scan_members(path)
    for end in (last + length - 1, last + 1, last, 0):
        with path.open("r+b") as stream:
            stream.truncate(end)
        found = findings(folder)
        assert f"ends here, the catalog knows of {last + length} bytes" in [one.problem for one in found]
        assert {one.file for one in found} == {f"{kind}/{path.name}"}


@pytest.mark.parametrize("kind", ["archive", "text"])
def test_a_missing_file_is_found(folder: Path, kind: str) -> None:
    path = first_file(folder, kind)
    path.unlink()
    assert findings(folder) == [
        Finding(file=f"{kind}/{path.name}", problem="is in the catalog, but not in the collection")
    ]


@pytest.mark.parametrize(
    ("digests", "problems"),
    [
        ({}, 0),
        ({"WARC-Block-Digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}, 1),
        ({"WARC-Payload-Digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}, 1),
        ({"WARC-Payload-Digest": "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"}, 0),
        ({"WARC-Payload-Digest": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}, 0),
        ({"WARC-Payload-Digest": "sha1:WNOIVGZGG6VGWVQFUVGGFZ6DPPSGKY5Y"}, 1),
        ({"WARC-Payload-Digest": "md5:5d41402abc4b2a76b9719d911017c592"}, 0),
        ({"WARC-Payload-Digest": "nonsense"}, 0),
    ],
)
def test_digests_are_compared_in_any_spelling(folder: Path, digests: dict[str, str], problems: int) -> None:
    fields = {"WARC-Date": "2024-05-01T10:30:00Z", "WARC-Target-URI": "http://example.net/"} | digests
    path = folder / "archive" / "foreign.warc.gz"
    path.write_bytes(encode_record("response", new_record_id(), list(fields.items()), BLOCK))
    ArchiveWriter.open(folder, settings(folder)).close()
    found = findings(folder)
    assert [(one.file, one.offset) for one in found] == [("archive/foreign.warc.gz", 0)] * problems
    assert all("stated" in one.problem for one in found)


def test_a_record_that_the_catalog_does_not_know_is_found(folder: Path) -> None:
    change_catalog(folder, "DELETE FROM capture WHERE flags & 1023 = 503")
    (finding,) = findings(folder)
    assert finding.problem == f"{STORY} is not in the catalog (run `morgue reindex`)"


def test_a_file_that_the_catalog_does_not_know_is_found(folder: Path) -> None:
    fields = [("WARC-Date", "2024-05-01T10:30:00Z"), ("WARC-Target-URI", "http://example.net/")]
    (folder / "archive" / "new.warc.gz").write_bytes(encode_record("response", new_record_id(), fields, BLOCK))
    assert [(one.file, one.offset) for one in findings(folder)] == [("archive/new.warc.gz", 0)]


@pytest.mark.parametrize(
    "change",
    [
        {"digest": payload_digest(b"other")},
        {"status": 201},
        {"size": 1},
        {"truncated": "length"},
        {"record_id": None},
        {"mime": "text/plain"},
    ],
)
def test_an_entry_that_differs_from_its_record_is_found(folder: Path, change: dict[str, Any]) -> None:
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        (known,) = (one for one in catalog.captures() if one.status == 503)
        change_catalog(folder, "DELETE FROM capture WHERE flags & 1023 = 503")
        catalog.add_captures([msgspec.structs.replace(known, **change)])
    (finding,) = findings(folder)
    assert finding.problem == f"{STORY} differs from its entry in the catalog (run `morgue reindex`)"


def test_an_entry_without_a_record_is_found(folder: Path) -> None:
    path = first_file(folder)
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        (known, *_) = (one for one in catalog.captures() if one.location.file == path.name)
        place = RecordLocation(file=path.name, offset=known.location.offset + 1, length=known.location.length)
        catalog.add_captures([msgspec.structs.replace(known, location=place)])
    assert findings(folder) == [
        Finding(
            file=f"archive/{path.name}", offset=place.offset, problem=f"{known.url} is in the catalog, but not here"
        )
    ]


@pytest.mark.parametrize("table", ["reading", "text"])
def test_a_reading_that_the_catalog_does_not_know_is_found(folder: Path, table: str) -> None:
    change_catalog(folder, f"DELETE FROM {table}")
    found = findings(folder)
    assert found
    assert all(one.file.startswith("text/") and "morgue reindex" in one.problem for one in found)
    records = sum(1 for path in warc_files(folder / "text") for one, _ in iter_records(path) if one.kind == "metadata")
    assert len(found) == records if table == "reading" else len(found) < records


@pytest.mark.parametrize("damage", ["unlink", "write_text"])
def test_without_a_catalog_the_files_are_checked_all_the_same(folder: Path, damage: str) -> None:
    path = first_file(folder)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    catalog = folder / CATALOG_FILE
    catalog.unlink() if damage == "unlink" else catalog.write_text("no database" * 100)
    first, second = findings(folder)
    assert (first.file, "morgue reindex" in first.problem) == (CATALOG_FILE, True)
    assert second.file == f"archive/{path.name}"


def test_what_a_writer_has_not_called_durable_is_no_finding(folder: Path, newspaper_type: Any) -> None:
    with ArchiveWriter.open(folder, settings(folder)) as writer:
        paper = newspaper_type(writer)
        for day in range(1, 4):
            capture = paper.capture("https://example.net/", f"202406{day:02d}120000", b"%d" % day)
            paper.read(capture, text=f"Text {day}", source="voa", headline="Live")
            with writer.group():
                paper.capture("https://example.net/", f"202407{day:02d}120000", b"in a group %d" % day)
                assert findings(folder) == []
            assert findings(folder) == []
            (open_file,) = (path for path in warc_files(folder / "archive") if path.name.endswith(".open"))
            with open_file.open("ab") as stream:
                stream.write(b"torn")
            assert findings(folder) == []
            with open_file.open("r+b") as stream:
                stream.truncate(open_file.stat().st_size - 4)
    assert findings(folder) == []


WRITE = """
import pathlib, sys, time
from archive.config import load_settings
from archive.formats.units import Size
from archive.model import Exchange
from archive.writer import ArchiveWriter
from pipelines.snapshot import take_snapshot
from datetime import UTC, datetime
import msgspec
folder = pathlib.Path(sys.argv[1])
settings = msgspec.structs.replace(load_settings(folder, environ={}), max_file_size=Size(3000))
with ArchiveWriter.open(folder, settings) as writer:
    print(flush=True)
    for number in range(200):
        exchange = Exchange(url="http://example.net/%d" % number, request=b"GET / HTTP/1.1\\r\\n\\r\\n",
            response=b"HTTP/1.1 200 OK\\r\\n\\r\\n%d" % number, began=datetime.now(UTC))
        with writer.group():
            snapshot = take_snapshot(exchange, writer.catalog)
            writer.add_capture(snapshot.records, snapshot.capture)
        time.sleep(0.002)
"""


def test_a_collection_may_be_verified_while_another_process_writes_and_seals(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITE, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        rounds = 0
        while process.poll() is None:
            assert findings(folder) == []
            rounds += 1
    assert process.returncode == 0
    assert rounds > 1
    assert findings(folder) == []
