"""The seven columns of the Internet Archive's dialect, for many rows at a time: what most of its answers consist of.

Values are those of `archive.web.cdx_row`, which has the last word on whatever is unusual about a capture.
"""

from collections.abc import Sequence

from archive.formats.digest import format_sha1s
from archive.index.catalog_packing import FORM, ODD, REVISIT_SHIFT, STATUS, PackedRow, has_url_of_key, tail_of, url_from
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import unpack_timestamp
from archive.web.cdx_row import REVISIT, UNKNOWN, WAYBACK_FIELDS, Row, wayback_value

Columns = tuple[str, ...]

AT_ONCE = 100
"""Rows that are read together."""
_HEAD = 36
"""Bytes of a body up to its tail, of which a digest is the first twenty."""
_NO_DIGEST = bytes(16)
_REVISIT = 3 << REVISIT_SHIFT
_VALUES = tuple(value for name in WAYBACK_FIELDS if (value := wayback_value(name)))


def read_columns(captures: Sequence[CaptureRow]) -> list[Columns]:
    """The values of `WAYBACK_FIELDS` of some captures."""
    rows: list[PackedRow] = [capture.packed for capture in captures]
    heads = b"".join([row[3][:_HEAD] for row in rows])
    if len(heads) < _HEAD * len(rows):
        for row in rows:
            tail_of(row[3])  # which says what it means that there is none
    kinds: dict[int, tuple[str, str] | None] = {}
    """Media type and status by flags; `None` where these are unusual."""
    written_key, written_form, url = None, 0, ""
    found: list[Columns] = []
    for capture, row, digest in zip(captures, rows, format_sha1s(heads, _HEAD), strict=True):
        urlkey, timestamp, flags, body = row
        if flags not in kinds:
            kinds[flags] = _kind_of(capture, flags)
        kind = kinds[flags]
        if kind is None or body.startswith(_NO_DIGEST):
            found.append(tuple([value(Row(capture, None)) for value in _VALUES]))
            continue
        if urlkey != written_key or flags & FORM != written_form:
            url = url_from(urlkey, flags, body) or UNKNOWN
            written_key, written_form = urlkey if has_url_of_key(flags) else None, flags & FORM
        found.append((urlkey, unpack_timestamp(timestamp), url, *kind, digest, str(tail_of(body).length)))
    return found


def _kind_of(capture: CaptureRow, flags: int) -> tuple[str, str] | None:
    mime, status = capture.mime, flags & STATUS
    if flags & ODD or not status or not mime or mime == REVISIT:
        return None
    return (REVISIT, UNKNOWN) if flags & _REVISIT else (mime, str(status))
