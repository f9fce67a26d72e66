import contextlib
import gzip
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.errors import RecordUnreadable
from archive.formats import warc
from archive.formats.digest import payload_digest
from archive.formats.warc import Record, encode_record, iter_records, new_record_id, parse_record, warc_date
from archive.model import RecordLocation

BLOCK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
FIELDS = (("WARC-Date", "2024-05-01T10:30:00Z"), ("WARC-Target-URI", "http://example.org/"))

field_values = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), max_size=40)


def record(block: bytes = BLOCK, kind: str = "response", **fields: str) -> bytes:
    return encode_record(kind, new_record_id(), [*FIELDS, *fields.items()], block)


def plain(block: bytes = BLOCK, *, length: str | None = None) -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length or len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def read(path: Path, data: bytes, offset: int = 0) -> tuple[list[tuple[Record, RecordLocation]], list[tuple[int, str]]]:
    path.write_bytes(data)
    damages: list[tuple[int, str]] = []
    found = list(iter_records(path, offset=offset, on_damage=lambda at, problem: damages.append((at, problem))))
    for one, location in found:
        assert location.file == path.name
        assert parse_record(data[location.offset :][: location.length], "here") == one
    return found, damages


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.warc.gz"


@given(block=st.binary(max_size=300), value=field_values)
def test_a_record_comes_back_as_it_was_written(block: bytes, value: str) -> None:
    record_id = new_record_id()
    stored = encode_record("response", record_id, [("WARC-Target-URI", value)], block)
    found = parse_record(stored, "here")
    assert (found.kind, found.block, found.get("warc-record-id")) == ("response", block, f"<{record_id}>")
    # White space about a value is no part of it, and control characters are none of ours.
    if value.isprintable():
        assert found.get("WARC-Target-URI") == value.strip()


@given(st.lists(st.tuples(st.sampled_from(["request", "response", "metadata"]), st.binary(max_size=99)), max_size=5))
def test_warcio_reads_the_same(records: list[tuple[str, bytes]]) -> None:
    stored = b"".join(record(block, kind) for kind, block in records)
    found = [(one.rec_type, one.raw_stream.read()) for one in WarcioIterator(io.BytesIO(stored), no_record_parse=True)]
    assert found == records


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\nWARC-Type: warcinfo", "\n", "a\udc80"])
def test_a_value_cannot_break_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match=r"line break|surrogates"):
        record(**{"WARC-Target-URI": value})


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2024, 5, 1, 10, 30, tzinfo=UTC), "2024-05-01T10:30:00Z"),
        (datetime(2024, 5, 1, 10, 30, 0, 5, tzinfo=UTC), "2024-05-01T10:30:00.000005Z"),
        (datetime(2024, 5, 1, 10, 30, tzinfo=timezone(timedelta(hours=2))), "2024-05-01T08:30:00Z"),
        (datetime(33, 4, 3, tzinfo=UTC), "0033-04-03T00:00:00Z"),
    ],
)
def test_dates_are_written_as_the_standard_says(moment: datetime, expected: str) -> None:
    assert warc_date(moment) == expected


def test_each_record_comes_with_its_place(path: Path) -> None:
    parts = [record(b"%d" % at) for at in range(4)]
    found, damages = read(path, b"".join(parts))
    assert [one.block for one, _ in found] == [b"0", b"1", b"2", b"3"]
    assert [location.length for _, location in found] == [len(part) for part in parts]
    assert damages == []
    found, _ = read(path, b"".join(parts), offset=len(parts[0]))
    assert [one.block for one, _ in found] == [b"1", b"2", b"3"]
    assert read(path, b"".join(parts), offset=path.stat().st_size) == ([], [])


