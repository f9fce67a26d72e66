"""One WARC record by a link: a browser, curl and WARC tools get a file of its own, and strangers nothing else by it."""

import gzip
import io
import os
import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.applications import Starlette
from starlette.types import ASGIApp
from warcio.archiveiterator import ArchiveIterator

from archive.config import load_settings
from archive.formats.gzip_members import scan_members
from archive.stores.file import FileStore
from archive.web.app import create_app
from archive.web.warcfiles import WarcFiles

BRIDGE = "https://www.example.org/news/bridge"


@pytest.fixture
def warc(news: Path) -> Path:
    (path,) = (news / "archive").glob("*.warc.gz")
    return path


def links(client: Client, path: str, url: str = BRIDGE) -> list[str]:
    page = client.get(path, params={"url": url}).text
    return [one.replace("&amp;", "&") for one in re.findall(r'href="(/warc/[^"]+)" download', page)]


@pytest.mark.parametrize(
    ("path", "url", "kinds"),
    [
        ("/article", BRIDGE, ["response"]),
        ("/article/provenance", BRIDGE, ["response", "request"]),
        ("/article", "https://www.example.org/missing", ["response"]),
    ],
)
def test_pages_link_single_records(client: Client, path: str, url: str, kinds: list[str]) -> None:
    found = []
    for link in links(client, path, url):
        answer = client.get(link)
        assert answer.status_code == 200
        (record,) = ((one.rec_type, one.rec_headers.get_header("WARC-Target-URI")) for one in read(answer.content))
        assert record[1] == url
        found.append(record[0])
    assert found == kinds


def read(content: bytes) -> Iterator[Any]:
    for record in ArchiveIterator(io.BytesIO(content)):
        record.content_stream().read()
        yield record


def test_curl_keeps_it_under_a_name_of_its_own(client: Client, site: str, tmp_path: Path, warc: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    (link,) = links(client, "/article")
    command = [curl, "--silent", "--fail", "--remote-name", "--remote-header-name", "--noproxy", "*", site + link]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    (kept,) = tmp_path.iterdir()
    offset = re.search(r"offset=(\d+)", link)
    assert offset
    assert kept.name == f"{warc.name.removesuffix('.warc.gz')}-{offset[1]}.warc.gz"
    assert [record.rec_type for record in read(kept.read_bytes())] == ["response"]


def test_every_record_of_a_file_is_given_and_nothing_else(client: Client, warc: Path) -> None:
    whole = warc.read_bytes()
    places = list(scan_members(warc))
    for offset, length in places:
        answer = client.get(f"/warc/{warc.name}", params={"offset": offset, "length": length})
        assert (answer.status_code, answer.content) == (200, whole[offset : offset + length])
    (first, length), (second, _) = places[:2]
    for offset, size in (
        (first, length - 1),
        (first, length + 1),
        (first + 1, length - 1),
        (first, second + places[1][1]),
        (len(whole), 10),
        (0, len(whole)),
        (5, 10**18 - 1),
    ):
        answer = client.get(f"/warc/{warc.name}", params={"offset": offset, "length": size})
        assert answer.status_code == 404, (offset, size)
        assert "no record of" in answer.text


@pytest.mark.parametrize(
    "given",
    [
        {"offset": "0"},
        {"length": "10"},
        {"offset": "-1", "length": "10"},
        {"offset": "0", "length": "0"},
        {"offset": "0x1", "length": "10"},
        {"offset": "１", "length": "10"},
        {"offset": "0", "length": "9" * 30},
        {"offset": "", "length": ""},
    ],
)
def test_numbers_that_are_none_are_named(client: Client, warc: Path, given: dict[str, str]) -> None:
    answer = client.get(f"/warc/{warc.name}", params=given)
    assert answer.status_code == 400
    assert re.search("offset=|length=", answer.text)


def test_head_and_range(client: Client) -> None:
    (link,) = links(client, "/article")
    got, head = client.get(link), client.head(link)
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}
    assert head.headers["content-disposition"].startswith("attachment; filename=")
    assert client.get(link, headers={"range": "bytes=0-1"}).content == got.content  # the record is the whole answer


