"""The recording proxy, asked over real sockets as a browser asks it: what goes out and comes in is recorded byte for byte."""

import base64
import contextlib
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from archive.formats import http
from archive.model import Exchange
from crawler.demo.cases import CASES, ok
from crawler.demo.oddities import Oddities

SCRIPT = Path(__file__).with_name("proxy_process.py")
CHECKOUT = Path(__file__).resolve().parents[3]
AGENT = b"newsmorgue/0 (+desk@example.org)"
WHOLE = (
    "/plain",
    "/header-case",
    "/folded",
    "/continue",
    "/early-hints",
    "/http-1.0",
    "/no-length",
    "/chunk-extensions",
)
WHOLE += ("/trailers", "/no-reason", "/latin-1-header", "/gzip", "/no-content", "/empty-body", "/length-and-chunks")
CUT = ("/truncated", "/truncated-chunks", "/reset", "/hang-in-body", "/endless-body")


class Proxy:
    """A proxy under test, and a client that knows the name of the page load."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, str(SCRIPT), str(folder)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env={"PYTHONPATH": str(CHECKOUT)},
        )
        assert self._process.stdout
        about = json.loads(self._process.stdout.readline())
        self.port: int = about["port"]
        self.name: str = about["name"]
        self.trust = ssl.create_default_context(cadata=about["pem"])

    def end(self) -> int:
        assert self._process.stdin
        self._process.stdin.close()
        return self._process.wait(30)

    @property
    def credentials(self) -> str:
        return "Proxy-Authorization: Basic " + base64.b64encode(f"{self.name}:x".encode()).decode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def tunnel(self, host: str, port: int) -> socket.socket:
        connection = self.connect()
        host = f"[{host}]" if ":" in host else host
        connection.sendall(
            f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{self.credentials}\r\n\r\n".encode()
        )
        assert read_head(connection).startswith(b"HTTP/1.1 200 ")
        return connection

    def ask(self, url: str, *lines: str, method: str = "GET", credentials: str | None = None) -> bytes:
        """The whole answer to one request; over TLS for https, whose certificate has to be the authority's."""
        parts = urlsplit(url)
        own = ("Host: " + parts.netloc, "User-Agent: Mozilla/5.0", "Accept-Encoding: gzip, deflate, br, zstd", *lines)
        if parts.scheme == "https":
            connection = self.tunnel(parts.hostname or "", parts.port or 443)
            connection = self.trust.wrap_socket(connection, server_hostname=parts.hostname)
            target = parts.path
        else:
            connection = self.connect()
            own = (*own, self.credentials if credentials is None else credentials)
            target = url
        with connection:
            connection.sendall("\r\n".join([f"{method} {target} HTTP/1.1", *own, "", ""]).encode())
            return read_answer(connection, bodiless=method == "HEAD")

    def record(self, url: str) -> tuple[Exchange, str | None]:
        """What was recorded last of a URL; recording comes after the answer."""
        for _ in range(200):
            for path in sorted(self.folder.glob("*.exchange"), reverse=True):
                exchange, error = msgspec.msgpack.decode(path.read_bytes(), type=tuple[Exchange, str | None])
                if exchange.url == url:
                    return exchange, error
            time.sleep(0.02)
        raise AssertionError(f"{url} was not recorded")

    def has_record(self, url: str) -> bool:
        return any(url.encode() in path.read_bytes() for path in self.folder.glob("*.exchange"))


def proxy_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def read_head(connection: socket.socket) -> bytes:
    """A short head, and nothing behind it."""
    data = b""
    while not data.endswith(b"\r\n\r\n") and (more := connection.recv(1)):
        data += more
    return data


def read_answer(connection: socket.socket, *, bodiless: bool) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(1 << 16)):
        data += more
    raw_head, body = http.split_head(data)
    head = http.parse_head(raw_head)
    assert head, data
    left = 0 if bodiless or head.status == 204 else int(head.get("content-length") or 0) - len(body)
    while left > 0 and (more := connection.recv(1 << 16)):
        data += more
        left -= len(more)
    return data


