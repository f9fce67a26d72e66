"""Short answers as lines: those that captures written out one by one would make."""

import json
import string
import uuid
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import IndexOutdated
from archive.formats.cdxj import cdxj_fields, to_cdxj
from archive.formats.digest import format_sha1
from archive.formats.urlkey import match_range, urlkey
from archive.index.catalog import Catalog
from archive.model import Capture, RecordLocation, Reference

UUIDS = st.uuids(version=4).map(lambda one: one.urn)
UUID = "urn:uuid:00000000-0000-4000-8000-000000000001"
STAMPS = st.datetimes().map(lambda one: f"{one:%Y%m%d%H%M%S}".rjust(14, "0"))
URLS = st.one_of(
    st.sampled_from(["https://www.example.org/", "https://example.org/a/"]),
    st.builds(
        lambda start, path: f"{start}{path}",
        st.sampled_from(
            [
                "https://www.example.org/",
                "http://example.org/",
                "https://news.example.org:8443/",
                "https://EXAMPLE.org/",
            ]
        ),
        st.text(alphabet=string.ascii_letters + string.digits + '/?=&"\\%é漢', max_size=12),
    ),
)
CAPTURES = st.builds(
    Capture,
    urlkey=st.just(""),
    timestamp=STAMPS,
    url=URLS,
    mime=st.sampled_from(["text/html", "image/png", 'odd/"type"', "warc/revisit", "unk"]),
    status=st.sampled_from([200, 200, 404, None, 0, 9999]),
    digest=st.one_of(st.binary(min_size=20, max_size=20).map(format_sha1), st.sampled_from([None, "sha256:abcd"])),
    location=st.builds(
        RecordLocation,
        file=st.sampled_from(["a.warc.gz", "ü b.warc"]),
        offset=st.integers(0, 2**38 - 1),
        length=st.integers(0, 2**40),
    ),
    record_id=st.one_of(UUIDS, st.sampled_from([None, "urn:x:1"])),
    revisit=st.sampled_from([None, None, "identical", "not-modified"]),
    refers_to=st.one_of(
        st.none(),
        st.just(Reference(url="https://www.example.org/", timestamp="20240501000000", record_id=UUID)),
        st.builds(Reference, url=URLS, timestamp=STAMPS, record_id=st.one_of(st.none(), UUIDS)),
    ),
    truncated=st.sampled_from([None, None, None, "length", "disconnect"]),
    size=st.one_of(st.none(), st.integers(0, 2**40)),
    redirect=st.sampled_from([None, None, None, "https://example.org/b", '/"odd"é', ""]),
    rights=st.sampled_from([(), (), (), ("noarchive",), ("tdm",), ("noindex", "nofollow", "noai")]),
)


def keyed(capture: Capture) -> Capture:
    return Capture(
        **{name: getattr(capture, name) for name in capture.__struct_fields__} | {"urlkey": urlkey(capture.url)}
    )


@settings(max_examples=60, deadline=None)
@given(
    captures=st.lists(CAPTURES.map(keyed), max_size=30), limit=st.integers(1, 40), moment=STAMPS, hides=st.booleans()
)
def test_lines_are_those_of_captures(
    tmp_path_factory: pytest.TempPathFactory, captures: list[Capture], limit: int, moment: str, hides: bool
) -> None:
    with Catalog.open(tmp_path_factory.mktemp("lines") / "catalog.sqlite") as catalog:
        catalog.add_captures(captures)
        if hides:
            catalog.hide(lambda rights: "noindex" in rights or "tdm" in rights)
            assert not any("tdm" in one.rights for one in catalog.captures())
        for start, end in (match_range("example.org", "domain"), match_range("https://www.example.org/", "exact")):
            held = [one for one in catalog.captures(start=start, end=end) if one.revisit != "not-modified"]
            for most, whole in ((limit, False), (limit, True)):
                lines = catalog.first_lines(start, end, most, whole=whole)
                if lines is not None:
                    assert lines == [to_cdxj(one) + "\n" for one in held[:most]]
                    assert not whole or len(held) <= most
                told = catalog.first_lines(start, end, most, whole=whole, as_json=True)
                if told is not None:
                    assert [json.loads(line) for line in told] == [
                        {"urlkey": one.urlkey, "timestamp": one.timestamp, **cdxj_fields(one)} for one in held[:most]
                    ]
        for key in {one.urlkey for one in captures}:
            lines = catalog.nearest_lines(key, moment, limit)
            near = (one for one in catalog.nearest(key, moment) if one.revisit != "not-modified")
            if lines is not None:
                assert lines == [to_cdxj(one) + "\n" for one in islice(near, limit)]


def capture(number: int, **fields: object) -> Capture:
    given = {
        "urlkey": "org,example)/",
        "timestamp": f"20240501{number:06}",
        "url": "https://example.org/",
        "mime": "text/html",
        "status": 200,
        "digest": format_sha1(number.to_bytes(2, "big") * 10 if number else b"zero" * 5),
        "location": RecordLocation(file=f"{number}.warc.gz", offset=0, length=1),
        "record_id": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
    }
    return Capture(**given | fields)


