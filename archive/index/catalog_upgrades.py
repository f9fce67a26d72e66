"""What makes a catalog of one version one of the next, for whoever opens it to write.

Each step runs in one transaction; a catalog that is older than the first is made anew by `morgue reindex`.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import apsw

from archive.errors import IndexOutdated
from archive.index.catalog_packing import (
    HAS_RIGHTS,
    PackedRow,
    add_place,
    digest_from,
    is_requisite,
    pack_capture,
    pack_tie,
    short_digest,
    tail_of,
)
from archive.index.catalog_rows import REVISITS, TRUNCATIONS, unpack_digest, unpack_record_id, unpack_timestamp
from archive.index.catalog_tables import CAPTURES, FILL_NEWS, NEWS, UNREAD
from archive.model import Capture, Dom, RecordLocation, Reference

_OLD_COLUMNS = (
    "p.urlkey, p.url, p.id, c.mime, c.file, c.timestamp, c.offset, c.length, c.status, c.digest, c.record, c.size, c.revisit, "
    "c.truncated, c.url, c.refers_timestamp, c.refers_record, c.refers_url, c.redirect, c.dom_digest, c.dom_offset, "
    "c.dom_length, c.rights"
)


def _add_dom(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE capture ADD COLUMN dom_digest")
    connection.execute("ALTER TABLE capture ADD COLUMN dom_offset INTEGER")
    connection.execute("ALTER TABLE capture ADD COLUMN dom_length INTEGER")


def _add_rights(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE capture ADD COLUMN rights TEXT")
    connection.execute("CREATE INDEX capture_rights ON capture (file, offset) WHERE rights IS NOT NULL")


def _count_news(connection: apsw.Connection) -> None:
    connection.execute(NEWS)
    connection.execute(FILL_NEWS)


def _pack_captures(connection: apsw.Connection) -> None:
    """Captures of twenty columns, clustered by page, become packed rows, clustered by urlkey: some 20 µs each."""
    connection.execute("DROP INDEX IF EXISTS capture_requisite")
    connection.execute("DROP INDEX IF EXISTS capture_rights")
    connection.execute("ALTER TABLE capture RENAME TO old_capture")
    connection.execute(CAPTURES)
    old = connection.execute(
        f"SELECT {_OLD_COLUMNS} FROM page p CROSS JOIN old_capture c ON c.page = p.id ORDER BY p.urlkey, c.timestamp"
    )
    rows = (
        (page, pack_capture(_old_capture(urlkey, page_url, values), file, mime))
        for urlkey, page_url, page, mime, file, *values in old
    )
    _insert(connection, rows)
    connection.execute("DROP TABLE old_capture")
    _shorten_unread(connection)
    connection.execute("ALTER TABLE page ADD COLUMN captured INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE page SET captured = 1 WHERE url IS NOT NULL")
    connection.execute("ALTER TABLE page DROP COLUMN url")


def _put_ties_into_keys(connection: apsw.Connection) -> None:
    """Rows of five columns, which told their place in one, become rows of four: some 10 µs each."""
    connection.execute("DROP INDEX capture_rights; DROP TABLE requisite; ALTER TABLE capture RENAME TO old_capture")
    connection.execute(CAPTURES)
    old = connection.execute(
        "SELECT p.id, c.urlkey, c.timestamp, c.flags, c.body, c.place >> 38, c.place & (1 << 38) - 1 "
        "FROM old_capture c LEFT JOIN page p USING (urlkey) ORDER BY c.urlkey, c.timestamp"
    )
    _insert(connection, ((page, (*known, add_place(body, file, offset))) for page, *known, body, file, offset in old))
    connection.execute("DROP TABLE old_capture")
    _shorten_unread(connection)


def _insert(connection: apsw.Connection, rows: Iterable[tuple[int | None, PackedRow]]) -> None:
    """Captures and what is found by them, from rows in order of urlkey and timestamp, each with the number of its page."""
    files = dict(connection.execute("SELECT id, name FROM file"))
    for _, moment in groupby(rows, key=lambda one: one[1][:2]):
        tied = [(_tie_of(row, files), page, row) for page, row in moment]
        if any(page is None for _, page, _ in tied):
            raise IndexOutdated("catalog is damaged: the page of a capture is missing (run `morgue reindex`)")
        tied.sort()
        for number, (tie, page, (urlkey, timestamp, flags, body)) in enumerate(tied):
            tail = tail_of(body)
            tie = tie if number else b""
            connection.execute("INSERT INTO capture VALUES (?, ?, ?, ?, ?)", (urlkey, timestamp, tie, flags, body))
            if is_requisite(flags, tail.size):
                found = short_digest(digest_from(flags, body)), page, timestamp
                connection.execute("INSERT OR IGNORE INTO requisite VALUES (?, ?, ?)", found)
            if flags & HAS_RIGHTS:
                connection.execute("INSERT OR IGNORE INTO rights VALUES (?, ?, ?)", (tail.file, page, timestamp))


def _tie_of(row: PackedRow, files: dict[int, str]) -> bytes:
    tail = tail_of(row[3])
    if tail.file not in files:
        raise IndexOutdated(f"catalog is damaged: file {tail.file} is missing (run `morgue reindex`)")
    return pack_tie(files[tail.file], tail.offset)


def _shorten_unread(connection: apsw.Connection) -> None:
    connection.execute("ALTER TABLE unread RENAME TO old_unread")
    connection.execute(UNREAD)
    for page, digest, timestamp in connection.execute("SELECT page, digest, timestamp FROM old_unread"):
        connection.execute(
            "INSERT OR IGNORE INTO unread VALUES (?, ?, ?)", (page, short_digest(unpack_digest(digest)), timestamp)
        )
    connection.execute("DROP TABLE old_unread")


def _old_capture(urlkey: str, page_url: str, values: list[Any]) -> Capture:
    timestamp, offset, length, status, digest, record, size, revisit, truncated, url, *rest = values
    refers_timestamp, refers_record, refers_url, redirect, dom_digest, dom_offset, dom_length, rights = rest
    url = url or page_url
    refers_to = dom = None
    if refers_timestamp is not None:
        refers_to = Reference(
            url=refers_url or url,
            timestamp=unpack_timestamp(refers_timestamp),
            record_id=unpack_record_id(refers_record),
        )
    if dom_digest is not None:
        place = RecordLocation(file="", offset=dom_offset, length=dom_length)
        dom = Dom(digest=unpack_digest(dom_digest) or "", location=place)
    return Capture(
        urlkey=urlkey,
        timestamp=unpack_timestamp(timestamp),
        url=url,
        mime="",
        status=status,
        digest=unpack_digest(digest),
        location=RecordLocation(file="", offset=offset, length=length),
        record_id=unpack_record_id(record),
        revisit=REVISITS[revisit or 0],
        refers_to=refers_to,
        truncated=TRUNCATIONS[truncated or 0],
        size=size,
        redirect=redirect,
        rights=tuple(rights.split(" ")) if rights else (),
        dom=dom,
    )


UPGRADES: dict[int, tuple[Callable[[apsw.Connection], None], int]] = {
    1: (_add_dom, 2),
    2: (_add_rights, 3),
    3: (_count_news, 4),
    4: (_pack_captures, 6),
    5: (_put_ties_into_keys, 6),
}
"""What to do with a catalog of this version, and the version that it is of then."""
