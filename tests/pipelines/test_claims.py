"""What pages say of their own use becomes a record beside their capture; the exchange stays as it was."""

from datetime import UTC, datetime

import pytest

from archive.formats.rights import ROBOT_NAMES, Rights
from archive.formats.warc import FIELDS_TYPE, parse_record
from archive.model import Exchange
from pipelines.claims import NO_CLAIMS, Claims
from pipelines.snapshot import take_snapshot

URL = "https://example.org/a"
SAYS = b'<head><meta name="robots" content="noarchive"></head><p>text'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\ntdm-reservation: 1\r\n\r\n"


class NoOriginals:
    def latest_original(self, url):
        return None

    def find_identical(self, digest, size, *, url=None):
        return None


def snapshot(response=HEAD + SAYS, claims=NO_CLAIMS, kind="page"):
    exchange = Exchange(
        url=URL,
        request=b"GET /a HTTP/1.1\r\n\r\n",
        response=response,
        kind=kind,
        began=datetime(2024, 5, 1, tzinfo=UTC),
    )
    taken = take_snapshot(exchange, NoOriginals(), claims)
    return taken, [parse_record(record, "here") for record in taken.records]


def test_what_is_said_stands_beside_the_response_which_stays_byte_for_byte():
    taken, (response, request, said) = snapshot()
    assert response.block == HEAD + SAYS
    assert (said.kind, said.get("Content-Type")) == ("metadata", FIELDS_TYPE)
    assert said.get("WARC-Concurrent-To") == response.get("WARC-Record-ID") == request.get("WARC-Concurrent-To")
    assert said.get("WARC-Target-URI") == URL
    assert said.block == b"robots: noarchive\r\ntdm-reservation: 1\r\n"
    assert taken.capture.rights == ("noarchive", "tdm")


def test_nothing_is_written_where_nothing_is_said():
    taken, records = snapshot(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<meta name=robots content=all>")
    assert [record.kind for record in records] == ["response", "request"]
    assert taken.capture.rights == ()


def test_only_pages_are_looked_into_but_all_headers_are():
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\nX-Robots-Tag: noindex\r\n\r\n" + SAYS
    assert snapshot(picture)[0].capture.rights == ("noindex",)


def test_what_a_site_says_elsewhere_is_added():
    claims = Claims(of_site=lambda url: Rights(reservation=url == URL, policy="https://example.org/tdm"))
    taken, (*_, said) = snapshot(b"HTTP/1.1 200 OK\r\n\r\nx", claims)
    assert taken.capture.rights == ("tdm",)
    assert said.block == b"tdm-reservation: 1\r\ntdm-policy: https://example.org/tdm\r\n"


def test_tags_may_name_the_robot_that_a_collection_is():
    response = b"HTTP/1.1 200 OK\r\nX-Robots-Tag: papers: noarchive\r\n\r\nx"
    assert snapshot(response)[0].capture.rights == ()
    assert snapshot(response, Claims(names=ROBOT_NAMES | {"papers"}))[0].capture.rights == ("noarchive",)


@pytest.mark.parametrize(("kind", "is_kept"), [("page", False), ("requisite", False), ("seed", True), ("robots", True)])
def test_a_page_that_is_not_to_be_kept_leaves_a_note_only(kind, is_kept):
    taken, records = snapshot(claims=Claims(skip_noarchive=True), kind=kind)
    assert taken.is_kept is is_kept
    if not is_kept:
        (note,) = records
        assert note.kind == "metadata"
        assert note.block == b"notKept: noarchive\r\nrobots: noarchive\r\ntdm-reservation: 1\r\n"
        assert b"text" not in b"".join(record.block for record in records)
        # What becomes of its URL goes by what was received.
        assert (taken.capture.status, taken.capture.digest is None) == (200, False)
