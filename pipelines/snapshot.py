"""Snapshot: one exchange becomes WARC/1.1 records and a capture, and nothing is read out of the page.

The response record's block is the final message byte for byte, transfer coding included; interim 1xx heads go to a
`metadata` record beside it, because a leading 1xx misleads readers. A payload that is already archived becomes a
`revisit` (WARC/1.1 section 6.7). What a browser made of a page is a `resource` behind all these. Where the records end up is left to `archive.warcfile`.
"""

from datetime import datetime
from typing import Protocol

import msgspec

from archive.captures import DOM_URI, redirect_target, rights_of
from archive.formats import http
from archive.formats.digest import payload_digest
from archive.formats.rights import NOTHING_SAID, RESERVED, Rights, page_rights
from archive.formats.timestamp import from_timestamp, to_timestamp
from archive.formats.urlkey import urlkey
from archive.formats.warc import (
    DOM_TYPE,
    FIELDS_TYPE,
    IDENTICAL,
    NOT_MODIFIED,
    REQUEST_TYPE,
    RESPONSE_TYPE,
    encode_record,
    new_record_id,
    warc_date,
)
from archive.model import Capture, Dom, Exchange, RecordLocation, Reference
from pipelines.claims import NO_CLAIMS, Claims

NOWHERE = RecordLocation(file="", offset=0, length=0)
"""Stands in a capture until its records are appended to a file."""

Fields = list[tuple[str, str]]


class Originals(Protocol):
    """What the snapshot asks of the archive before it writes a payload again."""

    def latest_original(self, url: str) -> Capture | None:
        """The newest complete 200 of this URL that is stored in full."""

    def find_identical(self, digest: str, size: int, *, url: str | None = None) -> Capture | None:
        """A complete 200 stored in full with this payload; of this URL, or of any where `url` is None."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one exchange, encoded, and the capture that indexes the first of them."""

    records: tuple[bytes, ...]
    """Gzip members: response or revisit first, then request, then what else was received."""
    capture: Capture | None
    """With location `NOWHERE`; `None` where no HTTP response came."""
    head: http.Head | None
    """The final response head; `None` where no HTTP response came."""
    is_kept: bool = True
    """Whether the records hold what was received; `False` where it says `noarchive`, and that is to be heeded."""


def take_snapshot(exchange: Exchange, originals: Originals, claims: Claims = NO_CLAIMS) -> Snapshot:
    """The records and the capture of one exchange. Raises ValueError where its URL holds a line break."""
    interim, message = http.split_interim(exchange.response)
    raw_head, body = http.split_head(message)
    head = http.parse_head(raw_head)
    record_id = new_record_id()
    # Whole seconds: a revisit's WARC-Refers-To-Date must equal this date, and indexes keep no more.
    date = warc_date(exchange.began.replace(microsecond=0))
    common = _common_fields(exchange, date, head)
    records = []
    capture = None
    said = NOTHING_SAID
    if head:
        payload = http.entity(head, body)
        draft = Capture(
            urlkey=urlkey(exchange.url),
            timestamp=to_timestamp(exchange.began),
            url=exchange.url,
            mime=http.media_type(head.get("content-type")),
            status=head.status,
            digest=payload_digest(payload),
            location=NOWHERE,
            record_id=record_id,
            truncated=exchange.truncated,
            size=len(payload),
            redirect=redirect_target(exchange.url, head),
        )
        said = rights_of(head, payload, claims.names) | claims.of_site(exchange.url)
        if exchange.rendering is not None and exchange.rendering.dom is not None:
            said |= page_rights(exchange.rendering.dom, claims.names)  # scripts write such elements, too
        original, capture = _revisit_of(draft, exchange, originals)
        if original is not None and draft.status == 304:
            said |= Rights(directives=tuple(mark for mark in original.rights if mark != RESERVED))
            said |= Rights(reservation=True) if RESERVED in original.rights else NOTHING_SAID
        capture = msgspec.structs.replace(capture, rights=said.marks)
        if claims.skips(exchange, said):
            return Snapshot(records=(_skipped_record(common, said),), capture=capture, head=head, is_kept=False)
        records.append(_response_record(capture, original, common, raw_head, message))
    elif message:
        # Not HTTP at all: kept as it came, but a `response` record must hold a response.
        fields = [*common, *_truncated(exchange.truncated)]
        records.append(_beside(fields, None, record_id, "application/octet-stream", message))
    if exchange.request:
        fields = [*common, *_concurrent(record_id if records else None), ("Content-Type", REQUEST_TYPE)]
        fields.append(("WARC-Block-Digest", payload_digest(exchange.request)))
        request_id = new_record_id()
        records.append(encode_record("request", request_id, fields, exchange.request))
        if not exchange.response:
            note = f"fetchFailure: {exchange.truncated or 'disconnect'}\r\n".encode()
            records.append(_beside(common, request_id, new_record_id(), FIELDS_TYPE, note))
    # As Heritrix writes it: a reader of the files alone can tell that this is a part of a page, and of which.
    note = f"via: {exchange.via}\r\nhopsFromSeed: E\r\n".encode() if exchange.via and records else b""
    if note := note + said.to_fields():
        records.append(_beside(common, record_id, new_record_id(), FIELDS_TYPE, note))
    if interim:
        records.append(_beside(common, record_id, new_record_id(), RESPONSE_TYPE, interim))
    rendering = exchange.rendering
    if capture is not None and rendering is not None and rendering.dom is not None:
        records.append(_dom_record(exchange.url, record_id, rendering.dom, rendering.taken))
        capture = msgspec.structs.replace(capture, dom=Dom(digest=payload_digest(rendering.dom), location=NOWHERE))
    return Snapshot(records=tuple(records), capture=capture, head=head)


