"""The canary: the wire rides on private names of Scrapy and Twisted. When either changes, this file says so."""

import contextlib
import re
import socket

import pytest

from archive.formats import http
from crawler.demo.cases import CASES, ok
from crawler.demo.oddities import Oddities

HEADER_CAP = 100_000
BODY_CAP = 2_000_000
FRAMING = 1 << 20
SECONDS = 5
"""For each answer: fifty begin at once, with TLS and on a machine that has other work."""
READ = 1 << 16
"""What one read of a socket brings at most."""

NO_RESPONSE = {"/hang", "/empty", "/reset-at-once"}
NOT_HTTP = {"/garbage", "/http-0.9", "/leading-newline"}
CUT_BY_SIZE = {"/huge", "/endless-body", "/endless-header", "/endless-headers", "/endless-interim"}
CUT_BY_TIME = {"/hang", "/hang-in-body", "/slow-drip"}


class Exchanges:
    """What the oddities sent and received, and what became of it in the archive."""

    def __init__(self, odd, news, ended):
        self.odd = odd
        self.ended = ended
        self.scheme = odd.url("/").partition(":")[0]
        self.records = {}
        for record in news.records():
            url = record.get("WARC-Target-URI") or ""
            if url.startswith(odd.url("/")):
                path = url.removeprefix(odd.url("/")[:-1])
                self.records.setdefault(path, []).append(record)

    def of(self, path, *kinds):
        return [record for record in self.records.get(path, ()) if record.kind in kinds]

    def sent(self, path):
        """Interim heads and the final message."""
        return http.split_interim(bytes(self.odd.sent[path]))


@pytest.fixture(scope="module", params=["tcp", "tls"])
def exchanges(request, new_collection, tls_context):
    tls = tls_context if request.param == "tls" else None
    news = new_collection(
        timeout=f'"{SECONDS}s"',
        retries="0",
        max_response_size=f'"{BODY_CAP}B"',
        max_header_size=f'"{HEADER_CAP}B"',
        concurrency="100",
    )
    with Oddities(tls=tls) as odd:
        news.follow("odd", odd.url("/"), concurrency=100)
        ended = news.run("save", "--json", *map(odd.url, CASES))
        assert ended.status == 4, ended.err
        return Exchanges(odd, news, ended)


@pytest.mark.parametrize("path", CASES)
def test_the_request_is_kept_as_it_was_received(exchanges, path):
    [request] = exchanges.of(path, "request")
    assert request.block == exchanges.odd.received[path]


@pytest.mark.parametrize("path", sorted(CASES.keys() - NO_RESPONSE - NOT_HTTP - {"/endless-interim"}))
def test_the_final_message_is_kept_as_it_was_sent(exchanges, path):
    [response] = exchanges.of(path, "response")
    _, final = exchanges.sent(path)
    if CASES[path].complete and path not in CUT_BY_SIZE:
        assert response.block == final
        assert response.get("WARC-Truncated") is None
        return
    assert final.startswith(response.block)
    assert response.block
    why = "length" if path in CUT_BY_SIZE else "time" if path in CUT_BY_TIME else "disconnect"
    assert response.get("WARC-Truncated") == why
    if why == "disconnect":
        assert response.block == final


@pytest.mark.parametrize("path", sorted(NOT_HTTP))
def test_what_is_no_http_is_kept_beside_the_request(exchanges, path):
    [note] = exchanges.of(path, "metadata")
    assert note.block == bytes(exchanges.odd.sent[path])
    assert exchanges.of(path, "response") == []


@pytest.mark.parametrize("path", sorted(NO_RESPONSE))
def test_no_answer_at_all_leaves_the_request_and_the_reason(exchanges, path):
    [note] = exchanges.of(path, "metadata")
    [request] = exchanges.of(path, "request")
    why = "time" if path in CUT_BY_TIME else "disconnect"
    assert note.block == f"fetchFailure: {why}\r\n".encode()
    assert note.get("WARC-Concurrent-To") == request.get("WARC-Record-ID")
    assert exchanges.of(path, "response") == []


@pytest.mark.parametrize("path", ["/continue", "/early-hints"])
def test_interim_heads_are_kept_apart(exchanges, path):
    interim, _ = exchanges.sent(path)
    [response] = exchanges.of(path, "response")
    [note] = exchanges.of(path, "metadata")
    assert interim
    assert note.block == interim
    assert note.get("WARC-Concurrent-To") == response.get("WARC-Record-ID")


