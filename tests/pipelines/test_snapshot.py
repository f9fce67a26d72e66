import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.captures import to_capture
from archive.config import init_collection
from archive.errors import QueryInvalid
from archive.formats.digest import payload_digest
from archive.formats.warc import IDENTICAL, NOT_MODIFIED, Record, parse_record
from archive.model import Capture, Exchange, RecordLocation, Rendering
from archive.records import to_memento
from archive.warcfile import warc_files
from archive.writer import ArchiveWriter
from pipelines.claims import Claims
from pipelines.snapshot import take_snapshot

URL = "https://example.org/a"
BEGAN = datetime(2024, 5, 1, 10, 30, 0, 123_456, tzinfo=UTC)
REQUEST = b'GET /a HTTP/1.1\r\nHost: example.org\r\nIf-None-Match: "1"\r\n\r\n'
HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "1"\r\n\r\n'
NOT_MODIFIED_HEAD = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
SVG = b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\n\r\n<svg/>"
UUID = re.compile(r"<urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}>")


class Archive:
    """Keeps exchanges one by one, each a second after the other."""

    def __init__(self, writer: ArchiveWriter) -> None:
        self.writer = writer
        self.kept = 0

    def keep(self, response: bytes, url: str = URL, request: bytes = REQUEST, **fields: object) -> list[Record]:
        """The records that an exchange became, read back."""
        return [record for record, _ in self.keep_all(response, url, request, **fields)[1]]

    def keep_all(
        self, response: bytes, url: str = URL, request: bytes = REQUEST, **fields: object
    ) -> tuple[Capture | None, list[tuple[Record, RecordLocation]]]:
        self.kept += 1
        given = {"began": BEGAN + timedelta(seconds=self.kept), "ip": "192.0.2.1"} | fields
        exchange = Exchange(url=url, request=request, response=response, **given)
        with self.writer.group():
            snapshot = take_snapshot(exchange, self.writer.catalog)
            capture = self.writer.add_capture(snapshot.records, snapshot.capture)
        name = self.writer.catalog.files("archive")[-1].name
        end = self.writer.catalog.files("archive")[-1].size
        places, offset = [], end - sum(map(len, snapshot.records))
        for member in snapshot.records:
            places.append(RecordLocation(file=name, offset=offset, length=len(member)))
            offset += len(member)
        return capture, [(self.writer.records.read(place), place) for place in places]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings = init_collection(tmp_path / "news")
    with ArchiveWriter.open(tmp_path / "news", settings) as writer:
        yield Archive(writer)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, check_warc: Callable[[Path], list[str]]) -> Iterator[Archive]:
    """One archive for all that is made up; in the end it has to please other tools."""
    folder = tmp_path_factory.mktemp("large") / "news"
    settings = init_collection(folder)
    with ArchiveWriter.open(folder, settings) as writer:
        yield Archive(writer)
    for path in warc_files(folder / "archive"):
        assert check_warc(path) == []


def fields(record: Record) -> dict[str, str]:
    return {name: value for name, value in record.fields if name not in {"WARC-Type", "Content-Length"}}


def test_an_exchange_becomes_a_response_and_the_request_beside_it(archive: Archive) -> None:
    capture, ((response, place), (request, _)) = archive.keep_all(
        HEAD + b"hello", tls_version="TLSv1.3", tls_cipher="TLS_AES_256_GCM_SHA384"
    )
    shared = {
        "WARC-Date": "2024-05-01T10:30:01Z",
        "WARC-Target-URI": URL,
        "WARC-IP-Address": "192.0.2.1",
        "WARC-Protocol": "tls/1.3",
        "WARC-Cipher-Suite": "TLS_AES_256_GCM_SHA384",
    }
    assert (response.kind, response.block) == ("response", HEAD + b"hello")
    assert fields(response) == shared | {
        "WARC-Record-ID": response.get("WARC-Record-ID"),
        "Content-Type": "application/http;msgtype=response",
        "WARC-Payload-Digest": payload_digest(b"hello"),
        "WARC-Block-Digest": payload_digest(HEAD + b"hello"),
    }
    assert [value for name, value in response.fields if name == "WARC-Protocol"] == ["http/1.1", "tls/1.3"]
    assert (request.kind, request.block) == ("request", REQUEST)
    assert fields(request) == shared | {
        "WARC-Record-ID": request.get("WARC-Record-ID"),
        "WARC-Concurrent-To": response.get("WARC-Record-ID"),
        "Content-Type": "application/http;msgtype=request",
        "WARC-Block-Digest": payload_digest(REQUEST),
    }
    assert all(UUID.fullmatch(record.get("WARC-Record-ID") or "") for record in (response, request))
    assert capture == Capture(
        urlkey="org,example)/a",
        timestamp="20240501103001",
        url=URL,
        mime="text/html",
        status=200,
        digest=payload_digest(b"hello"),
        location=place,
        record_id=(response.get("WARC-Record-ID") or "").strip("<>"),
        size=5,
    )