@pytest.fixture(scope="module", params=["tcp", "tls"])
def odd(request: pytest.FixtureRequest, tls_context: ssl.SSLContext) -> Iterator[Oddities]:
    with Oddities(tls=tls_context if request.param == "tls" else None) as odd:
        yield odd


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path_factory.mktemp("recorded"))
    proxy.ask("http://page.example/")  # the first request is for the page itself
    yield proxy
    assert proxy.end() == 0


@pytest.mark.parametrize("path", WHOLE)
def test_what_crosses_the_wire_is_recorded_and_passed_on(proxy: Proxy, odd: Oddities, path: str) -> None:
    told = proxy.ask(odd.url(path))
    exchange, error = proxy.record(odd.url(path))
    assert error is None
    assert exchange.request == odd.received[path]
    assert exchange.response == bytes(odd.sent[path])
    assert exchange.ip == "127.0.0.1"
    assert (exchange.source, exchange.kind) == ("paper", "requisite")
    assert bool(exchange.tls_version) == odd.url("/").startswith("https")
    raw_head, body = http.split_head(http.split_interim(exchange.response)[1])
    sent, got = http.parse_head(raw_head), http.parse_head(http.split_head(told)[0])
    assert sent
    assert got
    assert got.status == sent.status
    assert http.split_head(told)[1] == http.entity(sent, body)
    framing = {"content-length", "transfer-encoding", "connection", "trailer"}
    assert [one for one in sent.headers if one[0].lower() not in framing] == [
        one for one in got.headers if one[0].lower() != "content-length"
    ]


@pytest.mark.parametrize("path", CUT)
def test_what_is_cut_is_recorded_as_cut_and_looks_cut_to_the_browser(proxy: Proxy, odd: Oddities, path: str) -> None:
    told = proxy.ask(odd.url(path))
    exchange, error = proxy.record(odd.url(path))
    assert error
    assert exchange.truncated
    assert exchange.response
    assert bytes(odd.sent[path]).startswith(exchange.response[: 1 << 20])
    head = http.parse_head(told)
    assert head
    assert not http.is_complete(told)


@pytest.mark.parametrize("path", ["/garbage", "/empty", "/reset-at-once", "/endless-headers"])
def test_no_answer_is_a_bad_gateway(proxy: Proxy, odd: Oddities, path: str) -> None:
    head = http.parse_head(proxy.ask(odd.url(path)))
    assert head
    assert head.status in (502, 200)  # 200 where the headers were cut
    assert proxy.record(odd.url(path))[1]


def test_requests_go_out_under_our_name_and_without_what_is_for_the_proxy(proxy: Proxy, odd: Oddities) -> None:
    lines = (
        "X-Odd: a",
        "x-ODD: b",
        "Cookie: a=1",
        "Connection: keep-alive, X-Hop",
        "X-Hop: 1",
        'Sec-CH-UA: "Chromium"',
    )
    proxy.ask(odd.url("/header-case"), *lines, "Accept-Language: fa")
    request, _ = http.split_head(odd.received["/header-case"])
    lower = request.lower()
    assert b"user-agent: " + AGENT in lower
    assert b"accept-encoding: gzip, deflate, br\r\n" in lower
    assert lower.count(b"x-odd:") == 2
    assert b"cookie: a=1" in lower
    for word in (b"proxy", b"x-hop", b"sec-ch-ua", b"mozilla"):
        assert word not in lower


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "BREW"])
def test_what_may_change_something_is_not_sent(proxy: Proxy, odd: Oddities, method: str) -> None:
    before = dict(odd.counts)
    answer = proxy.ask(odd.url("/plain"), method=method)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert odd.counts == before


def test_heads_are_asked_for(proxy: Proxy, odd: Oddities) -> None:
    assert proxy.ask(odd.url("/plain"), method="HEAD").startswith(b"HTTP/1.1 200 ")


def test_websockets_are_refused(proxy: Proxy, odd: Oddities) -> None:
    lines = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x")
    assert proxy.ask(odd.url("/plain"), *lines).startswith(b"HTTP/1.1 403 ")


