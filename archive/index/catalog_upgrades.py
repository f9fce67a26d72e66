"""What makes a catalog of one version one of the next, for whoever opens it to write.

Each step runs in one transaction; a catalog that is older than the first is made anew by `morgue reindex`.
"""

from collections.abc import Callable
from typing import Any

import apsw

from archive.index.catalog_packing import digest_bytes, is_requisite, pack_capture
from archive.index.catalog_rows import REVISITS, TRUNCATIONS, unpack_digest, unpack_record_id, unpack_timestamp
from archive.index.catalog_tables import CAPTURES, FILL_NEWS, NEWS
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
    """Captures of twenty columns, clustered by page, become rows of five, clustered by urlkey: some 20 µs each."""
    connection.execute("DROP INDEX IF EXISTS capture_requisite")
    connection.execute("DROP INDEX IF EXISTS capture_rights")
    connection.execute("ALTER TABLE capture RENAME TO old_capture")
    connection.execute(CAPTURES)
    old = connection.execute(
        f"SELECT {_OLD_COLUMNS} FROM page p CROSS JOIN old_capture c ON c.page = p.id ORDER BY p.urlkey"
    )
    for urlkey, page_url, page, mime, file, *values in old:
        capture = _old_capture(urlkey, page_url, values)
        row = pack_capture(capture, file, mime)
        connection.execute("INSERT INTO capture VALUES (?, ?, ?, ?, ?)", row)
        if is_requisite(row[3], capture.size):
            connection.execute(
                "INSERT INTO requisite VALUES (?, ?, ?, ?)", (digest_bytes(capture.digest), page, *row[1:3])
            )
    connection.execute("DROP TABLE old_capture")
    connection.execute("ALTER TABLE page ADD COLUMN captured INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE page SET captured = 1 WHERE url IS NOT NULL")
    connection.execute("ALTER TABLE page DROP COLUMN url")


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


UPGRADES: dict[int, Callable[[apsw.Connection], None]] = {
    1: _add_dom,
    2: _add_rights,
    3: _count_news,
    4: _pack_captures,
}
"""What to do with a catalog of this version."""
