"""Rows of the catalog as lines of CDXJ, many at a time, without a `Capture` in between. Pure.

Neighbours have much in common: URL, media type and status stand in a line as they stood in the one before, a revisit refers
to what the revisit before it does, and digests and record ids are written out all in one go. Lines are those of
`archive.formats.cdxj`, which has the last word: whatever is unusual about a capture is left to `CaptureRow.fields`.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quote
from typing import NamedTuple

from archive.formats.digest import format_sha1s
from archive.formats.rights import robot_flags
from archive.index.catalog_packing import (
    FORM,
    HAS_REDIRECT,
    HAS_RIGHTS,
    MIME_SHIFT,
    ODD,
    REVISIT_SHIFT,
    STATUS,
    TRUNCATED,
    TRUNCATED_SHIFT,
    PackedRow,
    Rest,
    Tail,
    has_url_of_key,
    tail_of,
    url_from,
)
from archive.index.catalog_row import CaptureRow, Names
from archive.index.catalog_rows import TRUNCATIONS

_AT_ONCE = 128
"""Rows whose digests are written out together: the numbers that move their bits stay small, and in the processor's cache."""
_HEAD = 36
"""Bytes of a body before its tail: digest and record id."""
_REVISIT, _IDENTICAL = 3 << REVISIT_SHIFT, 1 << REVISIT_SHIFT
_SAYS_REVISIT = "warc/revisit"
_MORE = TRUNCATED | HAS_RIGHTS | HAS_REDIRECT
"""Flags of what some captures say between their file and their size."""
_YEAR_1000 = 10**13
"""From here on a timestamp has its 14 digits by itself."""
_YEAR_1000_PACKED = _YEAR_1000.to_bytes(6, "big")
_REFERENCE = 22
"""Bytes of a timestamp and a UUID."""
_NONE = bytes(16)
"""Of a digest or record id that is not there, or that is kept elsewhere."""


class _Kind(NamedTuple):
    """What all rows of the same flags say."""

    form: int
    """How a URL is made of its key."""
    answer: str
    """Media type and status, up to the digest; nothing where the flags are unusual."""
    revisit: str
    """Of a revisit what follows its record id, up to the URL of the original."""


def write_lines(rows: Sequence[PackedRow], names: Names, *, as_json: bool = False) -> list[str]:
    """The line of each row, with its newline; `as_json` without the two words before the JSON. Raises IndexOutdated."""
    writer = _Writer(names, as_json)
    return [line for at in range(0, len(rows), _AT_ONCE) for line in writer.write(rows[at : at + _AT_ONCE])]


