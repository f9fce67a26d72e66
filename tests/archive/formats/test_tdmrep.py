import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.rights import NOTHING_SAID
from archive.formats.tdmrep import MOST_BYTES, parse_tdmrep, site_rights


def rules(*entries):
    return parse_tdmrep(json.dumps([{"location": where, "tdm-reservation": said} for where, said in entries]).encode())


def said(found, path):
    return site_rights(found, f"https://example.org{path}").reservation


@pytest.mark.parametrize(
    ("location", "path", "matches"),
    [
        ("/", "/a/b", True),
        ("/news", "/newspaper", True),
        ("/news/", "/news", False),
        ("/*.html", "/a/b.html?x", True),
        ("/*.html$", "/a/b.html?x", False),
        ("/*.html$", "/a/b.html", True),
        ("/a/*/c", "/a/b/c/d", True),
        ("/a/*/c", "/a/c", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("*", "/", True),
        ("/a*a$", "/a", False),
    ],
)
def test_locations_are_patterns_as_in_robots_txt(location, path, matches):
    assert said(rules((location, 1)), path) is (True if matches else None)


def test_the_longest_location_holds_and_of_equal_ones_that_which_reserves():
    found = rules(("/", 1), ("/open/", 0), ("/open/not", 1), ("/x", 0), ("/x", 1))
    assert [said(found, path) for path in ("/a", "/open/b", "/open/not/c", "/x")] == [True, False, True, True]
    assert site_rights(rules(("/news/", 1)), "https://example.org/") == NOTHING_SAID


def test_terms_are_kept_where_they_are_a_url():
    body = b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "%s"}]'
    assert (
        site_rights(parse_tdmrep(body % b"https://example.org/t"), "https://example.org/").policy
        == "https://example.org/t"
    )
    assert site_rights(parse_tdmrep(body % b"javascript:x"), "https://example.org/").policy is None


def test_what_is_no_such_file_says_nothing():
    for body in (b"", b"<html>", b"{}", b"[1, null, {}]", b'[{"location": 1, "tdm-reservation": 1}]', b"[" * 100_000):
        assert parse_tdmrep(body) == ()
    assert parse_tdmrep(b'[{"location": "/", "tdm-reservation": true}]' + b" " * MOST_BYTES) == ()


def test_hostile_patterns_take_no_time():
    found = rules(*[("/" + "*a" * 1000 + "$", 1)] * 200)
    began = time.process_time()
    said(found, "/" + "a" * 2000 + "b")
    assert time.process_time() - began < 0.5


@given(st.binary(max_size=200), st.text(max_size=50))
def test_nothing_makes_it_raise(body, path):
    assert isinstance(parse_tdmrep(body), tuple)
    for location in (path, "*" + path, path + "*$"):
        assert said(rules((location, 1)), "/" + path.replace("#", "")) in (True, False, None)