def test_records_of_plain_files_and_of_the_store(
    tmp_path: Path, news: Path, warc: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    (tmp_path / "archive").mkdir()
    members = [warc.read_bytes()[offset : offset + length] for offset, length in scan_members(warc)]
    plain = [gzip.decompress(member) for member in members[:3]]
    (tmp_path / "archive" / "plain.warc").write_bytes(b"".join(plain))
    client = serve_app(Starlette(routes=WarcFiles(tmp_path, FileStore(news)).routes()))
    one = {"offset": len(plain[0]), "length": len(plain[1])}
    answer = client.get("/warc/plain.warc", params=one)
    assert answer.content == plain[1]
    assert answer.headers["content-type"] == "application/warc"
    assert answer.headers["content-disposition"] == f'attachment; filename="plain-{len(plain[0])}.warc"'
    assert client.get("/warc/plain.warc", params={"offset": 0, "length": len(plain[0] + plain[1])}).status_code == 404
    stored = client.get(f"/warc/{warc.name}", params={"offset": len(members[0]), "length": len(members[1])})
    assert stored.content == members[1]
    assert client.get(f"/warc/{warc.name}", params={"offset": 1, "length": len(members[1])}).status_code == 404


@pytest.mark.parametrize("ending", [".warc", ".warc.gz"])
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_length_beyond_the_record_costs_no_more_than_the_record(
    tmp_path: Path, warc: Path, ending: str, is_stored: bool
) -> None:
    (tmp_path / "archive").mkdir()
    offset, length = next(scan_members(warc))
    record = warc.read_bytes()[offset : offset + length]
    record = record if ending == ".warc.gz" else gzip.decompress(record)
    size = 200_000_000
    path = tmp_path / "archive" / f"long{ending}"
    path.write_bytes(record)
    os.truncate(path, size)
    files = WarcFiles(tmp_path, FileStore(tmp_path))
    tracemalloc.start()
    try:
        assert not files._is_record(path.name, None if is_stored else path, 0, size)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
        assert files._is_record(path.name, None if is_stored else path, 0, len(record))
    finally:
        tracemalloc.stop()


def test_a_member_that_inflates_without_end_is_no_record(
    tmp_path: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    (tmp_path / "archive").mkdir()
    for name, content in (("bomb", b"\0" * 50_000_000), ("other", b"no record at all")):
        (tmp_path / "archive" / f"{name}.warc.gz").write_bytes(gzip.compress(content))
    client = serve_app(Starlette(routes=WarcFiles(tmp_path, None).routes()))
    for name in ("bomb", "other"):
        size = (tmp_path / "archive" / f"{name}.warc.gz").stat().st_size
        assert client.get(f"/warc/{name}.warc.gz", params={"offset": 0, "length": size}).status_code == 404


def test_names_cannot_break_out_of_the_header(
    tmp_path: Path, warc: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    (tmp_path / "archive").mkdir()
    offset, length = next(scan_members(warc))
    (tmp_path / "archive" / 'a";\r\nX: y é.warc.gz').write_bytes(warc.read_bytes()[offset : offset + length])
    client = serve_app(Starlette(routes=WarcFiles(tmp_path, None).routes()))
    answer = client.get("/warc/a%22;%0d%0aX:%20y%20%C3%A9.warc.gz", params={"offset": 0, "length": length})
    assert answer.status_code in (200, 404)
    assert "x" not in answer.headers
    if answer.status_code == 200:
        assert answer.headers["content-disposition"] == 'attachment; filename="a____X__y__-0.warc.gz"'


def test_records_that_are_withheld_are_not_given(newspaper: Any, serve_app: Callable[[ASGIApp], Client]) -> None:
    html = ("Content-Type", "text/html")
    first = newspaper.capture("https://www.example.org/1", "20240501103000", b"<p>1", headers=(html,))
    second = newspaper.capture(
        "https://www.example.org/2", "20240501103001", b"<p>2", headers=(html, ("X-Robots-Tag", "noarchive"))
    )
    newspaper.withhold()
    client = serve_app(create_app(newspaper.folder, load_settings(newspaper.folder)))
    (path,) = (newspaper.folder / "archive").glob("*.open")
    given = {}
    for offset, length in scan_members(path):
        answer = client.get(f"/warc/{first.location.file}", params={"offset": offset, "length": length})
        given[offset] = answer.status_code
        assert answer.status_code == 451 or b"/2" not in gzip.decompress(answer.content)
    assert given[first.location.offset] == 200
    assert given[second.location.offset] == 451
    assert sorted(given.values()).count(200) == 1  # requests and what else was noted are no captures
