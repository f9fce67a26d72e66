"""Where a text comes from: the records on disk, and what was taken from the page."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.explaining import Explanation, Removed

BRIDGE = "https://www.example.org/news/bridge"
HOSTILE = "https://evil.example/x?a=1&b=%22%3E"
PATH = "/article/provenance"
Serve = Callable[[ASGIApp], Client]


class Reader:
    """An `Explain` that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, str, list[tuple[str, str]]]] = []
        self.closed = False

    def __call__(self, payload: bytes, *, url: str, headers: Any) -> Explanation:
        self.asked.append((payload, url, list(headers)))
        removed = Removed(rule="share", layer="tree", chars=900, text="<b>Share</b>", why="class word share")
        return Explanation(removed=[removed], kept_chars=431, reader="branch", agreement=0.957)

    def close(self) -> None:
        self.closed = True


def test_provenance_shows_request_response_records_and_reading(client: Client) -> None:
    page = client.get(PATH, params={"url": BRIDGE, "at": "20240503"}).text
    assert "Provenance of version 2" in page
    assert f"GET {BRIDGE} HTTP/1.1" in page
    assert "HTTP/1.1 200 OK" in page
    assert re.search(r"content-ENCODING</th><td[^>]*>gzip<", page)
    assert page.count(">Set-Cookie<") == 2
    assert re.search(r"WARC-IP-Address</th><td[^>]*>127\.0\.0\.1<", page)
    assert page.count("read back just now, and the same") == 2
    assert re.search(r'/warc/morgue-[^"]*\.warc\.gz', page)
    assert "0.90 of 1" in page


def test_request_is_that_of_this_capture(client: Client) -> None:
    page = client.get(PATH, params={"url": HOSTILE}).text
    (request,) = re.findall(r'aria-label="Request">([^<]*)<', page)
    assert request.startswith("GET https://evil.example/x")


def test_place_of_a_record_is_where_it_lies(client: Client, news: Path) -> None:
    page = client.get(PATH, params={"url": BRIDGE}).text
    file, offset, length = re.findall(
        r"/warc/([^\"?]+)\?[^\"]*\" download>[^<]*</a>, byte ([\d,]+), ([\d,]+) bytes", page
    )[0]
    data = (news / "archive" / file).read_bytes()
    start, size = int(offset.replace(",", "")), int(length.replace(",", ""))
    assert b"WARC-Type: response" in gzip.decompress(data[start : start + size])


def test_record_that_is_damaged_is_said_to_be(newspaper: Any, serve_app: Serve) -> None:
    url = "https://www.example.org/a"
    capture = newspaper.capture(url, "20240501100000", b"a")
    newspaper.read(capture, text="A", headline="A", source="harbour")
    (file,) = (newspaper.folder / "archive").iterdir()
    middle = capture.location.offset + capture.location.length // 2
    data = bytearray(file.read_bytes())
    data[middle : middle + 8] = bytes(8)
    file.write_bytes(data)
    client = serve_app(create_app(newspaper.folder, Settings()))
    answer = client.get(PATH, params={"url": url})
    assert answer.status_code == 500
    assert "morgue verify" in answer.text
    article = client.get("/article", params={"url": url})
    assert article.status_code == 200
    assert "cannot be read back just now" in article.text


def test_what_was_removed_is_told_on_demand_only(news: Path, serve_app: Serve) -> None:
    reader = Reader()
    client = serve_app(create_app(news, Settings(), explain=reader))
    plain = client.get(PATH, params={"url": BRIDGE, "at": "20240503"}).text
    assert reader.asked == []
    (address,) = re.findall(r'href="([^"]*explain=1)#removed"', plain)
    page = client.get(address.replace("&amp;", "&")).text
    ((payload, url, headers),) = reader.asked
    assert (gzip.decompress(payload), url) == (b"<h1>Bridge</h1>5 weeks", BRIDGE)
    assert ("content-ENCODING", "gzip") in headers
    assert "&lt;b&gt;Share&lt;/b&gt;…" in page
    assert "agree with it by 0.96" in page


def test_server_that_cannot_read_pages_says_who_can(client: Client) -> None:
    page = client.get(PATH, params={"url": BRIDGE, "explain": "1"}).text
    assert "morgue extract --html" in page


@pytest.mark.parametrize(
    ("params", "status"),
    [({}, 400), ({"url": "https://nowhere.example/"}, 404), ({"url": "https://www.example.org/missing"}, 404)],
)
def test_provenance_of_what_is_no_article(client: Client, params: dict[str, str], status: int) -> None:
    assert client.get(PATH, params=params).status_code == status


def test_hostile_headers_and_fields_stay_text(client: Client) -> None:
    page = client.get(PATH, params={"url": HOSTILE}).text
    assert "<script" not in page
    assert "&lt;https://evil.example/&gt;" in page
