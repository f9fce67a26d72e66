"""Payloads become text whatever their codings and encodings claim."""

import gzip
import zlib

import brotli
import pytest
import zstandard

from archive.formats.encoding import find_codec, to_utf8
from pipelines.errors import PayloadUnreadable
from pipelines.extract.decode import decode_content, gunzip_if_gzipped

PAGE = "<html><p>Grüße aus Köln, señor – 日本</p>".encode()


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ("", PAGE),
        ("identity", PAGE),
        ("gzip", gzip.compress(PAGE)),
        ("X-GZIP", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", raw_deflate(PAGE)),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstandard.compress(PAGE)),
        ("gzip, br", brotli.compress(gzip.compress(PAGE))),
        ("br , gzip", gzip.compress(brotli.compress(PAGE))),
        ("utf-8", PAGE),
    ],
)
def test_content_codings_are_undone(header: str, payload: bytes) -> None:
    assert decode_content(payload, header) == PAGE


@pytest.mark.parametrize("header", ["gzip", "br", "zstd", "deflate"])
def test_a_page_that_is_not_in_the_coding_it_claims_is_taken_as_it_is(header: str) -> None:
    assert decode_content(PAGE, header) == PAGE


def test_rubbish_in_a_coding_is_an_error() -> None:
    with pytest.raises(PayloadUnreadable, match="gzip"):
        decode_content(b"\x00\x01\x02", "gzip")


def test_a_stream_cut_short_gives_what_is_there() -> None:
    page = b"<p>%s</p>" % b" ".join(b"word%d" % i for i in range(20_000))
    assert page.startswith(decode_content(gzip.compress(page)[:20_000], "gzip")[:1000])


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ("gzip", gzip.compress(bytes(3_000_000))),
        ("br", brotli.compress(bytes(3_000_000))),
        ("zstd", zstandard.compress(bytes(3_000_000))),
        ("deflate", zlib.compress(bytes(3_000_000))),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(3_000_000)))),
    ],
)
def test_bombs_are_refused(header: str, payload: bytes) -> None:
    with pytest.raises(PayloadUnreadable, match="more than 1000000 bytes"):
        decode_content(payload, header, limit=1_000_000)


def test_gzip_without_a_header_is_seen() -> None:
    assert gunzip_if_gzipped(gzip.compress(PAGE)) == PAGE
    assert gunzip_if_gzipped(PAGE) == PAGE


RUSSIAN = "<p>Разводной мост снова открыт для движения</p>"
CHINESE = "<p>海湾大桥今天重新开放，渔民们站在岸边观看。</p>"


@pytest.mark.parametrize(
    ("payload", "content_type", "codec"),
    [
        (b"\xef\xbb\xbf<p>x", "text/html; charset=windows-1251", "utf-8"),
        ("\ufeff<p>x".encode("utf-16-le"), None, "utf-16-le"),
        (RUSSIAN.encode("cp1251"), "text/html; charset=windows-1251", "cp1251"),
        (RUSSIAN.encode("koi8-r"), 'text/html; charset="KOI8-R"', "koi8_r"),
        (b'<meta charset="windows-1251">' + RUSSIAN.encode("cp1251"), "text/html", "cp1251"),
        (
            b"<meta http-equiv=Content-Type content='text/html; charset=gb2312'>" + CHINESE.encode("gb18030"),
            None,
            "gb18030",
        ),
        (b'<?xml version="1.0" encoding="euc-kr"?>' + "<p>다리가 열렸다".encode("euc-kr"), None, "cp949"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=big5>" + "<p>大橋".encode("big5"), None, "big5hkscs"),
        ("<p>naïve café".encode("latin-1"), "text/html; charset=ISO-8859-1", "cp1252"),
        (b"<p>plain", None, "utf-8"),
    ],
)
def test_the_declared_encoding_is_found(payload: bytes, content_type: str | None, codec: str) -> None:
    assert find_codec(payload, content_type) == codec


def test_a_declaration_that_the_bytes_contradict_is_not_believed() -> None:
    assert to_utf8(RUSSIAN.encode(), "text/html; charset=iso-8859-1").decode() == RUSSIAN
    assert to_utf8(RUSSIAN.encode("cp1251") * 5, "text/html; charset=utf-8").decode() == RUSSIAN * 5


def test_an_undeclared_encoding_is_detected() -> None:
    assert to_utf8((RUSSIAN * 20).encode("cp1251")).decode() == RUSSIAN * 20


def test_the_http_header_goes_before_the_document() -> None:
    payload = b"<meta charset=windows-1251>" + "<p>żółć".encode("cp1250")
    assert find_codec(payload, "text/html; charset=windows-1250") == "cp1250"


def test_a_meta_in_ascii_cannot_mean_utf_16() -> None:
    assert to_utf8(b"<meta charset=utf-16><p>x \xff").decode().startswith("<meta")


def test_a_character_cut_in_half_at_the_end_does_no_harm() -> None:
    assert find_codec("<p>Köln".encode()[:-2] + b"\xc3", None) == "utf-8"


def test_decoding_never_fails() -> None:
    assert to_utf8(bytes(range(256)) * 4, "text/html; charset=nonsense")


@pytest.mark.parametrize("before", range(4))
def test_a_long_page_is_looked_at_piece_by_piece(before: int) -> None:
    page = "x" * before + "мост €𝄞" * 20_000
    assert to_utf8(page.encode()).decode() == page
    # A character that is cut off is none, wherever the page ends.
    assert to_utf8(page.encode()[:-1], "text/html; charset=utf-8").decode() == page[:-1] + "\ufffd"
    assert to_utf8(page.encode() + b"\xffx", "text/html; charset=utf-8").decode() == page + "\ufffdx"
