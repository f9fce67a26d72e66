"""Short answers of the catalog as finished CDXJ lines: what a busy server is asked most, in one read.

A `Capture` of a hundred fields made and taken apart again costs three times what reading it from disk does. Lines are those
of `archive.formats.cdxj`, which has the last word: whatever is unusual about a capture is left to it.
"""

import json
from itertools import islice, pairwise
from json.encoder import encode_basestring_ascii as quote

import apsw

from archive.formats.digest import format_sha1s
from archive.index.catalog_database import Row
from archive.index.catalog_packing import (
    HAS_REDIRECT,
    HAS_RIGHTS,
    MIME_SHIFT,
    ODD,
    OFFSET,
    OFFSET_BITS,
    REVISIT_SHIFT,
    STATUS,
    TRUNCATED,
    tail_of,
    url_from,
)
from archive.index.catalog_ranges import COLUMNS, RangeCatalog
from archive.index.catalog_row import CaptureRow
from archive.index.catalog_rows import NOT_MODIFIED, pack_timestamp, seconds

_RANGE = f"SELECT {COLUMNS} FROM capture c WHERE c.urlkey >= ? AND c.urlkey < ? ORDER BY c.urlkey, c.timestamp, c.place"
_SIDE = (
    f"SELECT * FROM (SELECT {COLUMNS} FROM capture c WHERE c.urlkey = ?1 AND c.timestamp {{}} ?2 "
    "ORDER BY c.timestamp {} LIMIT ?3)"
)
_NEAREST = _SIDE.format("<=", "DESC") + " UNION ALL " + _SIDE.format(">", "ASC")
_SPARE = 3
"""Captures read on each side of a time for those that are left out."""
_REVISIT = 3 << REVISIT_SHIFT
_NOT_MODIFIED = NOT_MODIFIED << REVISIT_SHIFT
_SAYS_REVISIT = '"warc/revisit"'
_UNUSUAL = ODD | TRUNCATED | HAS_RIGHTS | HAS_REDIRECT
_YEAR_1000 = 10**13
"""From here on a timestamp has its 14 digits by itself."""
_REFERENCE = 22
"""Bytes of a timestamp and a UUID."""
_NONE = bytes(16)
"""Of a digest or record id that is not there, or that is kept elsewhere."""


class LineCatalog(RangeCatalog):
    """The part of the catalog that answers in lines. Not-modified revisits are left out, as of every CDXJ."""

    def first_lines(
        self, start: str, end: str, most: int, *, whole: bool = False, as_json: bool = False
    ) -> list[str] | None:
        """The first `most` lines of a range of urlkeys, each with its newline; `as_json` without the two words before the JSON.

        `None` where that is not a short question: captures share a second, there are many that are left out, or with
        `whole` more than `most`.
        """
        rows = self._shown(_RANGE, (start, end), most + 1)
        if rows is None or (whole and len(rows) > most) or _share_a_second(rows):
            return None
        return self._to_lines(rows[:most], as_json)

    def nearest_lines(self, urlkey: str, timestamp: str, most: int, *, as_json: bool = False) -> list[str] | None:
        """As `first_lines`, of the captures of a URL that are nearest to a time, the nearest first."""
        moment = pack_timestamp(timestamp)
        size = most + _SPARE
        rows = self._all(_NEAREST, (urlkey, moment, size))
        before = [row for row in rows if row[1] <= moment]
        sides = before, rows[len(before) :]
        for side in sides:
            shown = [row for row in side if row[3] & _REVISIT != _NOT_MODIFIED]
            if _share_a_second(side) or (len(side) == size and len(shown) <= most):
                return None
        goal = seconds(moment)
        shown = [row for row in rows if row[3] & _REVISIT != _NOT_MODIFIED]
        shown.sort(key=lambda row: abs(seconds(row[1]) - goal))  # stays in order where two are equally near
        return self._to_lines(shown[:most], as_json)

    def line_of(self, row: CaptureRow, *, as_json: bool = False) -> str:
        """The line of one row of a long answer, as `first_lines` gives it."""
        return self._to_lines([row.packed], as_json)[0]

    def _shown(self, sql: str, parameters: tuple[str | int, ...], most: int) -> list[Row] | None:
        """That many rows which are no not-modified revisits; `None` where too many of those are between them."""
        rows: list[Row] = []
        left = 4 * most + 64
        with self._lock:
            try:
                cursor = self._connection.execute(sql, parameters)
                while len(rows) < most:
                    some = list(islice(cursor, most - len(rows)))
                    rows += [row for row in some if row[3] & _REVISIT != _NOT_MODIFIED]
                    left -= len(some)
                    if not some or left < 0:
                        break
                cursor.close()
            except apsw.Error:
                return None  # who asks in the common way is told what it is
        return rows if left >= 0 else None

    def _to_lines(self, rows: list[Row], as_json: bool) -> list[str]:
        names, files = dict[int, str](), dict[int, str]()
        lines = []
        digests = format_sha1s([row[4][:20] for row in rows])
        for row, digest in zip(rows, digests, strict=True):
            number, file = row[3] >> MIME_SHIFT, row[2] >> OFFSET_BITS
            mime = names.get(number) or names.setdefault(number, quote(self.name_of(number)))
            name = files.get(file) or files.setdefault(file, quote(self.file_name(file)))
            line = _usual_line(row, digest, mime, name, as_json)
            lines.append(line or _written_out(CaptureRow(row, self), as_json))
        return lines


