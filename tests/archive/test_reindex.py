import gzip
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.collection import CATALOG_FILE, SEARCH_FOLDER, Collection
from archive.config import init_collection, load_settings
from archive.errors import CollectionBusy, IndexOutdated, NoCapture
from archive.formats.digest import payload_digest
from archive.formats.warc import encode_record, new_record_id
from archive.rebuild import reindex
from archive.reindex import Reindexed
from archive.verify import verify
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter

QUERIES = ("bridge", '"the bridge"', "here OR there", "story", "one two", "share")
PAGE = "https://example.org/{}"


def settings(folder: Path) -> Any:
    return load_settings(folder, environ={})


@pytest.fixture
def folder(tmp_path: Path, chronicle: Path) -> Path:
    """A collection to change."""
    return Path(shutil.copytree(chronicle, tmp_path / "news"))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    init_collection(tmp_path / "empty")
    return tmp_path / "empty"


def answers(folder: Path) -> list[bytes]:
    """What the collection says to everything that is asked of it."""
    found: list[object] = []
    with Collection.open(folder) as collection:
        captures = list(collection.lookup("example.org", match="domain"))
        found += captures
        for url in sorted({capture.url for capture in captures}):
            try:
                versions = collection.history(url)
                found += [*versions, *(collection.version_article(version) for version in versions)]
            except NoCapture as error:
                found.append(str(error))
        for capture in captures:
            memento = collection.memento(capture)
            found.append((memento.status, memento.headers, payload_digest(memento.payload)))
        found += [collection.search(query, limit=50) for query in QUERIES]
        found += collection.catalog.files()
    found += [path.read_text() for path in sorted((folder / "indexes").iterdir())]
    return [msgspec.json.encode(one) for one in found]


def drop_indexes(folder: Path) -> None:
    for path in folder.glob(CATALOG_FILE + "*"):
        path.unlink()
    shutil.rmtree(folder / SEARCH_FOLDER)
    shutil.rmtree(folder / "indexes")


def take_in(folder: Path, name: str, data: bytes) -> Reindexed:
    (folder / "archive" / name).write_bytes(data)
    return reindex(folder, settings(folder))


def captured(folder: Path) -> list[str]:
    with Collection.open(folder) as collection:
        return [capture.url for capture in collection.lookup("example.org", match="domain")]


FIELDS = (("WARC-Date", "2024-05-01T10:30:00Z"), ("WARC-Target-URI", PAGE.format(0)))


def response(number: int, body: bytes = b"<p>page") -> bytes:
    fields = [("WARC-Date", "2024-05-01T10:30:00Z"), ("WARC-Target-URI", PAGE.format(number))]
    return encode_record("response", new_record_id(), fields, b"HTTP/1.1 200 OK\r\n\r\n" + body)


def test_without_its_indexes_a_collection_gives_the_same_answers_once_they_are_made_anew(folder: Path) -> None:
    before = answers(folder)
    assert len(list(warc_files(folder / "archive"))) > 3
    drop_indexes(folder)
    with pytest.raises(IndexOutdated, match="morgue reindex"):
        Collection.open(folder)
    found = reindex(folder, settings(folder))
    assert found.unreadable == []
    assert answers(folder) == before
    assert list(verify(folder, settings(folder))) == []
    assert reindex(folder, settings(folder)) == found
    assert answers(folder) == before


def test_it_takes_what_a_killed_writer_left_open(folder: Path) -> None:
    before = answers(folder)
    sealed = warc_files(folder / "archive")[-1]
    with sealed.open("ab") as stream:
        stream.write(response(1)[:-1])
    sealed.rename(sealed.with_name(sealed.name + ".open"))
    drop_indexes(folder)
    reindex(folder, settings(folder))
    assert answers(folder) == before


