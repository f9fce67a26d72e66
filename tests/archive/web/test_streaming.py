"""Answers too long to be held: sent as they are read."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import httpx
import pytest
from httpx import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from archive.collection import CATALOG_FILE, Collection
from archive.config import Settings, init_collection
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation
from archive.web import streaming
from archive.web.app import create_app
from archive.web.pool import CollectionPool
from archive.web.streaming import respond_with_lines

CAPTURES = 2_600


@pytest.fixture
def large(tmp_path: Path) -> Path:
    folder = tmp_path / "large"
    init_collection(folder)
    with Catalog.open(folder / CATALOG_FILE) as catalog:
        catalog.add_captures(
            Capture(
                urlkey=f"org,example)/{number % 13:02}",
                timestamp=f"20240501{number // 60:04}{number % 60:02}",
                url=f"https://example.org/{number % 13:02}",
                mime="text/html",
                status=200,
                digest=None,
                location=RecordLocation(file="a.warc.gz", offset=number, length=1),
            )
            for number in range(CAPTURES)
        )
    return folder


def test_long_answer_comes_whole_and_in_pieces(large: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(large, Settings()))
    answer = client.get("/cdx", params={"url": "example.org", "matchType": "host", "fl": "timestamp"})
    assert answer.headers["transfer-encoding"] == "chunked"
    lines = answer.text.splitlines()
    assert len(lines) == CAPTURES
    assert lines == sorted(lines)
    short = client.get("/cdx", params={"url": "https://example.org/00"})
    assert "content-length" in short.headers


def test_head_of_a_long_answer_looks_no_further_than_its_beginning(
    tmp_path: Path, serve_app: Callable[[ASGIApp], Client]
) -> None:
    ended = threading.Event()

    def lines(_collection: Collection) -> Iterator[str]:
        try:
            while True:
                yield "a line\n"
        finally:
            ended.set()

    init_collection(tmp_path)
    Catalog.open(tmp_path / CATALOG_FILE).close()
    pool = CollectionPool(tmp_path)

    async def endless(request: Request) -> Response:
        return await respond_with_lines(pool, lines, "text/plain", request)

    head = serve_app(Starlette(routes=[Route("/", endless)])).head("/", timeout=10)
    assert (head.status_code, head.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert ended.wait(5)


def test_reader_who_leaves_gives_the_collection_back(large: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(large, Settings()))
    for _ in range(20):
        with client.stream("GET", "/cdx", params={"url": "example.org", "matchType": "host"}) as answer:
            next(answer.iter_lines())
    assert client.get("/healthz").status_code == 200


def test_more_long_answers_than_may_be_read_are_refused(
    large: Path, serve_app: Callable[[ASGIApp], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MOST_LENT", 2)
    pool = CollectionPool(large)

    async def endless(request: Request) -> Response:
        return await respond_with_lines(pool, lambda _: repeat("a line\n"), "text/plain", request)

    async def short(request: Request) -> Response:
        return await respond_with_lines(pool, lambda _: iter(["a line\n"]), "text/plain", request)

    client = serve_app(Starlette(routes=[Route("/", endless), Route("/short", short)]))
    with client.stream("GET", "/") as first, client.stream("GET", "/") as second:
        assert (first.status_code, second.status_code) == (200, 200)
        refused = client.get("/")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert "try again" in refused.text
        assert client.get("/short").text == "a line\n"
    for _ in range(100):
        if pool.lent == 0:
            break
        time.sleep(0.05)
    with client.stream("GET", "/") as again:
        assert again.status_code == 200


def test_error_before_the_first_line_has_its_status(large: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(large, Settings()))
    assert client.get("/cdx", params={"url": "example.org", "matchType": "host", "page": 7}).status_code == 400


class Looking:
    """An answer that finds one line or none, and then looks on without end, until nobody reads it."""

    def __init__(self, folder: Path, found: str) -> None:
        self.ended = threading.Event()
        self._found = found
        self._pool = CollectionPool(folder)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/", self._respond)])

    async def _respond(self, request: Request) -> Response:
        return await respond_with_lines(self._pool, self._lines, "text/plain", request)

    def _lines(self, collection: Collection) -> Iterator[str]:
        try:
            if self._found:
                yield self._found
            for _ in range(3000):
                time.sleep(0.01)
                yield ""
        finally:
            self.ended.set()


def test_what_was_found_goes_out_while_the_walk_goes_on(large: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    looking = Looking(large, "found\n")
    client = serve_app(looking.app())
    with client.stream("GET", "/") as answer:
        assert next(answer.iter_lines()) == "found"
        assert not looking.ended.is_set()
    assert looking.ended.wait(10)


def test_walk_that_finds_nothing_ends_with_its_reader(large: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    looking = Looking(large, "")
    client = serve_app(looking.app())
    with pytest.raises(httpx.ReadTimeout):
        client.get("/", timeout=0.3)
    assert looking.ended.wait(10)
