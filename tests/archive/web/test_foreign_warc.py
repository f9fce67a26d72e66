"""WARC files in the manner of other writers: each is taken in whole, or it is said what is not, and why.

Records are built here byte by byte, with the structure that Heritrix, browsertrix, wget and others give them. One collection
holds all of the files, each of a host of its own; what became of each is asked of lookup, HTTP, CDXJ and verify.
"""

import base64
import gzip
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.captures import pair_captures
from archive.checks import Finding
from archive.collection import Collection
from archive.config import Settings, init_collection, load_settings
from archive.errors import ArchiveError
from archive.formats.cdxj import from_cdxj
from archive.formats.warc import Record, parse_record, read_records
from archive.model import Capture
from archive.rebuild import reindex
from archive.records import to_memento
from archive.reindex import Reindexed
from archive.troubles import MOST_NAMED
from archive.verify import verify
from archive.web.app import create_app
from archive.web.replay.app import create_replay_app
from archive.web.replay.origins import Origins

Field = tuple[str, str]

HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
HELLO = b"<p>hello"
PAGE = HTML + HELLO
DAY = "2024-05-{:02}T10:30:00Z"
TYPES = {
    "response": "application/http; msgtype=response",
    "revisit": "application/http; msgtype=response",
    "request": "application/http; msgtype=request",
    "warcinfo": "application/warc-fields",
    "metadata": "application/warc-fields",
}
PROFILE = "http://netpreserve.org/warc/{}/revisit/{}"


