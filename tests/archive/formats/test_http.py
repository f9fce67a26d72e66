import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.http import (
    Head,
    dechunk,
    entity,
    is_chunked,
    is_complete,
    media_type,
    parse_head,
    split_head,
    split_interim,
)

OK = b"HTTP/1.1 200 OK\r\n"


def chunked(body: bytes, sizes: list[int]) -> bytes:
    out, at = b"", 0
    for size in sizes:
        if piece := body[at : at + size]:
            out += b"%x;name=value\r\n%s\r\n" % (len(piece), piece)
        at += size
    if rest := body[at:]:
        out += b"%X\r\n%s\r\n" % (len(rest), rest)
    return out + b"0\r\nTrailer: x\r\n\r\n"


@pytest.mark.parametrize(
    ("message", "head", "body"),
    [
        (OK + b"A: b\r\n\r\nbody", OK + b"A: b\r\n\r\n", b"body"),
        (b"HTTP/1.0 200 OK\nA: b\n\nbody\r\n\r\nmore", b"HTTP/1.0 200 OK\nA: b\n\n", b"body\r\n\r\nmore"),
        (b"HTTP/1.0 200 OK\r\nA: b\n\r\nbody", b"HTTP/1.0 200 OK\r\nA: b\n\r\n", b"body"),
        (OK + b"A: b\r\n\r\n\n\nbody", OK + b"A: b\r\n\r\n", b"\n\nbody"),
        (OK + b"A: b", OK + b"A: b", b""),
        (b"", b"", b""),
    ],
)
def test_head_ends_at_the_first_blank_line(message: bytes, head: bytes, body: bytes) -> None:
    assert split_head(message) == (head, body)


@given(st.binary(max_size=200))
def test_splitting_loses_nothing(message: bytes) -> None:
    assert b"".join(split_head(message)) == message
    interim, final = split_interim(message)
    assert interim + final == message
    assert split_interim(final) == (b"", final)


@pytest.mark.parametrize(
    ("received", "interim"),
    [
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n", 65),
        (b"HTTP/1.1 100 Continue\n\n" + OK + b"\r\n", 23),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\nwebsocket", 0),
        (b"HTTP/1.1 100 Continue\r\n\r\n", 0),  # the peer said no more: this is the answer
        (b"HTTP/1.1 100 Continue\r\nA: ", 0),
        (OK + b"\r\nHTTP/1.1 100 Continue\r\n\r\n", 0),
        (b"1", 0),
    ],
)
def test_interim_heads_stand_apart(received: bytes, interim: int) -> None:
    assert split_interim(received) == (received[:interim], received[interim:])


def test_head_is_read_as_servers_send_it() -> None:
    head = parse_head(
        b"HTTP/1.1  200  All fine \r\nset-COOKIE: a=1\r\nSet-Cookie:b=2\r\nX-Fold: one\r\n\ttwo\r\n \r\n three\r\n"
        b"no colon here\r\nContent-Type : text/html\r\nX-Latin: caf\xe9\r\nX-Empty:\r\n\r\nX-Body: no\r\n"
    )
    assert head == Head(
        "HTTP/1.1",
        200,
        "All fine",
        (
            ("set-COOKIE", "a=1"),
            ("Set-Cookie", "b=2"),
            ("X-Fold", "one two three"),
            ("Content-Type", "text/html"),
            ("X-Latin", "caf\xe9"),
            ("X-Empty", ""),
        ),
    )
    assert (head.get("SET-cookie"), head.get("x-empty"), head.get("X-Body")) == ("a=1", "", None)


@pytest.mark.parametrize("line", [b"HTTP/1.1 404", b"HTTP/1.1 404 ", b"HTTP/1.0 404 \r", b"HTTP/2 404"])
def test_a_reason_may_be_missing(line: bytes) -> None:
    head = parse_head(line + b"\n\n")
    assert head
    assert (head.status, head.reason) == (404, "")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"<html>",
        b"ICY 200 OK",
        b"HTTP/1.1 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 \xb2\xb2\xb2 OK",
        b"HTTP/1.1\rX-Evil:1 200 OK",  # its version would go into a WARC field
        b"HTTP/1.1\x00 200 OK",
        b"HTTP/ 200 OK",
    ],
)
def test_what_is_no_response_has_no_head(line: bytes) -> None:
    assert parse_head(line + b"\r\nA: b\r\n\r\n") is None


