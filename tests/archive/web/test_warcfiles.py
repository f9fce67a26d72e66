"""WARC files in ranges, as clients that found a record in the index fetch it."""

import gzip
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastwarc import ArchiveIterator
from httpx import Client, Response
from starlette.applications import Starlette
from starlette.types import ASGIApp

from archive.config import load_settings
from archive.formats.gzip_members import scan_members
from archive.model import Capture
from archive.stores.file import FileStore
from archive.web.app import create_app
from archive.web.warcfiles import WarcFiles

BRIDGE = "https://www.example.org/news/bridge"


@pytest.fixture
def warc(news: Path) -> Path:
    (path,) = (news / "archive").glob("*.warc.gz")
    return path


def test_record_found_in_the_index_is_fetched_by_its_range(client: Client) -> None:
    line = json.loads(client.get("/cdx", params={"url": BRIDGE, "output": "json", "limit": 1}).text)
    start, length = int(line["offset"]), int(line["length"])
    answer = client.get(f"/warc/{line['filename']}", headers={"range": f"bytes={start}-{start + length - 1}"})
    assert answer.status_code == 206
    assert len(answer.content) == length
    (record,) = ArchiveIterator(io.BytesIO(answer.content), parse_http=False)
    assert record.headers["WARC-Target-URI"] == BRIDGE
    assert record.headers["WARC-Record-ID"] == f"<{line['record_id']}>"


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=0-99999999", 0, None)],
)
def test_range_is_answered_as_asked(client: Client, warc: Path, wanted: str, start: int, end: int | None) -> None:
    answer = client.get(f"/warc/{warc.name}", headers={"range": wanted})
    whole = warc.read_bytes()
    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    first = start if start >= 0 else len(whole) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", [None, "bytes=0-1,5-6", "records=1-2", "bytes=x-y", "bytes=5-2,"])
def test_whole_file_where_no_single_range_is_asked_for(client: Client, warc: Path, wanted: str | None) -> None:
    answer = client.get(f"/warc/{warc.name}", headers={"range": wanted} if wanted else {})
    assert (answer.status_code, answer.content) == (200, warc.read_bytes())
    assert answer.headers["accept-ranges"] == "bytes"