def test_progress_ends_with_each_file(folder: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    reindex(folder, settings(folder), lambda *step: seen.append(step))
    assert seen
    assert {name for name, _, _ in seen} <= {
        path.name for kind in ("archive", "text") for path in warc_files(folder / kind)
    }
    assert all(0 <= done <= total for _, done, total in seen)


def test_it_does_not_run_beside_a_writer(folder: Path) -> None:
    with ArchiveWriter.open(folder, settings(folder)), pytest.raises(CollectionBusy, match=f"pid {os.getpid()}"):
        reindex(folder, settings(folder))


def test_readers_go_on_while_it_runs(folder: Path) -> None:
    before = answers(folder)
    with Collection.open(folder) as collection:
        reindex(folder, settings(folder))
        assert len(list(collection.lookup("example.org", match="domain"))) > 10
        assert collection.search("bridge")
    assert answers(folder) == before


def test_killed_in_the_middle_it_leaves_the_old_indexes(folder: Path) -> None:
    before = answers(folder)
    code = (
        "import os, pathlib, signal, sys\n"
        "from archive.config import load_settings\n"
        "from archive.rebuild import reindex\n"
        "def step(name, done, total): os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "reindex(folder, load_settings(folder, environ={}), step)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert answers(folder) == before
    reindex(folder, settings(folder))
    assert answers(folder) == before


# Files of other writers.


def warcio_file(*, gzipped: bool) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=gzipped)
    headers = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]

    def head(status: str = "200 OK") -> StatusAndHeaders:
        return StatusAndHeaders(status, headers, protocol="HTTP/1.1")

    first = writer.create_warc_record(
        PAGE.format(1),
        "response",
        io.BytesIO(b"5\r\nhello\r\n0\r\n\r\n"),
        http_headers=head(),
        warc_headers_dict={"WARC-Date": "2021-01-01T00:00:00Z"},
    )
    writer.write_request_response_pair(
        writer.create_warc_record(
            PAGE.format(1), "request", http_headers=StatusAndHeaders("GET /1 HTTP/1.1", [("Host", "example.org")])
        ),
        first,
    )
    writer.write_record(
        writer.create_revisit_record(
            PAGE.format(1),
            payload_digest(b"hello"),
            PAGE.format(1),
            "2021-01-01T00:00:00Z",
            http_headers=head(),
            warc_headers_dict={"WARC-Date": "2021-01-02T00:00:00Z"},
        )
    )
    writer.write_record(writer.create_warcinfo_record("x.warc", {"software": "warcio"}))
    return stream.getvalue()


@pytest.mark.parametrize("gzipped", [True, False])
def test_files_that_warcio_wrote_are_taken_in(empty: Path, gzipped: bool) -> None:
    name = "warcio.warc.gz" if gzipped else "warcio.warc"
    found = take_in(empty, name, warcio_file(gzipped=gzipped))
    assert (found.captures, found.unreadable) == (2, [])
    with Collection.open(empty) as collection:
        captures = list(collection.lookup(PAGE.format(1)))
        assert [capture.revisit for capture in captures] == [None, "identical"]
        assert [collection.memento(capture).payload for capture in captures] == [b"hello", b"hello"]
    assert list(verify(empty, settings(empty))) == []


