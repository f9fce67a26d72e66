"""srcset attributes, as pages have them and as nobody should write them."""

import time

import pytest

from archive.formats.srcset import MAX_CANDIDATES, iter_candidates


@pytest.mark.parametrize(
    ("srcset", "urls"),
    [
        ("a.jpg", ["a.jpg"]),
        ("a.jpg 1x, b.jpg 2x", ["a.jpg", "b.jpg"]),
        ("a.jpg 320w,\n   b.jpg 640w 480h", ["a.jpg", "b.jpg"]),
        ("/w_320,c_fill/a.jpg 320w, /w_640,c_fill/a.jpg 640w", ["/w_320,c_fill/a.jpg", "/w_640,c_fill/a.jpg"]),
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        (" ,, a.jpg ,,, b.jpg 2x,", ["a.jpg", "b.jpg"]),
        ("a.jpg x(1,2) 2x, b.jpg", ["a.jpg", "b.jpg"]),
        ("data:image/gif;base64,AAAA 1x, b.jpg 2x", ["data:image/gif;base64,AAAA", "b.jpg"]),
        ("", []),
        (" , ", []),
    ],
)
def test_candidates(srcset, urls):
    assert list(iter_candidates(srcset)) == urls


def test_candidates_are_bounded():
    assert len(list(iter_candidates(", ".join(f"{n}.jpg {n}w" for n in range(1000))))) == MAX_CANDIDATES


@pytest.mark.parametrize("piece", [",", " ", "a", "a,", "a ", "a (", "a 1x,", "("])
def test_hostile_srcsets_take_no_time(piece):
    begun = time.process_time()
    list(iter_candidates(piece * 500_000))
    assert time.process_time() - begun < 2