def test_head_says_what_get_says_and_reads_nothing(
    tmp_path: Path, client: Client, warc: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    got = client.get(f"/warc/{warc.name}")
    head = client.head(f"/warc/{warc.name}", headers={"range": "bytes=0-1"})
    assert head.status_code == 200
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}
    (tmp_path / "archive").mkdir()
    with (tmp_path / "archive" / "a.warc.gz").open("wb") as stream:
        stream.truncate(1 << 40)
    large = serve_app(Starlette(routes=WarcFiles(tmp_path, None).routes()))
    began = time.monotonic()
    assert large.head("/warc/a.warc.gz").headers["content-length"] == str(1 << 40)
    assert large.get("/warc/a.warc.gz", headers={"range": "bytes=0-1"}).content == b"\0\0"  # on the same connection
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=5-2", "bytes=-0"])
def test_range_beyond_the_file_is_refused(client: Client, warc: Path, wanted: str) -> None:
    answer = client.get(f"/warc/{warc.name}", headers={"range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{warc.stat().st_size}"


def test_file_that_is_still_written_is_served_under_its_final_name(
    tmp_path: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "a.warc.gz.open").write_bytes(b"0123456789")
    client = serve_app(Starlette(routes=WarcFiles(tmp_path, None).routes()))
    assert client.get("/warc/a.warc.gz", headers={"range": "bytes=2-4"}).content == b"234"
    assert client.get("/warc/a.warc.gz.open").status_code == 404


def test_file_that_is_only_in_the_store_is_read_from_there(
    tmp_path: Path, news: Path, warc: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    (tmp_path / "archive").mkdir()
    client = serve_app(Starlette(routes=WarcFiles(tmp_path, FileStore(news)).routes()))
    assert client.get(f"/warc/{warc.name}").content == warc.read_bytes()
    assert client.get(f"/warc/{warc.name}", headers={"range": "bytes=10-19"}).content == warc.read_bytes()[10:20]
    assert client.get("/warc/other.warc.gz").status_code == 404


def test_texts_are_not_served_as_captures(client: Client, news: Path) -> None:
    (text,) = (news / "text").glob("*.warc.gz")
    assert client.get(f"/warc/{text.name}").status_code == 404


def test_bytes_of_a_page_that_is_withheld_are_not_served(
    newspaper: Any, serve_app: Callable[[ASGIApp], Client]
) -> None:
    html = ("Content-Type", "text/html")
    first = newspaper.capture("https://www.example.org/1", "20240501103000", b"<p>1", headers=(html,))
    second = newspaper.capture(
        "https://www.example.org/2", "20240501103001", b"<p>2", headers=(html, ("X-Robots-Tag", "noarchive"))
    )
    newspaper.withhold()
    client = serve_app(create_app(newspaper.folder, load_settings(newspaper.folder)))

    def fetch(capture: Capture) -> Response:
        place = capture.location
        wanted = f"bytes={place.offset}-{place.offset + place.length - 1}"
        return client.get(f"/warc/{place.file}", headers={"range": wanted})

    assert fetch(first).status_code == 206
    assert fetch(second).status_code == 451
    assert client.get(f"/warc/{first.location.file}").status_code == 451
    assert client.get("/cdx", params={"url": second.url}).text == ""
    assert client.get(f"/web/20240501103001id_/{second.url}").status_code == 404
    assert client.get(f"/web/20240501103000id_/{first.url}").content == b"<p>1"


def test_nothing_that_belongs_to_a_withheld_page_is_served(
    newspaper: Any, serve_app: Callable[[ASGIApp], Client]
) -> None:
    html = ("Content-Type", "text/html")
    hidden = (html, ("X-Robots-Tag", "noarchive"))
    shown = [
        newspaper.capture("https://www.example.org/1", "20240501103000", b"<p>1", headers=(html,)),
        newspaper.capture("https://www.example.org/2", "20240501103001", b"<p>2", headers=(html,)),
    ]
    newspaper.capture("https://www.example.org/secret", "20240501103002", b"<p>3", headers=hidden)
    newspaper.capture("https://www.example.org/secret", "20240502103002", b"<p>3", headers=hidden)
    shown.append(newspaper.capture("https://www.example.org/3", "20240503103001", b"<p>4", headers=(html,)))
    newspaper.withhold()
    client = serve_app(create_app(newspaper.folder, load_settings(newspaper.folder)))
    (path,) = (newspaper.folder / "archive").glob("*.open")
    name, places = path.name.removesuffix(".open"), list(scan_members(path))
    given = set()
    for start, length in places:
        answer = client.get(f"/warc/{name}", headers={"range": f"bytes={start}-{start + length - 1}"})
        if answer.status_code == 206:
            assert b"secret" not in gzip.decompress(answer.content)
            given.add(start)
        else:
            assert answer.status_code == 451
    assert given == {one.location.offset for one in shown}
    assert len(places) > 2 * 5
    for start, end in ((0, 10), (shown[0].location.offset, shown[1].location.offset + shown[1].location.length - 1)):
        assert client.get(f"/warc/{name}", headers={"range": f"bytes={start}-{end}"}).status_code == 451


def test_what_the_catalog_does_not_know_yet_is_not_served_where_pages_may_be_withheld(
    newspaper: Any, serve_app: Callable[[ASGIApp], Client]
) -> None:
    place = newspaper.capture("https://www.example.org/1", "20240501103000", b"<p>1").location
    newspaper.withhold()
    client = serve_app(create_app(newspaper.folder, load_settings(newspaper.folder)))
    path = newspaper.folder / "archive" / f"{place.file}.open"
    assert client.get(f"/warc/{place.file}").content == path.read_bytes()
    known = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(b"a record whose commit is under way")
    path.with_name("foreign.warc.gz").write_bytes(b"a file that was not taken in")
    assert client.get(f"/warc/{place.file}").status_code == 451
    assert client.get(f"/warc/{place.file}", headers={"range": f"bytes=0-{known - 1}"}).status_code == 206
    assert client.get("/warc/foreign.warc.gz").status_code == 451