@given(st.binary(max_size=300).map(lambda rest: OK + rest))
def test_any_bytes_after_a_status_line_make_a_head(raw: bytes) -> None:
    head = parse_head(raw)
    assert head
    assert not any("\n" in name or "\n" in value for name, value in head.headers)


@pytest.mark.parametrize("line", [b" fold\r\n", b"a:b\r\n", b"a:b", b"\t\n", b": \n", b"\r"])
def test_endless_heads_are_read_in_bounded_time(line: bytes) -> None:
    began = time.process_time()
    parse_head(OK + b"X: y\r\n" + line * (20_000_000 // len(line)))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((("Transfer-Encoding", "chunked"),), True),
        ((("transfer-encoding", "gzip, Chunked"),), True),
        ((("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "identity")), False),
        ((("Transfer-Encoding", "chunked, gzip"),), False),
        ((("Content-Encoding", "chunked"),), False),
        ((), False),
    ],
)
def test_chunked_counts_where_it_is_the_last_coding(fields: tuple[tuple[str, str], ...], expected: bool) -> None:
    assert is_chunked(Head("HTTP/1.1", 200, "OK", fields)) is expected


@given(body=st.binary(max_size=300), sizes=st.lists(st.integers(1, 40), max_size=8))
def test_chunk_framing_comes_off(body: bytes, sizes: list[int]) -> None:
    framed = chunked(body, sizes)
    assert dechunk(framed) == body
    assert is_complete(OK + b"Transfer-Encoding: chunked\r\n\r\n" + framed)


@given(body=st.binary(min_size=1, max_size=100), sizes=st.lists(st.integers(1, 9), max_size=8), data=st.data())
def test_of_chunks_cut_short_stays_what_came(body: bytes, sizes: list[int], data: st.DataObject) -> None:
    framed = chunked(body, sizes)
    cut = data.draw(st.integers(0, len(framed) - 1))
    assert body.startswith(dechunk(framed[:cut]))
    assert not is_complete(OK + b"Transfer-Encoding: chunked\r\n\r\n" + framed[:cut])


def test_lf_only_chunks_are_read() -> None:
    assert dechunk(b"3\nabc\n2\nde\n0\n\n") == b"abcde"


def test_a_body_that_others_took_the_framing_off_is_the_entity() -> None:
    head = Head("HTTP/1.1", 200, "OK", (("Transfer-Encoding", "chunked"),))
    assert entity(head, b"<html>whole</html>") == b"<html>whole</html>"
    assert entity(head, b"\x1f\x8b\x08 gzipped") == b"\x1f\x8b\x08 gzipped"
    assert entity(head, b"1f") == b""
    assert entity(head, b"") == b""


@pytest.mark.parametrize(
    "body", [b"1\r\na\r\n" * 200_000, b"1;" + b"x" * 5_000_000, b"f" * 5_000_000, b" " * 5_000_000]
)
def test_hostile_chunks_are_read_in_bounded_time(body: bytes) -> None:
    began = time.process_time()
    dechunk(body)
    is_complete(OK + b"Transfer-Encoding: chunked\r\n\r\n" + body)
    is_complete(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + body)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("message", "complete"),
    [
        (OK + b"Content-Length: 3\r\n\r\nabc", True),
        (OK + b"Content-Length: 3\r\n\r\nab", False),
        (OK + b"Content-Length: 3\r\n\r\nabcd", False),
        (OK + b"Content-Length: -1\r\n\r\n", False),
        (OK + b"Content-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", True),
        (OK + b"Content-Length: 0", False),
        (b"gopher", False),
    ],
)
def test_completeness_is_told_from_what_the_message_announces(message: bytes, complete: bool) -> None:
    assert is_complete(message) is complete


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/html", "text/html"),
        (" Text/HTML ;charset=utf-8", "text/html"),
        (None, "unk"),
        ("", "unk"),
        ("; charset=utf-8", "unk"),
        ("text html", "unk"),
        ("text/html\x00", "unk"),
        ("text/h\rtml", "unk"),
        ("caf\xe9/x", "unk"),
        ("a/" + "x" * 10_000, "unk"),
    ],
)
def test_media_type_is_bare_or_unknown(content_type: str | None, expected: str) -> None:
    assert media_type(content_type) == expected
