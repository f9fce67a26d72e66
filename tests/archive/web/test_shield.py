"""Which hosts and methods are served, and the headers that every answer has."""

import http.client
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx import Client
from starlette.types import ASGIApp

from archive.config import Settings
from archive.web.app import create_app
from archive.web.shield import Hosts

PATHS = [
    "/",
    "/cdx?url=x.example",
    "/web/https://x.example/",
    "/api/search?q=a",
    "/healthz",
    "/metrics",
    "/static/style.css",
]


@pytest.mark.parametrize(
    ("bound", "host", "served"),
    [
        ("127.0.0.1", "127.0.0.1:8080", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "LOCALHOST:80", True),
        ("127.0.0.1", "[::1]:8080", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "10.0.0.5", False),
        ("127.0.0.1", "", False),
        ("::1", "[::1]", True),
        ("10.0.0.5", "10.0.0.5:8080", True),
        ("10.0.0.5", "localhost", False),
        ("0.0.0.0", "10.0.0.5:8080", True),
        ("0.0.0.0", "[fe80::1]", True),
        ("0.0.0.0", "localhost:8080", True),
        ("0.0.0.0", "evil.example", False),
        ("127.0.0.1", "papers.example:443", True),
        ("127.0.0.1", "cdx.example.", True),
        ("127.0.0.1", "localhost:80@evil.example", False),
        ("127.0.0.1", "localhost:80/evil.example", False),
        ("127.0.0.1", "localhost:;x", False),
        ("127.0.0.1", "[::1]@evil.example", False),
    ],
)
def test_hosts_are_the_bound_the_public_and_the_allowed(bound: str, host: str, served: bool) -> None:
    hosts = Hosts(bound, "https://papers.example/", ["cdx.example"])
    assert hosts.serves(host) is served


@pytest.mark.parametrize("path", PATHS)
def test_other_hosts_are_misdirected(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert "--allow-host" in answer.text


def test_allowed_host_is_served_and_used_in_links(news: Path, serve_app: Callable[[ASGIApp], Client]) -> None:
    client = serve_app(create_app(news, Settings(), allow_hosts=["archive.example"]))
    headers = {"host": "archive.example", "x-forwarded-proto": "https"}
    answer = client.get("/web/https://www.example.org/news/bridge", headers=headers)
    assert answer.headers["location"].startswith("https://archive.example/web/")


def test_odd_forwarded_scheme_is_not_believed(client: Client) -> None:
    answer = client.get("/web/https://www.example.org/news/bridge", headers={"x-forwarded-proto": "javascript"})
    assert answer.headers["location"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    answer = client.request(method, "/cdx")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_method_that_nobody_knows_is_refused(client: Client) -> None:
    assert client.request("BREW", "/cdx").status_code in (400, 405)  # httptools knows the registered ones only


@pytest.mark.parametrize("path", [*PATHS, "/web/20240501110000id_/https://www.example.org/missing"])
def test_head_is_get_without_its_body(client: Client, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert set(headed.headers) >= {"content-security-policy"}


@pytest.mark.parametrize("path", [*PATHS, "/nothing/here", "/article"])
def test_every_answer_is_guarded(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in headers


def test_request_without_host_is_refused(client: Client) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=5)
    connection.putrequest("GET", "/", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_no_address_is_made_of_a_host_that_names_two(client: Client) -> None:
    """`localhost:80@evil.example` begins as a name of this server, and a browser goes to the other."""
    for path in ("/feed/new", "/replay/20240501103000/https://www.example.org/news/bridge"):
        answer = client.get(path, headers={"Host": "localhost:80@evil.example"})
        assert answer.status_code == 421
        assert "evil.example" not in answer.text