def test_a_payload_that_is_known_becomes_a_revisit(archive: Archive) -> None:
    (original, _) = archive.keep(HEAD + b"hello")
    other_head = HEAD.replace(b"text/html", b"TEXT/HTML")
    capture, ((revisit, _), (request, _)) = archive.keep_all(other_head + b"hello")
    assert (revisit.kind, revisit.block) == ("revisit", other_head)
    assert fields(revisit) == {
        "WARC-Record-ID": revisit.get("WARC-Record-ID"),
        "WARC-Date": "2024-05-01T10:30:02Z",
        "WARC-Target-URI": URL,
        "WARC-IP-Address": "192.0.2.1",
        "WARC-Protocol": "http/1.1",
        "Content-Type": "application/http;msgtype=response",
        "WARC-Payload-Digest": payload_digest(b"hello"),
        "WARC-Profile": IDENTICAL,
        "WARC-Refers-To": original.get("WARC-Record-ID"),
        "WARC-Refers-To-Target-URI": URL,
        "WARC-Refers-To-Date": original.get("WARC-Date"),
        "WARC-Block-Digest": payload_digest(other_head),
    }
    assert request.get("WARC-Concurrent-To") == revisit.get("WARC-Record-ID")
    assert capture
    assert (capture.revisit, capture.status, capture.size) == ("identical", 200, None)


def test_a_revisit_points_at_what_was_stored_in_full_never_at_a_revisit(archive: Archive) -> None:
    (original, _) = archive.keep(HEAD + b"hello")
    archive.keep(HEAD + b"hello")
    archive.keep(NOT_MODIFIED_HEAD)
    for response in (HEAD + b"hello", NOT_MODIFIED_HEAD):
        (revisit, _) = archive.keep(response)
        assert revisit.get("WARC-Refers-To") == original.get("WARC-Record-ID")
        assert revisit.get("WARC-Refers-To-Date") == original.get("WARC-Date")


def test_a_304_points_at_what_it_says_is_unchanged(archive: Archive) -> None:
    archive.keep(HEAD + b"first")
    (second, _) = archive.keep(HEAD + b"second")
    capture, ((revisit, _), _) = archive.keep_all(NOT_MODIFIED_HEAD)
    assert (revisit.kind, revisit.block) == ("revisit", NOT_MODIFIED_HEAD)
    assert revisit.get("WARC-Profile") == NOT_MODIFIED
    assert revisit.get("WARC-Refers-To") == second.get("WARC-Record-ID")
    assert revisit.get("WARC-Payload-Digest") == payload_digest(b"second")
    assert capture
    assert (capture.revisit, capture.status, capture.digest) == ("not-modified", 304, payload_digest(b"second"))


def test_what_follows_a_304_is_kept_though_it_means_nothing(archive: Archive) -> None:
    archive.keep(HEAD + b"first")
    (revisit, _) = archive.keep(NOT_MODIFIED_HEAD + b"stray")
    assert revisit.block == NOT_MODIFIED_HEAD + b"stray"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HEAD, HEAD),  # empty payloads are all alike
        (b"HTTP/1.1 404 Not Found\r\n\r\ngone", b"HTTP/1.1 404 Not Found\r\n\r\ngone"),
        (b"HTTP/1.1 404 Not Found\r\n\r\nsame", b"HTTP/1.1 200 OK\r\n\r\nsame"),
        (b"HTTP/1.1 206 Partial Content\r\n\r\nsame", b"HTTP/1.1 206 Partial Content\r\n\r\nsame"),
        (b"HTTP/1.1 404 Not Found\r\n\r\nsame", NOT_MODIFIED_HEAD),
    ],
)
def test_other_answers_are_stored_in_full(archive: Archive, first: bytes, second: bytes) -> None:
    archive.keep(first)
    (response, _) = archive.keep(second)
    assert (response.kind, response.block) == ("response", second)
    assert response.get("WARC-Profile") is None


