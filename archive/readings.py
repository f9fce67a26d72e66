"""Readings as WARC records in `text/`: what extraction found, beside the captures it was read from.

    metadata     application/json: a Reading, its article without text      WARC-Refers-To: the capture's record
    conversion   text/plain: the text, right behind its metadata record     WARC-Refers-To: the capture's record

The conversion is there only where the text is new, so equal texts are kept once (WARC/1.1 sections 6.6 and 6.8).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from archive.errors import QueryInvalid, RecordUnreadable
from archive.formats.digest import payload_digest
from archive.formats.timestamp import from_timestamp
from archive.formats.urlkey import urlkey
from archive.formats.warc import Damage, Record, encode_record, new_record_id, warc_date
from archive.model import Reading, RecordLocation

_decoder = msgspec.json.Decoder(Reading)


class StoredText(msgspec.Struct, frozen=True):
    """A reading found in a text WARC, and where its records lie."""

    reading: Reading
    location: RecordLocation
    text_location: RecordLocation | None
    text: str | None = None
    """Where it came right with the reading; else it is at its place."""


def encode_reading(reading: Reading, text: str | None, *, moment: datetime) -> list[bytes]:
    """The records of a reading made at `moment`; `text` is given where it is new."""
    assert reading.article is None or not reading.article.text
    fields = [
        ("WARC-Date", warc_date(moment)),
        ("WARC-Target-URI", reading.url),
        ("WARC-Refers-To", f"<{reading.record_id}>"),
    ]
    blocks = [("metadata", "application/json", msgspec.json.encode(reading))]
    if text is not None:
        blocks.append(("conversion", "text/plain", text.encode()))
    return [
        encode_record(
            kind,
            new_record_id(),
            [*fields, ("Content-Type", content_type), ("WARC-Block-Digest", payload_digest(block))],
            block,
        )
        for kind, content_type, block in blocks
    ]


def decode_reading(record: Record, place: str) -> Reading:
    """The reading in a metadata record. Raises RecordUnreadable."""
    try:
        reading = _decoder.decode(record.block)
        from_timestamp(reading.timestamp)
        urlkey(reading.url)
    except (msgspec.MsgspecError, UnicodeDecodeError, QueryInvalid) as error:
        raise RecordUnreadable(f"{place}: is no reading: {error}") from error
    return reading


def pair_readings(records: Iterable[tuple[Record, RecordLocation]], damage: Damage) -> Iterator[StoredText]:
    """The readings in the records of a text WARC, each with its text's place where it brought one.

    A metadata record that should hold a reading and does not goes to `damage`.
    """
    held: StoredText | None = None
    for record, location in records:
        if record.kind == "conversion" and held is not None:
            if record.get("WARC-Refers-To") == f"<{held.reading.record_id}>":
                held = StoredText(held.reading, held.location, location, record.block.decode("utf-8", "replace"))
            continue
        if held is not None:
            yield held
            held = None
        if record.kind == "metadata" and record.get("Content-Type") == "application/json":
            place = f"{location.file} at byte {location.offset}"
            try:
                held = StoredText(decode_reading(record, place), location, None)
            except RecordUnreadable as error:
                damage(location.offset, str(error).removeprefix(f"{place}: "))
    if held is not None:
        yield held
