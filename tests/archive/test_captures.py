import pytest

from archive.captures import pair_captures, redirect_target, to_capture
from archive.errors import RecordUnreadable
from archive.formats.digest import payload_digest
from archive.formats.http import Head
from archive.formats.warc import IDENTICAL, NOT_MODIFIED, Record
from archive.model import Capture, Dom, RecordLocation, Reference

HERE = RecordLocation(file="x.warc.gz", offset=7, length=99)
BLOCK = b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=utf-8\r\n\r\nhello"
DIGEST = payload_digest(b"hello")


def record(kind: str = "response", block: bytes = BLOCK, **fields: str) -> Record:
    named = {
        "WARC-Target-URI": "http://www.Example.org/A",
        "WARC-Date": "2024-05-01T10:30:00Z",
        "WARC-Record-ID": "<urn:uuid:1>",
    }
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    return Record(kind, tuple(named.items()), block)


def capture(given: Record) -> Capture:
    found = to_capture(given, HERE)
    assert found
    return found


def test_a_response_becomes_a_capture() -> None:
    assert capture(record(WARC_Payload_Digest="sha1:WRONG")) == Capture(
        urlkey="org,example)/a",
        timestamp="20240501103000",
        url="http://www.Example.org/A",
        mime="text/html",
        status=200,
        digest=DIGEST,
        location=HERE,
        record_id="urn:uuid:1",
        size=5,
    )


def test_the_payload_is_digested_without_its_transfer_coding() -> None:
    block = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    found = capture(record(block=block))
    assert (found.digest, found.size) == (DIGEST, 5)


def test_a_leading_interim_head_is_passed_over() -> None:
    assert capture(record(block=b"HTTP/1.1 100 Continue\r\n\r\n" + BLOCK)).status == 200


@pytest.mark.parametrize(
    ("profile", "revisit"),
    [
        (IDENTICAL, "identical"),
        (NOT_MODIFIED, "not-modified"),
        ("http://netpreserve.org/warc/1.0/revisit/identical-payload-digest", "identical"),
        ("http://netpreserve.org/warc/1.0/revisit/server-not-modified", "not-modified"),
        ("http://netpreserve.org/warc/1.0/server-not-modified", "not-modified"),
        ("", "identical"),
    ],
)
def test_a_revisit_says_what_it_points_at(profile: str, revisit: str) -> None:
    found = capture(
        record(
            "revisit",
            WARC_Profile=profile,
            WARC_Payload_Digest=DIGEST.lower(),
            WARC_Refers_To="<urn:uuid:0>",
            WARC_Refers_To_Target_URI="<http://example.org/b>",
            WARC_Refers_To_Date="2023-01-02T03:04:05.678Z",
        )
    )
    assert (found.revisit, found.digest, found.size) == (revisit, DIGEST, None)
    assert found.refers_to == Reference(url="http://example.org/b", timestamp="20230102030405", record_id="urn:uuid:0")


def test_a_revisit_may_leave_out_nearly_everything() -> None:
    found = capture(record("revisit", b""))
    assert (found.revisit, found.status, found.mime, found.digest, found.refers_to) == (
        "identical",
        None,
        "unk",
        None,
        None,
    )
    assert capture(record("revisit", b"", WARC_Refers_To_Date="long ago")).refers_to is None
    named = capture(record("revisit", b"", WARC_Refers_To_Date="2023"))
    assert named.refers_to == Reference(url=named.url, timestamp="20230101000000")


def test_truncation_is_kept_of_responses_only() -> None:
    reasons = ("length", "time", "disconnect", "unspecified", "solar flare")
    assert [capture(record(WARC_Truncated=reason)).truncated for reason in reasons] == [
        *reasons[:3],
        "length",
        "length",
    ]
    # Heritrix marks revisits so, whose payload it left out on purpose.
    assert capture(record("revisit", WARC_Truncated="length")).truncated is None


@pytest.mark.parametrize(
    "kind", ["warcinfo", "request", "metadata", "resource", "conversion", "continuation", "unknown"]
)
def test_other_records_are_no_captures(kind: str) -> None:
    assert to_capture(record(kind, b""), HERE) is None