def test_truncated_answers_are_neither_originals_nor_revisits(archive: Archive) -> None:
    (cut, _) = archive.keep(HEAD + b"hello", truncated="time")
    assert cut.get("WARC-Truncated") == "time"
    (whole, _) = archive.keep(HEAD + b"hello")
    assert (whole.kind, whole.get("WARC-Truncated")) == ("response", None)
    capture, ((again, _), _) = archive.keep_all(HEAD + b"hello", truncated="disconnect")
    assert (again.kind, again.get("WARC-Truncated")) == ("response", "disconnect")
    assert capture
    assert capture.truncated == "disconnect"
    assert archive.keep(NOT_MODIFIED_HEAD, truncated="length")[0].kind == "response"


def test_pages_point_within_their_url_and_requisites_anywhere(archive: Archive) -> None:
    other = "https://example.org/b"
    archive.keep(HEAD + b"hello")
    assert archive.keep(HEAD + b"hello", other)[0].kind == "response"
    assert archive.keep(HEAD + b"hello", URL + "?x=1")[0].kind == "response"
    (original, _) = archive.keep(SVG, URL + ".svg", kind="requisite")
    (revisit, _) = archive.keep(SVG, other + ".svg", kind="requisite")
    assert revisit.get("WARC-Target-URI") == other + ".svg"
    assert revisit.get("WARC-Refers-To-Target-URI") == original.get("WARC-Target-URI")
    assert revisit.get("WARC-Refers-To-Date") == original.get("WARC-Date")


def test_exchanges_of_one_group_are_held_against_each_other(archive: Archive) -> None:
    exchange = Exchange(url=URL, request=REQUEST, response=HEAD + b"hello", began=BEGAN)
    with archive.writer.group():
        for _ in range(2):
            snapshot = take_snapshot(exchange, archive.writer.catalog)
            archive.writer.add_capture(snapshot.records, snapshot.capture)
    assert [one.revisit for one in archive.writer.catalog.captures()] == [None, "identical"]


def test_interim_heads_go_to_a_record_beside_the_response(archive: Archive) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    response, request, beside = archive.keep(interim + HEAD + b"hello")
    assert response.block == HEAD + b"hello"
    assert (beside.kind, beside.block) == ("metadata", interim)
    assert beside.get("WARC-Concurrent-To") == response.get("WARC-Record-ID")
    assert request.get("WARC-Concurrent-To") == response.get("WARC-Record-ID")
    assert beside.get("Content-Type") == "application/http;msgtype=response"


def test_what_is_no_http_is_kept_beside_the_request(archive: Archive) -> None:
    capture, ((raw, _), (request, _)) = archive.keep_all(b"SSH-2.0-OpenSSH\r\n", truncated="disconnect")
    assert capture is None
    assert (raw.kind, raw.block) == ("metadata", b"SSH-2.0-OpenSSH\r\n")
    assert (raw.get("Content-Type"), raw.get("WARC-Truncated")) == ("application/octet-stream", "disconnect")
    assert request.get("WARC-Concurrent-To") == raw.get("WARC-Record-ID")


def test_a_peer_that_never_answered_leaves_the_request(archive: Archive) -> None:
    capture, ((request, _), (note, _)) = archive.keep_all(b"", truncated="time")
    assert capture is None
    assert (request.kind, note.kind) == ("request", "metadata")
    assert note.block == b"fetchFailure: time\r\n"
    assert note.get("WARC-Concurrent-To") == request.get("WARC-Record-ID")


@pytest.mark.parametrize(
    "status_line", [b"HTTP/1.1\rWARC-Type:warcinfo 200 OK", b"HTTP/1.1\x00 200 OK", b"HTTP/1.1 2\r00 OK", b"HTTP/x 200"]
)
def test_a_status_line_cannot_break_a_record(archive: Archive, status_line: bytes) -> None:
    assert archive.keep(status_line + b"\r\n\r\nbody")[0].kind == "metadata"


@pytest.mark.parametrize("url", ["http://example.org/\r\nWARC-Type: x", "http://example.org/\udc80", "", "http://"])
def test_a_url_that_is_none_is_refused(archive: Archive, url: str) -> None:
    with pytest.raises((ValueError, QueryInvalid)):
        archive.keep(HEAD, url)


