from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import RecordUnreadable
from archive.formats.digest import payload_digest
from archive.formats.warc import Record, encode_record, iter_records, new_record_id, parse_record
from archive.model import Article, Image, Reading, RecordLocation
from archive.readings import StoredText, decode_reading, encode_reading, pair_readings

MOMENT = datetime(2024, 5, 2, 8, 0, 0, 250_000, tzinfo=UTC)
URL = "https://example.org/a"

READING = Reading(
    url=URL,
    timestamp="20240501103000",
    record_id="urn:uuid:12345678-1234-1234-1234-123456789abc",
    digest=payload_digest(b"page"),
    source="voa",
    key="org,example)/a",
    extractor="newsmorgue/1",
    profile="p1",
    outcome="article",
    text_digest=payload_digest(b"text"),
    article=Article(
        url=URL,
        headline="پل بندر",
        authors=("Ada Quill",),
        images=(Image(url="https://example.org/a.png", caption="A bridge"),),
        date_published=datetime(2024, 5, 1, tzinfo=UTC),
    ),
)
NOT_ARTICLE = msgspec.structs.replace(READING, outcome="not-article", article=None, key=None, text_digest=None)


def stored(*groups: list[bytes]) -> list[tuple[Record, RecordLocation]]:
    found, offset = [], 0
    for member in (member for group in groups for member in group):
        found.append(
            (parse_record(member, "here"), RecordLocation(file="t.warc.gz", offset=offset, length=len(member)))
        )
        offset += len(member)
    return found


def pairs(records: list[tuple[Record, RecordLocation]]) -> list[StoredText]:
    damages: list[object] = []
    found = list(pair_readings(records, lambda *damage: damages.append(damage)))
    assert damages == []
    return found


@given(text=st.text(st.characters(blacklist_categories=["Cs"])), headline=st.none() | st.text(max_size=20))
def test_a_reading_comes_back_with_its_text(text: str, headline: str | None) -> None:
    try:
        (headline or "").encode()
    except UnicodeEncodeError:
        return
    reading = msgspec.structs.replace(READING, article=Article(url=URL, headline=headline))
    records = stored(encode_reading(reading, text, moment=MOMENT))
    assert decode_reading(records[0][0], "here") == reading
    assert records[1][0].block.decode() == text
    assert pairs(records) == [StoredText(reading, records[0][1], records[1][1], text)]


def test_records_of_a_reading_are_as_the_standard_says() -> None:
    metadata, conversion = (record for record, _ in stored(encode_reading(READING, "سلام", moment=MOMENT)))
    assert (metadata.kind, conversion.kind) == ("metadata", "conversion")
    for record, content_type in ((metadata, "application/json"), (conversion, "text/plain")):
        assert record.get("Content-Type") == content_type
        assert record.get("WARC-Refers-To") == f"<{READING.record_id}>"
        assert record.get("WARC-Target-URI") == URL
        assert record.get("WARC-Date") == "2024-05-02T08:00:00.250000Z"
        assert record.get("WARC-Block-Digest") == payload_digest(record.block)
    assert metadata.get("WARC-Record-ID") != conversion.get("WARC-Record-ID")


def test_without_new_text_there_is_no_conversion() -> None:
    assert len(encode_reading(READING, None, moment=MOMENT)) == 1
    assert len(encode_reading(READING, "", moment=MOMENT)) == 2


def test_each_text_belongs_to_the_reading_before_it() -> None:
    other = msgspec.structs.replace(READING, record_id="urn:uuid:other", url="https://example.org/b")
    records = stored(
        encode_reading(NOT_ARTICLE, None, moment=MOMENT),
        encode_reading(READING, "one", moment=MOMENT),
        encode_reading(other, None, moment=MOMENT),
        encode_reading(other, "two", moment=MOMENT)[1:],
    )
    assert [(pair.reading, pair.text_location is not None) for pair in pairs(records)] == [
        (NOT_ARTICLE, False),
        (READING, True),
        (other, True),
    ]


def test_a_text_of_another_page_is_not_taken_for_this_ones() -> None:
    other = msgspec.structs.replace(READING, record_id="urn:uuid:other")
    records = stored(encode_reading(READING, None, moment=MOMENT), encode_reading(other, "two", moment=MOMENT)[1:])
    assert [pair.text_location for pair in pairs(records)] == [None]
    assert pairs(records[1:]) == []


def test_what_is_no_reading_is_passed_over() -> None:
    fields = [("WARC-Date", "2024-05-01T10:30:00Z"), ("Content-Type", "application/warc-fields")]
    other = [
        encode_record(kind, new_record_id(), fields, b"via: x\r\n") for kind in ("warcinfo", "metadata", "resource")
    ]
    records = stored(other, encode_reading(READING, "one", moment=MOMENT), other)
    assert [(pair.reading, pair.text_location) for pair in pairs(records)] == [(READING, records[4][1])]


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "yesterday"},
        {"timestamp": "20241301000000"},
        {"url": ""},
        {"url": "http://"},
        {"outcome": "fine"},
        {"digest": 7},
        {"article": {"url": 1}},
    ],
)
def test_a_reading_that_makes_no_sense_is_named_and_hides_no_other(tmp_path: Path, change: dict[str, object]) -> None:
    block = msgspec.json.encode(msgspec.to_builtins(READING) | change)
    bad = encode_record("metadata", new_record_id(), [("Content-Type", "application/json")], block)
    good = encode_reading(READING, "one", moment=MOMENT)
    path = tmp_path / "t.warc.gz"
    path.write_bytes(b"".join([*good, bad, *good]))
    damages: list[tuple[int, str]] = []
    found = list(pair_readings(iter_records(path), lambda *damage: damages.append(damage)))
    assert [pair.reading for pair in found] == [READING, READING]
    ((offset, problem),) = damages
    assert offset == sum(map(len, good))
    assert problem.startswith("is no reading: ")  # whoever is told of it says where, once
    with pytest.raises(RecordUnreadable):
        decode_reading(parse_record(bad, "here"), "here")


@pytest.mark.parametrize("block", [b"", b"[]", b"{}", b"\xff", b'{"url": "\\ud800"}', b"[" * 100_000])
def test_broken_json_is_named(block: bytes) -> None:
    with pytest.raises(RecordUnreadable, match=r"^here: is no reading: "):
        decode_reading(Record("metadata", (), block), "here")