class _Writer:
    """Writes the lines of one answer, and keeps in mind what they have in common."""

    def __init__(self, names: Names, as_json: bool) -> None:
        self._names = names
        self._as_json = as_json
        self._kinds: dict[int, _Kind] = {}
        """By flags."""
        self._files: dict[int, str] = {}
        self._references: dict[bytes | None, str | None] = {None: None}
        """What revisits say of their originals, by how it is packed; nothing where that is unusual."""

    def write(self, rows: Sequence[PackedRow]) -> list[str]:
        """The lines of some rows, in one loop: each call in it would cost a line a twentieth more."""
        kinds, files, references, as_json = self._kinds, self._files, self._references, self._as_json
        tails = [tail_of(row[3]) for row in rows]
        self._read_references(tails)
        heads = b"".join([row[3][:_HEAD] for row in rows])
        has_gaps = _NONE in heads
        before, between, url = "", '", ' if as_json else " {", ""
        written_key, written_form = None, 0
        lines = []
        each = zip(rows, tails, format_sha1s(heads, _HEAD), format_uuids(heads, _HEAD), strict=True)
        for row, tail, digest, record in each:
            urlkey, timestamp, flags, body = row
            rest, size = tail.rest, tail.size
            form, answer, revisit = kinds.get(flags) or self._kind_of(flags)
            if urlkey != written_key or form != written_form:
                url = quote(url_from(urlkey, flags, body))
                before = f'{{"urlkey": {quote(urlkey)}, "timestamp": "' if as_json else f"{urlkey} "
                written_key, written_form = urlkey if has_url_of_key(flags) else None, form
            reference = references[rest.refers_to]
            if (
                not answer
                or timestamp < _YEAR_1000
                or rest.refers_url is not None
                or (not reference if revisit else reference is not None)
                or (has_gaps and (body.startswith(_NONE) or body.startswith(_NONE, 20)))
            ):
                lines.append(self._write_out(row))
                continue
            file = files.get(tail.file) or self._file(tail.file)
            more = "" if size is None else f', "size": "{size}"'
            if flags & _MORE or rest.redirect is not None:
                more = _more(flags, rest) + more
            behind = f"{revisit}{url}{reference}" if revisit else ""
            lines.append(
                f'{before}{timestamp}{between}"url": {url}{answer}{digest}", "length": "{tail.length}", '
                f'"offset": "{tail.offset}", "filename": {file}{more}, "record_id": "urn:uuid:{record}"{behind}}}\n'
            )
        return lines

    def _read_references(self, tails: list[Tail]) -> None:
        new = {tail.rest.refers_to for tail in tails}.difference(self._references)
        if not new:
            return
        self._references |= dict.fromkeys(new, "")
        usual = [packed for packed in new if packed and len(packed) == _REFERENCE and packed >= _YEAR_1000_PACKED]
        for packed, record in zip(usual, format_uuids(b"".join(usual), _REFERENCE), strict=True):
            self._references[packed] = (
                f', "refers_to_timestamp": "{int.from_bytes(packed[:6], "big")}", '
                f'"refers_to_record_id": "urn:uuid:{record}"'
            )

    def _kind_of(self, flags: int) -> _Kind:
        mime, kind, status = self._names.name_of(flags >> MIME_SHIFT), flags & _REVISIT, flags & STATUS
        answer = revisit = ""
        if not flags & ODD and status and mime != _SAYS_REVISIT and kind in (0, _IDENTICAL):
            answer = f', "mime": {quote(_SAYS_REVISIT if kind else mime)}, "status": "{status}", "digest": "sha1:'
            revisit = f', "revisit": "identical", "revisit_mime": {quote(mime)}, "refers_to_url": ' if kind else ""
        return self._kinds.setdefault(flags, _Kind(flags & FORM, answer, revisit))

    def _file(self, number: int) -> str:
        return self._files.setdefault(number, quote(self._names.file_name(number)))

    def _write_out(self, row: PackedRow) -> str:
        fields = CaptureRow(row, self._names).fields()
        if self._as_json:
            return json.dumps(fields) + "\n"
        urlkey, timestamp = fields.pop("urlkey"), fields.pop("timestamp")
        return f"{urlkey} {timestamp} {json.dumps(fields)}\n"


def _more(flags: int, rest: Rest) -> str:
    """What stands between file and size."""
    text = "" if rest.redirect is None else f', "redirect": {quote(rest.redirect)}'
    if rest.rights:
        robots = robot_flags(tuple(rest.rights.split(" ")))
        text += f', "robotflags": {quote(robots)}' if robots else ""
        text += f', "rights": {quote(rest.rights)}'
    truncation = TRUNCATIONS[(flags & TRUNCATED) >> TRUNCATED_SHIFT]
    return f'{text}, "truncated": "{truncation}"' if truncation else text


def format_uuids(packed: bytes, stride: int) -> list[str]:
    """The texts of the UUIDs that end each so many bytes (18 or more).

    >>> format_uuids(bytes(2) + bytes(range(16)), 18)
    ['00010203-0405-0607-0809-0a0b0c0d0e0f']
    """
    count = len(packed) // stride
    if count == 1:
        digits = packed[-16:].hex()
        return [f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"]
    first, second, third, fourth, last, dashes = _fields_of(count, stride)
    text = int.from_bytes(packed.hex().encode(), "big")
    parted = (text & first) << 32 | (text & second) << 24 | (text & third) << 16 | (text & fourth) << 8
    uuids = (parted | text & last | dashes).to_bytes(2 * len(packed), "big").decode()
    return [uuids[end - 36 : end] for end in range(2 * stride, len(uuids) + 1, 2 * stride)]


@lru_cache(maxsize=256)
def _fields_of(count: int, stride: int) -> tuple[int, ...]:
    """Where the five fields of so many UUIDs stand in a number of two digits a byte, and the dashes that go between them.

    Twelve times the size of what is asked for: 4 MB once up to 128 were.
    """
    each = int.from_bytes((bytes(2 * stride - 1) + b"\1") * count, "big")
    fields = [((1 << 8 * digits) - 1 << 8 * behind) * each for digits, behind in _FIELDS]
    return *fields, sum(ord("-") << 8 * behind for behind in (12, 17, 22, 27)) * each


_FIELDS = ((8, 24), (4, 20), (4, 16), (4, 12), (12, 0))
"""Digits in each field of a UUID, and behind it."""