@pytest.fixture
def site() -> Iterator[str]:
    """A web server of two pages."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\n<p>on\r\n6\r\nthe we\r\n1\r\nb\r\n0\r\n\r\n")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
@pytest.mark.parametrize("gzipped", [True, False])
def test_files_that_wget_wrote_are_taken_in(empty: Path, tmp_path: Path, site: str, gzipped: bool) -> None:
    options = [] if gzipped else ["--no-warc-compression"]
    command = ["wget", "-q", "--warc-file=wget", "--warc-cdx", *options, site, site + "moved"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=30)
    (path,) = tmp_path.glob("wget.warc*")
    found = take_in(empty, path.name, path.read_bytes())
    assert found.unreadable == []
    with Collection.open(empty) as collection:
        captures = list(collection.lookup(site, match="prefix"))
        assert sorted(capture.status or 0 for capture in captures) == [200, 200, 302]
        assert collection.memento(site).payload == b"<p>onthe web"
        (moved,) = (capture for capture in captures if capture.status == 302)
        assert moved.redirect == site
    assert list(verify(empty, settings(empty))) == []


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
def test_what_wget_left_out_as_a_duplicate_is_found_in_its_earlier_file(empty: Path, tmp_path: Path, site: str) -> None:
    for name, option in (("first", "--warc-cdx"), ("second", "--warc-dedup=first.cdx")):
        command = ["wget", "-q", "-O", "page", f"--warc-file={name}", option, site]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=30)
        (tmp_path / f"{name}.warc.gz").rename(empty / "archive" / f"{name}.warc.gz")
        time.sleep(1.1)  # so that the two have different timestamps
    assert reindex(empty, settings(empty)).unreadable == []
    with Collection.open(empty) as collection:
        captures = list(collection.lookup(site))
        assert [one.revisit for one in captures] == [None, "identical"]
        assert [collection.memento(one).payload for one in captures] == [b"<p>onthe web"] * 2
    assert list(verify(empty, settings(empty))) == []


def test_of_a_torn_file_all_that_is_whole_is_taken_in(empty: Path) -> None:
    parts = [response(number) for number in range(5)]
    whole = b"".join(parts)
    found = take_in(empty, "torn.warc.gz", whole[:-1])
    assert captured(empty) == [PAGE.format(number) for number in range(4)]
    (problem,) = found.unreadable
    assert problem.startswith(f"archive/torn.warc.gz at byte {len(whole) - len(parts[-1])}: ")
    # Whoever was still copying it there comes to an end.
    (empty / "archive" / "torn.warc.gz").write_bytes(whole)
    ArchiveWriter.open(empty, settings(empty)).close()
    assert captured(empty) == [PAGE.format(number) for number in range(5)]
    assert list(verify(empty, settings(empty))) == []


def test_damage_in_the_middle_hides_nothing_behind_it(empty: Path) -> None:
    parts = [bytearray(response(number)) for number in range(3)]
    parts[1][len(parts[1]) // 2] ^= 0x55
    found = take_in(empty, "damaged.warc.gz", b"".join(parts))
    assert captured(empty) == [PAGE.format(0), PAGE.format(2)]
    assert len(found.unreadable) == 1


def test_a_place_that_cannot_be_read_is_said_once(empty: Path, caplog: pytest.LogCaptureFixture) -> None:
    reindex(empty, settings(empty))
    whole = response(0)
    (empty / "archive" / "torn.warc.gz").write_bytes(whole + response(1)[:-1])
    place = f"archive/torn.warc.gz at byte {len(whole)}: "
    # A writer, which answers nobody, logs it; a reindex answers with it.
    ArchiveWriter.open(empty, settings(empty)).close()
    assert caplog.text.count(place) == 1
    caplog.clear()
    (problem,) = reindex(empty, settings(empty)).unreadable
    assert problem.startswith(place)
    assert place not in caplog.text


@pytest.mark.parametrize(
    ("name", "data", "count", "sound"),
    [
        ("garbage.warc.gz", b"garbage" * 1000, 0, False),
        ("garbage.warc", b"garbage" * 1000, 0, False),
        ("not-warc.warc.gz", gzip.compress(b"hello" * 1000), 0, False),
        ("several.warc.gz", gzip.compress(gzip.decompress(response(0)) + gzip.decompress(response(1))), 1, False),
        (
            "no-date.warc.gz",
            encode_record("response", new_record_id(), FIELDS[1:], b"HTTP/1.1 200 OK"),
            0,
            False,
        ),
        ("no-http.warc.gz", encode_record("response", new_record_id(), FIELDS, b"hello"), 0, False),
        ("plain.warc.gz", gzip.decompress(response(0)), 1, True),
        ("gzipped.warc", response(0), 1, True),
        ("caf\xe9 \u0631.warc.gz", response(0), 1, True),
        ("space and\ttab.warc.gz", response(0), 0, False),
        (".hidden.warc.gz", response(0), 0, False),
        ("empty.warc.gz", b"", 0, True),
    ],
)
def test_what_is_in_the_archive_is_taken_in_or_named(
    empty: Path, name: str, data: bytes, count: int, sound: bool
) -> None:
    found = take_in(empty, name, data)
    assert len(captured(empty)) == count
    assert [name in problem or ascii(name)[1:-1] in problem for problem in found.unreadable] == [True] * (not sound)
    ArchiveWriter.open(empty, settings(empty)).close()
    assert len(captured(empty)) == count


def test_odd_entries_of_the_folder_are_passed_over_or_named(empty: Path) -> None:
    archive = empty / "archive"
    (archive / "folder.warc.gz").mkdir()
    (archive / "link.warc.gz").symlink_to(empty / "nowhere")
    Path(os.fsdecode(os.fsencode(archive) + b"/\xff.warc.gz")).write_bytes(response(0))
    found = take_in(empty, "good.warc.gz", response(1))
    assert captured(empty) == [PAGE.format(1)]
    assert len(found.unreadable) == 2
    assert any("link.warc.gz" in problem for problem in found.unreadable)
    assert any("udcff.warc.gz" in problem for problem in found.unreadable)
    assert all(problem.isprintable() for problem in found.unreadable)
    ArchiveWriter.open(empty, settings(empty)).close()
    list(verify(empty, settings(empty)))


def test_one_stem_may_have_a_plain_and_a_gzipped_file(empty: Path) -> None:
    (empty / "archive" / "a.warc").write_bytes(gzip.decompress(response(1)))
    take_in(empty, "a.warc.gz", response(0))
    assert sorted(path.name for path in (empty / "indexes").iterdir()) == ["a.cdxj", "a.warc.cdxj"]
    assert captured(empty) == [PAGE.format(0), PAGE.format(1)]


def test_a_reading_that_makes_no_sense_hides_no_other(folder: Path, check_warc: Callable[[Path], list[str]]) -> None:
    before = answers(folder)
    bad = [
        encode_record("metadata", new_record_id(), [("Content-Type", "application/json")], block)
        for block in (b"{}", b"\xff", b'{"url": "http://[", "timestamp": "2024"}')
    ]
    (folder / "text" / "zzz.warc.gz").write_bytes(b"".join(bad))
    drop_indexes(folder)
    assert len(reindex(folder, settings(folder)).unreadable) == 3
    after = answers(folder)
    assert [answer for answer in after if b"zzz.warc.gz" not in answer] == before


def test_hostile_files_take_bounded_time(empty: Path) -> None:
    head = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x>\r\nWARC-Date: 2024-05-01T10:30:00Z\r\n"
    head += b"WARC-Target-URI: http://example.org/"
    members = [
        head + b"x" * 500_000 + b"\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n\r\n",
        *(head + b"%d\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\r\n\r\n" % n for n in range(1000)),
        _response(head, b"HTTP/1.1 200 OK\r\n" + b" fold\r\n" * 2_000_000),
        _response(head, b"HTTP/1.1 200 OK\r\n" + b"a:b\n" * 2_000_000),
        _response(head, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 500_000),
        _response(head, b"HTTP/1.1 100 C\r\n\r\n" * 500_000),
        _response(head, b"\n" * 5_000_000),
    ]
    began = time.process_time()
    take_in(empty, "hostile.warc.gz", b"".join(gzip.compress(member, 1) for member in members))
    assert time.process_time() - began < 20
    assert len(captured(empty)) > 1000


def _response(head: bytes, block: bytes) -> bytes:
    return head + b"\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)
