import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.formats.rights import (
    HEAD_BYTES,
    NOTHING_SAID,
    Rights,
    from_fields,
    header_rights,
    is_past,
    page_rights,
    robot_flags,
)

NAMES = frozenset({"robots", "newsmorgue", "papers"})


def tag(*values):
    return header_rights([("X-Robots-Tag", value) for value in values], NAMES).marks


def page(*metas, before=b"", after=b"</head><body>"):
    return page_rights(b"<!DOCTYPE html><html><head>" + before + "".join(metas).encode() + after, NAMES)


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (("noarchive",), ("noarchive",)),
        (("NoIndex, NOARCHIVE , nofollow",), ("noarchive", "nofollow", "noindex")),
        (("noindex", "noarchive"), ("noarchive", "noindex")),
        (("none",), ("nofollow", "noindex")),
        (("nocache",), ("noarchive",)),
        (("noai, noimageai",), ("noai", "noimageai")),
        (("all, max-snippet: 20, max-image-preview:large",), ()),
        # For another robot, for all that follows its name.
        (("googlebot: noarchive, noindex",), ()),
        (("googlebot: noarchive", "noindex"), ("noindex",)),
        (("Papers: noarchive",), ("noarchive",)),
        (("robots: noarchive",), ("noarchive",)),
        (("otherbot: noarchive, papers: noindex, nofollow",), ("nofollow", "noindex")),
        (("papers: none, otherbot: noarchive",), ("nofollow", "noindex")),
        (("noindex, otherbot: noarchive",), ("noindex",)),
        # What has a colon and is no robot.
        (("unavailable_after: 25 Jun 2010 15:00:00 GMT",), ("unavailable_after=20100625150000",)),
        (
            ("unavailable_after: Fri, 25 Jun 2010 15:00:00 +0200, noindex",),
            ("noindex", "unavailable_after=20100625130000"),
        ),
        (("unavailable_after: 2020-09-21",), ("unavailable_after=20200921000000",)),
        (("unavailable_after: Friday, 25-Jun-10 15:00:00 GMT",), ("unavailable_after=20100625150000",)),
        (("papers: unavailable_after: 2020-09-21T10:00:00Z",), ("unavailable_after=20200921100000",)),
        (("otherbot: unavailable_after: 2020-09-21",), ()),
        (("unavailable_after: some day",), ()),
        (("", ",,,", ":", "noarchive noindex"), ()),
    ],
)
def test_x_robots_tag(values, marks):
    assert tag(*values) == marks


@pytest.mark.parametrize(
    ("meta", "marks"),
    [
        ('<meta name="robots" content="noarchive">', ("noarchive",)),
        ("<META CONTENT='noarchive, noindex' NAME='ROBOTS'/>", ("noarchive", "noindex")),
        ("<meta name=robots content=noarchive>", ("noarchive",)),
        ('<meta\n name = "robots"\n content = "none" >', ("nofollow", "noindex")),
        ('<meta name="papers" content="noarchive">', ("noarchive",)),
        ('<meta name="googlebot" content="noarchive">', ()),
        ('<meta property="robots" content="noarchive">', ()),
        ('<meta data-name="robots" content="noarchive">', ()),
        ('<meta name="robots">', ()),
        ('<meta name="robots" content="index, follow, max-image-preview:large">', ()),
        ('<meta name="description" content="robots: noarchive">', ()),
        ('<!-- <meta name="robots" content="noarchive"> -->', ()),
        ('<script>x = \'<meta name="robots" content="noarchive">\'</script>', ()),
        ('<style>/* <meta name="robots" content="noarchive"> */</style>', ()),
        ('<meta name="robots" content="noindex"><meta name="robots" content="noarchive">', ("noarchive", "noindex")),
        ('<script src="x"></script><!-- --><meta name="robots" content="noarchive">', ("noarchive",)),
    ],
)
def test_meta_elements(meta, marks):
    assert page(meta).marks == marks


def test_only_the_head_of_a_page_counts():
    late = b'<meta name="robots" content="noarchive">'
    assert page(after=b"</head><body>" + late).marks == ()
    assert page(after=b"<body>" + late).marks == ()
    assert page_rights(b" " * HEAD_BYTES + late, NAMES).marks == ()
    assert page_rights(late, NAMES).marks == ("noarchive",)


