import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from crawler.seeds import parse_seed
from crawler.seeds.payload import Payload
from crawler.seeds.reading import CutShort

TEXT = b"<urlset><url><loc>https://news.example/a</loc></url></urlset>" + b"\n" * 200_000
RAW_DEFLATE = zlib.compressobj(wbits=-15)
CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
    "br, gzip": gzip.compress(brotli.compress(TEXT)),
    "identity, utf-8": TEXT,
    "": gzip.compress(TEXT),
}


@pytest.mark.parametrize("codings", CODED)
def test_codings_are_undone(codings):
    payload = Payload(CODED[codings], codings)
    assert b"".join(payload.pieces()) == TEXT
    assert payload.whole(1 << 20) == TEXT
    assert TEXT.startswith(payload.head())
    assert max(map(len, payload.pieces())) <= 64 * 1024


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br", "zstd"])
def test_text_that_is_not_coded_as_said_is_read_as_it_is(codings):
    assert Payload(TEXT, codings).whole(1 << 20) == TEXT


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br", "zstd"])
def test_what_breaks_off_gives_what_it_has(codings):
    large = bytes(range(256)) * 4000
    body = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[
        codings
    ](large)
    pieces: list[bytes] = []
    with pytest.raises(CutShort, match=rf"is (cut short|damaged): its {codings} data"):
        pieces.extend(Payload(body[:-20], codings).pieces())
    assert large.startswith(b"".join(pieces))


def bomb(codings):
    stream = zlib.compressobj(1, wbits=31)
    if codings == "gzip":
        return b"".join(stream.compress(bytes(1 << 20)) for _ in range(110)) + stream.flush()
    pack = zstandard.compress if codings == "zstd" else lambda data: brotli.compress(data, quality=1)
    return pack(bytes(110 << 20))


@pytest.mark.parametrize(("kind", "codings"), [("feed", "br"), ("sitemap", "gzip"), ("sitemap", "zstd")])
def test_a_bomb_is_named(codings, kind):
    body = bomb(codings)
    reading = parse_seed(kind, Payload(body, codings), url="https://news.example/")
    assert (reading.candidates, reading.form) == ((), None)
    assert reading.problem == f"is a bomb: its {len(body)} bytes unpack to more than 100 MiB; the rest was not read"


@pytest.mark.parametrize("kind", ["page", "api"])
def test_a_bomb_takes_little_memory(kind):
    body = bomb("gzip")
    tracemalloc.start()
    assert parse_seed(kind, Payload(body, "gzip"), url="https://news.example/").problem
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()


def test_a_limit_that_is_asked_for_holds():
    with pytest.raises(CutShort, match="is longer than 1 MiB; the rest was not read"):
        list(Payload(gzip.compress(bytes(2 << 20))).pieces(1 << 20))
    assert Payload(TEXT).whole(10) is None