def test_nothing_but_captures_counts_as_one(archive: Archive) -> None:
    archive.keep(b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"hello")
    archive.keep(b"garbage")
    captures = [to_capture(parse_record(archive.writer.records.read_bytes(one.location), ""), one.location)
                for one in archive.writer.catalog.captures()]  # fmt: skip
    assert len(captures) == 1


# What follows makes up exchanges: whatever a server sends, the index made from the files equals the one made when writing.

tokens = st.sampled_from(
    [b"Content-Type", b"content-TYPE", b"X-Odd", b"ETag", b"Location", b"Set-Cookie", b"Content-Length"]
)
values = st.one_of(
    st.sampled_from(
        [b"text/html; charset=utf-8", b"image/png", b"/elsewhere", b"//e.example/\xc3\xa9?", b"http://[x", b"7"]
    ),
    st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
)
head_lines = st.lists(
    st.one_of(
        st.tuples(tokens, values).map(b": ".join), st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b" "))
    ),
    max_size=4,
)
statuses = st.sampled_from(
    [b"200 OK", b"200", b"304 Not Modified", b"301 Moved", b"404 \xe9", b"500 x\ry", b"101 S", b"2"]
)
contents = st.sampled_from([b"", b"one", b"two" * 50, gzip.compress(b"one", mtime=0), brotli.compress(b"one")])


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    interim = draw(
        st.sampled_from([b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", b"HTTP/1.1 100 Continue\n\n"])
    )
    version = draw(st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"http/1.1", b"HTTP/1.1\r"]))
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n"]))
    lines = [version + b" " + draw(statuses), *draw(head_lines)]
    body = draw(contents)
    if draw(st.booleans()):
        lines.append(b"Transfer-Encoding: " + draw(st.sampled_from([b"chunked", b"gzip, chunked", b"identity"])))
        cut = draw(st.integers(0, len(body)))
        body = (
            b"".join(b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (body[:cut], body[cut:]) if part)
            + b"0\r\n\r\n"
        )
    whole = interim + end.join(lines) + end + end + body
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 4)) == 0 else whole


@given(
    response=responses() | st.binary(max_size=40),
    url=st.sampled_from([URL, "http://www.example.org/A?b=2&a=1", "http://192.0.2.1:8080/%E2%82%AC;x"]),
    truncated=st.sampled_from([None, None, None, "length", "time", "disconnect"]),
    kind=st.sampled_from(["page", "requisite"]),
    request=st.sampled_from([REQUEST, b""]),
)
def test_the_index_made_from_the_files_equals_the_one_made_when_writing(
    large: Archive, response: bytes, url: str, truncated: str | None, kind: str, request: bytes
) -> None:
    capture, records = large.keep_all(response, url, request, truncated=truncated, kind=kind)
    derived = [one for record, place in records if (one := to_capture(record, place))]
    assert derived == ([capture] if capture else [])
    # Nothing that was received is lost.
    blocks = b"".join(record.block for record, _ in records if record.kind != "request")
    if capture and capture.revisit == "identical":
        assert len(blocks) <= len(response)
    elif response:
        assert sorted(blocks) == sorted(response)
    if capture:
        stamp = capture.timestamp
        catalog = large.writer.catalog
        assert list(catalog.captures(urlkey=capture.urlkey, from_timestamp=stamp, to_timestamp=stamp)) == [capture]
        original = catalog.original_of(capture)
        assert original
        memento = to_memento(capture, records[0][0], large.writer.records.read(original.location))
        assert payload_digest(memento.payload) == capture.digest


class NoOriginals:
    """An empty archive."""

    def latest_original(self, url):
        return None

    def find_identical(self, digest, size, *, url=None):
        return None


def test_what_a_script_says_of_archiving_counts():
    dom = b'<!DOCTYPE html><html><head><meta name="robots" content="noarchive"></head><body>secret</body></html>'
    response = HEAD + b"<!DOCTYPE html><script src=a.js></script>"
    rendering = Rendering(dom=dom, taken=BEGAN)
    exchange = Exchange(url=URL, request=REQUEST, response=response, began=BEGAN, kind="page", rendering=rendering)
    snapshot = take_snapshot(exchange, NoOriginals(), Claims(skip_noarchive=True))
    assert not snapshot.is_kept
    assert not any(b"secret" in gzip.decompress(record) for record in snapshot.records)
