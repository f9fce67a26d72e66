import gzip
import tracemalloc
from itertools import islice

import pytest

from crawler.seeds.reading import CutShort
from crawler.seeds.text import iter_text


def test_gzip_files_are_unpacked_member_by_member():
    payload = gzip.compress(b"one ") + gzip.compress("zwölf ".encode() * 50_000) + gzip.compress(b"") + b"\0\0\0"
    assert "".join(iter_text(payload)) == "one " + "zwölf " * 50_000


def test_a_character_cut_between_pieces_stays_whole():
    text = "ü" * 100_001
    assert "".join(iter_text(b"x" + text.encode())) == "x" + text


def test_a_bomb_is_unpacked_up_to_the_limit():
    bomb = gzip.compress(bytes(50 * 2**20), 9)
    tracemalloc.start()
    pieces = iter_text(bomb, limit=2 * 2**20)
    assert sum(len(piece) for piece in islice(pieces, 32)) == 2 * 2**20
    with pytest.raises(CutShort, match="is longer than 2 MiB; the rest was not read"):
        list(pieces)
    assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (gzip.compress(b"abc" * 1000)[:-20], "is cut short: its gzip data ends early"),
        (b"\x1f\x8b" + b"damaged" * 9, "is damaged: its gzip data cannot be unpacked"),
        (gzip.compress(b"") * 10_001, "is packed in more than 10000 gzip members; the rest was not read"),
    ],
)
def test_what_cannot_be_unpacked_says_why(payload, problem):
    with pytest.raises(CutShort, match=problem):
        list(iter_text(payload))
