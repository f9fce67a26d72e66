"""Lines that pywb and other tools write and read."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import RecordUnreadable
from archive.formats.cdxj import from_cdxj, to_cdxj
from archive.formats.digest import format_sha1
from archive.model import Capture, RecordLocation, Reference

PAGE = Capture(
    urlkey="com,example)/a",
    timestamp="20240501103000",
    url="https://example.com/a",
    mime="text/html",
    status=200,
    digest="sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
    location=RecordLocation(file="news-20240501.warc.gz", offset=333, length=1043),
)

printable = st.text(string.ascii_letters + string.digits + '/:.?&=%é\n"\\', min_size=1, max_size=40)
timestamps = st.from_regex(r"\A20[0-9]{12}\Z")
captures = st.builds(
    Capture,
    urlkey=st.from_regex(r"\A[a-z,]{1,20}\)/[!-~]{0,20}\Z"),
    timestamp=timestamps,
    url=printable,
    mime=st.sampled_from(["text/html", "image/png", "unk"]),
    status=st.none() | st.integers(100, 599),
    digest=st.none() | st.binary(min_size=20, max_size=20).map(format_sha1) | st.just("sha256:AB12"),
    location=st.builds(RecordLocation, file=printable, offset=st.integers(0, 2**40), length=st.integers(1, 2**40)),
    record_id=st.none() | st.uuids().map(lambda uuid: f"urn:uuid:{uuid}"),
    revisit=st.sampled_from([None, "identical", "not-modified"]),
    refers_to=st.none() | st.builds(Reference, url=printable, timestamp=timestamps, record_id=st.none() | printable),
    truncated=st.sampled_from([None, "length", "time", "disconnect"]),
    size=st.none() | st.integers(0, 2**40),
    redirect=st.none() | printable,
)


@given(captures)
def test_line_is_read_back(capture):
    if capture.revisit is None:
        assert from_cdxj(to_cdxj(capture)) == capture
    else:
        line = to_cdxj(capture)
        assert '"mime": "warc/revisit"' in line
        assert from_cdxj(line) == capture


@given(captures)
def test_line_is_one_line_that_pywb_reads(capture):
    line = to_cdxj(capture)
    assert line.isascii()
    assert "\n" not in line
    urlkey, timestamp, block = line.split(" ", 2)
    assert (urlkey, timestamp) == (capture.urlkey, capture.timestamp)
    assert all(isinstance(value, str) for value in json.loads(block).values())


def test_pages_line():
    assert to_cdxj(PAGE) == (
        'com,example)/a 20240501103000 {"url": "https://example.com/a", "mime": "text/html", "status": "200", '
        '"digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "length": "1043", "offset": "333", '
        '"filename": "news-20240501.warc.gz"}'
    )


def test_lines_of_other_writers():
    line = (
        'com,example)/a 20240501103000 {"url": "https://example.com/a", "mime": "text/html", "status": 200, '
        '"digest": "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "length": 1043, "offset": "333", '
        '"filename": "news-20240501.warc.gz", "languages": "eng", "redirect": "-"}\n'
    )
    assert from_cdxj(line) == PAGE


def test_foreign_revisit_has_no_known_mime():
    line = (
        'com,example)/a 20240501103000 {"url": "https://example.com/a", "mime": "warc/revisit", '
        '"digest": "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "length": "1", "offset": "2", "filename": "f"}'
    )
    capture = from_cdxj(line)
    assert (capture.revisit, capture.mime, capture.status) == ("identical", "unk", None)


def test_a_server_cannot_claim_to_be_a_revisit():
    import msgspec

    assert '"mime": "unk"' in to_cdxj(msgspec.structs.replace(PAGE, mime="warc/revisit"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        " CDX N b a m s k r M S V g",
        "com,example)/ 2024 {}",
        "com,example)/ 20240501103000 {",
        "com,example)/ 20240501103000 []",
        "com,example)/ 20240501103000 {}",
        'com,example)/ 20240501103000 {"url": "u", "offset": "x", "length": "1", "filename": "f"}',
        'com,example)/ 20240501103000 {"url": "u", "offset": "1", "length": "1", "filename": "f", "x": '
        + "[" * 100_000,
    ],
)
def test_what_is_no_line_is_named(line):
    with pytest.raises(RecordUnreadable, match="no CDXJ line"):
        from_cdxj(line)
