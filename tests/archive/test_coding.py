"""Content codings undone."""

import gzip
import zlib

import brotli
import pytest
import zstandard

from archive.coding import decode_content
from archive.errors import RecordUnreadable

PAGE = b"<h1>Bridge</h1>" + bytes(range(256)) * 300
CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("name", CODINGS)
def test_each_coding_is_undone(name: str) -> None:
    assert decode_content(CODINGS[name](PAGE), name) == PAGE
    assert decode_content(CODINGS[name](PAGE), name.upper()) == PAGE


def test_codings_are_undone_last_first() -> None:
    assert decode_content(gzip.compress(brotli.compress(PAGE)), "br, gzip") == PAGE


def test_raw_deflate_is_read_too() -> None:
    compressor = zlib.compressobj(wbits=-15)
    assert decode_content(compressor.compress(PAGE) + compressor.flush(), "deflate") == PAGE


@pytest.mark.parametrize("name", [None, "", "identity", "utf-8", "none"])
def test_what_is_no_coding_changes_nothing(name: str | None) -> None:
    assert decode_content(PAGE, name) == PAGE


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_of_a_stream_cut_short_the_beginning_is_had(name: str) -> None:
    coded = CODINGS[name](PAGE * 50)
    decoded = decode_content(coded[: len(coded) // 2], name)
    assert decoded
    assert (PAGE * 50).startswith(decoded)


@pytest.mark.parametrize("name", CODINGS)
def test_payload_that_is_not_in_its_coding_is_refused(name: str) -> None:
    with pytest.raises(RecordUnreadable, match="Content-Encoding"):
        decode_content(b"<html><body>plain", name)


@pytest.mark.parametrize("name", CODINGS)
def test_payload_that_grows_beyond_the_limit_is_refused(name: str) -> None:
    with pytest.raises(RecordUnreadable, match="more than 1000 bytes"):
        decode_content(CODINGS[name](bytes(2_000_000)), name, limit=1000)


def test_nothing_stays_nothing() -> None:
    assert decode_content(b"", "gzip") == b""
