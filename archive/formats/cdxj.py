"""One capture as a line of CDXJ, the sorted index that pywb and other WARC tools read.

    com,example)/a 20240501103000 {"url": "https://example.com/a", "mime": "text/html", "status": "200", "digest": "sha1:…", …}
    urlkey         timestamp      JSON, all values strings: url mime status digest length offset filename

then, where they apply, keys that other readers pass over: redirect, robotflags, rights, truncated, size, record_id, and of a revisit (whose
`mime` is `warc/revisit`) revisit, revisit_mime, refers_to_url, refers_to_timestamp, refers_to_record_id. Lines sort as bytes.
https://github.com/webrecorder/cdxj-indexer, https://iipc.github.io/warc-specifications/specifications/cdx-format/openwayback-cdxj/
"""

import json
from typing import Any, Literal, cast, get_args

import msgspec

from archive.errors import RecordUnreadable
from archive.formats.digest import parse_digest
from archive.formats.rights import robot_flags
from archive.model import Capture, RecordLocation, Reference, Truncation

_REVISIT = "warc/revisit"
_UNKNOWN = "unk"


def to_cdxj(capture: Capture) -> str:
    """The line of a capture, without a newline."""
    return f"{capture.urlkey} {capture.timestamp} {json.dumps(cdxj_fields(capture))}"


def cdxj_fields(capture: Capture) -> dict[str, str]:
    """The fields of the line's JSON, in their order; what is not known is not there."""
    mime = capture.mime
    if capture.revisit:
        mime = _REVISIT
    elif mime == _REVISIT:
        mime = _UNKNOWN  # a server may say so; readers would look for an original that does not exist
    refers_to = capture.refers_to
    fields = {
        "url": capture.url,
        "mime": mime,
        "status": _text(capture.status),
        "digest": capture.digest,
        "length": str(capture.location.length),
        "offset": str(capture.location.offset),
        "filename": capture.location.file,
        "redirect": capture.redirect,
        "robotflags": robot_flags(capture.rights),
        "rights": " ".join(capture.rights) or None,
        "truncated": capture.truncated,
        "size": _text(capture.size),
        "record_id": capture.record_id,
        "revisit": capture.revisit,
        "revisit_mime": capture.mime if capture.revisit else None,
        "refers_to_url": refers_to.url if refers_to else None,
        "refers_to_timestamp": refers_to.timestamp if refers_to else None,
        "refers_to_record_id": refers_to.record_id if refers_to else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def from_cdxj(line: str) -> Capture:
    """The capture of a line, whoever wrote it; `RecordUnreadable` when it is no CDXJ."""
    urlkey, _, rest = line.rstrip("\r\n").partition(" ")
    timestamp, _, block = rest.partition(" ")
    if len(timestamp) != 14 or not timestamp.isdecimal() or not urlkey:
        raise RecordUnreadable(f"{line[:80]!r} is no CDXJ line (urlkey, 14-digit timestamp, JSON)")
    try:
        fields = msgspec.json.decode(block, type=dict[str, str | int | float | bool | None])
        return _capture(urlkey, timestamp, {name: value for name, value in fields.items() if value not in (None, "-")})
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        raise RecordUnreadable(f"{line[:80]!r} is no CDXJ line: {type(error).__name__} {error}") from error


def _capture(urlkey: str, timestamp: str, fields: dict[str, Any]) -> Capture:
    revisit: Literal["identical", "not-modified"] | None = None
    mime = str(fields.get("mime", _UNKNOWN))
    if mime == _REVISIT:
        revisit = "not-modified" if fields.get("revisit") == "not-modified" else "identical"
        mime = str(fields.get("revisit_mime", _UNKNOWN))
    digest = fields.get("digest")
    refers_to = None
    if "refers_to_url" in fields:
        timestamp_of = fields.get("refers_to_timestamp")
        refers_to = Reference(
            url=str(fields["refers_to_url"]),
            timestamp=str(timestamp_of) if timestamp_of is not None else None,
            record_id=fields.get("refers_to_record_id"),
        )
    return Capture(
        urlkey=urlkey,
        timestamp=timestamp,
        url=str(fields["url"]),
        mime=mime,
        status=_number(fields, "status"),
        digest=(parse_digest(str(digest)) or str(digest)) if digest else None,
        location=RecordLocation(
            file=str(fields["filename"]), offset=int(fields["offset"]), length=int(fields["length"])
        ),
        record_id=fields.get("record_id"),
        revisit=revisit,
        refers_to=refers_to,
        truncated=cast(Truncation, fields["truncated"]) if fields.get("truncated") in get_args(Truncation) else None,
        size=_number(fields, "size"),
        redirect=fields.get("redirect"),
        rights=tuple(str(fields["rights"]).split()) if "rights" in fields else (),
    )


def _number(fields: dict[str, Any], name: str) -> int | None:
    return int(fields[name]) if name in fields else None


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