@pytest.mark.parametrize("url", ["dns:example.org", "ftp://example.org/", "urn:x", "", "<>", "httpx://example.org/"])
def test_other_schemes_are_no_captures(url: str) -> None:
    assert to_capture(record(WARC_Target_URI=url), HERE) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"WARC_Record_ID": ""},
        {"WARC_Record_ID": "<>"},
        {"WARC_Record_ID": "<urn:\r>"},
        {"WARC_Date": ""},
        {"WARC_Date": "May"},
        {"WARC_Date": "0000-01-01T00:00:00Z"},
        {"WARC_Date": "12024-01-01T00:00:00Z"},
        {"WARC_Target_URI": "http://"},
        {"WARC_Target_URI": "http:///"},
        {"WARC_Target_URI": "http://example.org:port/"},
        {"WARC_Target_URI": "http://example.org/\rX: y"},
        {"WARC_Target_URI": "http://example.org/\x00"},
        {"block": b""},
        {"block": b"hello"},
    ],
)
def test_a_record_that_makes_no_sense_is_named(fields: dict[str, str]) -> None:
    with pytest.raises(RecordUnreadable, match=r"^x\.warc\.gz at byte 7: "):
        to_capture(record(**fields), HERE)


@pytest.mark.parametrize(
    ("date", "timestamp"),
    [
        ("2024", "20240101000000"),
        ("2024-05-01T10:30:00.999999999Z", "20240501103000"),
        ("0033-04-03T15:00:00Z", "00330403150000"),
        ("9999-12-31T23:59:59Z", "99991231235959"),
    ],
)
def test_dates_of_any_precision_and_age_are_read(date: str, timestamp: str) -> None:
    assert capture(record(WARC_Date=date)).timestamp == timestamp


@pytest.mark.parametrize("url", ["http://example.org/é ü", "http://例え.jp/", "http://example.org/\ufffd", "HTTP://A/"])
def test_odd_urls_are_taken_as_they_are(url: str) -> None:
    assert capture(record(WARC_Target_URI=f"<{url}>")).url == url


def test_a_reference_that_could_break_a_line_is_none() -> None:
    found = capture(record("revisit", b"", WARC_Refers_To="<urn:\r>", WARC_Refers_To_Date="2023"))
    assert found.refers_to == Reference(url=found.url, timestamp="20230101000000")


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        (301, "/b", "http://example.org/b"),
        (302, "b?x#y", "http://example.org/d/b?x#y"),
        (307, "//other.example/", "http://other.example/"),
        (308, "https://other.example/caf\xc3\xa9", "https://other.example/café"),
        (308, "https://other.example/caf\xe9", "https://other.example/caf\ufffd"),
        (301, "http://[broken", None),
        (301, "", None),
        (304, "/b", None),
        (200, "/b", None),
        (201, "/b", None),
    ],
)
def test_only_redirects_lead_elsewhere(status: int, location: str, target: str | None) -> None:
    assert redirect_target("http://example.org/d/a", Head("HTTP/1.1", status, "", (("location", location),))) == target
    assert redirect_target("http://example.org/d/a", Head("HTTP/1.1", status, "", ())) is None


def test_a_dom_belongs_to_the_capture_before_it() -> None:
    other = RecordLocation(file="x.warc.gz", offset=200, length=50)
    resource = record("resource", b"<p>", WARC_Target_URI="urn:morgue:dom:http://x/", WARC_Concurrent_To="<urn:uuid:1>")
    stranger = record("resource", b"<p>", WARC_Target_URI="urn:morgue:dom:http://x/", WARC_Concurrent_To="<urn:uuid:9>")
    request, damaged = record("request"), record(WARC_Date="yesterday")
    problems: list[str] = []
    records = [
        (resource, HERE),
        (record(), HERE),
        (request, HERE),
        (resource, other),
        (damaged, HERE),
        (record(), HERE),
    ]
    found = list(pair_captures([*records, (stranger, other)], lambda _place, problem: problems.append(problem)))
    assert [one.dom for one in found] == [Dom(digest=payload_digest(b"<p>"), location=other), None]
    assert len(problems) == 1
