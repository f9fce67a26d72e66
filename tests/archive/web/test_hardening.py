"""What strangers send: never a failure of ours, never more than was asked for, and one clear line."""

import socket
from contextlib import suppress
from urllib.parse import quote, urlsplit

import pytest
from httpx import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BRIDGE = "https://www.example.org/news/bridge"

HOSTILE = [
    "\x00",
    "\r\nSet-Cookie: a=b",
    "http://x/\r\nLocation: https://elsewhere.example/",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "javascript:alert(1)",
    "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
    "http://" + "a." * 300 + "example/",
    "http://user:pass@127.0.0.1:99999999/",
    "//",
    "*." * 50,
    "%" * 40,
    "{{7*7}}${7*7}<script>alert(1)</script>",
    "' OR 1=1; DROP TABLE capture --",
    "9" * 400,
    "-1",
    "1e999",
    "٢٠٢٤",
    "\u202egnp.exe",
    "(" * 500,
    "a" * 7_000,
]
PLACES = [
    "/?q={}",
    "/?q=bridge&from={}&language={}&source={}",
    "/?q=bridge&limit={}&offset={}",
    "/article?url={}",
    f"/article?url={BRIDGE}&at={{}}",
    f"/diff?url={BRIDGE}&a={{}}&b={{}}",
    "/cdx?url={}",
    f"/cdx?url={BRIDGE}&from={{}}",
    f"/cdx?url={BRIDGE}&filter={{}}&fl={{}}",
    f"/cdx?url={BRIDGE}&closest={{}}&sort={{}}",
    f"/cdx?url={BRIDGE}&page={{}}&pageSize={{}}&output={{}}&matchType={{}}",
    "/web/{}",
    "/web/20240501103000id_/{}",
    f"/web/{{}}id_/{BRIDGE}",
    "/web/timemap/link/{}",
    "/warc/{}",
    "/static/{}",
    "/api/captures?url={}",
    f"/api/captures?url={BRIDGE}&cursor={{}}",
    f"/api/capture?url={BRIDGE}&at={{}}",
    "/api/article?id={}",
    f"/api/diff?url={BRIDGE}&a={{}}",
    "/api/search?q={}",
    "/{}",
]


def assert_answered_and_harmless(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 500, (path[:200], answer.status_code, answer.text[:300])
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    location = answer.headers.get("location", "")
    # A redirect leads to ourselves, whatever was asked for.
    assert not location or urlsplit(location).netloc in ("", urlsplit(str(client.base_url)).netloc), location
    assert b"root:x:" not in answer.content
    if answer.status_code >= 400:
        assert len(answer.text.splitlines()) == 1 or "</html>" in answer.text


@pytest.mark.parametrize("place", PLACES)
def test_hostile_values_are_answered_and_do_nothing(client: Client, place: str) -> None:
    for value in HOSTILE:
        assert_answered_and_harmless(client, place.replace("{}", quote(value, safe="")))


@pytest.mark.parametrize("place", PLACES)
def test_no_text_at_all_breaks_an_answer(client: Client, place: str) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=80))
    def ask(value: str) -> None:
        assert_answered_and_harmless(
            client, place.replace("{}", quote(value.encode("utf-8", "surrogatepass"), safe=""))
        )

    ask()


def test_text_of_strangers_is_escaped_wherever_it_is_shown(client: Client) -> None:
    attack = '"><script>alert(1)</script>'
    for path in ("/?q=", "/article?url=https://www.example.org/", f"/diff?url={BRIDGE}&a=", "/web/", "/article?url="):
        answer = client.get(path + quote(attack), headers={"Accept": "text/html"})
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "/warc/../morgue.toml",
        "/warc/..%2fmorgue.toml",
        "/warc/%2e%2e/morgue.toml",
        "/warc/..%5cmorgue.toml",
        "/warc/%2fetc%2fpasswd",
        "/warc/catalog.sqlite",
        "/warc/a.warc.gz%00",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/config.py",
        "//etc/passwd",
    ],
)
def test_no_path_leads_out_of_what_is_served(site: str, target: str) -> None:
    status, _, body = ask_as_written(site, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode())
    assert 400 <= status < 500
    assert not any(secret in body for secret in (b"import ", b"root:x:", b"contact", b"SQLite"))


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n", {421}),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere.example\r\n", {400, 421}),
        (b"GET / HTTP/1.1\r\n", {400, 421}),
        (b"GET http://elsewhere.example/ HTTP/1.1\r\nHost: elsewhere.example\r\n", {400, 404, 421}),
        (b"POST /api/search?q=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n", {405}),
        (b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n", {405}),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n", {400, 404, 414, 431}),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000 + b"\r\n", {400, 431}),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX : a\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", {200, 400}),
        (b"GET /article?url=a\x80\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n", {400, 404}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    ],
)
def test_odd_requests_are_refused(site: str, request_bytes: bytes, statuses: set[int]) -> None:
    status, head, _ = ask_as_written(site, request_bytes)
    assert status in statuses
    assert b"set-cookie" not in head.lower()


@pytest.mark.parametrize("value", ["Wed, 01 May 2024 10:30:00 GMT\x0b", "yesterday", "", "9" * 500, "ÿ"])
def test_an_odd_accept_datetime_is_refused(site: str, value: str) -> None:
    request = f"GET /web/{BRIDGE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Datetime: ".encode() + value.encode("latin-1")
    status, _, _ = ask_as_written(site, request + b"\r\n")
    assert status == 400


def ask_as_written(site: str, head: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body of what a server answers to these very bytes."""
    address = urlsplit(site)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        answer = b""
        with suppress(BrokenPipeError, ConnectionResetError):  # it may answer, and go, before all was sent
            connection.sendall(head + b"Connection: close\r\n\r\n")
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                answer += piece
    line, _, rest = answer.partition(b"\r\n")
    found, _, body = rest.partition(b"\r\n\r\n")
    return int(line.split()[1]), found, body