OTHER = "https://www.example.org/"
REVISIT = {
    "revisit": "identical",
    "size": None,
    "refers_to": Reference(url="https://example.org/", timestamp="20240501000000", record_id=UUID),
}


@pytest.mark.parametrize("usual", [{}, REVISIT], ids=["response", "revisit"])
@pytest.mark.parametrize(
    "odd",
    [
        *({"refers_to": one} for one in (None, Reference(url=OTHER, timestamp="20240501000000", record_id=UUID))),
        {"refers_to": Reference(url="https://example.org/", timestamp="20240501000001", record_id=UUID)},
        {"refers_to": Reference(url="https://example.org/", timestamp="20240501000000")},
        {"refers_to": Reference(url="https://example.org/", record_id=UUID)},
        {"refers_to": Reference(url="https://example.org/", timestamp="09990501000000", record_id=UUID)},
        {"refers_to": Reference(url="https://example.org/", timestamp="20240501000000", record_id="urn:x:1")},
        *({"url": url} for url in (OTHER, "http://example.org/", "https://example.org//", "HTTPS://example.org/")),
        *({"truncated": why} for why in ("length", "time", "disconnect")),
        *({"rights": rights} for rights in (("noarchive",), ("tdm",), ("noindex", "nofollow"))),
        *({"redirect": where} for where in ("", "/", "/é\r\n")),
        *({"digest": digest} for digest in (None, "md5:ab", format_sha1(bytes(20)), format_sha1(bytes(16) + b"four"))),
        *({"record_id": record_id} for record_id in (None, "urn:x:1", f"urn:uuid:{uuid.UUID(int=0)}")),
        *({"status": status} for status in (None, 0, 304, 1023, 1024)),
        *({"mime": mime} for mime in ("warc/revisit", '"', "é")),
        *({"size": size} for size in (None, 0, 2**40)),
        {"timestamp": "09990501000000"},
        {"location": RecordLocation(file='ü "b".warc', offset=2**38 - 1, length=0)},
    ],
    ids=str,
)
def test_one_odd_capture_among_usual_ones(tmp_path: Path, usual: dict[str, object], odd: dict[str, object]) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number, **usual | (odd if number == 2 else {})) for number in range(5))
        assert catalog.first_lines("org,example)", "org,example*", 9) == [
            to_cdxj(one) + "\n" for one in catalog.captures()
        ]


def test_usual_captures_are_answered(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number) for number in range(50))
        assert len(catalog.first_lines("org,example)", "org,example*", 40) or "") == 40
        assert len(catalog.nearest_lines("org,example)/", "20240501000020", 3) or "") == 3
        assert catalog.first_lines("org,example)", "org,example*", 40, whole=True) is None
        assert catalog.first_lines("org,other)", "org,other*", 40) == []


def test_captures_of_one_second_are_in_the_order_of_their_files(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        places = [RecordLocation(file=file, offset=offset, length=9) for file in ("z", "a") for offset in (300, 7)]
        catalog.add_captures(
            capture(number, timestamp="20240501000000", location=one) for number, one in enumerate(places)
        )
        lines = [to_cdxj(one) + "\n" for one in catalog.captures()]
        assert [json.loads(line.split(" ", 2)[2])["filename"] for line in lines] == ["a", "a", "z", "z"]
        assert catalog.first_lines("org,example)", "org,example*", 40) == lines
        assert catalog.first_lines("org,example)", "org,example*", 3) == lines[:3]
        for moment in ("20240501000000", "20240430000000"):
            nearest = [to_cdxj(one) + "\n" for one in catalog.nearest("org,example)/", moment)]
            assert catalog.nearest_lines("org,example)/", moment, 4) == nearest


def test_many_hidden_are_left_to_the_common_way(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number, rights=("noarchive",) if number % 100 else ()) for number in range(500))
        asked: list[str] = []

        def is_hidden(rights: str) -> bool:
            asked.append(rights)
            return True

        catalog.hide(is_hidden)
        assert catalog.first_lines("org,example)", "org,example*", 10) is None
        assert len(asked) <= 4 * 11 + 64
        assert catalog.nearest_lines("org,example)/", "20240501000250", 1) is None
        assert catalog.first_lines("org,example)", "org,example*", 200) == [
            to_cdxj(one) + "\n" for one in catalog.captures()
        ]


def test_long_answers_have_the_same_lines(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number, url="https://example.org/" + "/" * (number % 3)) for number in range(300))
        lines = [to_cdxj(one) + "\n" for one in catalog.captures()]
        assert catalog.first_lines("org,example)", "org,example*", 250) == lines[:250]
        assert catalog.lines_of(catalog.rows()) == lines


def test_damaged_row_says_so(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number) for number in range(3))
        for body in (b"short", bytes(36) + b"\xc1"):
            catalog._run("UPDATE capture SET body = ? WHERE timestamp = 20240501000001", (body,))
            with pytest.raises(IndexOutdated, match="morgue reindex"):
                catalog.first_lines("org,example)", "org,example*", 40)


def test_many_not_modified_are_left_to_the_common_way(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.add_captures(capture(number, revisit="not-modified") for number in range(500))
        assert catalog.first_lines("org,example)", "org,example*", 10) is None
        assert catalog.first_lines("org,example)", "org,example*", 200) == []