def test_a_tunnel_without_tls_holds_plain_requests(proxy: Proxy) -> None:
    # As Chromium asks for ws://
    with Oddities() as odd:
        host, _, port = odd.addresses[0].partition(":")
        with proxy.tunnel(host, int(port)) as connection:
            connection.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(connection, bodiless=False).startswith(b"HTTP/1.1 200 ")
            connection.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
            assert read_answer(connection, bodiless=False).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.2:1", "10.0.0.1", "169.254.169.254", "[::1]", "2130706434", "0x7f.2", "[::ffff:10.0.0.1]", "224.0.0.1"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_peers_are_refused(proxy: Proxy, scheme: str, host: str) -> None:
    began = time.monotonic()
    answer = proxy.ask(f"{scheme}://{host}/")
    assert answer.split(b" ")[1] in (b"403", b"502"), answer
    assert not proxy.has_record(f"{scheme}://{host}/")
    assert time.monotonic() - began < 1.5  # nothing that scripts could learn from how long it takes


def test_what_robots_txt_forbids_is_not_fetched(proxy: Proxy, new_paper: Callable[..., Any]) -> None:
    paper = new_paper()
    paper.answers["/robots.txt"] = ok(body=b"User-agent: *\nDisallow: /private", kind=b"text/plain")
    paper.answers["/open.js"] = paper.answers["/private.js"] = ok(body=b"1", kind=b"text/javascript")
    assert proxy.ask(paper.url("/private.js")).startswith(b"HTTP/1.1 403 ")
    assert proxy.ask(paper.url("/open.js")).startswith(b"HTTP/1.1 200 ")
    assert [asked.path for asked in paper.asked] == ["/robots.txt", "/open.js"]
    exchange, _ = proxy.record(paper.url("/robots.txt"))
    assert exchange.kind == "robots"


def test_a_host_that_is_busy_is_left_alone(proxy: Proxy, new_paper: Callable[..., Any]) -> None:
    paper = new_paper()
    paper.answers["/busy"] = ok(status=b"HTTP/1.1 429 Too Many Requests")
    assert proxy.ask(paper.url("/busy")).startswith(b"HTTP/1.1 429 ")
    assert proxy.ask(paper.url("/busy")).startswith(b"HTTP/1.1 503 ")
    assert paper.times("/busy") == 1


def test_the_page_itself_comes_from_the_exchange_in_hand(proxy: Proxy) -> None:
    answer = proxy.ask("http://page.example/")
    assert http.split_head(answer)[1] == b"<p>the page in hand"
    assert b"Content-Disposition" not in answer
    assert not proxy.has_record("http://page.example/")


@pytest.mark.parametrize(
    "credentials", ["X-None: 1", "Proxy-Authorization: Basic eDp4", "Proxy-Authorization: Basic %%%"]
)
def test_strangers_are_turned_away(proxy: Proxy, odd: Oddities, credentials: str) -> None:
    before = dict(odd.counts)
    with proxy.connect() as connection:
        connection.sendall(f"GET http://{odd.addresses[0]}/plain HTTP/1.1\r\nHost: x\r\n{credentials}\r\n\r\n".encode())
        assert read_answer(connection, bodiless=False).startswith(b"HTTP/1.1 407 ")
    assert odd.counts == before


@pytest.mark.parametrize(
    "request_bytes",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"CONNECT nowhere HTTP/1.1\r\n%s\r\n\r\n"],
)
def test_what_is_no_request_is_refused(proxy: Proxy, request_bytes: bytes) -> None:
    with proxy.connect() as connection:
        connection.sendall(request_bytes.replace(b"%s", proxy.credentials.encode()))
        assert read_answer(connection, bodiless=False).startswith(b"HTTP/1.1 400 ")


def test_a_head_without_end_is_hung_up_on(proxy: Proxy) -> None:
    with proxy.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"X-Long: aaaaaaaa\r\n" * 200_000)
        assert proxy_hung_up(connection)


def test_every_whole_case_is_one_that_there_is() -> None:
    assert CASES.keys() >= {*WHOLE, *CUT}
