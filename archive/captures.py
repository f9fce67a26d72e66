"""From a stored WARC record to the capture that indexes it: how the catalog is made from files, whoever wrote them.

Digests are computed from the payload, never taken from a header, except for revisits, which hold no payload.

    response (or revisit) ─ request ─ resource urn:morgue:dom:URL        what a browser made of it, in the same file

"""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urljoin

import msgspec

from archive.coding import decode_start
from archive.errors import QueryInvalid, RecordUnreadable
from archive.formats import http
from archive.formats.digest import parse_digest, payload_digest
from archive.formats.rights import (
    HEAD_BYTES,
    NOTHING_SAID,
    ROBOT_NAMES,
    Rights,
    from_fields,
    header_rights,
    page_rights,
)
from archive.formats.timestamp import from_warc_date, to_timestamp
from archive.formats.urlkey import urlkey
from archive.formats.warc import FIELDS_TYPE, Record
from archive.model import Capture, Dom, RecordLocation, Reference, Truncation

PAGES = ("text/html", "application/xhtml+xml")
"""Media types whose payload may say of its own use."""
_SHORT_HEAD_BYTES = 16 * 1024
_TRUNCATIONS: dict[str, Truncation] = {"length": "length", "time": "time", "disconnect": "disconnect"}
DOM_URI = "urn:morgue:dom:"
"""Begins the WARC-Target-URI of what a browser made of a page; the page's URL follows."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REDIRECTS = frozenset((300, 301, 302, 303, 307, 308))  # a 304 may carry a Location, and sends nobody there


def to_capture(record: Record, location: RecordLocation, *, with_rights: bool = True) -> Capture | None:
    """The capture of a response or revisit record of an http or https URL; `None` for any other record.

    `with_rights` looks into the page, too, which takes most of the time.
    Raises RecordUnreadable where such a record has no id, no date, no URL or no HTTP head.
    """
    if record.kind not in ("response", "revisit"):
        return None
    place = _place(location)
    url = (record.get("WARC-Target-URI") or "").strip("<>")
    if not url.lower().startswith(("http://", "https://")):
        return None
    if _CONTROL.search(url):  # it would be written into fields of other records
        raise RecordUnreadable(f"{place}: {url!r:.200} is no URL")
    head_bytes, body = http.split_head(http.split_interim(record.block)[1])
    head = http.parse_head(head_bytes)
    if head is None and record.kind == "response":
        raise RecordUnreadable(f"{place}: holds no HTTP response head")
    record_id = _id(record.get("WARC-Record-ID"))
    if record_id is None:
        raise RecordUnreadable(f"{place}: has no WARC-Record-ID")
    try:
        key = urlkey(url)
        timestamp = to_timestamp(from_warc_date(record.get("WARC-Date") or ""))
    except (QueryInvalid, RecordUnreadable) as error:
        raise RecordUnreadable(f"{place}: {error}") from error
    revisit = record.kind == "revisit"
    # Of a revisit some writers say so because the payload is left out, which is what a revisit is.
    stated = None if revisit else record.get("WARC-Truncated") or record.get("WARC-Segment-Number")
    payload = b"" if revisit or head is None else http.entity(head, body)
    not_modified = "not-modified" in (record.get("WARC-Profile") or "")
    return Capture(
        urlkey=key,
        timestamp=timestamp,
        url=url,
        mime=http.media_type(head.get("content-type") if head else None),
        status=head.status if head else None,
        digest=parse_digest(record.get("WARC-Payload-Digest") or "") if revisit else payload_digest(payload),
        location=location,
        record_id=record_id,
        revisit=("not-modified" if not_modified else "identical") if revisit else None,
        refers_to=_reference(record, url) if revisit else None,
        truncated=_TRUNCATIONS.get(stated, "length") if stated else None,
        size=None if revisit else len(payload),
        redirect=redirect_target(url, head) if head else None,
        rights=rights_of(head, payload).marks if head and with_rights else (),
    )


def pair_captures(
    records: Iterable[tuple[Record, RecordLocation]], on_problem: Callable[[RecordLocation, str], None]
) -> Iterator[Capture]:
    """The captures in the records of a WARC file, in order, each with the DOM, and what was noted of rights, behind it."""
    held: Capture | None = None
    for record, location in records:
        if held is not None and _is_dom_of(record, held):
            dom = Dom(digest=payload_digest(record.block), location=location)
            held = msgspec.structs.replace(held, dom=dom)
            continue
        if held is not None and _is_note_on(record, held) and (said := from_fields(record.block)) != NOTHING_SAID:
            # It also knows what its site said elsewhere, and of a revisit what the original's page says.
            held = msgspec.structs.replace(held, rights=said.marks)
            continue
        try:
            capture = to_capture(record, location)
        except RecordUnreadable as error:
            on_problem(location, str(error).removeprefix(f"{_place(location)}: "))
            continue
        if capture is None:
            continue
        if held is not None:
            yield held
        held = capture
    if held is not None:
        yield held


def _place(location: RecordLocation) -> str:
    return f"{location.file} at byte {location.offset}"


def _is_note_on(record: Record, capture: Capture) -> bool:
    if record.kind != "metadata" or record.get("Content-Type") != FIELDS_TYPE:
        return False
    return _id(record.get("WARC-Concurrent-To")) == capture.record_id


def _is_dom_of(record: Record, capture: Capture) -> bool:
    if record.kind != "resource" or not (record.get("WARC-Target-URI") or "").startswith(DOM_URI):
        return False
    return _id(record.get("WARC-Concurrent-To")) == capture.record_id


def redirect_target(url: str, head: http.Head) -> str | None:
    """Where a 3xx response sends its reader, absolute; `None` for any other response."""
    location = head.get("location") if head.status in _REDIRECTS else None
    if not location:
        return None
    try:
        # Header values are read as latin-1; servers that send UTF-8 there mean UTF-8.
        return urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))
    except ValueError:
        return None


def _reference(record: Record, url: str) -> Reference | None:
    record_id = _id(record.get("WARC-Refers-To"))
    try:
        timestamp = to_timestamp(from_warc_date(record.get("WARC-Refers-To-Date") or ""))
    except RecordUnreadable:
        # WARC/1.0 has no such field. Without an id, too, the digest leads to the original.
        if record_id is None:
            return None
        timestamp = None
    target = (record.get("WARC-Refers-To-Target-URI") or url).strip("<>")
    return Reference(url=target, timestamp=timestamp, record_id=record_id)


def _id(field: str | None) -> str | None:
    record_id = (field or "").strip("<>")
    return record_id if record_id and not _CONTROL.search(record_id) else None


def rights_of(head: http.Head, payload: bytes, names: frozenset[str] = ROBOT_NAMES) -> Rights:
    """What a response says of its own use, in its headers and, where it is a page, in its head."""
    said = header_rights(head.headers, names)
    if payload and http.media_type(head.get("content-type")) in PAGES:
        encoding = head.get("content-encoding")
        # Most heads are short, and decoding is most of the work.
        start = decode_start(payload, encoding, _SHORT_HEAD_BYTES)
        if len(start) == _SHORT_HEAD_BYTES and b"</head" not in start:
            start = decode_start(payload, encoding, HEAD_BYTES)
        said |= page_rights(start, names)
    return said