def test_an_open_file_goes_by_its_final_name(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz.open").write_bytes(record())
    ((_, location),) = iter_records(tmp_path / "a.warc.gz.open")
    assert location.file == "a.warc.gz"


def test_plain_files_are_read(path: Path) -> None:
    parts = [plain(b"one"), plain(b"two").removesuffix(b"\r\n"), plain(b"").replace(b"\r\n", b"\n"), plain(b"last")]
    found, damages = read(path, b"".join(parts))
    assert [one.block for one, _ in found] == [b"one", b"two", b"", b"last"]
    assert [location.length for _, location in found] == [len(part) for part in parts]
    assert damages == []


@pytest.mark.parametrize("gzipped", [True, False])
def test_what_warcio_writes_is_read(path: Path, gzipped: bool) -> None:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=gzipped)
    writer.write_record(writer.create_warcinfo_record("x", {"software": "test"}))
    for at in range(3):
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/plain")], protocol="HTTP/1.0")
        writer.write_record(
            writer.create_warc_record(
                f"http://e/{at}", "response", io.BytesIO(b"x" * at * 10_000), http_headers=headers
            )
        )
    found, damages = read(path, stream.getvalue())
    assert damages == []
    assert [one.kind for one, _ in found] == ["warcinfo", "response", "response", "response"]
    for one, _ in found[1:]:
        assert one.get("WARC-Block-Digest") == payload_digest(one.block)


def test_a_file_torn_at_any_byte_gives_what_is_whole(path: Path) -> None:
    whole, last = record(b"whole"), record(b"torn")
    for cut in range(1, len(last)):
        found, damages = read(path, whole + last[:cut])
        assert [one.block for one, _ in found] == [b"whole"]
        assert [at for at, _ in damages] == [len(whole)]
    raw = plain(b"torn").removesuffix(b"\r\n\r\n")
    for cut in range(1, len(raw)):
        found, damages = read(path, plain(b"whole") + raw[:cut])
        assert [one.block for one, _ in found] == [b"whole"]
        assert [at for at, _ in damages] == [len(plain(b"whole"))]


def test_without_a_place_for_damage_it_is_raised_behind_what_is_whole(path: Path) -> None:
    whole = record()
    path.write_bytes(whole + record()[:-1])
    records = iter_records(path)
    next(records)
    with pytest.raises(RecordUnreadable, match=rf"test.warc.gz at byte {len(whole)}: "):
        next(records)