def test_headers_without_end_are_cut_at_their_cap(exchanges):
    for path in ("/endless-headers", "/endless-header"):
        [response] = exchanges.of(path, "response")
        assert HEADER_CAP <= len(response.block) <= HEADER_CAP + READ, path
    # Interim heads lie beside; what follows the last whole one is by chance a part of the next, or nothing.
    kept = [record.block for record in exchanges.of("/endless-interim", "response", "metadata")]
    assert HEADER_CAP <= sum(map(len, kept)) <= HEADER_CAP + READ
    assert all(block in exchanges.odd.sent["/endless-interim"] for block in kept)


def test_an_answer_is_cut_when_its_time_is_up(exchanges):
    [response] = exchanges.of("/slow-drip", "response")
    dots = len(http.split_head(response.block)[1])
    assert 1 <= dots <= SECONDS / CASES["/slow-drip"].pause_seconds + 2


def test_a_body_without_end_is_cut_at_its_cap(exchanges):
    [response] = exchanges.of("/endless-body", "response")
    assert BODY_CAP <= len(response.block) <= BODY_CAP + HEADER_CAP + FRAMING + READ


def test_the_server_and_its_tls_are_named(exchanges):
    [response] = exchanges.of("/plain", "response")
    assert response.get("WARC-IP-Address") == "127.0.0.1"
    protocols = [value for name, value in response.fields if name == "WARC-Protocol"]
    if exchanges.scheme == "https":
        assert protocols == ["http/1.1", "tls/1.3"]
        assert re.fullmatch(r"TLS_[A-Z0-9_]+", response.get("WARC-Cipher-Suite") or "")
    else:
        assert protocols == ["http/1.1"]
        assert response.get("WARC-Cipher-Suite") is None


def test_a_silent_servers_tls_is_named_too(exchanges):
    [request] = exchanges.of("/hang", "request")
    protocols = [value for name, value in request.fields if name == "WARC-Protocol"]
    assert protocols == (["tls/1.3"] if exchanges.scheme == "https" else [])


def test_the_summary_counts_what_was_kept(exchanges):
    # robots.txt is an exchange too; /redirect-nowhere leads to one more URL, where not a byte was sent; /redirect-loop leads
    # to itself.
    assert exchanges.ended.summary["exchanges"] == len(CASES) + 1
    assert (
        exchanges.ended.summary["failed"]
        == sum(not case.complete or path in NOT_HTTP | CUT_BY_SIZE for path, case in CASES.items()) + 2
    )


def test_failures_are_told_in_plain_words(exchanges):
    assert "Traceback" not in exchanges.ended.err
    assert not re.search(r"<twisted|\[<|Failure", exchanges.ended.err)
    assert len(exchanges.ended.err.splitlines()) <= 12


def test_a_request_that_never_left_is_not_kept(new_collection, paper):
    news = new_collection(retries="0", timeout='"2s"')
    news.follow("paper", paper.url().replace("http:", "https:"), robots="ignore")
    ended = news.run("save", "--json", paper.url("/plain-http").replace("http:", "https:"))
    assert ended.status == 4
    assert ended.summary["exchanges"] == 0
    assert [record for record in news.records() if record.kind == "request"] == []


def test_a_small_cap_on_headers_cuts_no_body(new_collection, paper):
    paper.answers["/story"] = ok(body=b"<p>" + b"a" * 30_000)
    news = new_collection(max_header_size='"1000B"')
    assert news.run("save", paper.url("/story")).status == 0
    [response] = news.responses()[paper.url("/story")]
    assert response.block == paper.answers["/story"]


def test_a_header_line_may_be_as_long_as_the_cap(new_collection, paper):
    paper.answers["/story"] = ok(b"Content-Security-Policy: " + b"a" * 60_000)
    news = new_collection(max_header_size='"64KB"')
    assert news.run("save", paper.url("/story")).status == 0
    [response] = news.responses()[paper.url("/story")]
    assert response.block == paper.answers["/story"]


def test_a_connection_has_its_own_time(new_collection):
    news = new_collection(connect_timeout='"500ms"', timeout='"60s"', retries="0")
    with contextlib.ExitStack() as stack:
        # A socket whose queue is full answers no further connection.
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            peer = stack.enter_context(socket.socket())
            peer.setblocking(False)
            peer.connect_ex(deaf.getsockname())
        ended = news.run("save", "--json", f"http://127.0.0.1:{deaf.getsockname()[1]}/", patience=30)
    assert ended.status == 4
    assert ended.summary["exchanges"] == 0