def _revisit_of(draft: Capture, exchange: Exchange, originals: Originals) -> tuple[Capture | None, Capture]:
    """The original that this exchange repeats, if any, and the capture that says so."""
    original: Capture | None = None
    if draft.truncated is None and draft.status == 200 and draft.size and draft.digest:
        # Pages point within their URL, so each page's own history stays whole; requisites are shared by many pages.
        within = None if exchange.kind == "requisite" else draft.url
        original = originals.find_identical(draft.digest, draft.size, url=within)
    elif draft.truncated is None and draft.status == 304:
        original = originals.latest_original(draft.url)
    if original is None:
        return None, draft
    reference = Reference(url=original.url, timestamp=original.timestamp, record_id=original.record_id)
    return original, msgspec.structs.replace(
        draft,
        refers_to=reference,
        revisit="not-modified" if draft.status == 304 else "identical",
        digest=original.digest,
        size=None,
    )


def _response_record(
    capture: Capture, original: Capture | None, common: Fields, raw_head: bytes, message: bytes
) -> bytes:
    assert capture.record_id
    fields = [*common, ("Content-Type", RESPONSE_TYPE), ("WARC-Payload-Digest", capture.digest or "")]
    if original is None:
        fields += [*_truncated(capture.truncated), ("WARC-Block-Digest", payload_digest(message))]
        return encode_record("response", capture.record_id, fields, message)
    # A 304 has no body; what a server sends behind it all the same is stored nowhere else.
    block = raw_head if capture.revisit == "identical" else message
    fields += [
        ("WARC-Profile", IDENTICAL if capture.revisit == "identical" else NOT_MODIFIED),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", warc_date(from_timestamp(original.timestamp))),
        ("WARC-Block-Digest", payload_digest(block)),
    ]
    if original.record_id:
        fields.append(("WARC-Refers-To", f"<{original.record_id}>"))
    return encode_record("revisit", capture.record_id, fields, block)


def _dom_record(url: str, record_id: str, dom: bytes, taken: datetime) -> bytes:
    digest = payload_digest(dom)
    fields = [
        ("WARC-Date", warc_date(taken)),
        ("WARC-Target-URI", DOM_URI + url),
        *_concurrent(record_id),
        ("Content-Type", DOM_TYPE),
        ("WARC-Payload-Digest", digest),
        ("WARC-Block-Digest", digest),
    ]
    return encode_record("resource", new_record_id(), fields, dom)


def _common_fields(exchange: Exchange, date: str, head: http.Head | None) -> Fields:
    fields = [("WARC-Date", date), ("WARC-Target-URI", exchange.url)]
    if exchange.ip:
        fields.append(("WARC-IP-Address", exchange.ip))
    if head:
        fields.append(("WARC-Protocol", head.version.lower()))
    if exchange.tls_version:
        # WARC-Protocol's registry writes `tls/1.3` for what OpenSSL calls TLSv1.3.
        fields.append(("WARC-Protocol", exchange.tls_version.lower().replace("v", "/")))
    if exchange.tls_cipher:
        fields.append(("WARC-Cipher-Suite", exchange.tls_cipher))
    return fields


def _beside(common: Fields, concurrent_to: str | None, record_id: str, content_type: str, block: bytes) -> bytes:
    fields = [*common, *_concurrent(concurrent_to), ("Content-Type", content_type)]
    fields.append(("WARC-Block-Digest", payload_digest(block)))
    return encode_record("metadata", record_id, fields, block)


def _skipped_record(common: Fields, said: Rights) -> bytes:
    """What is left of a response that is not kept: that it was asked for, and what it said."""
    return _beside(common, None, new_record_id(), FIELDS_TYPE, b"notKept: noarchive\r\n" + said.to_fields())


def _truncated(reason: str | None) -> Fields:
    return [("WARC-Truncated", reason)] if reason else []


def _concurrent(record_id: str | None) -> Fields:
    return [("WARC-Concurrent-To", f"<{record_id}>")] if record_id else []
