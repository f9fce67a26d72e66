"""Connections whose clients take their time, say too much, or come all at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http import httptools_impl

from archive.config import Settings
from archive.web import protocol
from archive.web.app import create_app

ROOT = Path(__file__).resolve().parents[3]
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def connected(client: Client) -> Iterator[socket.socket]:
    address = client.base_url
    with socket.create_connection((address.host, address.port or 80), timeout=10) as one:
        yield one


def received(one: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    pieces = []
    try:
        while piece := one.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def test_head_that_does_not_end_is_cut(client: Client) -> None:
    with connected(client) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        taken = 0
        with contextlib.suppress(OSError):
            for number in range(20_000):
                one.sendall(b"X-%d: %s\r\n" % (number, b"x" * 1000))
                taken += 1000
        assert taken < 19_000_000  # what the two kernels hold of it included
    assert client.get("/healthz").status_code == 200


def test_head_that_does_not_end_behind_an_answer_is_cut_too(serve_app: Callable[[ASGIApp], Client]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b"x" * 65536

    async def long(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await StreamingResponse(pieces())(scope, receive, send)

    with connected(serve_app(long)) as one:
        one.sendall(REQUEST)
        assert one.recv(9) == b"HTTP/1.1 "
        taken = 0
        with contextlib.suppress(OSError):
            one.sendall(REQUEST[:-2])
            for number in range(1_000):
                one.sendall(b"X-%d: %s\r\n" % (number, b"x" * 60_000))
                taken += 60_000
        assert taken < 19_000_000  # what the two kernels hold of it included


@pytest.mark.parametrize("filler", [b"X: " + b"x" * 200_000, b"GET /" + b"x" * 200_000])
def test_oversized_head_is_answered(client: Client, filler: bytes) -> None:
    with connected(client) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\n" if filler.startswith(b"X") else b"")
        try:
            for start in range(0, len(filler), 10_000):
                one.sendall(filler[start : start + 10_000])
                time.sleep(0.002)
        except OSError:
            pass
        assert received(one)[9:12] in (b"400", b"431", b"")


def test_head_that_takes_too_long_is_given_up(
    news: Path, serve_app: Callable[[ASGIApp], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.4)
    client = serve_app(create_app(news, Settings()))
    with connected(client) as silent, connected(client) as slow, connected(client) as second:
        second.sendall(REQUEST)
        assert second.recv(9) == b"HTTP/1.1 "
        second.sendall(REQUEST[:20])
        began = time.monotonic()
        slow.sendall(REQUEST[:20])
        assert received(silent) == b""
        assert received(slow) == b""
        received(second)
        assert time.monotonic() - began < 5


def test_reader_who_takes_nothing_is_let_go(
    serve_app: Callable[[ASGIApp], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "STALL_SECONDS", 0.4)
    ended = threading.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            for _ in range(10_000):
                yield b"x" * 65536
        finally:
            ended.set()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await StreamingResponse(pieces())(scope, receive, send)

    with connected(serve_app(endless)) as one:
        one.sendall(REQUEST)
        assert ended.wait(10)


def test_slow_reader_of_a_large_answer_gets_it_all(
    serve_app: Callable[[ASGIApp], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "STALL_SECONDS", 1.5)
    size = 30_000_000

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await Response(b"x" * size, headers={"connection": "close"})(scope, receive, send)

    with connected(serve_app(large)) as one:
        one.sendall(REQUEST)
        taken = 0
        for _ in range(16):
            time.sleep(0.2)  # longer in all than a client may stall
            taken += len(one.recv(1_500_000))
        taken += len(received(one))
    assert taken > size


def test_rest_of_a_body_is_no_head(client: Client) -> None:
    with connected(client) as one:
        one.sendall(b"POST /cdx HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        assert one.recv(12) == b"HTTP/1.1 405"
        with contextlib.suppress(OSError):
            for _ in range(20):
                one.sendall(b"x" * 10_000)
                time.sleep(0.005)
        assert b"431" not in received(one)


def test_many_at_once_are_all_answered(client: Client) -> None:
    sockets = []
    try:
        for _ in range(200):
            address = client.base_url
            sockets.append(socket.create_connection((address.host, address.port or 80), timeout=20))
        for one in sockets:
            one.sendall(REQUEST)
        assert all(one.recv(12) == b"HTTP/1.1 200" for one in sockets)
    finally:
        for one in sockets:
            one.close()


def test_requests_sent_in_one_go_are_answered_in_their_order(client: Client) -> None:
    wanted = [b"200", b"404", b"421", b"200", b"400", b"200"]
    hosts = [b"localhost", b"localhost", b"evil.example", b"localhost", b"localhost", b"localhost"]
    paths = [b"/healthz", b"/nothing", b"/healthz", b"/cdx?url=example.org", b"/cdx", b"/cdx?url=example.org"]
    with connected(client) as one:
        requests = [
            b"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (path, host, b"Connection: close\r\n" if last else b"")
            for path, host, last in zip(paths, hosts, [False] * 5 + [True], strict=True)
        ]
        one.sendall(b"".join(requests))
        statuses = [part[:3] for part in received(one).split(b"HTTP/1.1 ")[1:]]
    assert statuses == wanted


def test_requests_that_are_sent_without_end_wait_with_their_sender(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = done = waiting = 0

    class Counted(httptools_impl.RequestResponseCycle):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            nonlocal begun, waiting
            super().__init__(*arguments, **named)
            begun += 1
            waiting = max(waiting, begun - done)

    def complete(
        self: protocol.PatientProtocol, given: Callable[..., None] = protocol.PatientProtocol.on_response_complete
    ) -> None:
        nonlocal done
        done += isinstance(self.cycle, Counted)
        given(self)

    monkeypatch.setattr(httptools_impl, "RequestResponseCycle", Counted)
    monkeypatch.setattr(protocol.PatientProtocol, "on_response_complete", complete)
    many = REQUEST * 2_000
    ended = threading.Event()
    with connected(client) as one:

        def send() -> None:
            with contextlib.suppress(OSError):
                while not ended.is_set():
                    one.sendall(many)

        sender = threading.Thread(target=send)
        sender.start()
        answered = 0
        while answered < 300:
            answered += one.recv(65536).count(b"HTTP/1.1 200")
        ended.set()
        one.shutdown(socket.SHUT_RDWR)
        sender.join(10)
    assert 0 < waiting < 1_000
    assert done >= 300
    assert client.get("/healthz").status_code == 200


def test_many_requests_in_one_go_are_all_answered(client: Client) -> None:
    with connected(client) as one:
        one.sendall(b"GET /cdx?url=www.example.org/news/bridge&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 300)
        one.sendall(REQUEST * 50 + REQUEST[:-2] + b"Connection: close\r\n\r\n")
        assert received(one).count(b"HTTP/1.1 200 OK") == 351


def test_what_is_being_answered_is_finished_when_the_server_stops(news: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "crawler.cli", "--collection", str(news), "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        line = server.stderr.readline()
        port = int(line.partition("http://127.0.0.1:")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            # The search index is opened for the first time here, so the answer takes a moment.
            one.sendall(b"GET /api/search?q=bridge HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.05)
            server.send_signal(signal.SIGTERM)
            assert received(one).startswith(b"HTTP/1.1 200")
        server.wait(20)