def _usual_line(row: Row, digest: str, mime: str, file: str, as_json: bool) -> str | None:
    """The line of a row whose media type and file are given in quotes; `None` where there is more, or less, to say of it."""
    urlkey, timestamp, place, flags, body = row
    record = body[20:36]
    if (
        flags & _UNUSUAL
        or timestamp < _YEAR_1000
        or not flags & STATUS
        or body.startswith(_NONE)
        or record == _NONE
        or mime == _SAYS_REVISIT
    ):
        return None
    tail = tail_of(body)
    url, key = quote(url_from(urlkey, flags, body)), record.hex()
    behind = "" if tail.size is None else f'"size": "{tail.size}", '
    behind += f'"record_id": "urn:uuid:{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"'
    shown = mime
    rest = tail.rest
    if flags & _REVISIT:
        refers_to = rest.refers_to
        moment = int.from_bytes(refers_to[:6], "big") if refers_to and len(refers_to) == _REFERENCE else 0
        if not refers_to or moment < _YEAR_1000:
            return None
        shown, key = _SAYS_REVISIT, refers_to[6:].hex()
        behind += (
            f', "revisit": "identical", "revisit_mime": {mime}, '
            f'"refers_to_url": {url if rest.refers_url is None else quote(rest.refers_url)}, '
            f'"refers_to_timestamp": "{moment}", '
            f'"refers_to_record_id": "urn:uuid:{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"'
        )
    elif rest.refers_to is not None:
        return None
    if as_json:
        before = f'{{"urlkey": {quote(urlkey)}, "timestamp": "{timestamp}", '
    else:
        before = f"{urlkey} {timestamp} {{"
    return (
        f'{before}"url": {url}, "mime": {shown}, "status": "{flags & STATUS}", "digest": "{digest}", '
        f'"length": "{tail.length}", "offset": "{place & OFFSET}", "filename": {file}, {behind}}}\n'
    )


def _written_out(row: CaptureRow, as_json: bool) -> str:
    fields = row.fields()
    if as_json:
        return json.dumps(fields) + "\n"
    urlkey, timestamp = fields.pop("urlkey"), fields.pop("timestamp")
    return f"{urlkey} {timestamp} {json.dumps(fields)}\n"


def _share_a_second(rows: list[Row]) -> bool:
    """Whether two captures of a URL do: their order is that of file names, which rows know by number."""
    return any(one[1] == other[1] and one[0] == other[0] for one, other in pairwise(rows))