@pytest.mark.parametrize(
    ("headers", "reservation", "policy"),
    [
        ([("TDM-Reservation", "1")], True, None),
        (
            [("tdm-reservation", " 1 "), ("tdm-policy", '"https://example.org/tdm.json"')],
            True,
            "https://example.org/tdm.json",
        ),
        ([("tdm-reservation", "0"), ("tdm-policy", "https://example.org/")], False, None),
        ([("tdm-reservation", "yes")], None, None),
        ([("tdm-policy", "https://example.org/")], None, None),
        ([("tdm-reservation", "1"), ("tdm-policy", "javascript:alert(1)")], True, None),
        ([("tdm-reservation", "1"), ("tdm-policy", "https://example.org/\r\nrobots: noai")], True, None),
    ],
)
def test_reservation_of_mining(headers, reservation, policy):
    found = header_rights(headers)
    assert (found.reservation, found.policy) == (reservation, policy)
    metas = "".join(f"<meta name='{name}' content='{value}'>" for name, value in headers)
    assert page(metas) == found
    assert found.marks == (("tdm",) if reservation else ())


def test_together_all_directives_count_and_the_stricter_reservation():
    strict = Rights(directives=("noindex",), reservation=True, policy="https://example.org/")
    open_ = Rights(directives=("noarchive",), reservation=False)
    for both in (strict | open_, open_ | strict):
        assert both.marks == ("noarchive", "noindex", "tdm")
        assert both.policy == "https://example.org/"
    assert (open_ | NOTHING_SAID).reservation is False
    assert NOTHING_SAID | NOTHING_SAID == NOTHING_SAID


@pytest.mark.parametrize(
    "said",
    [
        NOTHING_SAID,
        Rights(directives=("noai", "noarchive", "unavailable_after=20240501000000")),
        Rights(reservation=False),
        Rights(directives=("noindex",), reservation=True, policy="https://example.org/tdm?a=1"),
    ],
)
def test_fields_say_the_same_again(said):
    assert from_fields(said.to_fields()) == said


def test_fields_of_others_say_nothing():
    for block in (b"", b"fetchTimeMs: 12\r\nvia: https://a/\r\n", b"\xff\xfe" * 9000, b"robots: all, everything\r\n"):
        assert from_fields(block) == NOTHING_SAID


def test_flags_of_cdx_and_days_gone_by():
    assert robot_flags(("noai", "noarchive", "nofollow", "noindex")) == "AIF"
    assert robot_flags(()) is None
    assert is_past("unavailable_after=20240501000000", "20240501000001")
    assert not is_past("unavailable_after=20240501000000", "20240501000000")
    assert not is_past("noarchive", "20240501000000")


HOSTILE = {
    "directives": b"<meta name=robots content='" + b"noindex," * 9000,
    "attributes": b"robots<meta " + b"a " * 60000,
    "metas": b"<meta name=robots>" * 5000,
    "comments": b"robots" + b"<!--" * 16000,
    "scripts": b"robots" + b"<script>" * 9000,
    "brackets": b"robots" + b"<" * 65000,
    "names": b"<meta name=robots " + b"name" * 16000,
    "spaces": b"<meta name=robots content" + b" " * 60000,
    "equals": b"<meta robots " + b"name=" * 800 + b">",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_take_no_time(name):
    began = time.process_time()
    page_rights(HOSTILE[name])
    assert time.process_time() - began < 0.05


def test_hostile_headers_take_no_time():
    began = time.process_time()
    for value in (
        "a:" * 100_000,
        "," * 200_000,
        "unavailable_after: x," * 10_000,
        "unavailable_after:" + "9" * 200_000,
    ):
        header_rights([("X-Robots-Tag", value)])
    assert time.process_time() - began < 0.2


@given(st.binary(max_size=400), st.text(max_size=200))
def test_nothing_makes_it_raise(body, value):
    page_rights(b"<meta name=robots content=" + body)
    page_rights(b"<head><meta name='tdm-policy' " + body)
    said = header_rights(
        [("X-Robots-Tag", value), ("x-robots-tag", "unavailable_after: " + value), ("tdm-policy", value)]
    )
    assert from_fields(said.to_fields()) == said