def test_one_bad_record_does_not_hide_the_rest(path: Path) -> None:
    first, bad, last = record(b"first"), bytearray(record(b"bad" * 20)), record(b"last")
    for at in (0, 1, 12, len(bad) // 2, len(bad) - 1):
        damaged = bytearray(bad)
        damaged[at] ^= 0x10
        found, damages = read(path, first + bytes(damaged) + last)
        assert [one.block for one, _ in found] == [b"first", b"last"]
        assert [offset for offset, _ in damages] == [len(first)]


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (b"hello world", "no WARC record begins here"),
        (b"", "no WARC record begins here"),
        (gzip.compress(plain()), "no WARC record begins here"),
        (b"\r\n" + plain(), "no WARC record begins here"),
        (plain().replace(b"WARC/1.0", b"WARC/9.9"), "no WARC record begins here"),
        (plain(length="500"), "ends after 47 of its 500 bytes"),
        (plain(length="9999999999"), "ends after 47 of its 9999999999 bytes"),
        (plain(length="99999999999999999999999999"), "no WARC record begins here"),
        (plain(length="3"), "does not end where its Content-Length says"),
        (plain(length="-5"), "no WARC record begins here"),
        (plain(length="many"), "no WARC record begins here"),
        (b"WARC/1.0\r\nContent-Length: 0\r\nX: " + b"x" * (2 << 20) + b"\r\n\r\n", "no WARC record begins here"),
        (b"WARC/1.0\r\nWARC-Type: response", "no WARC record begins here"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", "no WARC record begins here"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_a_member_that_holds_no_record_is_named(path: Path, member: bytes, problem: str) -> None:
    first, stored = record(b"first"), gzip.compress(member)
    found, damages = read(path, first + stored + record(b"last"))
    assert [one.block for one, _ in found] == [b"first", b"last"]
    ((at, said),) = damages
    assert at == len(first)
    assert problem in said
    with pytest.raises(RecordUnreadable, match=r"^x\.warc\.gz at byte 7: "):
        parse_record(stored, "x.warc.gz at byte 7")


def test_of_several_records_in_one_member_the_first_is_read_and_the_rest_named(path: Path) -> None:
    found, damages = read(path, gzip.compress(plain(b"first") + plain(b"second")) + record(b"last"))
    assert [one.block for one, _ in found] == [b"first", b"last"]
    ((at, problem),) = damages
    assert at == 0
    assert "warcio recompress" in problem


@pytest.mark.parametrize(
    "garbage", [b"x", b"\x1f", b"garbage" * 1000, b"WARC/", b"WARC/1.0\r\n" * 1000, b"\0" * 100_000, b"\x1f\x8b\x08"]
)
def test_garbage_is_named(path: Path, garbage: bytes) -> None:
    assert [at for at, _ in read(path, garbage)[1]] == [0]
    found, damages = read(path, plain() + garbage)
    assert len(found) == 1
    assert [at for at, _ in damages] == [len(plain())]


def test_an_empty_file_holds_nothing(path: Path) -> None:
    assert read(path, b"") == ([], [])


@pytest.mark.parametrize("stored", [b"", b"x", record()[:-1], record()[:20]])
def test_a_record_that_is_not_there_is_named(stored: bytes) -> None:
    with pytest.raises(RecordUnreadable, match=r"^a\.warc\.gz at byte 7: .*morgue verify"):
        parse_record(stored, "a.warc.gz at byte 7")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    for name in ("missing.warc.gz", "."):
        with pytest.raises(RecordUnreadable, match="cannot be read"):
            list(iter_records(tmp_path / name))


def test_records_beyond_measure_are_passed_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "MAX_BLOCK_BYTES", 1000)
    for make in (record, plain):
        parts = [make(b"x" * 1000), make(b"x" * 1001), make(b"last")]
        path.write_bytes(b"".join(parts))
        damages: list[int] = []
        found = list(iter_records(path, on_damage=lambda at, _: damages.append(at)))  # noqa: B023  used within the turn
        assert [len(one.block) for one, _ in found] == [1000, 4]
        assert damages == [len(parts[0])]
        with pytest.raises(RecordUnreadable, match="1000"):
            parse_record(parts[1], "here")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb in a member": lambda: _bomb(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 800000000\r\n\r\n", 800),
    "bomb without a record": lambda: _bomb(b"", 600),
    "header bomb": lambda: _bomb(b"WARC/1.0\r\n" + b"A: b\r\n" * 100_000 + b"X: ", 500),
    "plain record of 10 GB": lambda: plain(length="10000000000"),
}


def _bomb(head: bytes, megabytes: int) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as bomb:
        bomb.write(head)
        for _ in range(megabytes):
            bomb.write(b"\0" * 1_000_000)
    return stream.getvalue()


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_take_bounded_memory_and_time(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(HOSTILE[kind]() + (b"" if "plain" in kind else record(b"last")))
    script = (
        "import sys, pathlib\n"
        "from archive.formats.warc import iter_records\n"
        "found = [one.block for one, _ in iter_records(pathlib.Path(sys.argv[1]), on_damage=lambda *a: print(*a))]\n"
        "print(found)\n"
    )
    limit = 900_000_000  # of address space; a block may take 268 MB, and it is copied once
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.stderr == ""
    assert done.stdout.startswith("0 ")
    assert "plain" in kind or "[b'last']" in done.stdout
    assert time.monotonic() - began < 20


def test_our_members_hold_no_time_or_name() -> None:
    # Equal records are equal bytes, so a copy of a file can be compared with it.
    with contextlib.closing(gzip.GzipFile(fileobj=io.BytesIO(record()))) as member:
        member.read()
        assert member.mtime == 0