def sha1(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Writer:
    """Records of one file."""

    def __init__(self, host: str, version: str = "WARC/1.0") -> None:
        self._host = host
        self._version = version
        self._count = 0

    def url(self, path: str) -> str:
        return path if ":" in path else f"http://{self._host}/{path}"

    def __call__(
        self,
        kind: str,
        block: bytes,
        *more: Field,
        path: str | None = "a",
        day: int = 1,
        version: str | None = None,
        line_end: bytes = b"\r\n",
        length: int | None = None,
        date: str | None = None,
        spell: Callable[[str], str] = str,
        content_type: str | None = None,
        end: bytes | None = None,
    ) -> bytes:
        self._count += 1
        fields = [("WARC-Type", kind)]
        if path is not None:
            fields.append(("WARC-Target-URI", self.url(path)))
        fields += [
            ("WARC-Date", date or DAY.format(day)),
            ("WARC-Record-ID", f"<urn:uuid:00000000-0000-4000-8000-{self._count:012}>"),
            ("Content-Type", content_type or TYPES.get(kind, "application/octet-stream")),
            *more,
            ("Content-Length", str(len(block) if length is None else length)),
        ]
        lines = [(version or self._version).encode(), *(f"{spell(key)}: {value}".encode() for key, value in fields)]
        return line_end.join([*lines, b"", b""]) + block + (line_end * 2 if end is None else end)


def gz(*records: bytes) -> bytes:
    return b"".join(gzip.compress(record, 6, mtime=0) for record in records)


class Case(msgspec.Struct, frozen=True):
    """A file, and what is to be found in it."""

    make: Callable[[Writer], bytes]
    found: dict[str, tuple[int, bytes | None]] = {}
    """Status and payload as served, by path and day: `a/1`."""
    unread: tuple[str, ...] = ()
    """What reindex says, in order."""
    findings: tuple[str, ...] | None = None
    """What verify says, where that is something else."""
    ending: str = "warc.gz"


A = {"a/1": (200, HELLO)}
AB = {"a/1": (200, HELLO), "b/1": (200, HELLO)}
OCTETS_LEFT = "no WARC record begins here; [0-9]+ bytes are left out"


def heritrix(w: Writer) -> bytes:
    digest = ("WARC-Payload-Digest", sha1(HELLO))
    original = (("WARC-Refers-To-Target-URI", w.url("a")), ("WARC-Refers-To-Date", DAY.format(1)))
    identical = PROFILE.format("1.0", "identical-payload-digest")
    agnostic = PROFILE.format("1.0", "uri-agnostic-identical-payload-digest")
    not_modified = PROFILE.format("1.0", "server-not-modified")
    cut = ("WARC-Truncated", "length")
    return gz(
        w("warcinfo", b"software: crawler\r\nformat: WARC File Format 1.0\r\n", ("WARC-Filename", "x"), path=None),
        w(
            "response",
            b"20240501103000\nexample.\t300\tIN\tA\t192.0.2.1\n",
            path="dns:x.example",
            content_type="text/dns",
        ),
        w("response", PAGE, digest, ("WARC-IP-Address", "192.0.2.1")),
        w("request", b"GET /a HTTP/1.0\r\n\r\n"),
        w("metadata", b"via: http://example.org/\r\nhopsFromSeed: L\r\nfetchTimeMs: 3\r\n"),
        w("revisit", HTML, digest, ("WARC-Profile", identical), cut, *original, day=2),
        w("revisit", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", ("WARC-Profile", not_modified), day=3),
        w("revisit", b"", digest, ("WARC-Profile", agnostic), *original, path="b", day=4),
        w("response", b"226 done\r\n", path="ftp://ftp.example/x", content_type="application/octet-stream"),
        w("resource", b"data", path="ftp://ftp.example/x"),
    )


def browsertrix(w: Writer) -> bytes:
    page = (("WARC-Page-ID", "f1"), ("WARC-Resource-Type", "document"), ("WARC-JSON-Metadata", '{"ipType":"Public"}'))
    block = HTML[:-2] + b"Content-Encoding: br\r\n\r\n" + b"\x0b\x03\x80<p>hello\x03"
    digest = ("WARC-Payload-Digest", sha256(b"\x0b\x03\x80<p>hello\x03"))
    original = (("WARC-Refers-To-Target-URI", w.url("a")), ("WARC-Refers-To-Date", "2024-05-01T10:30:00.123Z"))
    return gz(
        w("warcinfo", b"software: browser crawler\r\n", path=None),
        w("response", block, digest, ("WARC-Block-Digest", sha256(block)), *page, date="2024-05-01T10:30:00.123Z"),
        w("request", b"GET /a HTTP/1.1\r\nCookie: a=1\r\n\r\n", *page),
        w("resource", b"\x89PNG", path="urn:view:http://x.example/a", content_type="image/png"),
        w("resource", b"hello", path="urn:text:http://x.example/a", content_type="text/plain"),
        w("resource", b'{"pageid":"f1"}', path="urn:pageinfo:http://x.example/a", content_type="application/json"),
        w(
            "revisit",
            HTML,
            digest,
            ("WARC-Profile", PROFILE.format("1.1", "identical-payload-digest")),
            *original,
            day=2,
        ),
    )


def wget(w: Writer) -> bytes:
    return b"".join(
        [
            w("warcinfo", b"software: Wget/1.21\r\n", path=None),
            w("response", PAGE).replace(w.url("a").encode(), b"<%s>" % w.url("a").encode()),
            w("metadata", b"<warc>", path="metadata://example.org/software/wget/warc/MANIFEST.txt"),
            w("resource", b"log", path="metadata://example.org/software/wget/warc/wget.log", content_type="text/plain"),
            w("conversion", b"hello", ("WARC-Refers-To", "<urn:x>"), content_type="text/plain"),
        ]
    )


def segmented(w: Writer) -> bytes:
    origin = ("WARC-Segment-Origin-ID", "<urn:uuid:1>")
    return gz(
        w("response", PAGE, ("WARC-Segment-Number", "1")),
        w("continuation", b" world", ("WARC-Segment-Number", "2"), origin, ("WARC-Segment-Total-Length", "99")),
    )


def undated(w: Writer) -> bytes:
    """A revisit as GNU wget leaves it: it names the record alone, and digests the chunks; its block digest is of nothing."""
    framed = b"8\r\n" + HELLO + b"\r\n0\r\n\r\n"
    head = HTML[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
    named = ("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000001>")
    return gz(
        w("response", head + framed, ("WARC-Payload-Digest", sha1(framed))),
        w(
            "revisit",
            head,
            named,
            ("WARC-Profile", PROFILE.format("1.0", "identical-payload-digest")),
            ("WARC-Payload-Digest", sha1(framed)),
            ("WARC-Block-Digest", sha1(b"")),
            ("WARC-Truncated", "length"),
            day=2,
        ),
    )


CUT = "the record does not end where its Content-Length says"

CASES = {
    "heritrix": Case(heritrix, {**A, "a/2": (200, HELLO), "a/3": (200, HELLO), "b/4": (200, HELLO)}),
    "browsertrix": Case(
        browsertrix, {"a/1": (200, b"\x0b\x03\x80<p>hello\x03"), "a/2": (200, b"\x0b\x03\x80<p>hello\x03")}
    ),
    "wget-like": Case(wget, A, ending="warc"),
    "undated": Case(undated, {**A, "a/2": (200, HELLO)}),
    "only-info": Case(lambda w: gz(w("warcinfo", b"software: x\r\n", path=None))),
    "empty": Case(lambda _: b""),
    # Files that are cut, or hold something else as well
    "torn": Case(
        lambda w: gz(w("response", PAGE), w("response", PAGE, path="b"))[:-9],
        A,
        ("no whole gzip member in the [0-9]+ bytes from here",),
    ),
    "torn-plain": Case(
        lambda w: (w("response", PAGE) + w("response", PAGE, path="b"))[:-9],
        A,
        ("the record is cut short, [0-9]+ of [0-9]+ bytes",),
        ending="warc",
    ),
    "garbage": Case(
        lambda w: gz(w("response", PAGE)) + b"garbage" * 99 + gz(w("response", PAGE, path="b")),
        AB,
        ("no whole gzip member in the 693 bytes from here",),
    ),
    # In a plain file nothing tells where a true record begins again: a page may hold what looks like one.
    "garbage-plain": Case(
        lambda w: w("response", PAGE) + b"garbage" * 99 + w("response", PAGE, path="b"),
        A,
        (OCTETS_LEFT,),
        ending="warc",
    ),
    "zeros": Case(lambda w: gz(w("response", PAGE)) + bytes(5000), A, ("no whole gzip member in the 5000 bytes",)),
    "one-member": Case(
        lambda w: gz(w("response", PAGE) + w("response", PAGE, path="b")),
        A,
        ("further records in the same gzip member are left out .`gunzip` makes a plain file of it",),
    ),
    # Other forms
    "zstd": Case(lambda _: b"\x28\xb5\x2f\xfdxx", unread=("Zstandard is not read here",), ending="warc.zst"),
    "zstd-inside": Case(lambda _: b"\x28\xb5\x2f\xfdxx", unread=("this is a Zstandard file .* 6 bytes are left out",)),
    "arc": Case(lambda _: b"filedesc://x 0.0.0.0 2001", unread=("ARC is not read here",), ending="arc"),
    "arc-gz": Case(lambda _: gz(b"filedesc://x 0.0.0.0 2001"), unread=("ARC is not read here",), ending="arc.gz"),
    "arc-inside": Case(lambda _: gz(b"filedesc://x 0.0.0.0 2001"), unread=("this is an ARC file",)),
    "arc-plain-inside": Case(lambda _: b"filedesc://x 0.0.0.0 2001", unread=("this is an ARC file",), ending="warc"),
    "wacz": Case(lambda _: b"PK\x03\x04", unread=("WACZ is not read here",), ending="wacz"),
    # Lengths and digests
    "short-length": Case(
        lambda w: gz(w("response", PAGE, length=len(PAGE) - 3), w("response", PAGE, path="b")),
        {"b/1": (200, HELLO)},
        (CUT,),
    ),
    "short-length-plain": Case(
        lambda w: w("response", PAGE, length=len(PAGE) - 3) + w("response", PAGE, path="b"),
        {"a/1": (200, HELLO[:-3])},
        (OCTETS_LEFT,),
        ending="warc",
    ),
    "huge-length": Case(
        lambda w: gz(w("response", PAGE, length=10**17), w("response", PAGE, path="b")),
        {"b/1": (200, HELLO)},
        ("ends after [0-9]+ of its 100000000000000000 bytes",),
    ),
    "huge-length-plain": Case(
        lambda w: w("response", PAGE) + w("response", PAGE, path="b", length=10**17),
        A,
        ("the record is cut short",),
        ending="warc",
    ),
    "sha256": Case(lambda w: gz(w("response", PAGE, ("WARC-Payload-Digest", sha256(HELLO)))), A),
    "sha256-base32": Case(
        lambda w: gz(
            w(
                "response",
                PAGE,
                ("WARC-Payload-Digest", "sha-256:" + base64.b32encode(hashlib.sha256(HELLO).digest()).decode()),
            )
        ),
        A,
    ),
    "sha1-hex": Case(
        lambda w: gz(w("response", PAGE, ("WARC-Block-Digest", "sha1:" + hashlib.sha1(PAGE).hexdigest()))), A
    ),
    "unknown-digest": Case(lambda w: gz(w("response", PAGE, ("WARC-Payload-Digest", "xxh3:abc"))), A),
    "wrong-digests": Case(
        lambda w: gz(
            w("response", PAGE, ("WARC-Payload-Digest", sha1(b"?")), ("WARC-Block-Digest", sha256(b"?"))),
            w("response", PAGE, ("WARC-Payload-Digest", "md5:" + "0" * 32), path="b"),
        ),
        AB,
        (),
        ("block digest is .* stated sha256:", "payload digest is .* stated sha1:", "payload digest is .* stated md5:"),
    ),
    # Spellings
    "bare-feeds": Case(
        lambda w: gz(w("response", PAGE.replace(b"\r\n", b"\n"), ("X-Fold", "a\n b"), line_end=b"\n")), A
    ),
    "bare-feeds-plain": Case(
        lambda w: w("response", PAGE, line_end=b"\n") + w("response", PAGE, path="b", line_end=b"\n"), AB, ending="warc"
    ),
    "lower-case": Case(lambda w: gz(w("response", PAGE, spell=str.lower)), A),
    "upper-case": Case(lambda w: gz(w("RESPONSE", PAGE, spell=str.upper)), A),
    "folded": Case(lambda w: gz(w("response", PAGE, ("X-Fold", "a\r\n b"))), A),
    "no-ends": Case(lambda w: w("response", PAGE, end=b"") + w("response", PAGE, path="b", end=b""), AB, ending="warc"),
    "many-ends": Case(lambda w: gz(w("response", PAGE, end=b"\r\n" * 9), w("response", PAGE, path="b")), AB),
    "old-version": Case(lambda w: gz(w("response", PAGE, version="WARC/0.18")), A),
    "plain-named-gz": Case(lambda w: w("response", PAGE), A),
    "gz-named-plain": Case(lambda w: gz(w("response", PAGE)), A, ending="warc"),
    "zone": Case(lambda w: gz(w("response", PAGE, date="2024-05-01T12:30:00+02:00")), A),
    "nanoseconds": Case(lambda w: gz(w("response", PAGE, date="2024-05-01T10:30:00.123456789Z")), A),
    "no-type": Case(
        lambda w: gz(w("response", PAGE).replace(b"WARC-Type", b"X-Type")), unread=("the record has no WARC-Type",)
    ),
    "no-id": Case(
        lambda w: gz(w("response", PAGE).replace(b"WARC-Record-ID", b"X-Record-ID")), unread=("has no WARC-Record-ID",)
    ),
    "no-date": Case(lambda w: gz(w("response", PAGE, date="soon")), unread=("WARC-Date 'soon' is no date",)),
    "odd-id": Case(lambda w: gz(w("response", PAGE).replace(b"urn:uuid:00000000", b"https://id.example/x")), A),
    "spoken-version": Case(
        lambda w: gz(w("response", PAGE, version="WARC/9.9")), unread=("no WARC record begins here",)
    ),
    # HTTP
    "http2": Case(
        lambda w: gz(
            w("response", b"HTTP/2 200\r\ncontent-type: text/html\r\n\r\n" + HELLO),
            w("response", b"HTTP/2.0 404 \r\n\r\n", path="b"),
            w("response", b"HTTP/3 200\r\n\r\n" + HELLO, path="c"),
        ),
        {**A, "b/1": (404, b""), "c/1": (200, HELLO)},
    ),
    "no-http": Case(lambda w: gz(w("response", b"hello")), unread=("holds no HTTP response head",)),
    "empty-payloads": Case(
        lambda w: gz(
            w("response", HTML),
            w("response", b"HTTP/1.1 204 No Content\r\n\r\n", path="b"),
            w("response", b"HTTP/1.1 200 OK", path="c"),
        ),
        {"a/1": (200, b""), "b/1": (204, b""), "c/1": (200, b"")},
    ),
    "unchunked": Case(lambda w: gz(w("response", HTML[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + HELLO)), A),
    "truncated": Case(
        lambda w: gz(
            w("response", PAGE, ("WARC-Truncated", "time")), w("response", PAGE, ("WARC-Truncated", "?"), path="b")
        ),
        AB,
    ),
    "segments": Case(segmented, A),
    "ipv6": Case(
        lambda w: gz(w("response", PAGE, path="http://[2001:db8::1]:8080/a")),
        {"http://[2001:db8::1]:8080/a/1": (200, HELLO)},
    ),
    "odd-urls": Case(
        lambda w: gz(
            w("response", PAGE, path="a b"),
            w("response", PAGE, path="caf\xe9?q=\u20ac"),
            w("response", PAGE, path="%zz"),
        ),
        {"a b/1": (200, HELLO), "caf\xe9?q=\u20ac/1": (200, HELLO), "%zz/1": (200, HELLO)},
    ),
    "shouted": Case(
        lambda w: gz(w("response", PAGE, path="HTTP://SHOUTED.example/A")), {"HTTP://SHOUTED.example/A/1": (200, HELLO)}
    ),
    "no-url": Case(lambda w: gz(w("response", PAGE, path="http://a b/")), unread=("is no URL",)),
    "original-missing": Case(
        lambda w: gz(w("revisit", HTML, ("WARC-Payload-Digest", sha1(b"gone")), path="lost")), {"lost/1": (404, None)}
    ),
}


def host(name: str) -> str:
    return f"{name}.example"


class Taken(msgspec.Struct):
    """All of the files in one collection."""

    folder: Path
    found: Reindexed
    findings: list[Finding]
    captures: dict[str, list[Capture]]


def file_of(name: str) -> str:
    return f"{name}.{CASES[name].ending}"


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    folder = tmp_path_factory.mktemp("foreign") / "news"
    init_collection(folder)
    for name, case in CASES.items():
        (folder / "archive" / file_of(name)).write_bytes(case.make(Writer(host(name))))
    given_settings = load_settings(folder, environ={})
    found = reindex(folder, given_settings)
    captures: dict[str, list[Capture]] = {file_of(name): [] for name in CASES}
    with Collection.open(folder) as collection:
        for capture in collection.catalog.captures():
            captures[capture.location.file].append(capture)
    return Taken(folder, found, list(verify(folder, given_settings)), captures)


@pytest.fixture(scope="module")
def served(taken: Taken, serve_shared: Callable[[Any], httpx.Client]) -> httpx.Client:
    return serve_shared(create_app(taken.folder, Settings()))


@pytest.mark.parametrize("name", CASES)
def test_what_is_in_the_file_is_looked_up_and_served(name: str, taken: Taken, served: httpx.Client) -> None:
    writer = Writer(host(name))
    expected = {}
    for key, answer in CASES[name].found.items():
        path, _, day = key.rpartition("/")
        expected[writer.url(path), int(day)] = answer
    found = {(one.url, int(one.timestamp[6:8])): one for one in taken.captures[file_of(name)]}
    assert set(found) == set(expected)
    for key, (status, payload) in expected.items():
        capture = found[key]
        assert capture.timestamp == f"202405{key[1]:02}103000"
        with served.stream("GET", f"/web/{capture.timestamp}id_/{capture.url}") as answer:
            assert answer.status_code == status
            assert ("memento-datetime" in answer.headers) is (payload is not None)
            if payload is not None:
                assert b"".join(answer.iter_raw()) == payload
        # The WARC record itself, where it lies.
        span = f"bytes={capture.location.offset}-{capture.location.offset + capture.location.length - 1}"
        stored = served.get(f"/warc/{capture.location.file}", headers={"range": span}).content
        record_id = parse_record(stored, name).get("WARC-Record-ID")
        assert record_id == f"<{capture.record_id}>"


@pytest.fixture(scope="module")
def replayed(taken: Taken, serve_shared: Callable[[Any], httpx.Client]) -> httpx.Client:
    return serve_shared(create_replay_app(taken.folder, Settings(), Origins(main_port=9, replay_port=9)))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.found])
def test_what_is_in_the_file_is_replayed(name: str, taken: Taken, replayed: httpx.Client) -> None:
    for capture in taken.captures[file_of(name)]:
        answer = replayed.get(f"/{capture.timestamp}/{capture.url}")
        if capture.urlkey.endswith("/lost"):
            assert answer.status_code >= 400
        elif name != "browsertrix":  # what its bytes say they are in, they are not
            assert answer.status_code in (200, capture.status), answer.text
            assert (HELLO[:5] in answer.content) or not capture.size


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_taken_in_is_said_with_its_reason(name: str, taken: Taken) -> None:
    case, file = CASES[name], f"archive/{file_of(name)}"
    said = [one.removeprefix(file) for one in taken.found.unreadable if one.startswith(file)]
    assert len(said) == len(case.unread), said
    for problem, pattern in zip(said, case.unread, strict=True):
        assert re.match(rf"( at byte [0-9]+)?: .*{pattern}", problem)
    wrong = [one.problem for one in taken.findings if one.file == file]
    patterns = case.unread if case.findings is None else case.findings
    assert len(wrong) == len(patterns), wrong
    for problem, pattern in zip(wrong, patterns, strict=True):
        assert re.search(pattern, problem)
        assert file_of(name) not in problem


def test_nothing_else_is_said(taken: Taken) -> None:
    files = tuple(f"archive/{file_of(name)}" for name, case in CASES.items() if case.unread)
    assert all(one.startswith(files) for one in taken.found.unreadable)
    assert all(one.isprintable() and len(one) < 400 for one in taken.found.unreadable)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.found])
def test_each_file_has_its_cdxj(name: str, taken: Taken) -> None:
    stem = file_of(name).removesuffix(".gz").removesuffix(".warc")
    (path,) = [one for one in (taken.folder / "indexes").iterdir() if one.name in (f"{stem}.cdxj", f"{stem}.warc.cdxj")]
    lines = path.read_text().splitlines()
    assert lines == sorted(lines)
    kept = [one for one in taken.captures[file_of(name)] if one.revisit != "not-modified"]
    assert [from_cdxj(line) for line in lines] == sorted(kept, key=lambda one: (one.urlkey, one.timestamp))


def test_what_is_incomplete_is_known_to_be(taken: Taken) -> None:
    reasons = {one.url: one.truncated for one in taken.captures[file_of("truncated")]}
    assert reasons == {"http://truncated.example/a": "time", "http://truncated.example/b": "length"}
    assert [one.truncated for one in taken.captures[file_of("segments")]] == ["length"]
    assert [one.truncated for one in taken.captures[file_of("heritrix")]] == [None] * 4


def test_a_file_that_is_wrong_everywhere_is_named_a_bounded_number_of_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init_collection(tmp_path / "news")
    w = Writer("x.example")
    data = gz(
        *[b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n"] * 1000, w("response", PAGE), w("response", b"?", path="b")
    )
    (tmp_path / "news/archive/many.warc.gz").write_bytes(data)
    found = reindex(tmp_path / "news", load_settings(tmp_path / "news", environ={}))
    assert found.captures == 1
    assert len(found.unreadable) == MOST_NAMED + 1
    assert found.unreadable[-1].startswith(f"archive/many.warc.gz: cannot be read in {1001 - MOST_NAMED} more places")
    monkeypatch.setattr("archive.checks.MOST_FINDINGS", 50)
    findings = list(verify(tmp_path / "news", load_settings(tmp_path / "news", environ={})))
    assert len(findings) == 51
    assert findings[-1].problem == "more is wrong from here on than is named"


# Real writers


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    init_collection(tmp_path / "empty")
    return tmp_path / "empty"


def take(folder: Path) -> Reindexed:
    found = reindex(folder, load_settings(folder, environ={}))
    assert list(verify(folder, load_settings(folder, environ={}))) == []
    return found


def payloads(folder: Path) -> list[tuple[str, int | None, bytes]]:
    with Collection.open(folder) as collection:
        captures = list(collection.catalog.captures())
        return [(one.url, one.status, collection.memento(one).payload) for one in captures]


@pytest.mark.parametrize("source", ["one-member", "arc"])
def test_what_warcio_recompresses_is_taken_in(source: str, empty: Path, tmp_path: Path) -> None:
    w = Writer("x.example")
    if source == "arc":
        body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + HELLO
        head = b"1 0 x\nURL IP-address Archive-date Content-type Archive-length\n"
        data = b"filedesc://x.arc 0.0.0.0 20240501103000 text/plain %d\n%s\n" % (len(head), head)
        data += b"http://x.example/a 192.0.2.1 20240501103000 text/html %d\n%s\n" % (len(body), body)
    else:
        data = gz(w("response", PAGE) + w("request", b"GET /a HTTP/1.0\r\n\r\n") + w("response", PAGE, path="b"))
    (tmp_path / "in.warc.gz").write_bytes(data)
    command = [sys.executable, "-m", "warcio.cli", "recompress", str(tmp_path / "in.warc.gz")]
    subprocess.run([*command, str(empty / "archive/out.warc.gz")], check=True, capture_output=True, timeout=60)
    assert take(empty).unreadable == []
    expected = [("http://x.example/a", 200, HELLO), ("http://x.example/b", 200, HELLO)]
    assert payloads(empty) == expected[: 1 if source == "arc" else 2]


@pytest.mark.parametrize("gzipped", [True, False])
def test_what_fastwarc_writes_is_taken_in(gzipped: bool, empty: Path) -> None:
    out = io.BytesIO()
    w = Writer("x.example")
    for one in ArchiveIterator(io.BytesIO(w("response", PAGE) + w("response", PAGE, path="b")), parse_http=False):
        piece = io.BytesIO()
        one.write(piece, checksum_data=True)
        out.write(gzip.compress(piece.getvalue()) if gzipped else piece.getvalue())
    (empty / "archive" / ("fast.warc.gz" if gzipped else "fast.warc")).write_bytes(out.getvalue())
    assert take(empty).unreadable == []
    assert payloads(empty) == [("http://x.example/a", 200, HELLO), ("http://x.example/b", 200, HELLO)]


# Damage


def whole_file() -> tuple[bytes, bytes]:
    """A file with records of every kind, gzipped and plain."""
    w = Writer("x.example")
    gzipped = heritrix(w) + browsertrix(w) + segmented(w) + gz(wget(w))
    plain = b"".join(gzip.decompress(one) for one in re.split(rb"(?=\x1f\x8b\x08)", heritrix(w)) if one)
    return gzipped, plain + wget(w)


FILES = whole_file()


@settings(max_examples=300)
@given(st.data())
def test_no_damage_ends_in_anything_but_a_line(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(FILES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        piece = data.draw(
            st.binary(min_size=1, max_size=8) | st.sampled_from([b"\r\n", b"\n", b"WARC/1.0\r\n", b"\0" * 99])
        )
        match data.draw(st.sampled_from(["put", "insert", "cut", "end"])):
            case "put":
                whole[at : at + len(piece)] = piece
            case "insert":
                whole[at:at] = piece
            case "cut":
                del whole[at + 1 : at + 1 + len(piece)]
            case _:
                del whole[at + 1 :]
    said: list[str] = []
    kept: list[tuple[Record, int]] = []

    def records() -> Iterator[Any]:
        stream = io.BytesIO(bytes(whole))
        for record, location in read_records(stream, Path("x"), on_damage=lambda _at, problem: said.append(problem)):
            kept.append((record, location.offset))
            yield record, location

    captures = list(pair_captures(records(), lambda _place, problem: said.append(problem)))
    for capture in captures:
        record = next(one for one, offset in kept if offset == capture.location.offset)
        try:
            to_memento(capture, record, record)
        except ArchiveError as error:
            said.append(str(error))
    assert all("\n" not in problem for problem in said)
